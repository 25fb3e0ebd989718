/// Means, spreads and confidence intervals over seeds.
module SparseCore.Analysis.Statistics

open System
open MathNet.Numerics.Distributions

/// A mean with the interval that is expected to hold it.
type Band =
    {
        /// The arithmetic mean of the values.
        Mean: float
        /// Lower end of the interval.
        Lower: float
        /// Upper end of the interval.
        Upper: float
    }

/// The arithmetic mean; NaN for no values.
let mean (values: float[]) = if values.Length = 0 then nan else Array.average values

let private squaredDeviations (values: float[]) =
    let center = mean values
    values |> Array.sumBy (fun value -> (value - center) * (value - center))

/// Population standard deviation (divides by n), as the paper's tables use; NaN for no values.
let populationDeviation (values: float[]) = sqrt (squaredDeviations values / float values.Length)

/// Sample standard deviation (divides by n - 1); NaN for fewer than two values.
let sampleDeviation (values: float[]) = if values.Length < 2 then nan else sqrt (squaredDeviations values / float (values.Length - 1))

/// Half the width of a two-sided Student-t confidence interval of the mean; 0 for fewer than two values.
let confidenceHalfWidth (confidence: float) (values: float[]) =
    if not (confidence > 0.0 && confidence < 1.0) then
        invalidArg (nameof confidence) $"The confidence must lie strictly between 0 and 1, found {confidence}."

    if values.Length < 2 then
        0.0
    else
        let n = float values.Length
        StudentT.InvCDF(0.0, 1.0, n - 1.0, 0.5 + confidence / 2.0) * sampleDeviation values / sqrt n

/// The mean with its two-sided Student-t interval. The paper's figures use a confidence of 0.8.
let band (confidence: float) (values: float[]) =
    let center = mean values
    let half = confidenceHalfWidth confidence values

    { Mean = center; Lower = center - half; Upper = center + half }

/// Degrees of freedom for which pages are told the quantile of Student's t; beyond them it hardly changes.
let private mostFreedom = 200

/// Quantiles of Student's t at 0.9 for 1, 2, 3, ... degrees of freedom: with them a page draws the intervals that `band 0.8` gives.
let quantiles = Array.init mostFreedom (fun index -> StudentT.InvCDF(0.0, 1.0, float (index + 1), 0.9))
