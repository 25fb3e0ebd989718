module Analysis.Tests.ColumnsTests

open System
open System.IO
open Expecto
open Testing
open FsCheck
open FsCheck.FSharp
open SparseCore.Analysis

/// A record with a column of every kind.
type private Row =
    {
        Name: string
        Note: string option
        Stage: string
        Seed: int
        Class: int option
        Loss: float
        Best: float option
        Collapsed: bool
    }

let private columns =
    Columns.ofRecord<Row> {
        let! name = Columns.text "name" _.Name
        and! note = Columns.optionalText "note" _.Note
        and! stage = Columns.word [ "start"; "end" ] "stage" _.Stage
        and! seed = Columns.integer "seed" _.Seed
        and! label = Columns.optionalInteger "class" _.Class
        and! loss = Columns.number "loss" _.Loss
        and! () = Columns.derived "loss_squared" (fun row -> row.Loss * row.Loss)
        and! best = Columns.optionalNumber "best" _.Best
        and! collapsed = Columns.truth "collapsed" _.Collapsed

        return
            {
                Name = name
                Note = note
                Stage = stage
                Seed = seed
                Class = label
                Loss = loss
                Best = best
                Collapsed = collapsed
            }
    }

let private sample =
    {
        Name = "a, b"
        Note = Some "say \"hi\""
        Stage = "end"
        Seed = -3
        Class = Some 7
        Loss = 0.5
        Best = Some 1e-7
        Collapsed = true
    }

let private header = "name,note,stage,seed,class,loss,loss_squared,best,collapsed\n"

let private csv (rows: Row list) = Columns.toTable "t.csv" columns rows |> Tables.toCsv

let private refusal (text: string) =
    (Expect.thrown<InvalidDataException>(fun () -> Tables.ofCsv "t.csv" text |> Columns.ofTable columns |> ignore)).Message

[<Tests>]
let tests =
    testList
        "Columns"
        [
            testCase "a record is written in the order of its columns, in any culture" (fun () ->
                Cultures.withCommas (fun () ->
                    Expect.equal (csv [ sample ]) (header + "\"a, b\",\"say \"\"hi\"\"\",end,-3,7,0.5,0.25,1E-07,1\n") "csv"))

            testCase "every record that is written is read back, in any culture" (fun () ->
                let number = ArbMap.defaults |> ArbMap.generate<float> |> Gen.map Numbers.withoutNegativeZero
                let text = Gen.elements [ "a"; "1.5"; ","; "\""; "\n"; " blank "; "NaN"; "ä" ]

                let rows =
                    gen {
                        let! name = Gen.oneof [ text; Gen.constant "" ]
                        let! note = Gen.optionOf text
                        let! stage = Gen.elements [ "start"; "end" ]
                        let! seed = ArbMap.defaults |> ArbMap.generate<int>
                        let! label = ArbMap.defaults |> ArbMap.generate<int option>
                        let! loss = number
                        let! best = Gen.optionOf number
                        let! collapsed = ArbMap.defaults |> ArbMap.generate<bool>

                        return
                            {
                                Name = name
                                Note = note
                                Stage = stage
                                Seed = seed
                                Class = label
                                Loss = loss
                                Best = best
                                Collapsed = collapsed
                            }
                    }

                Cultures.withCommas (fun () ->
                    Check.QuickThrowOnFailure(
                        Prop.forAll (Arb.fromGen (Gen.listOf rows)) (fun rows ->
                            let read = csv rows |> Tables.ofCsv "t.csv" |> Columns.ofTable columns
                            // Equal values, where NaN equals NaN.
                            read.Length = rows.Length && Seq.forall2 (fun (row: Row) (other: Row) -> row.Equals other) rows read)
                    )))

            testCase "NaN, a missing number and a missing text are told apart" (fun () ->
                let row = { sample with Name = ""; Note = None; Class = None; Loss = nan; Best = None }

                let text = csv [ row; { row with Best = Some nan } ]
                Expect.equal text (header + ",,end,-3,,NaN,NaN,,1\n,,end,-3,,NaN,NaN,NaN,1\n") "text"
                let read = Tables.ofCsv "t.csv" text |> Columns.ofTable columns
                Expect.equal read[0].Name "" "name"
                Expect.equal read[0].Note None "note"
                Expect.equal read[0].Best None "best"
                Expect.isTrue (Double.IsNaN read[0].Loss) "whether the height is no number"
                Expect.isTrue (Option.exists Double.IsNaN read[1].Best) "exists")

            testEach
                "a table with a column too many, too few, renamed or elsewhere is refused"
                [
                    "name,note,stage,seed,class,loss,loss_squared,best,collapsed,more\n"
                    "name,note,stage,seed,class,loss,loss_squared,best\n"
                    "name,note,stage,seed,class,cost,loss_squared,best,collapsed\n"
                    "note,name,stage,seed,class,loss,loss_squared,best,collapsed\n"
                ]
                (fun found ->
                    let expected =
                        "t.csv, line 1: expected the columns 'name,note,stage,seed,class,loss,loss_squared,best,collapsed', found '"

                    Expect.equal (refusal found) (expected + found.TrimEnd '\n' + "'.") "message")

            testEach
                "a cell of another type is refused with its line and column, in any culture"
                [
                    "a,,middle,1,,1,1,,0", "one of start,end in column 'stage', found 'middle'"
                    "a,,end,1.5,,1,1,,0", "an integer in column 'seed', found '1.5'"
                    "a,,end,,,1,1,,0", "an integer in column 'seed', found ''"
                    "a,,end,1,x,1,1,,0", "an integer in column 'class', found 'x'"
                    "a,,end,1,,,1,,0", "a number in column 'loss', found ''"
                    "a,,end,1,,\"1,5\",1,,0", "a number in column 'loss', found '1,5'"
                    "a,,end,1,,1,1,low,0", "a number in column 'best', found 'low'"
                    "a,,end,1,,1,1,,yes", "an integer in column 'collapsed', found 'yes'"
                ]
                (fun (line, expected) ->
                    Cultures.withCommas (fun () ->
                        Expect.equal
                            (refusal (header + "a,,end,1,,1,1,,0\n" + line + "\n"))
                            $"t.csv, line 3: expected {expected}."
                            "message"))

            testCase "the first cell that does not fit is the one that is named" (fun () ->
                Expect.stringContains (refusal (header + "a,,middle,x,x,x,x,x,x\n")) "column 'stage'" "message")

            testCase "a number that follows from others is written but not read" (fun () ->
                let read = Tables.ofCsv "t.csv" (header + "a,,end,1,,2,whatever,,0\n") |> Columns.ofTable columns
                Expect.equal read[0].Loss 2.0 "loss")

            testCase "write then read gives the records" (fun () ->
                SmallRuns.withFolder (fun folder ->
                    let path = Path.Combine(folder, "t.csv")
                    Columns.write path columns [ sample ]
                    Expect.equal (Columns.read path columns) [| sample |] "read"))
        ]
