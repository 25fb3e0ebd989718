module Analysis.Tests.DistancesTests

open System
open Xunit
open SparseCore.Networks
open SparseCore.Parameters
open Analysis

[<Fact>]
let ``l2 of a 3-4-5 triangle in seven dimensions is 5`` () =
    Assert.Equal(5.0, Distances.l2 [| 1f; 0f; 0f; 2f; 0f; 0f; 7f |] [| 1f; 3f; 0f; 2f; 0f; 0f; 11f |], 12)

[<Fact>]
let ``l2 adds in double where single precision would lose the small part`` () =
    // 1e4^2 + 1: a float32 sum drops the 1.
    Assert.Equal(sqrt 100000001.0, Distances.l2 [| 10000f; 1f |] [| 0f; 0f |], 12)

[<Fact>]
let ``l2 refuses vectors of different length and names both`` () =
    let error = Assert.Throws<ArgumentException>(fun () -> Distances.l2 [| 1f |] [| 1f; 2f |] |> ignore)
    Assert.Contains("1 and 2 values", error.Message)

[<Fact>]
let ``pairwise is symmetric with zeros on the diagonal`` () =
    let matrix = Distances.pairwise [| [| 0f; 0f |]; [| 3f; 4f |]; [| 0f; 1f |] |]
    Assert.Equal(array2D [ [ 0.0; 5.0; 1.0 ]; [ 5.0; 0.0; sqrt 18.0 ]; [ 1.0; sqrt 18.0; 0.0 ] ], matrix)

[<Fact>]
let ``trained values leave out the running statistics of batch normalisations`` () =
    let network =
        Network(
            "norm",
            Shape.Vector 2,
            [| Node("fc", Operation.FullyConnected 2, [| "input" |]); Node("bn", Operation.BatchNorm(), [| "fc" |]) |]
        )

    let snapshot values =
        {
            Run = "run"
            Step = 0
            Masks = MaskSet.Full network
            Values = values
            ContentHash = ""
            Inputs = None
        }

    let values = Array.init 14 float32
    Assert.Equal<float32[]>(values[..9], Parameters.trained (snapshot values)) // 4 weights, 2 biases, 2 scales, 2 shifts

    let plain = (SmallRuns.randomBlock 1).Values
    Assert.Same(plain, Parameters.trained { snapshot plain with Masks = SmallRuns.masks })
