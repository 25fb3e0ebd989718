module Analysis.Tests.DistancesTests

open System
open Expecto
open Testing
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Analysis

let private l2 (first: float32[]) (second: float32[]) = Distances.l2 (ReadOnlyMemory first) (ReadOnlyMemory second)

[<Tests>]
let tests =
    testList
        "Distances"
        [
            testCase "l2 of a 3-4-5 triangle in seven dimensions is 5" (fun () ->
                Expect.floatClose (decimals 12) (l2 [| 1f; 0f; 0f; 2f; 0f; 0f; 7f |] [| 1f; 3f; 0f; 2f; 0f; 0f; 11f |]) 5.0 "distance")

            testCase "l2 adds in double where single precision would lose the small part" (fun () ->
                // 1e4^2 + 1: a float32 sum drops the 1.
                Expect.floatClose (decimals 12) (l2 [| 10000f; 1f |] [| 0f; 0f |]) (sqrt 100000001.0) "distance")

            testCase "l2 refuses vectors of different length and names both" (fun () ->
                let error = Expect.thrown<ArgumentException>(fun () -> l2 [| 1f |] [| 1f; 2f |] |> ignore)
                Expect.stringContains error.Message "1 and 2 values" "message")

            testCase "pairwise is symmetric with zeros on the diagonal" (fun () ->
                let matrix =
                    [| [| 0f; 0f |]; [| 3f; 4f |]; [| 0f; 1f |] |]
                    |> Array.map (fun vector -> ReadOnlyMemory<float32> vector)
                    |> Distances.pairwise

                Expect.equal matrix (array2D [ [ 0.0; 5.0; 1.0 ]; [ 5.0; 0.0; sqrt 18.0 ]; [ 1.0; sqrt 18.0; 0.0 ] ]) "matrix")

            testCase "trained values leave out the running statistics of batch normalizations, and are no copy" (fun () ->
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

                Expect.equal block.Values.Length 14 "number of values"
                Expect.isTrue (trained (MaskSet.Full network) block |> isBeginning 10 block) "whether values are shared, not copied" // 4 weights, 2 biases, 2 scales, 2 shifts

                let plain = SmallRuns.randomBlock 1

                Expect.isTrue
                    (trained SmallRuns.masks plain |> isBeginning plain.Values.Length plain)
                    "whether values are shared, not copied")
        ]
