/// Ensembles of models: the mean of their softmax outputs.
module SparseCore.Analysis.Ensembles

open System
open SparseCore.Numerics

/// Mean over the models of the softmax outputs. Shape [examples, classes].
let probabilities (models: Outputs[]) =
    if models.Length = 0 then
        invalidArg (nameof models) "An ensemble needs at least one model, found none."

    models |> Array.iter (Outputs.requireSame models[0])
    let sum = Array.zeroCreate models[0].Logits.Length

    for model in models do
        Softmax.probabilities model |> Array.iteri (fun index value -> sum[index] <- sum[index] + value)

    sum |> Array.map (fun value -> value / float models.Length)

/// The fraction of examples whose class of the largest number (lowest index on ties) is the label.
let private hits (labels: int[]) (classes: int) (values: float[]) =
    let mutable hits = 0

    for example in 0 .. labels.Length - 1 do
        if Outputs.argMax classes values example = labels[example] then
            hits <- hits + 1

    float hits / float labels.Length

/// The fraction of examples whose class of largest mean probability (lowest index on ties) is the label.
let accuracy (labels: int[]) (models: Outputs[]) =
    let mean = probabilities models
    let classes = models[0].Classes

    if labels.Length <> Outputs.count models[0] then
        invalidArg (nameof labels) $"One label an example is needed, found {labels.Length} labels for {Outputs.count models[0]} examples."

    hits labels classes mean

/// Accuracies of ensembles that grow by one model at a time: of the first, of the first two, of all. Softmax outputs, shapes [examples, classes].
let growing (labels: int[]) (classes: int) (models: float[][]) : float[] =
    let sum = Array.zeroCreate<float>(labels.Length * classes)

    models
    |> Array.map (fun probabilities ->
        RealVectors.AddMultiple(Span sum, ReadOnlySpan probabilities, 1.0)
        hits labels classes sum)
