/// Fractional disagreement (Fort, Hu and Lakshminarayanan 2020): how often two models predict different classes.
module SparseCore.Analysis.Disagreement

/// The fraction of examples for which two models predict different classes (largest output, lowest index on ties).
let between (first: Outputs) (second: Outputs) =
    Outputs.requireSame first second
    let count = Outputs.count first
    let different = Array.map2 (fun a b -> if a = b then 0 else 1) (Outputs.predictions first) (Outputs.predictions second)
    if count = 0 then nan else float (Array.sum different) / float count

/// All unordered pairs of a list: (0,1), (0,2), ..., (1,2), ...
let pairs (items: 'item[]) =
    [|
        for first in 0 .. items.Length - 1 do
            for second in first + 1 .. items.Length - 1 -> items[first], items[second]
    |]

/// The disagreement of every unordered pair of models; n (n - 1) / 2 values.
let pairwise (models: Outputs[]) = pairs models |> Array.map (fun (first, second) -> between first second)

/// The disagreement of every model with a reference.
let withReference (reference: Outputs) (models: Outputs[]) = models |> Array.map (between reference)
