/// Kullback-Leibler and Jensen-Shannon divergence between the output distributions of two models, in nats.
module SparseCore.Analysis.Divergence

open System

// No divergence is negative, and none of Jensen and Shannon's above log 2: what rounding adds beyond is cut off, once, at the end.
let private notNegative (divergence: float) = max 0.0 divergence
let private atMostLog2 (divergence: float) = Math.Clamp(divergence, 0.0, log 2.0)

/// JSD(p, q) = KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2, of two distributions, with what rounding leaves; 0 log 0 = 0.
/// The mean m is not formed: half of the smallest double is 0.
let private roundedJsd (p: float[]) (q: float[]) =
    let klToMiddle (p: float[]) (q: float[]) =
        Array.fold2 (fun sum pi qi -> if pi = 0.0 then sum else sum + pi * log (2.0 * pi / (pi + qi))) 0.0 p q

    (klToMiddle p q + klToMiddle q p) / 2.0

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

/// KL(p || q), the mean over the examples, in nats, at least 0. The first argument is the one whose probabilities weigh the logarithms.
let kl (p: Outputs) (q: Outputs) =
    Outputs.requireSame p q
    klPerExample p q |> Statistics.mean |> notNegative

/// JSD(p, q), the mean over the examples, in nats: symmetric, between 0 and log 2.
let jsd (p: Outputs) (q: Outputs) =
    Outputs.requireSame p q
    let row (values: float[]) (example: int) = Array.sub values (example * p.Classes) p.Classes
    let rowsP, rowsQ = Softmax.probabilities p, Softmax.probabilities q

    Array.init (Outputs.count p) (fun example -> roundedJsd (row rowsP example) (row rowsQ example))
    |> Statistics.mean
    |> atMostLog2

/// KL over all ordered pairs of different models: n (n - 1) values.
let klPairwise (models: Outputs[]) =
    Disagreement.pairs models |> Array.collect (fun (first, second) -> [| kl first second; kl second first |])

/// JSD of every unordered pair of models: n (n - 1) / 2 values.
let jsdPairwise (models: Outputs[]) = Disagreement.pairs models |> Array.map (fun (first, second) -> jsd first second)
