module Scripts.Tests.ImportsTests

open SparseCore.Data
open Scripting
open Xunit

[<Fact>]
let ``mean and std are a number each or one for all channels, and nothing when neither is given`` () =
    Assert.Equal(None, Imports.normalization 3 None None)

    Assert.Equal(
        Some(InputNormalization([| 0.5; 0.5; 0.5 |], [| 0.1; 0.2; 0.3 |])),
        Imports.normalization 3 (Some [| 0.5 |]) (Some [| 0.1; 0.2; 0.3 |])
    )

    Assert.Equal(Some(InputNormalization([| 0.5 |], [| 1.0 |])), Imports.normalization 1 (Some [| 0.5 |]) None)
    Assert.Equal(Some(InputNormalization([| 0.0 |], [| 0.5 |])), Imports.normalization 1 None (Some [| 0.5 |]))

[<Theory>]
[<InlineData("0.1,x")>]
[<InlineData("0.1,,0.2")>]
[<InlineData("NaN")>]
let ``numbers that are none are refused with what was expected`` (text: string) =
    match Settings.parse "title" (Settings.optionalNumbers "mean" "") [| "script.fsx"; $"mean={text}" |] with
    | Error(Settings.Mistake message) -> Assert.Contains("mean: expected numbers, separated by commas, or nothing, found", message)
    | _ -> failwith "expected a mistake"
