namespace SparseCore.Analysis

open System

/// What a network gives for a number of examples, before the softmax.
type Outputs =
    {
        /// Number of classes, at least 1.
        Classes: int
        /// All outputs. Shape [examples, classes], one row an example; all finite.
        Logits: float32[]
    }

/// Network outputs, the classes they predict and their accuracy.
module Outputs =
    /// Outputs from rows of logits; refuses a length that is no whole number of rows, and values that are not finite.
    let create (classes: int) (logits: float32[]) =
        if classes < 1 then
            invalidArg (nameof classes) $"At least 1 class is needed, found {classes}."

        if logits.Length % classes <> 0 then
            invalidArg (nameof logits) $"The outputs for {classes} classes must come in whole rows, found {logits.Length} values."

        match logits |> Array.tryFindIndex (Single.IsFinite >> not) with
        | Some index ->
            invalidArg
                (nameof logits)
                $"The output of example {index / classes} for class {index % classes} must be finite, found {logits[index]}; the network has diverged."
        | None -> { Classes = classes; Logits = logits }

    /// Number of examples.
    let count (outputs: Outputs) = outputs.Logits.Length / outputs.Classes

    let internal requireSame (first: Outputs) (second: Outputs) =
        if first.Classes <> second.Classes || first.Logits.Length <> second.Logits.Length then
            invalidArg
                (nameof second)
                $"Two models must be compared on the same examples and classes, found {count first} examples of {first.Classes} classes and {count second} of {second.Classes}."

    let inline internal argMax (classes: int) (values: 'value[]) (example: int) =
        let first = example * classes
        let mutable best = first

        for index in first + 1 .. first + classes - 1 do
            if values[index] > values[best] then
                best <- index

        best - first

    /// The predicted class of every example: the largest output, the lowest index on ties.
    let predictions (outputs: Outputs) = Array.init (count outputs) (argMax outputs.Classes outputs.Logits)

    /// The fraction of examples whose prediction is the label.
    let accuracy (labels: int[]) (outputs: Outputs) =
        if labels.Length <> count outputs then
            invalidArg (nameof labels) $"One label an example is needed, found {labels.Length} labels for {count outputs} examples."

        let hits = Array.map2 (fun label prediction -> if label = prediction then 1 else 0) labels (predictions outputs)
        float (Array.sum hits) / float labels.Length

    /// The class that is predicted for every example, if there is only one: such a model has collapsed.
    let collapsedTo (outputs: Outputs) =
        match predictions outputs |> Array.distinct with
        | [| only |] -> Some only
        | _ -> None
