/// How far a network's probabilities can be trusted: negative log-likelihood, Brier score and expected calibration error, each with its standard error over the examples.
module SparseCore.Analysis.Calibration

/// A number and its standard error over the examples.
type Estimate =
    {
        /// The number.
        Value: float
        /// Its standard error.
        Error: float
    }

/// Bins of confidence of the expected calibration error, equally wide (Guo et al. 2017).
let bins = 15

/// Parts of the examples that are left out in turn for a standard error (jackknife).
let private parts = 20

/// What was found.
type Calibration =
    {
        /// Fraction classified rightly.
        Accuracy: Estimate
        /// Mean negative log-likelihood of the labels, nats.
        NegativeLogLikelihood: Estimate
        /// Mean over the examples of the sum over the classes of (p - y)^2.
        Brier: Estimate
        /// Mean over the examples of |accuracy - confidence| in the bin of its confidence.
        CalibrationError: Estimate
    }

let private mean (values: float[]) : Estimate =
    {
        Value = Statistics.mean values
        Error = Statistics.sampleDeviation values / sqrt (float values.Length)
    }

let private calibrationError (confidences: float[]) (right: float[]) (chosen: int -> bool) =
    let counts, sums = Array.zeroCreate<float> bins, Array.zeroCreate<float> bins

    for example in 0 .. confidences.Length - 1 do
        if chosen example then
            let bin = min (bins - 1) (int (confidences[example] * float bins))
            counts[bin] <- counts[bin] + 1.0
            sums[bin] <- sums[bin] + right[example] - confidences[example]

    Array.sumBy abs sums / max 1.0 (Array.sum counts)

/// All of them. The probabilities are softmax outputs. Shape [examples, classes].
let ofProbabilities (classes: int) (labels: int[]) (logProbabilities: float[]) : Calibration =
    if labels.Length = 0 || logProbabilities.Length <> labels.Length * classes then
        invalidArg
            (nameof labels)
            $"One label an example is needed, found {labels.Length} labels for {logProbabilities.Length} values of {classes} classes."

    let row (example: int) = Array.init classes (fun index -> exp logProbabilities[example * classes + index])
    let predictions = Array.init labels.Length (Outputs.argMax classes logProbabilities)
    let right = Array.map2 (fun label prediction -> if label = prediction then 1.0 else 0.0) labels predictions
    let confidences = predictions |> Array.mapi (fun example prediction -> exp logProbabilities[example * classes + prediction])

    let brier =
        labels
        |> Array.mapi (fun example label ->
            row example |> Array.mapi (fun index p -> (p - (if index = label then 1.0 else 0.0)) ** 2.0) |> Array.sum)

    // The error of a sum of magnitudes: each twentieth of the examples is left out once.
    let without = Array.init parts (fun part -> calibrationError confidences right (fun example -> example % parts <> part))
    let center = Statistics.mean without

    {
        Accuracy = mean right
        NegativeLogLikelihood = labels |> Array.mapi (fun example label -> -logProbabilities[example * classes + label]) |> mean
        Brier = mean brier
        CalibrationError =
            {
                Value = calibrationError confidences right (fun _ -> true)
                Error = sqrt (float (parts - 1) / float parts * Array.sumBy (fun value -> (value - center) ** 2.0) without)
            }
    }
