/// What two networks have in common: their weights, their masks, what they predict, and what their layers give.
module SparseCore.Analysis.Pairs

open System
open SparseCore.Numerics
open SparseCore.Parameters

/// A network as pairs need it. Everything about it alone is computed once.
type Side =
    {
        /// The network.
        Snapshot: Snapshot
        /// Its parameters before training, where they are known.
        Start: Snapshot option
        /// Logarithms of its softmax outputs. Shape [examples, classes].
        LogProbabilities: float[]
        /// The softmax outputs.
        Probabilities: float[]
        /// Mean over the examples of the sum of p log p.
        NegativeEntropy: float
        /// The class of each example.
        Predictions: int[]
        /// Which examples it gets wrong.
        Wrong: bool[]
        /// What its layers give; empty where that is not asked for.
        Kernels: Similarity.Kernel[]
    }

/// One layer of a pair.
type LayerPair =
    {
        /// L2 distance of the layer's weights.
        Distance: float
        /// Weights in both masks over weights in either.
        Overlap: float
        /// What random masks with as many weights would share.
        OverlapByChance: float
        /// Of the weights in both masks, the fraction of equal sign; NaN where none are.
        Signs: float
        /// What independent signs with the same shares of positive ones would give.
        SignsByChance: float
        /// Linear centered kernel alignment of what the layer gives; NaN where it is not asked for.
        Alignment: float
    }

/// What two networks have in common.
type Pair =
    {
        /// L2 distance over all that is trained.
        Distance: float
        /// Cosine of the angle between the parameter vectors.
        Cosine: float
        /// Cosine of the angle between what training added to a common start; NaN where the starts differ or are not known.
        UpdateCosine: float
        /// Masks, all layers together: shared weights over weights in either.
        Overlap: float
        /// The same by chance.
        OverlapByChance: float
        /// Of the weights in both masks, the fraction of equal sign.
        Signs: float
        /// The same by chance.
        SignsByChance: float
        /// Fraction of examples that they classify differently.
        Disagreement: float
        /// KL of the second from the first, in nats: the first one's probabilities weigh the logarithms.
        Kl: float
        /// KL of the first from the second.
        KlBack: float
        /// Jensen-Shannon divergence, nats.
        Jsd: float
        /// How much more often they are wrong on the same examples than independent networks of their accuracies would be: Cohen's kappa (Geirhos et al. 2020). 1 for always.
        ErrorConsistency: float
        /// Layer by layer.
        Layers: LayerPair[]
    }

/// What is computed of a network alone.
let side (labels: int[]) (start: Snapshot option) (kernels: Similarity.Kernel[]) (snapshot: Snapshot) (outputs: Outputs) : Side =
    let logs = Softmax.logProbabilities outputs
    let probabilities = Array.map exp logs
    let predictions = Outputs.predictions outputs

    {
        Snapshot = snapshot
        Start = start
        LogProbabilities = logs
        Probabilities = probabilities
        NegativeEntropy = Array.fold2 (fun sum p log -> if p > 0.0 then sum + p * log else sum) 0.0 probabilities logs / float labels.Length
        Predictions = predictions
        Wrong = Array.map2 (<>) predictions labels
        Kernels = kernels
    }

let private cosine (first: ReadOnlySpan<float32>) (second: ReadOnlySpan<float32>) =
    let mutable product = 0.0
    let mutable one = 0.0
    let mutable other = 0.0

    for index in 0 .. first.Length - 1 do
        let a, b = float first[index], float second[index]
        product <- product + a * b
        one <- one + a * a
        other <- other + b * b

    product / sqrt (one * other)

let private difference (finish: Snapshot) (start: Snapshot) : float32[] =
    let finish, start = Snapshots.trained finish, Snapshots.trained start
    Array.init finish.Length (fun index -> finish.Span[index] - start.Span[index])

let private updateCosine (first: Side) (second: Side) =
    match first.Start, second.Start with
    | Some one, Some other when one.ContentHash = other.ContentHash || one.Parameters.Values = other.Parameters.Values ->
        cosine (ReadOnlySpan(difference first.Snapshot one)) (ReadOnlySpan(difference second.Snapshot other))
    | _ -> nan

/// Counts of the weights of one layer.
[<Struct>]
type private Counts =
    {
        Shared: float
        Either: float
        SharedByChance: float
        EitherByChance: float
        EqualSigns: float
        EqualSignsByChance: float
    }

let private counts (layer: int) (first: Snapshot) (second: Snapshot) : Counts =
    let one, other = first.Masks[layer], second.Masks[layer]
    let left = first.Parameters.Weights layer
    let right = second.Parameters.Weights layer
    let mutable shared = 0
    let mutable equal = 0
    let mutable leftPositive = 0
    let mutable rightPositive = 0
    let mutable index = one.NextActive 0

    while index < one.Length do
        if other[index] then
            shared <- shared + 1
            let a, b = left[index] > 0f, right[index] > 0f

            if a = b then
                equal <- equal + 1

            if a then
                leftPositive <- leftPositive + 1

            if b then
                rightPositive <- rightPositive + 1

        index <- one.NextActive(index + 1)

    let sharedByChance = float one.ActiveCount * float other.ActiveCount / float one.Length
    let p, q = float leftPositive / float (max 1 shared), float rightPositive / float (max 1 shared)

    {
        Shared = float shared
        Either = float (one.ActiveCount + other.ActiveCount - shared)
        SharedByChance = sharedByChance
        EitherByChance = float (one.ActiveCount + other.ActiveCount) - sharedByChance
        EqualSigns = float equal
        EqualSignsByChance = float shared * (p * q + (1.0 - p) * (1.0 - q))
    }

let private kl (p: Side) (q: Side) =
    let cross = RealVectors.Dot(ReadOnlySpan p.Probabilities, ReadOnlySpan q.LogProbabilities)
    // What rounding adds beyond 0 is cut off.
    max 0.0 (p.NegativeEntropy - cross / float p.Predictions.Length)

/// With s = p + q: the mean of (sum p log p + sum q log q - sum s log s) / 2 + log 2.
let private jsd (first: Side) (second: Side) =
    let sum = RealVectors.SumOfLogarithms(ReadOnlySpan first.Probabilities, ReadOnlySpan second.Probabilities)
    let rounded = 0.5 * (first.NegativeEntropy + second.NegativeEntropy - sum / float first.Predictions.Length) + log 2.0
    Math.Clamp(rounded, 0.0, log 2.0)

let private fraction (count: int) (whole: int) = float count / float whole

let private functions (first: Side) (second: Side) =
    let mutable different = 0
    let mutable together = 0
    let mutable one = 0
    let mutable other = 0

    for example in 0 .. first.Predictions.Length - 1 do
        if first.Predictions[example] <> second.Predictions[example] then
            different <- different + 1

        if first.Wrong[example] = second.Wrong[example] then
            together <- together + 1

        if first.Wrong[example] then
            one <- one + 1

        if second.Wrong[example] then
            other <- other + 1

    let examples = first.Predictions.Length
    let a, b = fraction one examples, fraction other examples
    let expected = a * b + (1.0 - a) * (1.0 - b)
    fraction different examples, (fraction together examples - expected) / (1.0 - expected)

/// Compares two networks of one architecture, on the same examples.
let between (first: Side) (second: Side) : Pair =
    let one, other = first.Snapshot, second.Snapshot
    let layers = Array.init one.Masks.Count (fun layer -> counts layer one other)
    let whole (value: Counts -> float) = Array.sumBy value layers
    let disagreement, consistency = functions first second

    let weights (snapshot: Snapshot) (layer: int) =
        ReadOnlyMemory(
            snapshot.Parameters.Values,
            snapshot.Parameters.WeightOffset layer,
            snapshot.Parameters.Network.Layers[layer].WeightCount
        )

    {
        Distance = Distances.l2 (Snapshots.trained one) (Snapshots.trained other)
        Cosine = cosine (Snapshots.trained one).Span (Snapshots.trained other).Span
        UpdateCosine = updateCosine first second
        Overlap = whole _.Shared / whole _.Either
        OverlapByChance = whole _.SharedByChance / whole _.EitherByChance
        Signs = whole _.EqualSigns / whole _.Shared
        SignsByChance = whole _.EqualSignsByChance / whole _.Shared
        Disagreement = disagreement
        Kl = kl first second
        KlBack = kl second first
        Jsd = jsd first second
        ErrorConsistency = consistency
        Layers =
            layers
            |> Array.mapi (fun layer counts ->
                {
                    Distance = Distances.l2 (weights one layer) (weights other layer)
                    Overlap = counts.Shared / counts.Either
                    OverlapByChance = counts.SharedByChance / counts.EitherByChance
                    Signs = counts.EqualSigns / counts.Shared
                    SignsByChance = counts.EqualSignsByChance / counts.Shared
                    Alignment =
                        if first.Kernels.Length = 0 then
                            nan
                        else
                            Similarity.alignment first.Kernels[layer] second.Kernels[layer]
                })
    }

/// The pair seen from the other side.
let turned (pair: Pair) : Pair = { pair with Kl = pair.KlBack; KlBack = pair.Kl }

/// Signs of the active weights that are those of the start, at the places where the start has a weight, and what chance would give; by layer and for all.
let signsOfStart (start: Snapshot) (snapshot: Snapshot) : (float * float)[] * (float * float) =
    let layers = Array.init snapshot.Masks.Count (fun layer -> counts layer snapshot start)
    let share (value: Counts -> float) = Array.sumBy value layers / Array.sumBy _.Shared layers

    layers |> Array.map (fun layer -> layer.EqualSigns / layer.Shared, layer.EqualSignsByChance / layer.Shared),
    (share _.EqualSigns, share _.EqualSignsByChance)
