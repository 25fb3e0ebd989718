module Analysis.Tests.InterpolationTests

open System
open Expecto
open Testing
open SparseCore.Analysis
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Parameters

/// A network of three parameters, two weights and a bias, with these values.
let private block (values: float32[]) =
    let network = Network("small", Shape.Vector 2, [| Node("fc", Operation.FullyConnected 1, [| "input" |]) |])
    let block = ParameterBlock network
    values.CopyTo(block.Values, 0)
    block

let private line = Interpolation.betweenBlocks (block [| 1f; -2f; 0.5f |]) (block [| 3f; 2f; 1.5f |])

let private valuesAt (alpha: float) = (Interpolation.point alpha line).Values

let private snapshot (masks: MaskSet) (block: ParameterBlock) : Snapshot =
    { Run = "run"; Step = 0; Masks = masks; Parameters = block; ContentHash = ""; Inputs = None }

let private normalized = Vgg16.Create([| 2; 2; 2; 2; 2 |], Shape(3, 32, 32), 10, true)

[<Tests>]
let tests =
    testList
        "Interpolation"
        [
            testCase "alphas are 29 places from -0.2 to 1.2 that meet 0 and 1" (fun () ->
                Expect.equal Interpolation.alphas.Length 29 "number of place"
                Expect.equal Interpolation.alphas[0] -0.2 "place"
                Expect.equal Interpolation.alphas[4] 0.0 "place"
                Expect.equal Interpolation.alphas[5] 0.05 "place"
                Expect.equal Interpolation.alphas[24] 1.0 "place"
                Expect.equal Interpolation.alphas[28] 1.2 "place")

            testCase "point meets both ends exactly and the middle half way" (fun () ->
                Expect.equal (valuesAt 0.0) line.Start.Values "values"
                Expect.equal (valuesAt 1.0) line.End.Values "values"
                Expect.equal (valuesAt 0.5) [| 2f; 0f; 1f |] "values"
                Expect.isFalse (obj.ReferenceEquals(Interpolation.point 0.0 line, line.Start)) "whether the parameters are shared")

            testCase "point extrapolates beyond the ends" (fun () -> Expect.equal (valuesAt 1.25) [| 3.5f; 3f; 1.75f |] "values")

            testCase "barrierHeight is measured above the straight line between the end losses" (fun () ->
                // Ends 2 and 0: the line at 0.5 is 1; the loss there is 4.
                let alphas, losses = [| -0.5; 0.0; 0.5; 1.0; 1.5 |], [| 9.0; 2.0; 4.0; 0.0; 9.0 |]
                Expect.equal (Interpolation.barrierHeight alphas losses) 3.0 "barrier height"
                Expect.equal (Interpolation.riseAboveEnds alphas losses) 2.0 "rise above ends")

            testCase "a path that sags has no barrier" (fun () ->
                let alphas, losses = [| 0.0; 0.5; 1.0 |], [| 2.0; 0.5; 1.0 |]
                Expect.equal (Interpolation.barrierHeight alphas losses) 0.0 "barrier height"
                Expect.equal (Interpolation.riseAboveEnds alphas losses) 0.0 "rise above ends")

            testCase "a NaN on the way is not hidden by the maximum" (fun () ->
                Expect.isTrue
                    (Double.IsNaN(Interpolation.barrierHeight [| 0.0; 0.5; 1.0 |] [| 2.0; nan; 1.0 |]))
                    "whether the height is no number")

            testCase "barrierHeight needs both ends among the places" (fun () ->
                let error = Expect.thrown<ArgumentException>(fun () -> Interpolation.barrierHeight [| 0.0; 0.9 |] [| 1.0; 1.0 |] |> ignore)
                Expect.stringContains error.Message "alpha = 1" "message")

            testCase "losses are those that evaluate gives, beside their places" (fun () ->
                let random (seed: int) = snapshot SmallRuns.masks (SmallRuns.randomBlock seed)
                let data = SmallRuns.data 40 1
                let line = Interpolation.between (random 1) (random 2)
                let alphas, losses = Interpolation.losses SmallRuns.engines Evaluation.Stored data line
                Expect.equal alphas Interpolation.alphas "alphas"

                Expect.equal
                    losses
                    (line |> Interpolation.evaluate SmallRuns.engines 1 Evaluation.Stored data |> Array.map _.Value.Loss)
                    "losses"

                Expect.notEqual losses[24] losses[4] "loss at the end")

            testCase "spaced meets 0 without a sign" (fun () ->
                for places in [ Interpolation.alphas; Interpolation.spaced -0.2 0.0 3; Interpolation.spaced -1.0 1.0 21 ] do
                    for place in places do
                        Expect.isFalse (place = 0.0 && Double.IsNegative place) "negative zero")

            testCase "lossRange shows the losses between the ends where one beyond them is over three times as high" (fun () ->
                let alphas = [| -0.5; 0.0; 0.5; 1.0; 1.5 |]
                Expect.equal (Curves.lossRange alphas [| 5.9; 2.0; 1.0; 0.5; 0.4 |]) None "range"
                Expect.equal (Curves.lossRange alphas [| 6.1; 2.0; 1.0; 0.5; 4e12 |]) (Some(0.0, 2.2)) "range"
                Expect.equal (Curves.lossRange alphas [| 0.1; 2.0; 1.0; 0.5; nan |]) (Some(0.0, 2.2)) "range")

            testCase "lossRange is never a range without width" (fun () ->
                Expect.equal (Curves.lossRange [| 0.0; 1.0; 1.5 |] [| 0.0; 0.0; 7.0 |]) None "range"
                Expect.equal (Curves.lossRange [| 0.0; 1.0; 1.5 |] [| nan; nan; 7.0 |]) None "range")

            testCase "two equal networks whose neurons are in different order show a barrier, as the symmetry note says" (fun () ->
                let masks = MaskSet.Full SmallRuns.network
                let block = ParameterBlock SmallRuns.network
                let random = SparseCore.Randomness.RandomStream(1UL, "test", 0UL)

                for index in 0 .. block.Values.Length - 1 do
                    block.Values[index] <- 2f * float32 (random.NextNormal())

                // The first hidden layer's neurons in opposite order: its rows and biases, and the next layer's columns. Shapes [5, 16] and [4, 5].
                let reordered = block.Clone()

                for neuron in 0..4 do
                    reordered.Biases(0)[neuron] <- block.Biases(0)[4 - neuron]

                    for input in 0..15 do
                        reordered.Weights(0)[16 * neuron + input] <- block.Weights(0)[16 * (4 - neuron) + input]

                    for output in 0..3 do
                        reordered.Weights(1)[5 * output + neuron] <- block.Weights(1)[5 * output + 4 - neuron]

                // Labels that the network itself gives, so that its loss is low.
                let pixels = Array.init (60 * 16) (fun _ -> byte (random.NextInt32 256))
                let labeled (labels: int[]) = new ByteDataset("own", Shape(1, 4, 4), 3, pixels, labels)
                let first, second = snapshot masks block, snapshot masks reordered
                let outputs = Evaluation.outputs SmallRuns.engines 1 (labeled (Array.zeroCreate 60)) [| first |] |> Array.head
                let data = Outputs.predictions outputs |> labeled
                let alphas, losses = Interpolation.between first second |> Interpolation.losses SmallRuns.engines Evaluation.Stored data
                Expect.floatClose (decimals 4) losses[24] losses[4] "loss at the end"
                Expect.inRange (Interpolation.barrierHeight alphas losses) (0.5, infinity) "barrier height"
                Expect.stringContains Interpolation.symmetryNote "Permutation symmetry is not removed" "note on symmetry")

            testCase "between refuses runs of different networks and names both" (fun () ->
                let other = LeNet300.Create([| 6; 4 |], Shape(1, 4, 4), 3)

                let error =
                    Expect.thrown<ArgumentException>(fun () ->
                        Interpolation.between
                            (snapshot SmallRuns.masks (SmallRuns.randomBlock 1))
                            (snapshot (MaskSet.Full other) (ParameterBlock other))
                        |> ignore)

                Expect.stringContains
                    error.Message
                    "found 'lenet300' with 124 parameters (run run) and 'lenet300' with 145 parameters (run run)"
                    "message")

            testCase "notes say what batch normalizations use, where a network has some" (fun () ->
                let notes = Interpolation.notes
                let data: Dataset = SmallRuns.data 3 1
                Expect.equal (notes Evaluation.Stored SmallRuns.network) [ Interpolation.symmetryNote ] "notes"
                Expect.stringContains ((notes Evaluation.Stored normalized)[1]) "batch-norm=reestimated takes them anew" "notes"
                Expect.stringContains ((notes (Evaluation.Reestimated(data, 3)) normalized)[1]) "are taken anew" "notes")

            testCase "a figure of a line is cut where the losses are out of all proportion, and says so" (fun () ->
                let figure (last: float) =
                    let alphas, losses = [| 0.0; 1.0; 1.2 |], [| 2.0; 1.0; last |]
                    Curves.alongLine "line" "A line" "loss" [ Interpolation.symmetryNote ] alphas losses

                Expect.equal (figure 4e12).Panels.Head.Y.Range (Some(0.0, 2.2)) "range"
                Expect.stringContains (figure 4e12).Description Curves.cutNote "description"
                Expect.equal (figure 5.0).Panels.Head.Y.Range None "range"
                Expect.stringLacks (figure 5.0).Description Curves.cutNote "description"
                Expect.stringLacks (Svg.render (figure 4e12)) "4e12" "SVG")
        ]
