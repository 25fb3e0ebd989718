/// Cultures for tests of what must not follow them.
module Analysis.Tests.Cultures

open System.Globalization

/// Runs a test in a culture that writes numbers as de-DE does, with a comma before decimals. It is made here, as the tests load no cultures of the machine.
let withCommas (test: unit -> unit) =
    let culture = CultureInfo.InvariantCulture.Clone() :?> CultureInfo
    culture.NumberFormat.NumberDecimalSeparator <- ","
    culture.NumberFormat.NumberGroupSeparator <- "."
    culture.NumberFormat.NaNSymbol <- "keine Zahl"
    let before = CultureInfo.CurrentCulture

    try
        CultureInfo.CurrentCulture <- culture
        test ()
    finally
        CultureInfo.CurrentCulture <- before
