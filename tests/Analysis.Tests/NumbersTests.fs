module Analysis.Tests.NumbersTests

open System
open Xunit
open FsCheck
open FsCheck.FSharp
open Analysis

[<Theory>]
[<InlineData("R", -0.0, "0")>]
[<InlineData("R", -1e-5, "-1E-05")>]
[<InlineData("F2", -0.004, "0.00")>]
[<InlineData("F2", -0.006, "-0.01")>]
[<InlineData("F0", -0.4, "0")>]
[<InlineData("0.##", -0.001, "0")>]
[<InlineData("N1", -10.04, "-10.0")>]
[<InlineData("0.00E+0", -0.0, "0.00E+0")>]
[<InlineData("R", Double.NegativeInfinity, "-Infinity")>]
[<InlineData("F2", Double.NaN, "NaN")>]
let ``text writes a minus only before a digit that is not 0`` (format: string, value: float, expected: string) =
    Assert.Equal(expected, Numbers.text format value)

[<Fact>]
let ``decimals never shows a negative zero and otherwise what .NET shows`` () =
    Check.QuickThrowOnFailure(
        Prop.forAll (ArbMap.defaults |> ArbMap.arbitrary<NormalFloat>) (fun (NormalFloat value) ->
            let value = value / 1e3
            let plain = value.ToString("F2", Globalization.CultureInfo.InvariantCulture)
            Numbers.decimals 2 value = (if plain = "-0.00" then "0.00" else plain))
    )
