/// Probabilities from outputs, in double precision and without overflow.
module SparseCore.Analysis.Softmax

open System

/// log softmax of every row: (x - max) - log(sum exp(x - max)). Shape [examples, classes], in nats.
let logProbabilities (outputs: Outputs) =
    let classes = outputs.Classes
    let result = outputs.Logits |> Array.map float

    for example in 0 .. Outputs.count outputs - 1 do
        let row = result.AsSpan(example * classes, classes)
        let mutable largest = row[0]

        for value in row do
            largest <- max largest value

        let mutable sum = 0.0

        for value in row do
            sum <- sum + exp (value - largest)

        let logSum = log sum

        for index in 0 .. classes - 1 do
            row[index] <- row[index] - largest - logSum

    result

/// softmax of every row. Shape [examples, classes]; each row sums to 1.
let probabilities (outputs: Outputs) = logProbabilities outputs |> Array.map exp
