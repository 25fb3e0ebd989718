module Analysis.Tests.EvaluationTests

open Xunit
open Analysis

let private snapshot (seed: int) : Snapshot =
    {
        Run = "test"
        Step = 0
        Masks = SmallRuns.masks
        Values = (SmallRuns.randomBlock seed).Values
        ContentHash = ""
    }

let private data = SmallRuns.data 300 1

/// The network written down in double precision, one example at a time.
let private forward (snapshot: Snapshot) (example: int) =
    let pixels = Array.zeroCreate<float32> 16
    data.Gather(System.ReadOnlySpan [| example |], 1, System.Span pixels)

    let layer (name: string) (rectify: bool) (inputs: float[]) =
        let weights = Parameters.weights name snapshot

        Parameters.biases name snapshot
        |> Array.mapi (fun output bias ->
            let sum = inputs |> Array.mapi (fun input value -> value * float weights[output * inputs.Length + input]) |> Array.sum
            if rectify then max 0.0 (sum + float bias) else sum + float bias)

    pixels |> Array.map float |> layer "fc1" true |> layer "fc2" true |> layer "fc3" false

[<Fact>]
let ``outputs agree with a double-precision twin`` () =
    let outputs = (Evaluation.outputs 1 data [| snapshot 1 |])[0]

    for example in 0 .. data.Count - 1 do
        forward (snapshot 1) example
        |> Array.iteri (fun index value -> Assert.Equal(value, float outputs.Logits[3 * example + index], 4))

[<Fact>]
let ``outputs are the same bits for any number of jobs`` () =
    let snapshots = Array.init 5 snapshot
    let one, three = Evaluation.outputs 1 data snapshots, Evaluation.outputs 3 data snapshots
    Assert.Equal<Outputs[]>(one, three)

[<Fact>]
let ``performance is the mean negative log probability of the labels and their accuracy`` () =
    let labels = Evaluation.labels data
    let outputs = (Evaluation.outputs 1 data [| snapshot 2 |])[0]
    let logs = Softmax.logProbabilities outputs
    let loss = labels |> Array.mapi (fun example label -> -logs[3 * example + label]) |> Array.average
    let found = Evaluation.performance data (snapshot 2)
    Assert.Equal(loss, found.Loss, 5)
    Assert.Equal(Outputs.accuracy labels outputs, found.Accuracy, 12)

[<Fact>]
let ``a line between snapshots ends at their own performances`` () =
    let path = Interpolation.between (snapshot 1) (snapshot 2) |> Interpolation.evaluate 2 data
    Assert.Equal(29, path.Length)
    Assert.Equal(Evaluation.performance data (snapshot 1), path[4].Value)
    Assert.Equal(Evaluation.performance data (snapshot 2), path[24].Value)
