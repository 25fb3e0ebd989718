module Scripts.Tests.ImportsTests

open SparseCore.Data
open Scripting
open Expecto
open Testing

[<Tests>]
let tests =
    testList
        "Imports"
        [
            testCase "mean and std are a number each or one for all channels, and nothing when neither is given" (fun () ->
                Expect.equal (Imports.normalization 3 None None) None "normalization"

                Expect.equal
                    (Imports.normalization 3 (Some [| 0.5 |]) (Some [| 0.1; 0.2; 0.3 |]))
                    (Some(InputNormalization([| 0.5; 0.5; 0.5 |], [| 0.1; 0.2; 0.3 |])))
                    "normalization"

                Expect.equal
                    (Imports.normalization 1 (Some [| 0.5 |]) None)
                    (Some(InputNormalization([| 0.5 |], [| 1.0 |])))
                    "normalization"

                Expect.equal
                    (Imports.normalization 1 None (Some [| 0.5 |]))
                    (Some(InputNormalization([| 0.0 |], [| 0.5 |])))
                    "normalization")

            testEach "numbers that are none are refused with what was expected" [ "0.1,x"; "0.1,,0.2"; "NaN" ] (fun text ->
                match Settings.parse "title" (Settings.optionalNumbers "mean" "") [| "script.fsx"; $"mean={text}" |] with
                | Error(Settings.Mistake message) ->
                    Expect.stringContains message "mean: expected numbers, separated by commas, or nothing, found" "message"
                | _ -> failwith "expected a mistake")
        ]
