module Analysis.Tests.PreprocessingTests

open System
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Analysis
open Expecto
open Testing

/// One pixel, two classes: the class is whether it is above 100. Half of all pixels are 40, half 160.
let private data =
    let part name count =
        let pixels = Array.init count (fun example -> if example % 2 = 0 then 40uy else 160uy)
        new ByteDataset(name, Shape(1, 1, 1), 2, pixels, Array.init count (fun example -> example % 2))

    DataSplit(part "pixels-train" 500, part "pixels-test" 200, "pixels", String('d', 64))

let private network = LeNet300.Create([| 2; 2 |], Shape(1, 1, 1), 2)

/// Answers the sign of its input, sure by `scale`: right for pixels standardized by the data's own moments, or between -1 and 1.
let private signOf (scale: float32) =
    let block = ParameterBlock network
    Array.blit [| 1f; -1f |] 0 block.Values (block.WeightOffset 0) 2
    Array.blit [| 1f; 0f; 0f; 1f |] 0 block.Values (block.WeightOffset 1) 4
    Array.blit [| -scale; scale; scale; -scale |] 0 block.Values (block.WeightOffset 2) 4

    {
        Run = "sign"
        Step = 0
        Masks = MaskSet.Full network
        Parameters = block
        ContentHash = ""
        Inputs = None
    }

[<Tests>]
let tests =
    testList
        "Preprocessing"
        [
            testCase "moments are mean and deviation of the pixels over 255, to four decimals" (fun () ->
                Expect.equal (Preprocessing.moments data.Train) (InputNormalization([| 0.3922 |], [| 0.2353 |])) "moments")

            testCase "moments are those of the plain pixels, however the data is normalized" (fun () ->
                let other = NormalizedDataset.Of(data.Train, InputNormalization([| 0.3 |], [| 0.7 |]))
                Expect.equal (Preprocessing.moments other) (Preprocessing.moments data.Train) "moments")

            testCase "a network that was trained on standardized pixels and is fed plain ones is found out" (fun () ->
                let finding = Preprocessing.examine SmallRuns.engines 200 data (signOf 3f)
                Expect.equal finding.Examples 200 "examples"
                Expect.equal finding.Fed.Performance.Accuracy 0.5 "accuracy"
                Expect.equal finding.Better.Value.Performance.Accuracy 1.0 "accuracy"

                match Preprocessing.sentences finding with
                | [ measured; warning ] ->
                    Expect.stringStarts measured "On 200 test images, pixels with mean=0 std=1: loss " "measured"
                    Expect.stringStarts warning "warning: with mean=0.3922 std=0.2353 it does much better: loss " "warning"
                    Expect.stringContains warning "accuracy 100.00%" "warning"
                | other -> failwith $"expected two sentences, found %A{other}")

            testCase "a network that is fed as it was trained gets no warning" (fun () ->
                let fed = { signOf 3f with Inputs = Some(InputNormalization([| 0.3922 |], [| 0.2353 |])) }
                let sentences = Preprocessing.examine SmallRuns.engines 200 data fed |> Preprocessing.sentences
                Expect.hasLength sentences 1 "sentences"
                Expect.stringContains sentences.Head "pixels with mean=0.3922 std=0.2353: loss" "sentences")

            testCase "a network that is wrong however it is fed is called worse than a guess" (fun () ->
                let sentences = Preprocessing.examine SmallRuns.engines 200 data (signOf -3f) |> Preprocessing.sentences

                Expect.exists
                    sentences
                    (fun sentence -> sentence.StartsWith "warning: that is worse than a guess (loss 0.6931, accuracy 50.00%)")
                    "sentences")

            testCase "outputs and performance of a snapshot see its own pixels" (fun () ->
                let fed = { signOf 3f with Inputs = Some(InputNormalization.Uniform(1, 0.5, 0.5)) }
                Expect.equal (Evaluation.performance SmallRuns.engines data.Test (signOf 3f)).Accuracy 0.5 "accuracy"
                Expect.equal (Evaluation.performance SmallRuns.engines data.Test fed).Accuracy 1.0 "accuracy"
                let outputs = (Evaluation.outputs SmallRuns.engines 1 data.Test [| fed |])[0]
                Expect.equal (Outputs.accuracy (Evaluation.labels data.Test) outputs) 1.0 "accuracy")

            testCase "a line sees the pixels of its ends, and refuses ends that see different ones" (fun () ->
                let fed = { signOf 3f with Inputs = Some(InputNormalization.Uniform(1, 0.5, 0.5)) }

                let places = Interpolation.between fed fed |> Interpolation.evaluate SmallRuns.engines 1 Evaluation.Stored data.Test

                for place in places do
                    Expect.equal place.Value (Evaluation.performance SmallRuns.engines data.Test fed) "value of the place"

                let error = Expect.thrown<ArgumentException>(fun () -> Interpolation.between (signOf 3f) fed |> ignore)

                Expect.stringContains
                    error.Message
                    "'sign' takes them with the data's own normalization, 'sign' with mean=0.5 std=0.5"
                    "message")
        ]
