module Analysis.Tests.TablesTests

open System
open System.IO
open Xunit
open FsCheck
open FsCheck.FSharp
open Analysis

let private refused (text: string) =
    let error = Assert.Throws<InvalidDataException>(fun () -> Tables.ofCsv "t.csv" text |> ignore)
    error.Message

[<Fact>]
let ``toCsv then ofCsv gives the same cells whatever they hold`` () =
    let cell = Gen.elements [ ""; "a"; "1.5"; "a,b"; "say \"hi\""; "two\nlines"; "r\r\n"; " blank "; "\""; "ä" ]

    let tables =
        Gen.zip (Gen.choose (1, 4)) (Gen.choose (0, 5))
        |> Gen.bind (fun (columns, rows) -> Gen.listOfLength rows (Gen.arrayOfLength columns cell) |> Gen.map (fun rows -> columns, rows))

    Check.QuickThrowOnFailure(
        Prop.forAll (Arb.fromGen tables) (fun (columns, rows) ->
            let table = Tables.create "t" [ for index in 1..columns -> $"c{index}" ] rows
            let again = Tables.ofCsv "t" (Tables.toCsv table)
            let cells (table: Tables.Table) = table.Rows |> Array.map _.Cells
            again.Columns = table.Columns && cells again = cells table)
    )

[<Fact>]
let ``number reads back as the same double, the negative zero as 0`` () =
    Check.QuickThrowOnFailure(
        Prop.forAll (ArbMap.defaults |> ArbMap.arbitrary<float>) (fun value ->
            let table = Tables.ofCsv "t" $"x\n{Tables.number value}\n"
            let again = Tables.float "x" table table.Rows[0]

            BitConverter.DoubleToInt64Bits again = BitConverter.DoubleToInt64Bits(Numbers.withoutNegativeZero value)
            || (Double.IsNaN again && Double.IsNaN value))
    )

[<Fact>]
let ``toCsv quotes only what needs it`` () =
    let table = Tables.create "t" [ "a"; "b" ] [ [| "plain"; "x,y" |]; [| "say \"hi\""; "" |] ]
    Assert.Equal("a,b\nplain,\"x,y\"\n\"say \"\"hi\"\"\",\n", Tables.toCsv table)

[<Fact>]
let ``ofCsv reads CRLF line ends and a byte order mark`` () =
    let table = Tables.ofCsv "t" "\uFEFFa,b\r\n1,2\r\n"
    Assert.Equal<string[]>([| "a"; "b" |], table.Columns)
    Assert.Equal<string[]>([| "1"; "2" |], table.Rows[0].Cells)

[<Fact>]
let ``ofCsv counts lines inside quoted cells`` () =
    let table = Tables.ofCsv "t" "a\n\"1\n2\"\n3\n"
    Assert.Equal<int[]>([| 2; 4 |], table.Rows |> Array.map _.Line)

[<Theory>]
[<InlineData("", "t.csv, line 1: expected a header line, found an empty file.")>]
[<InlineData("a,b\n1\n", "t.csv, line 2: expected 2 cells (a,b), found 1.")>]
[<InlineData("a,b\n1,2\n1,2,3\n", "t.csv, line 3: expected 2 cells (a,b), found 3.")>]
[<InlineData("a,a\n", "t.csv, line 1: expected column names that are all different, found 'a,a'.")>]
[<InlineData("a\n\"open\n", "t.csv, line 2: expected a closing quote, found the end of the file.")>]
[<InlineData("a\nx\"y\n", "t.csv, line 2: expected a quote only around a whole cell, found a quote inside 'x'.")>]
[<InlineData("a\n\"x\"y\n", "t.csv, line 2: expected a comma or the end of the line after a closing quote, found 'y'.")>]
let ``ofCsv refuses malformed text and names line, expected and found`` (text: string, message: string) =
    Assert.Equal(message, refused text)

[<Fact>]
let ``ofCsv reads or refuses any text and never fails otherwise`` () =
    let letters = Gen.elements [ "a"; "1"; ","; "\""; "\n"; "\r"; " "; "\uFEFF" ]

    Check.QuickThrowOnFailure(
        Prop.forAll (Arb.fromGen (Gen.listOf letters)) (fun parts ->
            try
                let table = Tables.ofCsv "t.csv" (String.Join("", parts))
                table.Rows |> Array.forall (fun row -> row.Cells.Length = table.Columns.Length)
            with :? InvalidDataException ->
                true)
    )

[<Fact>]
let ``float refuses a cell that is no number with line and column`` () =
    let table = Tables.ofCsv "t.csv" "x\n1\nabc\n"
    let error = Assert.Throws<InvalidDataException>(fun () -> Tables.float "x" table table.Rows[1] |> ignore)
    Assert.Equal("t.csv, line 3: expected a number in column 'x', found 'abc'.", error.Message)

[<Fact>]
let ``expect refuses other columns`` () =
    let error =
        Assert.Throws<InvalidDataException>(fun () -> Tables.ofCsv "t.csv" "a,b\n" |> Tables.expect [ "a"; "c" ] |> ignore)

    Assert.Equal("t.csv, line 1: expected the columns 'a,c', found 'a,b'.", error.Message)

[<Fact>]
let ``write leaves only the finished file and replaces an old one`` () =
    let folder = Directory.CreateTempSubdirectory("tables-").FullName

    try
        let path = Path.Combine(folder, "deep", "t.csv")
        Tables.write path (Tables.create "t" [ "a" ] [ [| "1" |] ])
        Tables.write path (Tables.create "t" [ "a" ] [ [| "2" |] ])
        Assert.Equal("a\n2\n", File.ReadAllText path)
        Assert.Equal<string[]>([| path |], Directory.GetFiles(Path.Combine(folder, "deep")))
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``toMarkdown aligns numbers to the right and escapes bars`` () =
    let table = Tables.create "t" [ "model"; "accuracy" ] [ [| "a|b"; "98.5" |] ]
    Assert.Equal("| model | accuracy |\n| ----- | -------: |\n| a\\|b  |     98.5 |\n", Tables.toMarkdown [ "accuracy" ] table)

[<Fact>]
let ``a byte order mark in a cell survives writing and reading`` () =
    let table = Tables.create "t" [ "\uFEFFa" ] [ [| "\uFEFF" |] ]
    Assert.Equal<string[]>([| "\uFEFFa" |], (Tables.ofCsv "t" (Tables.toCsv table)).Columns)

[<Fact>]
let ``write refuses to replace what is no file`` () =
    let folder = Directory.CreateTempSubdirectory("tables-").FullName

    try
        let error = Assert.Throws<IOException>(fun () -> Tables.write folder (Tables.create "t" [ "a" ] []))
        Assert.Equal($"'{folder}' is a folder; expected a file that can be replaced, or nothing", error.Message)
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``read refuses a file larger than any table before it is in memory`` () =
    let folder = Directory.CreateTempSubdirectory("tables-").FullName

    try
        let path = Path.Combine(folder, "t.csv")
        using (File.OpenWrite path) (fun file -> file.SetLength((1L <<< 24) + 1L))
        let before = System.GC.GetAllocatedBytesForCurrentThread()
        let error = Assert.Throws<IOException>(fun () -> Tables.read path |> ignore)
        Assert.Equal($"'{path}' has 16777217 bytes; expected at most 16777216", error.Message)
        Assert.InRange(System.GC.GetAllocatedBytesForCurrentThread() - before, 0L, 100000L)
    finally
        Directory.Delete(folder, true)

[<Theory>]
[<InlineData("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;")>]
[<InlineData("[x](javascript:alert(1))", "\\[x\\](javascript\\:alert(1))")>]
[<InlineData("`a|b` \\", "\\`a\\|b\\` \\\\")>]
[<InlineData("# *a* _b_ ~c~ $d$ &lt; !e", "\\# \\*a\\* \\_b\\_ \\~c\\~ \\$d\\$ &amp;lt; \\!e")>]
[<InlineData("https://x.example www.x.example a@x.example", "https\\://x.example www\\.x.example a\\@x.example")>]
[<InlineData("a\r\nb\u001B[2J\u202E", "a<br>b\\\\u{1B}\\[2J\\\\u{202E}")>]
[<InlineData("RigL+, 97.40 ± 0.67 (95%)", "RigL+, 97.40 ± 0.67 (95%)")>]
let ``a cell of a Markdown table is text whatever it holds`` (cell: string, expected: string) =
    let table = Tables.create "t" [ "name" ] [ [| cell |] ]
    Assert.Equal($"| {expected.PadRight 4} |", (Tables.toMarkdown [] table).Split('\n')[2])

[<Fact>]
let ``a refused cell is shown on one line and cut`` () =
    let refusal (cell: string) =
        let table = Tables.create "t\n.csv" [ "x" ] [ [| cell |] ]
        Assert.Throws<InvalidDataException>(fun () -> Tables.int "x" table table.Rows[0] |> ignore).Message

    Assert.Equal("t\\u{A}.csv, line 2: expected an integer in column 'x', found '\\u{1B}[2J\\u{A}'.", refusal "\u001B[2J\n")
    Assert.EndsWith("... (999940 more characters)'.", refusal (String('x', 1_000_000)))

[<Fact>]
let ``word refuses what the column cannot hold`` () =
    let table = Tables.ofCsv "t.csv" "model\nLT\nLTX\n"
    Assert.Equal("LT", Tables.word [ "LT"; "Scratch" ] "model" table table.Rows[0])

    let error =
        Assert.Throws<InvalidDataException>(fun () -> Tables.word [ "LT"; "Scratch" ] "model" table table.Rows[1] |> ignore)

    Assert.Equal("t.csv, line 3: expected one of LT,Scratch in column 'model', found 'LTX'.", error.Message)

[<Theory>]
[<InlineData("a\n", 200000)>]
[<InlineData(",", 400000)>]
[<InlineData("\"\"\"\"\n", 100000)>]
let ``reading a table allocates at most 100 times its length`` (repeated: string, times: int) =
    let text =
        if repeated = "," then
            Seq.init times string |> String.concat ","
        else
            String.replicate times repeated

    Tables.ofCsv "t" "a\nb\n" |> ignore
    let before = System.GC.GetAllocatedBytesForCurrentThread()
    Tables.ofCsv "t" text |> ignore
    Assert.InRange(System.GC.GetAllocatedBytesForCurrentThread() - before, 0L, 100L * int64 text.Length)
