/// Kullback-Leibler and Jensen-Shannon divergence between the output distributions of two models, in nats.
module Analysis.Divergence

let private requireSame (p: float[]) (q: float[]) =
    if p.Length <> q.Length then
        invalidArg (nameof q) $"Two distributions over the same classes are needed, found {p.Length} and {q.Length} classes."

/// KL(p || q) = sum p log(p / q) of two distributions: 0 log 0 = 0, infinite where q is 0 and p is not.
let klOfDistributions (p: float[]) (q: float[]) =
    requireSame p q
    Array.fold2 (fun sum pi qi -> if pi = 0.0 then sum else sum + pi * log (pi / qi)) 0.0 p q

/// JSD(p, q) = KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2, of two distributions: symmetric, at most log 2.
let jsdOfDistributions (p: float[]) (q: float[]) =
    requireSame p q
    let middle = Array.map2 (fun pi qi -> (pi + qi) / 2.0) p q
    (klOfDistributions p middle + klOfDistributions q middle) / 2.0

/// KL(p || q) for every example, from the logarithms of the softmax outputs: finite however small a probability is.
let private klPerExample (p: Outputs) (q: Outputs) =
    let logP, logQ = Softmax.logProbabilities p, Softmax.logProbabilities q

    Array.init (Outputs.count p) (fun example ->
        let mutable sum = 0.0

        for index in example * p.Classes .. (example + 1) * p.Classes - 1 do
            let probability = exp logP[index]

            if probability > 0.0 then
                sum <- sum + probability * (logP[index] - logQ[index])

        sum)

/// KL(p || q), the mean over the examples, in nats. The first argument is the one whose probabilities weigh the logarithms.
let kl (p: Outputs) (q: Outputs) =
    Outputs.requireSame p q
    klPerExample p q |> Statistics.mean

/// JSD(p, q), the mean over the examples, in nats: between 0 and log 2.
let jsd (p: Outputs) (q: Outputs) =
    Outputs.requireSame p q
    let row (values: float[]) (example: int) = Array.sub values (example * p.Classes) p.Classes
    let rowsP, rowsQ = Softmax.probabilities p, Softmax.probabilities q

    Array.init (Outputs.count p) (fun example -> jsdOfDistributions (row rowsP example) (row rowsQ example))
    |> Statistics.mean

/// KL over all ordered pairs of different models: n (n - 1) values.
let klPairwise (models: Outputs[]) =
    Disagreement.pairs models |> Array.collect (fun (first, second) -> [| kl first second; kl second first |])

/// JSD of every unordered pair of models: n (n - 1) / 2 values.
let jsdPairwise (models: Outputs[]) = Disagreement.pairs models |> Array.map (fun (first, second) -> jsd first second)
