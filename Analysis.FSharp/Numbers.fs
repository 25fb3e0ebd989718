/// How numbers are written, alike on every machine: in the invariant culture, and without a sign before nothing but zeros.
module SparseCore.Analysis.Numbers

open System
open System.Globalization

/// The number; the negative zero, which rounding and products leave behind, becomes 0.
let withoutNegativeZero (value: float) = if value = 0.0 then 0.0 else value

/// The number in one of .NET's formats (R, F2, N0, 0.##, ...). What the format rounds to zero loses its sign: -0.00 is no number that a reader expects.
let text (format: string) (value: float) =
    let written = value.ToString(format, CultureInfo.InvariantCulture)
    let isZero = written.Contains '0' && written.AsSpan().IndexOfAnyInRange('1', '9') < 0
    if isZero then written.TrimStart '-' else written

/// The number with this many decimals.
let decimals (count: int) (value: float) = text $"F{count}" value

/// A fraction in percent with two decimals.
let percent (fraction: float) = decimals 2 (100.0 * fraction)

/// Mean and deviation, fractions, in percent with two decimals each: "98.44 ± 0.07".
let percentWithDeviation (mean: float) (deviation: float) = $"{percent mean} ± {percent deviation}"
