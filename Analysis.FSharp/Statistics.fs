/// Means, spreads and confidence intervals over seeds.
module Analysis.Statistics

open System
open MathNet.Numerics.Distributions

/// The arithmetic mean; NaN for no values.
let mean (values: float[]) =
    if values.Length = 0 then nan else Array.average values

/// Population standard deviation (divides by n), as the paper's tables use; NaN for no values.
let populationDeviation (values: float[]) =
    let center = mean values
    values |> Array.map (fun value -> (value - center) ** 2.0) |> mean |> sqrt

/// Half the width of a two-sided Student-t confidence interval of the mean; 0 for fewer than two values.
let confidenceHalfWidth (confidence: float) (values: float[]) =
    if not (confidence > 0.0 && confidence < 1.0) then
        invalidArg (nameof confidence) $"The confidence must lie strictly between 0 and 1, found {confidence}."

    let n = float values.Length

    if values.Length < 2 then
        0.0
    else
        let center = mean values
        let variance = (values |> Array.sumBy (fun value -> (value - center) ** 2.0)) / (n - 1.0)
        StudentT.InvCDF(0.0, 1.0, n - 1.0, 0.5 + confidence / 2.0) * sqrt (variance / n)
