module Analysis.Tests.FramesTests

open System
open System.IO
open Deedle
open Xunit
open Analysis
open SparseCore.Checkpoints
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Recipes
open SparseCore.RunFolders

let private csv (text: string) = Tables.ofCsv "t.csv" text |> Frames.ofTable

let private types (frame: Frame<'row, string>) = Seq.zip frame.ColumnKeys frame.ColumnTypes |> List.ofSeq

let private written (frame: Frame<'row, string>) = Frames.toTable "t" frame |> Tables.toCsv

/// The cell of a frame as it is written; None where the value is missing.
let private cell (row: 'row) (column: string) (frame: Frame<'row, string>) : string option =
    frame.GetColumn<obj>(column).TryGet row
    |> OptionalValue.asOption
    |> Option.map (fun value -> Convert.ToString(value, Globalization.CultureInfo.InvariantCulture) |> string)

[<Fact>]
let ``read gives a type to every column by its cells, in any culture`` () =
    Cultures.withCommas (fun () ->
        let frame = csv "i,n,m,t,e,comma\n1,0.5,1,a,,\"1,5\"\n-2,1E-07,,1,,\"2,5\"\n"

        let expected =
            [
                "i", typeof<int>
                "n", typeof<float>
                "m", typeof<int>
                "t", typeof<string>
                "e", typeof<string>
                "comma", typeof<string>
            ]

        Assert.Equal<(string * Type) list>(expected, types frame)
        Assert.Equal(1e-7, frame.GetColumn<float>("n").Get 1)
        Assert.Equal(None, cell 1 "m" frame)
        Assert.Equal(Some "", cell 0 "e" frame))

[<Theory>]
[<InlineData("a,b\n1,x\n2,\n")>]
[<InlineData("a,b\n0.1,NaN\n,\n1E-07,2.5\n")>]
[<InlineData("a\nInfinity\n-Infinity\n0.5\n")>]
[<InlineData("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n")>]
[<InlineData("a,b\n")>]
let ``write gives the bytes that were read, in any culture`` (text: string) =
    SmallRuns.withFolder (fun folder ->
        Cultures.withCommas (fun () ->
            let path, copy = Path.Combine(folder, "t.csv"), Path.Combine(folder, "copy.csv")
            File.WriteAllText(path, text)
            Frames.read path |> Frames.write copy
            Assert.Equal(text, File.ReadAllText copy)))

[<Fact>]
let ``every committed table goes through a frame and keeps its bytes`` () =
    let tables =
        Directory.GetFiles(Path.Combine(Repository.root, "results"), "*.csv", SearchOption.AllDirectories)
        |> Array.filter (fun path -> not (path.Contains "benchmarks"))

    Assert.NotEmpty tables

    for path in tables do
        Assert.Equal(File.ReadAllText path, Frames.read path |> written)

[<Fact>]
let ``NaN is a value of a frame, a missing number is none, and an empty text is a text`` () =
    let frame = csv "n,t\nNaN,\n,x\n0.5,y\n"
    Assert.Equal(Some "NaN", cell 0 "n" frame)
    Assert.Equal(None, cell 1 "n" frame)
    Assert.Equal(Some "", cell 0 "t" frame)
    // Deedle's own view takes NaN for missing.
    Assert.Equal(1, frame.GetColumn<float>("n").ValueCount)
    let numbers = Frames.numbers "n" frame
    Assert.True(Option.exists Double.IsNaN numbers[0])
    Assert.Equal<float option[]>([| None; Some 0.5 |], numbers[1..])

/// A record with a column of every kind that a frame knows.
type private Record = { Name: string; Note: string option; Count: int option; Loss: float }

let private columns =
    Columns.ofRecord<Record> {
        let! name = Columns.text "name" _.Name
        and! note = Columns.optionalText "note" _.Note
        and! count = Columns.optionalInteger "count" _.Count
        and! loss = Columns.number "loss" _.Loss
        return { Name = name; Note = note; Count = count; Loss = loss }
    }

[<Fact>]
let ``records go through a frame by the definition of their columns`` () =
    let records =
        [ { Name = ""; Note = None; Count = None; Loss = nan }; { Name = "1"; Note = Some "2"; Count = Some 3; Loss = 4.0 } ]

    let frame = Frames.ofRecords columns records

    Assert.Equal<(string * Type) list>(
        [ "name", typeof<string>; "note", typeof<string>; "count", typeof<int>; "loss", typeof<obj> ],
        types frame
    )

    Assert.Equal(Some "", cell 0 "name" frame)
    Assert.Equal(None, cell 0 "note" frame)
    let read = Frames.toRecords columns frame
    Assert.True(read[0].Equals records[0] && read[1].Equals records[1])

    Assert.Equal<Type list>(
        [ typeof<string>; typeof<string>; typeof<int>; typeof<float> ],
        Frames.ofRecords columns [] |> types |> List.map snd
    )

    let refusal =
        Assert.Throws<InvalidDataException>(fun () -> frame |> Frame.dropCol "loss" |> Frames.toRecords columns |> ignore)

    Assert.Equal("frame, line 1: expected the columns 'name,note,count,loss', found 'name,note,count'.", refusal.Message)

[<Fact>]
let ``means agrees with Statistics bit for bit, in the order of first rows`` () =
    let random = Random 1
    let rows = [ for index in 0..29 -> [| "b"; "a"; "c" |][index % 3], [| 0.95; 0.9 |][index % 2], random.NextDouble() ]

    let frame =
        Tables.ofRecords
            "t"
            [
                "method", (fun (method, _, _) -> method)
                "sparsity", (fun (_, sparsity, _) -> Tables.number sparsity)
                "value", (fun (_, _, value) -> Tables.number value)
            ]
            rows
        |> Frames.ofTable

    let means = Frames.means [ "method"; "sparsity" ] "value" frame

    Assert.Equal<(string * Type) list>(
        [
            "method", typeof<string>
            "sparsity", typeof<float>
            "count", typeof<int>
            "mean", typeof<float>
            "deviation", typeof<float>
        ],
        types means
    )

    let expected =
        [|
            for (method, sparsity), rows in rows |> List.groupBy (fun (method, sparsity, _) -> method, sparsity) do
                let values = rows |> List.map (fun (_, _, value) -> value) |> Array.ofList
                method, sparsity, values.Length, Statistics.mean values, Statistics.populationDeviation values
        |]

    let found =
        means.Rows.Values
        |> Seq.map (fun row ->
            row.GetAs<string> "method",
            row.GetAs<float> "sparsity",
            row.GetAs<int> "count",
            row.GetAs<float> "mean",
            row.GetAs<float> "deviation")
        |> Array.ofSeq

    Assert.Equal<(string * float * int * float * float)[]>(expected, found)

[<Fact>]
let ``means leaves missing values out, and NaN makes NaN`` () =
    let frame = csv "m,x\na,1\na,\nb,\nc,NaN\nc,2\na,4\n"
    Assert.Equal("m,count,mean,deviation\na,2,2.5,1.5\nb,0,,\nc,2,NaN,NaN\n", Frames.means [ "m" ] "x" frame |> written)

[<Fact>]
let ``means refuses unknown columns and what is no number`` () =
    let refusal (by: string list) (value: string) =
        Assert.Throws<ArgumentException>(fun () -> csv "m,x\na,1\n" |> Frames.means by value |> ignore).Message

    Assert.Contains("The frame has no column 'y'; its columns are m, x.", refusal [ "m" ] "y")
    Assert.Contains("The frame has no column 'method'", refusal [ "method" ] "x")
    Assert.Contains("Expected numbers in column 'm', found 'a'.", refusal [ "x" ] "m")

[<Fact>]
let ``pivot lays out means as Table 1, in any culture`` () =
    Cultures.withCommas (fun () ->
        let table =
            csv "method,sparsity,accuracy\nset,0.95,0.98\nset,0.95,0.96\nrigl,0.95,0.5\nrigl,0.98,NaN\nset,0.9,1\n"
            |> Frames.means [ "method"; "sparsity" ] "accuracy"
            |> Frames.percent "shown"
            |> Frames.pivot "method" "sparsity" "shown"

        Assert.Equal("method,0.95,0.98,0.9\nset,97.00 ± 1.00,,100.00 ± 0.00\nrigl,50.00 ± 0.00,NaN ± NaN,\n", written table)
        Assert.Equal<string seq>([ "set"; "rigl" ], table.RowKeys)
        Assert.Equal(None, cell "rigl" "0.9" table))

[<Fact>]
let ``pivot shows several values in one place, and refuses a column that is named as the first`` () =
    let frame = csv "m,s,x\na,1,u\na,1,v\n"
    Assert.Equal("m,1\na,u; v\n", Frames.pivot "m" "s" "x" frame |> written)

    let error = Assert.Throws<InvalidDataException>(fun () -> csv "m,s,x\na,m,u\n" |> Frames.pivot "m" "s" "x" |> ignore)
    Assert.Equal("pivot, line 1: expected other names of columns than 'm', found 'm' in column 's'.", error.Message)

let private plan =
    let data = SparseCore.Data.DataSplit(SmallRuns.data 200 1, SmallRuns.data 20 2, "mine", "abc")
    Recipe(Experiment(data, "lenet300", Widths = [| 5; 4 |], Steps = 100).Settings()).Prune(1).Plan

/// A run of the plan under another name, with metrics and a checkpoint at some steps.
let private trained (root: string) (name: string) (steps: int list) (record: RunFolder -> RunRecord option) : string =
    let json = plan.ToCanonicalJson().Replace($"\"name\": \"{plan.Name}\"", $"\"name\": \"{name}\"")
    use folder = RunFolder.Acquire(root, RunFolder.NameOf(name, json), json)
    use metrics = folder.OpenMetrics null

    for step in steps do
        metrics.Append("active_weights", step, float SmallRuns.masks.ActiveCount)
        metrics.Append("test_loss", step, 2.0 - float step / 100.0)
        metrics.Append("test_accuracy", step, (if step = 50 then 0.75 else 0.5))
        metrics.Flush()

        Checkpoint(step, folder.PlanHash, [||], SmallRuns.masks, SmallRuns.randomBlock 1, ParameterBlock SmallRuns.network, metrics.Length)
        |> folder.WriteCheckpoint
        |> ignore

    record folder |> Option.iter folder.WriteRecord
    folder.FolderPath

let private ended (status: RunStatus) (error: string | null) (folder: RunFolder) : RunRecord option =
    let start = RunRecord.Start folder.PlanHash
    Some(RunRecord(status, folder.PlanHash, start.CodeVersion, start.Machine, start.Started, Nullable start.Started, 1.5, [||], error))

let private imported (root: string) =
    let source = SmallRuns.write root "source" [ 0, SmallRuns.randomBlock 1 ]
    let file = Path.Combine(root, "network.safetensors")
    DenseExport.Write(file, (Runs.load source).Folder.ReadCheckpoint(0, SmallRuns.network))
    Directory.Delete(source, true)
    ImportPlan.Import(root, file, NetworkPlan("lenet300", [| 5; 4 |], SmallRuns.network.Input, 3), true).FolderPath

[<Fact>]
let ``runs has a row for a finished, an interrupted, a failed and an imported run, and one that is not ours`` () =
    SmallRuns.withFolder (fun root ->
        let name (path: string) = FileInfo(path).Name
        let finished = trained root "a-finished" [ 0; 50; 100 ] (ended RunStatus.Finished null) |> name
        let interrupted = trained root "b-interrupted" [ 0; 50 ] (fun _ -> None) |> name
        let failed = trained root "c-failed" [ 0 ] (ended RunStatus.Failed "the loss is NaN") |> name
        let foreign = SmallRuns.write root "d-foreign" [ 0, SmallRuns.randomBlock 1 ] |> name
        let imported = imported root |> name
        let runs = Frames.runs root
        Assert.Equal<string seq>([ finished; interrupted; failed; foreign; imported ], runs.RowKeys)
        Assert.Equal<string seq>(runs.RowKeys, runs.GetColumn<string>("run").Values)

        let row (run: string) = [ for column in Seq.skip 1 runs.ColumnKeys -> cell run column runs |> Option.defaultValue "-" ]
        let masked = string SmallRuns.masks.ActiveCount
        let seed = string plan.OrderSeed

        Assert.Equal<string list>(
            [ "status"; "method"; "initialiser"; "network"; "data"; "sparsity"; "seed"; "steps"; "step"; "test_accuracy" ]
            @ [ "best_test_accuracy"; "test_loss"; "best_test_loss"; "active_weights"; "weights"; "seconds" ],
            Seq.skip 1 runs.ColumnKeys |> List.ofSeq
        )

        let sparsity = cell finished "sparsity" runs |> Option.map float
        Assert.Equal(Some(Math.Round(1.0 - float SmallRuns.masks.ActiveCount / 112.0, 4)), sparsity)
        let shared = [ "prune"; "dense"; "lenet300"; "mine"; string sparsity.Value; seed; "100" ]
        Assert.Equal<string list>("finished" :: shared @ [ "100"; "0.5"; "0.75"; "1"; "1"; masked; "112"; "1.5" ], row finished)
        Assert.Equal<string list>("step 50 of 100" :: shared @ [ "50"; "0.75"; "0.75"; "1.5"; "1.5"; masked; "112"; "-" ], row interrupted)

        Assert.Equal<string list>(
            "failed at step 0 of 100: the loss is NaN" :: shared @ [ "0"; "0.5"; "0.5"; "2"; "2"; masked; "112"; "1.5" ],
            row failed
        )

        Assert.StartsWith("unreadable: ", (row foreign).Head)

        Assert.Equal<string list>(
            [ "-"; "-"; "lenet300"; "-"; "-"; "-"; "-"; "0"; "0"; "0"; "-"; "-"; "-"; "112"; "-" ],
            (row foreign).Tail
        )

        Assert.Equal<string list>([ "imported"; "-"; "-"; "lenet300"; "-" ], List.take 5 (row imported))
        Assert.Equal(Some masked, cell imported "active_weights" runs)
        Assert.Equal(None, cell imported "test_accuracy" runs))

[<Fact>]
let ``runs of which parts are damaged or lost have a row that says so`` () =
    SmallRuns.withFolder (fun root ->
        let damage (run: string) (file: string) (text: string) = File.WriteAllText(Path.Combine(run, file), text)
        let plan = trained root "a" [ 0 ] (ended RunStatus.Finished null)
        let metrics = trained root "b" [ 0 ] (ended RunStatus.Finished null)
        let record = trained root "c" [ 0 ] (ended RunStatus.Finished null)
        let lost = trained root "d" [ 0 ] (ended RunStatus.Finished null)
        let import = imported root
        damage plan "plan.json" "{}"
        damage metrics "metrics.csv" "metric,step,value\ntest_acc"
        damage record "run.json" "{"
        File.Delete(Path.Combine(lost, "plan.json"))
        File.WriteAllBytes(Path.Combine(import, "checkpoints", "000000.safetensors"), [| 1uy |])
        let runs = Frames.runs root
        Assert.Equal(5, runs.RowCount)

        for run in [ plan; metrics; record; lost; import ] do
            let status = cell (FileInfo(run).Name) "status" runs |> Option.get
            Assert.StartsWith("unreadable: ", status)
            Assert.DoesNotContain("\n", status)

        // What the rest of the folder tells is there.
        Assert.Equal(Some "prune", cell (FileInfo(metrics).Name) "method" runs)
        Assert.Equal(Some "0.5", cell (FileInfo(record).Name) "test_accuracy" runs)
        Assert.Equal(Some "lenet300", cell (FileInfo(import).Name) "network" runs)
        Assert.Equal(None, cell (FileInfo(plan).Name) "method" runs))

[<Fact>]
let ``runs of no folder, or an empty one, is a frame without rows`` () =
    SmallRuns.withFolder (fun root ->
        for folder in [ root; Path.Combine(root, "none") ] do
            let runs = Frames.runs folder
            Assert.Equal(0, runs.RowCount)
            Assert.Contains("sparsity", runs.ColumnKeys)
            Assert.Equal(0, (Frames.means [ "method"; "sparsity" ] "test_accuracy" runs).RowCount))

[<Fact>]
let ``the table of runs goes through a CSV file`` () =
    SmallRuns.withFolder (fun root ->
        trained root "a" [ 0; 50 ] (fun _ -> None) |> ignore
        imported root |> ignore
        let path = Path.Combine(root, "runs.csv")
        Frames.runs root |> Frames.write path
        Assert.Equal<RunTable.Row[]>(RunTable.all root, Columns.read path RunTable.columns))

[<Fact>]
let ``metrics has a row a step and a column a metric, missing where it was not logged`` () =
    SmallRuns.withFolder (fun root ->
        use folder = RunFolder.Acquire(root, RunFolder.NameOf("a", "{}"), "{}")
        use metrics = folder.OpenMetrics null

        for name, step, value in [ "loss", 0, 2.0; "norm", 0, nan; "loss", 20, 1.5; "loss", 5, 1.75; "norm", 5, 3.0; "norm", 5, 4.0 ] do
            metrics.Append(name, step, value)

        metrics.Flush()
        let frame = Runs.load folder.FolderPath |> Frames.metrics
        Assert.Equal<int seq>([ 0; 5; 20 ], frame.RowKeys)
        Assert.Equal("step,loss,norm\n0,2,NaN\n5,1.75,4\n20,1.5,\n", written frame)
        Assert.Equal(None, cell 20 "norm" frame))

[<Fact>]
let ``metrics of a run that logged nothing has no rows, and a damaged table is refused`` () =
    SmallRuns.withFolder (fun root ->
        let path = SmallRuns.folderOf root "a" "{}"
        Assert.Equal(0, (Runs.load path |> Frames.metrics).RowCount)
        File.WriteAllText(Path.Combine(path, "metrics.csv"), "metric,step,value\nloss,1")
        Assert.Throws<RunFolderException>(fun () -> Runs.load path |> Frames.metrics |> ignore) |> ignore)

[<Theory>]
[<InlineData("reproduce-mnist")>]
[<InlineData("reproduce-large")>]
let ``the cells of the committed tables are what the committed runs give`` (folder: string) =
    let contents = ReproductionReport.read (Path.Combine(Repository.root, "results", folder))

    let summary (rows: Reproduction.CellRow[]) =
        rows |> Array.map (fun row -> { row with PaperMean = None; PaperDeviation = None }) |> Set.ofArray

    let again = Reproduction.cells [] contents.Runs |> summary
    Assert.NotEmpty contents.Table1
    Assert.True(Set.isSubset (Array.append contents.Table1 contents.Table2 |> summary) again)

[<Fact>]
let ``the report lays out its tables as the paper does`` () =
    let html =
        Path.Combine(Repository.root, "results", "reproduce-mnist")
        |> ReproductionReport.read
        |> ReproductionReport.report
        |> Report.render

    Assert.Contains("methods down, initializers across", html)
