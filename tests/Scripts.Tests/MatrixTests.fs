module Scripts.Tests.MatrixTests

open System.Linq
open SparseCore.Recipes
open Scripting
open Xunit

/// Rows as they can be compared.
let private shown (rows: MatrixRow seq) =
    [ for row in rows -> row.Table, row.Method, List.ofSeq row.Initializers, Option.ofNullable row.Sparsity ]

let private paper = RunMatrix.PaperRows 0.98

let private methods = paper.Select(_.Method).Distinct().ToArray()

[<Fact>]
let ``rows of all of the paper's methods are the paper's`` () =
    Assert.Equal<(string * string * string list * float option) list>(shown paper, shown (Matrix.rows methods None 0.98))

[<Fact>]
let ``rows stand in the order of the methods asked for, with the initializers asked for`` () =
    let rows = Matrix.rows [| "rigl"; "baseline"; "rigl" |] (Some [| "dense" |]) 0.9

    Assert.Equal<(string * string * string list * float option) list>(
        [
            "table1", "rigl", [ "dense" ], None
            "table1", "baseline", [ "dense" ], None
            "table2", "rigl", [ "dense" ], Some 0.9
        ],
        shown rows
    )

[<Fact>]
let ``a method that the paper's tables do not have gets the dense initializer`` () =
    Assert.Equal<(string * string * string list * float option) list>(
        [ "table1", "prune-restart", [ "dense" ], None ],
        shown (Matrix.rows [| "prune-restart" |] None 0.98)
    )
