module Analysis.Tests.FramesTests

open System
open System.IO
open Deedle
open Expecto
open Testing
open SparseCore.Analysis
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

[<Tests>]
let tests =
    testList
        "Frames"
        [
            testCase "read gives a type to every column by its cells, in any culture" (fun () ->
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

                    Expect.equal (types frame) expected "types"
                    Expect.equal (frame.GetColumn<float>("n").Get 1) 1e-7 "get"
                    Expect.equal (cell 1 "m" frame) None "cell"
                    Expect.equal (cell 0 "e" frame) (Some "") "cell"))

            testEach
                "write gives the bytes that were read, in any culture"
                [
                    "a,b\n1,x\n2,\n"
                    "a,b\n0.1,NaN\n,\n1E-07,2.5\n"
                    "a\nInfinity\n-Infinity\n0.5\n"
                    "a,b\n\"x, y\",\"say \"\"hi\"\"\"\n"
                    "a,b\n"
                ]
                (fun text ->
                    SmallRuns.withFolder (fun folder ->
                        Cultures.withCommas (fun () ->
                            let path, copy = Path.Combine(folder, "t.csv"), Path.Combine(folder, "copy.csv")
                            File.WriteAllText(path, text)
                            Frames.read path |> Frames.write copy
                            Expect.equal (File.ReadAllText copy) text "text of the file")))

            testCase "every committed table goes through a frame and keeps its bytes" (fun () ->
                let folders = Path.Combine(Repository.root, "results") |> Directory.GetDirectories

                // Not deeper: there lies what scripts keep for themselves.
                let tables =
                    folders
                    |> Array.filter (fun folder -> Path.GetFileName folder <> "benchmarks")
                    |> Array.collect (fun folder -> Directory.GetFiles(folder, "*.csv"))

                Expect.isNonEmpty tables "tables"

                for path in tables do
                    Expect.equal (Frames.read path |> written) (File.ReadAllText path) "read")

            testCase "NaN is a value of a frame, a missing number is none, and an empty text is a text" (fun () ->
                let frame = csv "n,t\nNaN,\n,x\n0.5,y\n"
                Expect.equal (cell 0 "n" frame) (Some "NaN") "cell"
                Expect.equal (cell 1 "n" frame) None "cell"
                Expect.equal (cell 0 "t" frame) (Some "") "cell"
                // Deedle's own view takes NaN for missing.
                Expect.equal (frame.GetColumn<float>("n").ValueCount) 1 "value count"
                let numbers = Frames.numbers "n" frame
                Expect.isTrue (Option.exists Double.IsNaN numbers[0]) "exists"
                Expect.equal numbers[1..] [| None; Some 0.5 |] "numbers")

            testCase "where keeps columns, types and keys, whether or not a row is left" (fun () ->
                let frame = csv "m,x,n\na,1,NaN\n,2,0.5\na,3,\n"
                let some, none = Frames.where "m" ((=) "a") frame, Frames.where "m" ((=) "c") frame
                Expect.equal (written some) "m,x,n\na,1,NaN\na,3,\n" "written"
                Expect.equal (written none) "m,x,n\n" "written"
                Expect.equal (List.ofSeq some.RowKeys) [ 0; 2 ] "row keys"
                Expect.equal (types some) (types frame) "types"
                Expect.equal (types none) (types frame) "types"
                Expect.equal (Frames.means [ "m" ] "x" none |> written) "m,count,mean,deviation\n" "means")

            testCase "records go through a frame by the definition of their columns" (fun () ->
                let records =
                    [ { Name = ""; Note = None; Count = None; Loss = nan }; { Name = "1"; Note = Some "2"; Count = Some 3; Loss = 4.0 } ]

                let frame = Frames.ofRecords columns records

                Expect.equal
                    (types frame)
                    [ "name", typeof<string>; "note", typeof<string>; "count", typeof<int>; "loss", typeof<obj> ]
                    "types"

                Expect.equal (cell 0 "name" frame) (Some "") "cell"
                Expect.equal (cell 0 "note" frame) None "cell"
                let read = Frames.toRecords columns frame
                Expect.isTrue (read[0].Equals records[0] && read[1].Equals records[1]) "equals"

                Expect.equal
                    (Frames.ofRecords columns [] |> types |> List.map snd)
                    [ typeof<string>; typeof<string>; typeof<int>; typeof<float> ]
                    "of records"

                let refusal =
                    Expect.thrown<InvalidDataException>(fun () -> frame |> Frame.dropCol "loss" |> Frames.toRecords columns |> ignore)

                Expect.equal
                    refusal.Message
                    "frame, line 1: expected the columns 'name,note,count,loss', found 'name,note,count'."
                    "message")

            testCase "means agrees with Statistics bit for bit, in the order of first rows" (fun () ->
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

                Expect.equal
                    (types means)
                    [
                        "method", typeof<string>
                        "sparsity", typeof<float>
                        "count", typeof<int>
                        "mean", typeof<float>
                        "deviation", typeof<float>
                    ]
                    "types"

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

                Expect.equal found expected "reason")

            testCase "means leaves missing values out, and NaN makes NaN" (fun () ->
                let frame = csv "m,x\na,1\na,\nb,\nc,NaN\nc,2\na,4\n"

                Expect.equal
                    (Frames.means [ "m" ] "x" frame |> written)
                    "m,count,mean,deviation\na,2,2.5,1.5\nb,0,,\nc,2,NaN,NaN\n"
                    "means")

            testCase "means refuses unknown columns and what is no number" (fun () ->
                let refusal (by: string list) (value: string) =
                    (Expect.thrown<ArgumentException>(fun () -> csv "m,x\na,1\n" |> Frames.means by value |> ignore)).Message

                Expect.stringContains (refusal [ "m" ] "y") "The frame has no column 'y'; its columns are m, x." "message"
                Expect.stringContains (refusal [ "method" ] "x") "The frame has no column 'method'" "message"
                Expect.stringContains (refusal [ "x" ] "m") "Expected numbers in column 'm', found 'a'." "message"

                let hostile = Expect.thrown<ArgumentException>(fun () -> csv "\u001B[2J\n1\n" |> Frames.texts "x" |> ignore)

                Expect.stringContains hostile.Message "its columns are \\u{1B}[2J." "message")

            testCase "pivot lays out means as Table 1, in any culture" (fun () ->
                Cultures.withCommas (fun () ->
                    let table =
                        csv "method,sparsity,accuracy\nset,0.95,0.98\nset,0.95,0.96\nrigl,0.95,0.5\nrigl,0.98,NaN\nset,0.9,1\n"
                        |> Frames.means [ "method"; "sparsity" ] "accuracy"
                        |> Frames.percent "shown"
                        |> Frames.pivot "method" "sparsity" "shown"

                    Expect.equal
                        (written table)
                        "method,0.95,0.98,0.9\nset,97.00 ± 1.00,,100.00 ± 0.00\nrigl,50.00 ± 0.00,NaN ± NaN,\n"
                        "written"

                    Expect.equal (List.ofSeq table.RowKeys) [ "set"; "rigl" ] "row keys"
                    Expect.equal (cell "rigl" "0.9" table) None "cell"))

            testCase "pivot shows several values in one place, and refuses a column that is named as the first" (fun () ->
                let frame = csv "m,s,x\na,1,u\na,1,v\n"
                Expect.equal (Frames.pivot "m" "s" "x" frame |> written) "m,1\na,u; v\n" "pivot"

                let error = Expect.thrown<InvalidDataException>(fun () -> csv "m,s,x\na,m,u\n" |> Frames.pivot "m" "s" "x" |> ignore)
                Expect.equal error.Message "pivot, line 1: expected other names of columns than 'm', found 'm' in column 's'." "message")

            testCase "runs has a row for a finished, an interrupted, a failed and an imported run, and one that is not ours" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let name (path: string) = FileInfo(path).Name
                    let finished = trained root "a-finished" [ 0; 50; 100 ] (ended RunStatus.Finished null) |> name
                    let interrupted = trained root "b-interrupted" [ 0; 50 ] (fun _ -> None) |> name
                    let failed = trained root "c-failed" [ 0 ] (ended RunStatus.Failed "the loss is NaN") |> name
                    let foreign = SmallRuns.write root "d-foreign" [ 0, SmallRuns.randomBlock 1 ] |> name
                    let imported = imported root |> name
                    let runs = Frames.runs root
                    Expect.equal (List.ofSeq runs.RowKeys) [ finished; interrupted; failed; foreign; imported ] "row keys"
                    Expect.sequenceEqual (runs.GetColumn<string>("run").Values) runs.RowKeys "values"

                    let row (run: string) =
                        [ for column in Seq.skip 1 runs.ColumnKeys -> cell run column runs |> Option.defaultValue "-" ]

                    let masked = string SmallRuns.masks.ActiveCount
                    let seed = string plan.Seed

                    Expect.equal
                        (Seq.skip 1 runs.ColumnKeys |> List.ofSeq)
                        ([ "status"; "method"; "initialiser"; "network"; "data"; "sparsity"; "seed"; "steps"; "step"; "test_accuracy" ]
                         @ [ "best_test_accuracy"; "test_loss"; "best_test_loss"; "active_weights"; "weights"; "seconds" ])
                        "skip"

                    let sparsity = cell finished "sparsity" runs |> Option.map float
                    Expect.equal sparsity (Some(Math.Round(1.0 - float SmallRuns.masks.ActiveCount / 112.0, 4))) "sparsity"
                    let shared = [ "prune"; "dense"; "lenet300"; "mine"; string sparsity.Value; seed; "100" ]
                    Expect.equal (row finished) ("finished" :: shared @ [ "100"; "0.5"; "0.75"; "1"; "1"; masked; "112"; "1.5" ]) "row"

                    Expect.equal
                        (row interrupted)
                        ("step 50 of 100" :: shared @ [ "50"; "0.75"; "0.75"; "1.5"; "1.5"; masked; "112"; "-" ])
                        "row"

                    Expect.equal
                        (row failed)
                        ("failed at step 0 of 100: the loss is NaN" :: shared @ [ "0"; "0.5"; "0.5"; "2"; "2"; masked; "112"; "1.5" ])
                        "row"

                    Expect.stringStarts (row foreign).Head "unreadable: " "row"

                    Expect.equal
                        (row foreign).Tail
                        [ "-"; "-"; "lenet300"; "-"; "-"; "-"; "-"; "0"; "0"; "0"; "-"; "-"; "-"; "112"; "-" ]
                        "tail"

                    Expect.equal (List.take 5 (row imported)) [ "imported"; "-"; "-"; "lenet300"; "-" ] "take"
                    Expect.equal (cell imported "active_weights" runs) (Some masked) "cell"
                    Expect.equal (cell imported "test_accuracy" runs) None "cell"))

            testCase "runs of which parts are damaged or lost have a row that says so" (fun () ->
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
                    Expect.equal runs.RowCount 5 "row count"

                    for run in [ plan; metrics; record; lost; import ] do
                        let status = cell (FileInfo(run).Name) "status" runs |> Option.get
                        Expect.stringStarts status "unreadable: " "status"
                        Expect.stringLacks status "\n" "status"

                    // What the rest of the folder tells is there.
                    Expect.equal (cell (FileInfo(metrics).Name) "method" runs) (Some "prune") "cell"
                    Expect.equal (cell (FileInfo(record).Name) "test_accuracy" runs) (Some "0.5") "cell"
                    Expect.equal (cell (FileInfo(import).Name) "network" runs) (Some "lenet300") "cell"
                    Expect.equal (cell (FileInfo(plan).Name) "method" runs) None "cell"))

            testCase "runs of no folder, or an empty one, is a frame without rows" (fun () ->
                SmallRuns.withFolder (fun root ->
                    for folder in [ root; Path.Combine(root, "none") ] do
                        let runs = Frames.runs folder
                        Expect.equal runs.RowCount 0 "row count"
                        Expect.contains runs.ColumnKeys "sparsity" "column keys"
                        Expect.equal (Frames.means [ "method"; "sparsity" ] "test_accuracy" runs).RowCount 0 "row count"))

            testCase "the table of runs goes through a CSV file" (fun () ->
                SmallRuns.withFolder (fun root ->
                    trained root "a" [ 0; 50 ] (fun _ -> None) |> ignore
                    imported root |> ignore
                    let path = Path.Combine(root, "runs.csv")
                    Frames.runs root |> Frames.write path
                    Expect.equal (Columns.read path RunTable.columns) (RunTable.all root) "read"))

            testCase "metrics has a row a step and a column a metric, missing where it was not logged" (fun () ->
                SmallRuns.withFolder (fun root ->
                    use folder = RunFolder.Acquire(root, RunFolder.NameOf("a", "{}"), "{}")
                    use metrics = folder.OpenMetrics null

                    for name, step, value in
                        [ "loss", 0, 2.0; "norm", 0, nan; "loss", 20, 1.5; "loss", 5, 1.75; "norm", 5, 3.0; "norm", 5, 4.0 ] do
                        metrics.Append(name, step, value)

                    metrics.Flush()
                    let frame = Runs.load folder.FolderPath |> Frames.metrics
                    Expect.equal (List.ofSeq frame.RowKeys) [ 0; 5; 20 ] "row keys"
                    Expect.equal (written frame) "step,loss,norm\n0,2,NaN\n5,1.75,4\n20,1.5,\n" "written"
                    Expect.equal (cell 20 "norm" frame) None "cell"))

            testCase "metrics of a run that logged nothing has no rows, and a damaged table is refused" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let path = SmallRuns.folderOf root "a" "{}"
                    Expect.equal (Runs.load path |> Frames.metrics).RowCount 0 "row count"
                    File.WriteAllText(Path.Combine(path, "metrics.csv"), "metric,step,value\nloss,1")
                    Expect.throwsT<RunFolderException> (fun () -> Runs.load path |> Frames.metrics |> ignore) "refusal"))

            testCase "a table of the paper's analyses is a frame by its definition" (fun () ->
                let results = LotteryTables.read (Path.Combine(Repository.root, "results", "analyze-lt"))
                let path = Path.Combine(Repository.root, "results", "analyze-lt", "models.csv")
                let frame = Frames.ofRecords LotteryTables.modelColumns results.Models
                Expect.equal (written frame) (File.ReadAllText path) "written"
                // What is read without the definition cannot know that an empty column has integers.
                Expect.equal (types frame |> List.find (fst >> (=) "collapsed_to") |> snd) (typeof<int>) "types")

            testEach
                "the cells of the committed tables are what the committed runs give"
                [ "reproduce-mnist"; "reproduce-large" ]
                (fun folder ->
                    let contents = ReproductionReport.read (Path.Combine(Repository.root, "results", folder))

                    let summary (rows: Reproduction.CellRow[]) =
                        rows |> Array.map (fun row -> { row with PaperMean = None; PaperDeviation = None }) |> Set.ofArray

                    let again = Reproduction.cells [] contents.Runs |> summary
                    Expect.isNonEmpty contents.Table1 "table1"
                    Expect.isTrue (Set.isSubset (Array.append contents.Table1 contents.Table2 |> summary) again) "is subset")

            testCase "the report lays out its tables as the paper does" (fun () ->
                let html =
                    Path.Combine(Repository.root, "results", "reproduce-mnist")
                    |> ReproductionReport.read
                    |> ReproductionReport.report
                    |> Report.render

                Expect.stringContains html "methods down, initializers across" "page")
        ]
