module Analysis.Tests.EvaluationTests

open Xunit
open Analysis
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

[<Fact>]
let ``outputs agree with a double-precision twin`` () =
    let outputs = (Evaluation.outputs SmallRuns.engines 1 data [| snapshot 1 |])[0]

    for example in 0 .. data.Count - 1 do
        forward (snapshot 1) example
        |> Array.iteri (fun index value -> Assert.Equal(value, float outputs.Logits[3 * example + index], 4))

[<Fact>]
let ``outputs are the same bits for any number of jobs`` () =
    let snapshots = Array.init 5 snapshot

    let one, three =
        Evaluation.outputs SmallRuns.engines 1 data snapshots, Evaluation.outputs SmallRuns.engines 3 data snapshots

    Assert.Equal<Outputs[]>(one, three)

[<Fact>]
let ``performance is the mean negative log probability of the labels and their accuracy`` () =
    let labels = Evaluation.labels data
    let outputs = (Evaluation.outputs SmallRuns.engines 1 data [| snapshot 2 |])[0]
    let logs = Softmax.logProbabilities outputs
    let loss = labels |> Array.mapi (fun example label -> -logs[3 * example + label]) |> Array.average
    let found = Evaluation.performance SmallRuns.engines data (snapshot 2)
    Assert.Equal(loss, found.Loss, 5)
    Assert.Equal(Outputs.accuracy labels outputs, found.Accuracy, 12)

[<Fact>]
let ``stored variances that are negative past an end of a line count as 0`` () =
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
    Assert.Equal(1.2, last.Alpha) // 2 - 1.2 * 1.8 = -0.16
    Assert.Equal<float32[]>([| 0f; 0f; 0f |], (Interpolation.point 1.2 (snd line)).Variances(0).ToArray())
    Assert.Equal(performance 0f, last.Value)
    Assert.True(System.Double.IsFinite last.Value.Loss)
    Assert.NotEqual(performance 2f, last.Value)

[<Fact>]
let ``a line between snapshots ends at their own performances`` () =
    let path =
        Interpolation.between (snapshot 1) (snapshot 2) |> Interpolation.evaluate SmallRuns.engines 2 Evaluation.Stored data

    Assert.Equal(29, path.Length)
    Assert.Equal(Evaluation.performance SmallRuns.engines data (snapshot 1), path[4].Value)
    Assert.Equal(Evaluation.performance SmallRuns.engines data (snapshot 2), path[24].Value)

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

[<Fact>]
let ``re-estimated statistics do not depend on the stored ones, which otherwise decide`` () =
    let masks = MaskSet.Full normalized
    let block = InitialParameters.Draw(masks, DenseInitializer.HeNormal, 1UL)
    let other = block.Clone()
    other.Means(0).Fill 3f
    other.Variances(0).Fill 9f
    let vectors = [| (fun () -> block); (fun () -> other) |]

    let measure statistics =
        Evaluation.performances SmallRuns.engines 1 ignore statistics masks [ data; SmallRuns.data 50 2 ] vectors

    let stored, reestimated = measure Evaluation.Stored, measure (Evaluation.Reestimated(data, 100))
    Assert.NotEqual(stored[0][0], stored[1][0])
    Assert.Equal<Evaluation.Performance[]>(reestimated[0], reestimated[1])
    Assert.Equal(2, reestimated[0].Length)
    Assert.NotEqual(stored[0][0], reestimated[0][0])

[<Fact>]
let ``batches of large images are small, and never empty`` () =
    Assert.Equal(128, Evaluation.batchSize normalized)
    let resnet = ResNet50.Create(ResNet50.PaperWidths, Shape(3, 224, 224), 1000, false)
    Assert.Equal(0, Evaluation.batchSize resnet % 16)
    Assert.InRange(Evaluation.batchSize resnet, 16, 64)
