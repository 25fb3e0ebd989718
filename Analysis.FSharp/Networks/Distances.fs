/// Euclidean (L2) distances between parameter vectors, computed in double precision.
module SparseCore.Analysis.Distances

open System
open System.Threading.Tasks

/// The L2 distance between two vectors of equal length. The four partial sums are always added in one order: bit-identical on every machine.
let l2 (first: ReadOnlyMemory<float32>) (second: ReadOnlyMemory<float32>) =
    if first.Length <> second.Length then
        invalidArg (nameof second) $"Two vectors of equal length are needed, found {first.Length} and {second.Length} values."

    let first = first.Span
    let second = second.Span
    let mutable sum0 = 0.0
    let mutable sum1 = 0.0
    let mutable sum2 = 0.0
    let mutable sum3 = 0.0
    let whole = first.Length - first.Length % 4
    let mutable index = 0

    while index < whole do
        let d0 = float first[index] - float second[index]
        let d1 = float first[index + 1] - float second[index + 1]
        let d2 = float first[index + 2] - float second[index + 2]
        let d3 = float first[index + 3] - float second[index + 3]
        sum0 <- sum0 + d0 * d0
        sum1 <- sum1 + d1 * d1
        sum2 <- sum2 + d2 * d2
        sum3 <- sum3 + d3 * d3
        index <- index + 4

    while index < first.Length do
        let d0 = float first[index] - float second[index]
        sum0 <- sum0 + d0 * d0
        index <- index + 1

    sqrt ((sum0 + sum1) + (sum2 + sum3))

/// The matrix of all distances. Shape [vectors, vectors], symmetric, zeros on the diagonal.
let pairwise (vectors: ReadOnlyMemory<float32>[]) =
    let matrix = Array2D.zeroCreate vectors.Length vectors.Length

    Parallel.For(
        0,
        vectors.Length,
        fun row ->
            for column in 0 .. row - 1 do
                let distance = l2 vectors[row] vectors[column]
                matrix[row, column] <- distance
                matrix[column, row] <- distance
    )
    |> ignore

    matrix
