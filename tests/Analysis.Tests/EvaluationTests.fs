module Analysis.Tests.EvaluationTests

open Expecto
open Testing
open SparseCore.Analysis
open SparseCore.Initialization
open SparseCore.Networks
open SparseCore.Parameters

let private snapshot (seed: int) : Snapshot =
    {
        Run = "test"
        Step = 0
        Masks = SmallRuns.masks
        Parameters = SmallRuns.randomBlock seed
        ContentHash = ""
        Inputs = None
    }

let private data = SmallRuns.data 300 1

/// The network written down in double precision, one example at a time.
let private forward (snapshot: Snapshot) (example: int) =
    let pixels = Array.zeroCreate<float32> 16
    data.Read(example, System.Span pixels)

    let layer (index: int) (rectify: bool) (inputs: float[]) =
        let weights = snapshot.Parameters.Weights(index).ToArray()

        snapshot.Parameters.Biases(index).ToArray()
        |> Array.mapi (fun output bias ->
            let sum = inputs |> Array.mapi (fun input value -> value * float weights[output * inputs.Length + input]) |> Array.sum
            if rectify then max 0.0 (sum + float bias) else sum + float bias)

    pixels |> Array.map float |> layer 0 true |> layer 1 true |> layer 2 false

/// A convolution, a batch normalization and a classifier on 1 x 4 x 4 images.
let private normalized =
    Network(
        "normalized",
        Shape(1, 4, 4),
        [|
            Node("conv", Operation.Convolution(4, 3, 3, 1, 0, false), [| "input" |])
            Node("bn", Operation.BatchNorm(), [| "conv" |])
            Node("relu", Operation.Relu(), [| "bn" |])
            Node("average", Operation.GlobalAveragePool(), [| "relu" |])
            Node("fc", Operation.FullyConnected 3, [| "average" |])
        |]
    )

[<Tests>]
let tests =
    testList
        "Evaluation"
        [
            testCase "outputs agree with a double-precision twin" (fun () ->
                let outputs = (Evaluation.outputs SmallRuns.engines 1 data [| snapshot 1 |])[0]

                for example in 0 .. data.Count - 1 do
                    forward (snapshot 1) example
                    |> Array.iteri (fun index value ->
                        Expect.floatClose (decimals 4) (float outputs.Logits[3 * example + index]) value "logits"))

            testCase "outputs are the same bits for any number of jobs" (fun () ->
                let snapshots = Array.init 5 snapshot

                let one, three =
                    Evaluation.outputs SmallRuns.engines 1 data snapshots, Evaluation.outputs SmallRuns.engines 3 data snapshots

                Expect.equal three one "outputs by three jobs")

            testCase "performance is the mean negative log probability of the labels and their accuracy" (fun () ->
                let labels = Evaluation.labels data
                let outputs = (Evaluation.outputs SmallRuns.engines 1 data [| snapshot 2 |])[0]
                let logs = Softmax.logProbabilities outputs
                let loss = labels |> Array.mapi (fun example label -> -logs[3 * example + label]) |> Array.average
                let found = Evaluation.performance SmallRuns.engines data (snapshot 2)
                Expect.floatClose (decimals 5) found.Loss loss "loss"
                Expect.floatClose (decimals 12) found.Accuracy (Outputs.accuracy labels outputs) "accuracy")

            testCase "stored variances that are negative past an end of a line count as 0" (fun () ->
                let network =
                    Network(
                        "norm",
                        Shape(1, 4, 4),
                        [|
                            Node("flatten", Operation.Flatten(), [| "input" |])
                            Node("fc", Operation.FullyConnected 3, [| "flatten" |])
                            Node("bn", Operation.BatchNorm(), [| "fc" |])
                        |]
                    )

                let masks = MaskSet.Full network

                let snapshot (variance: float32) =
                    let block = InitialParameters.Draw(masks, DenseInitializer.HeNormal, 1UL)
                    block.Variances(0).Fill variance

                    { Run = "test"; Step = 0; Masks = masks; Parameters = block; ContentHash = ""; Inputs = None }

                let performance (variance: float32) = Evaluation.performance SmallRuns.engines data (snapshot variance)
                let line = Interpolation.between (snapshot 2f) (snapshot 0.2f)
                let path = line |> Interpolation.evaluate SmallRuns.engines 1 Evaluation.Stored data
                let last = path |> Array.last
                Expect.equal last.Alpha 1.2 "alpha" // 2 - 1.2 * 1.8 = -0.16
                Expect.equal ((Interpolation.point 1.2 (snd line)).Variances(0).ToArray()) [| 0f; 0f; 0f |] "variances"
                Expect.equal last.Value (performance 0f) "performance past the end"
                Expect.isTrue (System.Double.IsFinite last.Value.Loss) "whether the loss is finite"
                Expect.notEqual last.Value (performance 2f) "performance past the end")

            testCase "a line between snapshots ends at their own performances" (fun () ->
                let path =
                    Interpolation.between (snapshot 1) (snapshot 2) |> Interpolation.evaluate SmallRuns.engines 2 Evaluation.Stored data

                Expect.equal path.Length 29 "number of places"
                Expect.equal path[4].Value (Evaluation.performance SmallRuns.engines data (snapshot 1)) "path"
                Expect.equal path[24].Value (Evaluation.performance SmallRuns.engines data (snapshot 2)) "path")

            testCase "re-estimated statistics do not depend on the stored ones, which otherwise decide" (fun () ->
                let masks = MaskSet.Full normalized
                let block = InitialParameters.Draw(masks, DenseInitializer.HeNormal, 1UL)
                let other = block.Clone()
                other.Means(0).Fill 3f
                other.Variances(0).Fill 9f
                let vectors = [| (fun () -> block); (fun () -> other) |]

                let measure statistics =
                    Evaluation.performances SmallRuns.engines 1 ignore statistics masks [ data; SmallRuns.data 50 2 ] vectors

                let stored, reestimated = measure Evaluation.Stored, measure (Evaluation.Reestimated(data, 100))
                Expect.notEqual (stored[1][0]) (stored[0][0]) "performance"
                Expect.equal reestimated[1] reestimated[0] "performance"
                Expect.equal reestimated[0].Length 2 "number of data sets"
                Expect.notEqual (reestimated[0][0]) (stored[0][0]) "performance")

            testCase "batches of large images are small, and never empty" (fun () ->
                Expect.equal (Evaluation.batchSize normalized) 128 "batch size"
                let resnet = ResNet50.Create(ResNet50.PaperWidths, Shape(3, 224, 224), 1000, false)
                Expect.equal (Evaluation.batchSize resnet % 16) 0 "examples beyond a multiple of 16"
                Expect.inRange (Evaluation.batchSize resnet) (16, 64) "batch size")
        ]
