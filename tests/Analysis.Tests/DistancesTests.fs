module Analysis.Tests.DistancesTests

open System
open Xunit
open SparseCore.Networks
open SparseCore.Parameters
open Analysis

let private l2 (first: float32[]) (second: float32[]) = Distances.l2 (ReadOnlyMemory first) (ReadOnlyMemory second)

[<Fact>]
let ``l2 of a 3-4-5 triangle in seven dimensions is 5`` () =
    Assert.Equal(5.0, l2 [| 1f; 0f; 0f; 2f; 0f; 0f; 7f |] [| 1f; 3f; 0f; 2f; 0f; 0f; 11f |], 12)

[<Fact>]
let ``l2 adds in double where single precision would lose the small part`` () =
    // 1e4^2 + 1: a float32 sum drops the 1.
    Assert.Equal(sqrt 100000001.0, l2 [| 10000f; 1f |] [| 0f; 0f |], 12)

[<Fact>]
let ``l2 refuses vectors of different length and names both`` () =
    let error = Assert.Throws<ArgumentException>(fun () -> l2 [| 1f |] [| 1f; 2f |] |> ignore)
    Assert.Contains("1 and 2 values", error.Message)

[<Fact>]
let ``pairwise is symmetric with zeros on the diagonal`` () =
    let matrix =
        [| [| 0f; 0f |]; [| 3f; 4f |]; [| 0f; 1f |] |]
        |> Array.map (fun vector -> ReadOnlyMemory<float32> vector)
        |> Distances.pairwise

    Assert.Equal(array2D [ [ 0.0; 5.0; 1.0 ]; [ 5.0; 0.0; sqrt 18.0 ]; [ 1.0; sqrt 18.0; 0.0 ] ], matrix)

[<Fact>]
let ``trained values leave out the running statistics of batch normalizations, and are no copy`` () =
    let network =
        Network(
            "norm",
            Shape.Vector 2,
            [| Node("fc", Operation.FullyConnected 2, [| "input" |]); Node("bn", Operation.BatchNorm(), [| "fc" |]) |]
        )

    let trained (masks: MaskSet) (block: ParameterBlock) =
        Snapshots.trained { Run = "run"; Step = 0; Masks = masks; Parameters = block; ContentHash = ""; Inputs = None }

    let block = ParameterBlock network

    let isBeginning (length: int) (block: ParameterBlock) (values: ReadOnlyMemory<float32>) =
        values.Equals(ReadOnlyMemory(block.Values, 0, length))

    Assert.Equal(14, block.Values.Length)
    Assert.True(trained (MaskSet.Full network) block |> isBeginning 10 block) // 4 weights, 2 biases, 2 scales, 2 shifts

    let plain = SmallRuns.randomBlock 1
    Assert.True(trained SmallRuns.masks plain |> isBeginning plain.Values.Length plain)
