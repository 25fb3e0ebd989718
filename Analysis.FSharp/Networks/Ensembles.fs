/// Ensembles of models: the mean of their softmax outputs.
module Analysis.Ensembles

/// Mean over the models of the softmax outputs. Shape [examples, classes].
let probabilities (models: Outputs[]) =
    if models.Length = 0 then
        invalidArg (nameof models) "An ensemble needs at least one model, found none."

    models |> Array.iter (Outputs.requireSame models[0])
    let sum = Array.zeroCreate models[0].Logits.Length

    for model in models do
        Softmax.probabilities model |> Array.iteri (fun index value -> sum[index] <- sum[index] + value)

    sum |> Array.map (fun value -> value / float models.Length)

/// The fraction of examples whose class of largest mean probability (lowest index on ties) is the label.
let accuracy (labels: int[]) (models: Outputs[]) =
    let mean = probabilities models
    let classes = models[0].Classes

    if labels.Length <> Outputs.count models[0] then
        invalidArg (nameof labels) $"One label an example is needed, found {labels.Length} labels for {Outputs.count models[0]} examples."

    let hits = labels |> Array.mapi (fun example label -> if Outputs.argMax classes mean example = label then 1 else 0)
    float (Array.sum hits) / float labels.Length
