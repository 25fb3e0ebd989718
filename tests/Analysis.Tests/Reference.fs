/// Numbers of scikit-learn and SciPy, made by reference/reference.py.
module Analysis.Tests.Reference

open System
open System.IO
open SparseCore.Analysis

let table (name: string) = Tables.read (Path.Combine(AppContext.BaseDirectory, "reference", name))

let column (name: string) (table: Tables.Table) = table.Rows |> Array.map (Tables.float name table)

let matrix (table: Tables.Table) =
    Array2D.init table.Rows.Length table.Columns.Length (fun row column -> Tables.float table.Columns[column] table table.Rows[row])
