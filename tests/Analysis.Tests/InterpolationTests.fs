module Analysis.Tests.InterpolationTests

open System
open Xunit
open Analysis
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

[<Fact>]
let ``alphas are 29 places from -0.2 to 1.2 that meet 0 and 1`` () =
    Assert.Equal(29, Interpolation.alphas.Length)
    Assert.Equal(-0.2, Interpolation.alphas[0])
    Assert.Equal(0.0, Interpolation.alphas[4])
    Assert.Equal(0.05, Interpolation.alphas[5])
    Assert.Equal(1.0, Interpolation.alphas[24])
    Assert.Equal(1.2, Interpolation.alphas[28])

[<Fact>]
let ``point meets both ends exactly and the middle half way`` () =
    Assert.Equal<float32[]>(line.Start.Values, valuesAt 0.0)
    Assert.Equal<float32[]>(line.End.Values, valuesAt 1.0)
    Assert.Equal<float32[]>([| 2f; 0f; 1f |], valuesAt 0.5)
    Assert.NotSame(line.Start, Interpolation.point 0.0 line)

[<Fact>]
let ``point extrapolates beyond the ends`` () = Assert.Equal<float32[]>([| 3.5f; 3f; 1.75f |], valuesAt 1.25)

[<Fact>]
let ``barrierHeight is measured above the straight line between the end losses`` () =
    // Ends 2 and 0: the line at 0.5 is 1; the loss there is 4.
    let alphas, losses = [| -0.5; 0.0; 0.5; 1.0; 1.5 |], [| 9.0; 2.0; 4.0; 0.0; 9.0 |]
    Assert.Equal(3.0, Interpolation.barrierHeight alphas losses)
    Assert.Equal(2.0, Interpolation.riseAboveEnds alphas losses)

[<Fact>]
let ``a path that sags has no barrier`` () =
    let alphas, losses = [| 0.0; 0.5; 1.0 |], [| 2.0; 0.5; 1.0 |]
    Assert.Equal(0.0, Interpolation.barrierHeight alphas losses)
    Assert.Equal(0.0, Interpolation.riseAboveEnds alphas losses)

[<Fact>]
let ``a NaN on the way is not hidden by the maximum`` () =
    Assert.True(Double.IsNaN(Interpolation.barrierHeight [| 0.0; 0.5; 1.0 |] [| 2.0; nan; 1.0 |]))

[<Fact>]
let ``barrierHeight needs both ends among the places`` () =
    let error = Assert.Throws<ArgumentException>(fun () -> Interpolation.barrierHeight [| 0.0; 0.9 |] [| 1.0; 1.0 |] |> ignore)
    Assert.Contains("alpha = 1", error.Message)

let private snapshot (masks: MaskSet) (block: ParameterBlock) : Snapshot =
    { Run = "run"; Step = 0; Masks = masks; Parameters = block; ContentHash = ""; Inputs = None }

[<Fact>]
let ``losses are those that evaluate gives, beside their places`` () =
    let random (seed: int) = snapshot SmallRuns.masks (SmallRuns.randomBlock seed)
    let data = SmallRuns.data 40 1
    let line = Interpolation.between (random 1) (random 2)
    let alphas, losses = Interpolation.losses SmallRuns.engines Evaluation.Stored data line
    Assert.Equal<float[]>(Interpolation.alphas, alphas)
    Assert.Equal<float[]>(line |> Interpolation.evaluate SmallRuns.engines 1 Evaluation.Stored data |> Array.map _.Value.Loss, losses)
    Assert.NotEqual(losses[4], losses[24])

[<Fact>]
let ``spaced meets 0 without a sign`` () =
    for places in [ Interpolation.alphas; Interpolation.spaced -0.2 0.0 3; Interpolation.spaced -1.0 1.0 21 ] do
        Assert.All(places, fun place -> Assert.False(place = 0.0 && Double.IsNegative place))

[<Fact>]
let ``lossRange shows the losses between the ends where one beyond them is over three times as high`` () =
    let alphas = [| -0.5; 0.0; 0.5; 1.0; 1.5 |]
    Assert.Equal(None, Curves.lossRange alphas [| 5.9; 2.0; 1.0; 0.5; 0.4 |])
    Assert.Equal(Some(0.0, 2.2), Curves.lossRange alphas [| 6.1; 2.0; 1.0; 0.5; 4e12 |])
    Assert.Equal(Some(0.0, 2.2), Curves.lossRange alphas [| 0.1; 2.0; 1.0; 0.5; nan |])

[<Fact>]
let ``lossRange is never a range without width`` () =
    Assert.Equal(None, Curves.lossRange [| 0.0; 1.0; 1.5 |] [| 0.0; 0.0; 7.0 |])
    Assert.Equal(None, Curves.lossRange [| 0.0; 1.0; 1.5 |] [| nan; nan; 7.0 |])

[<Fact>]
let ``two equal networks whose neurons are in different order show a barrier, as the symmetry note says`` () =
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
    Assert.Equal(losses[4], losses[24], 4)
    Assert.InRange(Interpolation.barrierHeight alphas losses, 0.5, infinity)
    Assert.Contains("Permutation symmetry is not removed", Interpolation.symmetryNote)

[<Fact>]
let ``between refuses runs of different networks and names both`` () =
    let other = LeNet300.Create([| 6; 4 |], Shape(1, 4, 4), 3)

    let error =
        Assert.Throws<ArgumentException>(fun () ->
            Interpolation.between
                (snapshot SmallRuns.masks (SmallRuns.randomBlock 1))
                (snapshot (MaskSet.Full other) (ParameterBlock other))
            |> ignore)

    Assert.Contains("found 'lenet300' with 124 parameters (run run) and 'lenet300' with 145 parameters (run run)", error.Message)

let private normalized = Vgg16.Create([| 2; 2; 2; 2; 2 |], Shape(3, 32, 32), 10, true)

[<Fact>]
let ``notes say what batch normalizations use, where a network has some`` () =
    let notes = Interpolation.notes
    let data: Dataset = SmallRuns.data 3 1
    Assert.Equal<string list>([ Interpolation.symmetryNote ], notes Evaluation.Stored SmallRuns.network)
    Assert.Contains("batch-norm=reestimated takes them anew", (notes Evaluation.Stored normalized)[1])
    Assert.Contains("are taken anew", (notes (Evaluation.Reestimated(data, 3)) normalized)[1])

[<Fact>]
let ``a figure of a line is cut where the losses are out of all proportion, and says so`` () =
    let figure (last: float) =
        let alphas, losses = [| 0.0; 1.0; 1.2 |], [| 2.0; 1.0; last |]
        Curves.alongLine "line" "A line" "loss" [ Interpolation.symmetryNote ] alphas losses

    Assert.Equal(Some(0.0, 2.2), (figure 4e12).Panels.Head.Y.Range)
    Assert.Contains(Curves.cutNote, (figure 4e12).Description)
    Assert.Equal(None, (figure 5.0).Panels.Head.Y.Range)
    Assert.DoesNotContain(Curves.cutNote, (figure 5.0).Description)
    Assert.DoesNotContain("4e12", Svg.render (figure 4e12))
