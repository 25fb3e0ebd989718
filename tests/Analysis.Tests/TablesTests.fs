module Analysis.Tests.TablesTests

open System
open System.IO
open Expecto
open Testing
open FsCheck
open FsCheck.FSharp
open SparseCore.Analysis

let private refused (text: string) =
    let error = Expect.thrown<InvalidDataException>(fun () -> Tables.ofCsv "t.csv" text |> ignore)
    error.Message

/// The number of columns, and rows of as many cells.
let private sheets =
    let cell = Gen.elements [ ""; "a"; "1.5"; "a,b"; "say \"hi\""; "two\nlines"; "r\r\n"; " blank "; "\""; "ä" ]

    Gen.zip (Gen.choose (1, 4)) (Gen.choose (0, 5))
    |> Gen.bind (fun (columns, rows) -> Gen.listOfLength rows (Gen.arrayOfLength columns cell) |> Gen.map (fun rows -> columns, rows))

/// Texts of the characters that mean something in CSV.
let private texts =
    Gen.listOf (Gen.elements [ "a"; "1"; ","; "\""; "\n"; "\r"; " "; "\uFEFF" ]) |> Gen.map (String.concat "")

[<Tests>]
let tests =
    testList
        "Tables"
        [
            testProperty
                "toCsv then ofCsv gives the same cells whatever they hold"
                (Prop.forAll (Arb.fromGen sheets) (fun (columns, rows) ->
                    let table = Tables.create "t" [ for index in 1..columns -> $"c{index}" ] rows
                    let again = Tables.ofCsv "t" (Tables.toCsv table)
                    let cells (table: Tables.Table) = table.Rows |> Array.map _.Cells
                    again.Columns = table.Columns && cells again = cells table))

            testProperty "number reads back as the same double, the negative zero as 0" (fun (value: float) ->
                let table = Tables.ofCsv "t" $"x\n{Tables.number value}\n"
                let again = Tables.float "x" table table.Rows[0]

                BitConverter.DoubleToInt64Bits again = BitConverter.DoubleToInt64Bits(Numbers.withoutNegativeZero value)
                || (Double.IsNaN again && Double.IsNaN value))

            testCase "toCsv quotes only what needs it" (fun () ->
                let table = Tables.create "t" [ "a"; "b" ] [ [| "plain"; "x,y" |]; [| "say \"hi\""; "" |] ]
                Expect.equal (Tables.toCsv table) "a,b\nplain,\"x,y\"\n\"say \"\"hi\"\"\",\n" "CSV")

            testCase "ofCsv reads CRLF line ends and a byte order mark" (fun () ->
                let table = Tables.ofCsv "t" "\uFEFFa,b\r\n1,2\r\n"
                Expect.equal table.Columns [| "a"; "b" |] "columns"
                Expect.equal table.Rows[0].Cells [| "1"; "2" |] "cells")

            testCase "ofCsv counts lines inside quoted cells" (fun () ->
                let table = Tables.ofCsv "t" "a\n\"1\n2\"\n3\n"
                Expect.equal (table.Rows |> Array.map _.Line) [| 2; 4 |] "lines of the rows")

            testEach
                "ofCsv refuses malformed text and names line, expected and found"
                [
                    "", "t.csv, line 1: expected a header line, found an empty file."
                    "a,b\n1\n", "t.csv, line 2: expected 2 cells (a,b), found 1."
                    "a,b\n1,2\n1,2,3\n", "t.csv, line 3: expected 2 cells (a,b), found 3."
                    "a,a\n", "t.csv, line 1: expected column names that are all different, found 'a,a'."
                    "a\n\"open\n", "t.csv, line 2: expected a closing quote, found the end of the file."
                    "a\nx\"y\n", "t.csv, line 2: expected a quote only around a whole cell, found a quote inside 'x'."
                    "a\n\"x\"y\n", "t.csv, line 2: expected a comma or the end of the line after a closing quote, found 'y'."
                ]
                (fun (text, message) -> Expect.equal (refused text) message "message")

            testProperty
                "ofCsv reads or refuses any text and never fails otherwise"
                (Prop.forAll (Arb.fromGen texts) (fun text ->
                    try
                        let table = Tables.ofCsv "t.csv" text
                        table.Rows |> Array.forall (fun row -> row.Cells.Length = table.Columns.Length)
                    with :? InvalidDataException ->
                        true))

            testCase "float refuses a cell that is no number with line and column" (fun () ->
                let table = Tables.ofCsv "t.csv" "x\n1\nabc\n"
                let error = Expect.thrown<InvalidDataException>(fun () -> Tables.float "x" table table.Rows[1] |> ignore)
                Expect.equal error.Message "t.csv, line 3: expected a number in column 'x', found 'abc'." "message")

            testCase "expect refuses other columns" (fun () ->
                let error =
                    Expect.thrown<InvalidDataException>(fun () -> Tables.ofCsv "t.csv" "a,b\n" |> Tables.expect [ "a"; "c" ] |> ignore)

                Expect.equal error.Message "t.csv, line 1: expected the columns 'a,c', found 'a,b'." "message")

            testCase "write leaves only the finished file and replaces an old one" (fun () ->
                let folder = Directory.CreateTempSubdirectory("tables-").FullName

                try
                    let path = Path.Combine(folder, "deep", "t.csv")
                    Tables.write path (Tables.create "t" [ "a" ] [ [| "1" |] ])
                    Tables.write path (Tables.create "t" [ "a" ] [ [| "2" |] ])
                    Expect.equal (File.ReadAllText path) "a\n2\n" "text of the file"
                    Expect.equal (Directory.GetFiles(Path.Combine(folder, "deep"))) [| path |] "files"
                finally
                    Directory.Delete(folder, true))

            testCase "toMarkdown aligns numbers to the right and escapes bars" (fun () ->
                let table = Tables.create "t" [ "model"; "accuracy" ] [ [| "a|b"; "98.5" |] ]

                Expect.equal
                    (Tables.toMarkdown [ "accuracy" ] table)
                    "| model | accuracy |\n| ----- | -------: |\n| a\\|b  |     98.5 |\n"
                    "Markdown")

            testCase "a byte order mark in a cell survives writing and reading" (fun () ->
                let table = Tables.create "t" [ "\uFEFFa" ] [ [| "\uFEFF" |] ]
                Expect.equal (Tables.ofCsv "t" (Tables.toCsv table)).Columns [| "\uFEFFa" |] "columns")

            testCase "write refuses to replace what is no file" (fun () ->
                let folder = Directory.CreateTempSubdirectory("tables-").FullName

                try
                    let error = Expect.thrown<IOException>(fun () -> Tables.write folder (Tables.create "t" [ "a" ] []))
                    Expect.equal error.Message $"'{folder}' is a folder; expected a file that can be replaced, or nothing" "message"
                finally
                    Directory.Delete(folder, true))

            testCase "read refuses a file larger than any table before it is in memory" (fun () ->
                let folder = Directory.CreateTempSubdirectory("tables-").FullName

                try
                    let path = Path.Combine(folder, "t.csv")
                    using (File.OpenWrite path) (fun file -> file.SetLength(Tables.longest + 1L))
                    let before = System.GC.GetAllocatedBytesForCurrentThread()
                    let error = Expect.thrown<IOException>(fun () -> Tables.read path |> ignore)
                    Expect.equal error.Message $"'{path}' has {Tables.longest + 1L} bytes; expected at most {Tables.longest}" "message"
                    Expect.inRange (System.GC.GetAllocatedBytesForCurrentThread() - before) (0L, 100000L) "bytes allocated"
                finally
                    Directory.Delete(folder, true))

            testEach
                "a cell of a Markdown table is text whatever it holds"
                [
                    "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"
                    "[x](javascript:alert(1))", "\\[x\\](javascript\\:alert(1))"
                    "`a|b` \\", "\\`a\\|b\\` \\\\"
                    "# *a* _b_ ~c~ $d$ &lt; !e", "\\# \\*a\\* \\_b\\_ \\~c\\~ \\$d\\$ &amp;lt; \\!e"
                    "https://x.example www.x.example a@x.example", "https\\://x.example www\\.x.example a\\@x.example"
                    "a\r\nb\u001B[2J\u202E", "a<br>b\\\\u{1B}\\[2J\\\\u{202E}"
                    "RigL+, 97.40 ± 0.67 (95%)", "RigL+, 97.40 ± 0.67 (95%)"
                ]
                (fun (cell, expected) ->
                    let table = Tables.create "t" [ "name" ] [ [| cell |] ]
                    Expect.equal ((Tables.toMarkdown [] table).Split('\n')[2]) $"| {expected.PadRight 4} |" "Markdown")

            testCase "a refused cell is shown on one line and cut" (fun () ->
                let refusal (cell: string) =
                    let table = Tables.create "t\n.csv" [ "x" ] [ [| cell |] ]
                    (Expect.thrown<InvalidDataException>(fun () -> Tables.int "x" table table.Rows[0] |> ignore)).Message

                Expect.equal
                    (refusal "\u001B[2J\n")
                    "t\\u{A}.csv, line 2: expected an integer in column 'x', found '\\u{1B}[2J\\u{A}'."
                    "message"

                Expect.stringEnds (refusal (String('x', 1_000_000))) "... (999940 more characters)'." "message")

            testCase "word refuses what the column cannot hold" (fun () ->
                let table = Tables.ofCsv "t.csv" "model\nLT\nLTX\n"
                Expect.equal (Tables.word [ "LT"; "Scratch" ] "model" table table.Rows[0]) "LT" "word"

                let error =
                    Expect.thrown<InvalidDataException>(fun () -> Tables.word [ "LT"; "Scratch" ] "model" table table.Rows[1] |> ignore)

                Expect.equal error.Message "t.csv, line 3: expected one of LT,Scratch in column 'model', found 'LTX'." "message")

            testEach
                "reading a table allocates at most 100 times its length"
                [ "a\n", 200000; ",", 400000; "\"\"\"\"\n", 100000 ]
                (fun (repeated, times) ->
                    let text =
                        if repeated = "," then
                            Seq.init times string |> String.concat ","
                        else
                            String.replicate times repeated

                    Tables.ofCsv "t" "a\nb\n" |> ignore
                    let before = System.GC.GetAllocatedBytesForCurrentThread()
                    Tables.ofCsv "t" text |> ignore

                    Expect.inRange
                        (System.GC.GetAllocatedBytesForCurrentThread() - before)
                        (0L, 100L * int64 text.Length)
                        "bytes allocated")
        ]
