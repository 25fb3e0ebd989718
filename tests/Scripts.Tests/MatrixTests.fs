module Scripts.Tests.MatrixTests

open System.Linq
open SparseCore.Recipes
open Scripting
open Expecto

/// Rows as they can be compared.
let private shown (rows: MatrixRow seq) =
    [ for row in rows -> row.Table, row.Method, List.ofSeq row.Initializers, Option.ofNullable row.Sparsity ]

let private paper = RunMatrix.PaperRows 0.98

let private methods = paper.Select(_.Method).Distinct().ToArray()

[<Tests>]
let tests =
    testList
        "Matrix"
        [
            testCase "rows of all of the paper's methods are the paper's" (fun () ->
                Expect.equal (shown (Matrix.rows methods None 0.98)) (shown paper) "shown")

            testCase "rows stand in the order of the methods asked for, with the initializers asked for" (fun () ->
                let rows = Matrix.rows [| "rigl"; "baseline"; "rigl" |] (Some [| "dense" |]) 0.9

                Expect.equal
                    (shown rows)
                    [
                        "table1", "rigl", [ "dense" ], None
                        "table1", "baseline", [ "dense" ], None
                        "table2", "rigl", [ "dense" ], Some 0.9
                    ]
                    "shown")

            testCase "a method that the paper's tables do not have gets the dense initializer" (fun () ->
                Expect.equal (shown (Matrix.rows [| "prune-restart" |] None 0.98)) [ "table1", "prune-restart", [ "dense" ], None ] "shown")
        ]
