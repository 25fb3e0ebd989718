module Analysis.Tests.NumbersTests

open System
open Expecto
open Testing
open FsCheck
open FsCheck.FSharp
open SparseCore.Analysis

[<Tests>]
let tests =
    testList
        "Numbers"
        [
            testEach
                "text writes a minus only before a digit that is not 0"
                [
                    "R", -0.0, "0"
                    "R", -1e-5, "-1E-05"
                    "F2", -0.004, "0.00"
                    "F2", -0.006, "-0.01"
                    "F0", -0.4, "0"
                    "0.##", -0.001, "0"
                    "N1", -10.04, "-10.0"
                    "0.00E+0", -0.0, "0.00E+0"
                    "R", Double.NegativeInfinity, "-Infinity"
                    "F2", Double.NaN, "NaN"
                ]
                (fun (format, value, expected) -> Expect.equal (Numbers.text format value) expected "text")

            testProperty "decimals never shows a negative zero and otherwise what .NET shows" (fun (NormalFloat value) ->
                let value = value / 1e3
                let plain = value.ToString("F2", Globalization.CultureInfo.InvariantCulture)
                Numbers.decimals 2 value = (if plain = "-0.00" then "0.00" else plain))
        ]
