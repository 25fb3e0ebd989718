module Analysis.Tests.LotteryTests

open System
open System.IO
open Xunit
open Analysis
open Analysis.LotteryAnalysis

let private train, test = SmallRuns.data 40 1, SmallRuns.data 60 2

/// Two runs a group: tickets share a start, scratch shares another, the first pruning solution is the restarts' start.
let private groupsIn (root: string) =
    let run (name: string) (start: int) (finish: int) =
        SmallRuns.write root name [ 0, SmallRuns.randomBlock start; 10, SmallRuns.randomBlock finish ] |> Runs.load

    load
        [| run "lt1" 1 2; run "lt2" 1 3 |]
        [| run "s1" 4 5; run "s2" 4 6 |]
        [| run "d1" 7 8; run "d2" 9 10 |]
        [| run "r1" 20 11; run "r2" 20 12 |]
        [| run "p1" 13 20; run "p2" 14 21 |]

let private settings =
    {
        Engines = SmallRuns.engines
        Jobs = 2
        Train = train
        Test = test
        PathExamples = None
        Statistics = Evaluation.Stored
        Report = fun _ _ -> ()
    }

let private about = [ "network", "a tiny network"; "data", "noise"; "sparsity", "33%" ]

let private withResults (check: string -> Groups -> Results -> unit) =
    SmallRuns.withFolder (fun root ->
        let groups = groupsIn (Path.Combine(root, "runs"))
        check root groups (analyze settings about "data-hash" groups))

let private files (folder: string) =
    Directory.GetFiles folder
    |> Array.sort
    |> Array.map (fun path -> FileInfo(path).Name, Convert.ToHexString(Security.Cryptography.SHA256.HashData(File.ReadAllBytes path)))

[<Fact>]
let ``table 3 has the paper's rows and dashes`` () =
    withResults (fun _ _ results ->
        Assert.Equal<string[]>(
            [| "LT"; "Scratch"; "Scratch (Diff. Init.)"; "Prune Restart"; "Pruned Soln."; "5 Diff. Pruned" |],
            results.Table3 |> Array.map _.Model
        )

        let pruned = results.Table3[4]
        Assert.Equal(None, pruned.EnsembleAccuracy)
        Assert.Equal(None, pruned.KlWithPrunedMean)
        Assert.True(results.Table3[5].DisagreementWithPrunedMean.IsSome))

[<Fact>]
let ``table3Row computes what its columns say`` () =
    // Three examples, two classes; models predict 0 0 1, 0 1 1 and the pruning solution 0 0 0.
    let model (classes: int list) =
        Outputs.create
            2
            [|
                for label in classes do
                    yield! (if label = 0 then [ 2f; 0f ] else [ 0f; 2f ])
            |]

    let a, b, pruned = model [ 0; 0; 1 ], model [ 0; 1; 1 ], model [ 0; 0; 0 ]
    let row = table3Row [| 0; 0; 1 |] "LT" [| a; b |] pruned [| a; b |]
    Assert.Equal(5.0 / 6.0, row.AccuracyMean, 12)
    Assert.Equal(1.0 / 6.0, row.AccuracyDeviation.Value, 12)
    Assert.Equal(1.0 / 3.0, row.DisagreementMean.Value, 12)
    Assert.Equal(0.0, row.DisagreementDeviation.Value, 12)
    Assert.Equal(0.5, row.DisagreementWithPrunedMean.Value, 12)
    Assert.Equal(1.0 / 6.0, row.DisagreementWithPrunedDeviation.Value, 12)
    Assert.Equal((Divergence.kl pruned a + Divergence.kl pruned b) / 2.0, row.KlWithPrunedMean.Value, 12)
    Assert.Equal((Divergence.kl a b + Divergence.kl b a) / 2.0, row.KlMean.Value, 12)
    Assert.Equal(Divergence.jsd a b, row.JsdMean.Value, 12)

[<Fact>]
let ``distances are L2 to the pruning solution's end`` () =
    withResults (fun _ groups results ->
        Assert.Equal(8, results.Distances.Length)
        let row = results.Distances |> Array.find (fun row -> row.Model = "Scratch" && row.Seed = 2)
        Assert.Equal(Distances.l2 (Snapshots.trained groups.Scratch[1].End) (Snapshots.trained groups.Pruned.End), row.End)
        let restart = results.Distances |> Array.find (fun row -> row.Model = "Prune Restart")
        Assert.Equal(0.0, restart.Start))

[<Fact>]
let ``the map shows the shared start of the tickets once`` () =
    withResults (fun _ _ results ->
        let count model stage = results.Map |> Array.filter (fun row -> row.Model = model && row.Stage = stage) |> Array.length

        Assert.Equal(1, count "LT" "start")
        Assert.Equal(2, count "LT" "end")
        Assert.Equal(2, count "Scratch (Diff. Init.)" "start")
        Assert.Equal(2, count "Scratch (Diff. Init.)" "end")
        Assert.Equal(1, count "Pruned Soln." "end")
        Assert.Equal(8, results.Map.Length))

[<Fact>]
let ``interpolation has every path, seed and place, and meets the networks at its ends`` () =
    withResults (fun _ groups results ->
        Assert.Equal(4 * 2 * 29, results.Interpolation.Length)

        let at path seed alpha =
            results.Interpolation |> Array.find (fun row -> row.Path = path && row.Seed = seed && row.Alpha = alpha)

        let performance data snapshot = Evaluation.performance SmallRuns.engines data snapshot
        let pruned = performance test groups.Pruned.End

        for path in [ "lt-init"; "lt-end"; "scratch-init"; "scratch-end" ] do
            Assert.Equal(pruned.Loss, (at path 1 1.0).TestLoss)

        Assert.Equal((performance train groups.Tickets[1].End).Loss, (at "lt-end" 2 0.0).TrainLoss)
        Assert.Equal((performance test groups.ScratchDifferent[1].Start).Accuracy, (at "scratch-init" 2 0.0).TestAccuracy)
        Assert.Equal((at "lt-init" 1 0.5).TrainLoss, (at "lt-init" 2 0.5).TrainLoss))

[<Fact>]
let ``write then read gives the same results`` () =
    withResults (fun root _ results ->
        let folder = Path.Combine(root, "out")
        LotteryTables.write folder results
        Assert.Equal(results, LotteryTables.read folder))

[<Fact>]
let ``isCurrent knows its inputs and no others`` () =
    withResults (fun root groups results ->
        let folder = Path.Combine(root, "out")
        let isCurrent settings hash groups = LotteryTables.isCurrent folder settings [] [] hash groups
        Assert.False(isCurrent settings "data-hash" groups)
        LotteryTables.write folder results
        Assert.False(isCurrent settings "data-hash" groups) // tables without a record are of unknown origin
        Lineage.write folder [] []
        Assert.True(isCurrent settings "data-hash" groups)
        Assert.False(isCurrent settings "other-data" groups)
        Assert.False(isCurrent settings "data-hash" { groups with Tickets = Array.rev groups.Tickets })
        Assert.False(isCurrent { settings with PathExamples = Some 10 } "data-hash" groups)
        Assert.False(isCurrent { settings with Statistics = Evaluation.Reestimated(train, 10) } "data-hash" groups))

[<Fact>]
let ``isCurrent refuses tables that another version or machine made, and tables with other facts`` () =
    withResults (fun root groups results ->
        let folder = Path.Combine(root, "out")
        let made version machine = [ "analysis_version", version; "machine", machine ]
        let isCurrent about made = LotteryTables.isCurrent folder settings about made "data-hash" groups
        LotteryTables.write folder { results with About = results.About @ [ "preset", "paper" ] }
        Lineage.write folder (made "1" "here") []
        Assert.True(isCurrent [ "preset", "paper" ] (made "1" "here"))
        Assert.False(isCurrent [ "preset", "paper-code" ] (made "1" "here"))
        Assert.False(isCurrent [] (made "2" "here"))
        Assert.False(isCurrent [] (made "1" "there")))

[<Fact>]
let ``tables and figures do not depend on code version, machine and time; the report shows them`` () =
    withResults (fun root _ results ->
        let written (folder: string) (version: string) =
            let folder = Path.Combine(root, folder)

            let rows =
                Directory.GetDirectories(Path.Combine(root, "runs"))
                |> Array.map (
                    Runs.load >> Lineage.ofRun >> fun row -> { row with CodeVersion = version; Started = $"started by {version}" }
                )

            LotteryTables.write folder results
            Lineage.write folder [ "command", $"command of {version}"; "analysis_version", version ] rows
            let html = File.ReadAllText(LotteryReport.draw folder)

            for text in [ version; $"command of {version}"; $"started by {version}" ] do
                Assert.Contains(text, html)

            // Pages of HTML are not committed, nor is what lies in folders within.
            files folder |> Array.filter (fun (name, _) -> not (name.EndsWith ".html"))

        let first = written "first" "0.1.0+first"
        Assert.Contains("fig5a.svg", Array.map fst first)
        Assert.Equal<(string * string)[]>(first, written "second" "0.2.0+second"))

[<Fact>]
let ``groups that the paper did not run may be left out, and paths measured on a sample`` () =
    SmallRuns.withFolder (fun root ->
        let groups = { groupsIn (Path.Combine(root, "runs")) with Scratch = [||]; PruneRestart = [||] }
        let about = [ "network", "resnet50-small"; "data", "fashion32"; "sparsity", "80%" ]
        let results = analyze { settings with PathExamples = Some 10 } about "data-hash" groups

        Assert.Equal<string[]>([| "LT"; "Scratch (Diff. Init.)"; "Pruned Soln."; "5 Diff. Pruned" |], results.Table3 |> Array.map _.Model)

        Assert.True(
            results.Interpolation
            |> Array.forall (fun row -> abs (10.0 * row.TrainAccuracy - round (10.0 * row.TrainAccuracy)) < 1e-9)
        )

        LotteryTables.write root results
        let html = File.ReadAllText(LotteryReport.draw root)
        Assert.Contains("another problem than ours", html)
        Assert.Contains("75.73 ± 0.08", html)

        for name in [ "fig5d.svg"; "fig5e.svg"; "fig5f.svg" ] do
            Assert.True(File.Exists(Path.Combine(root, name))))

[<Fact>]
let ``drawing from copied tables gives identical files`` () =
    withResults (fun root _ results ->
        let first, second = Path.Combine(root, "first"), Path.Combine(root, "second")
        LotteryTables.write first results
        Directory.CreateDirectory second |> ignore

        for path in Directory.GetFiles first do
            File.Copy(path, Path.Combine(second, FileInfo(path).Name))

        LotteryReport.draw first |> ignore
        LotteryReport.draw second |> ignore
        Assert.Equal<(string * string)[]>(files first, files second)

        for name in [ "fig5a.svg"; "fig5b.svg"; "fig5c.svg"; "report.html"; "fig5a.html" ] do
            Assert.True(File.Exists(Path.Combine(first, name))))

[<Fact>]
let ``every figure names the runs whose numbers it shows, and the report says what made them`` () =
    withResults (fun root _ results ->
        let folder = Path.Combine(root, "out")
        let runs = results.Models |> Array.map _.Run
        Assert.Equal(10, (Array.distinct runs).Length)

        for figure in LotteryReport.figures results do
            Assert.All(runs, fun run -> Assert.Contains(run, figure.Lineage))

        LotteryTables.write folder results

        Directory.GetDirectories(Path.Combine(root, "runs"))
        |> Array.map (Runs.load >> Lineage.ofRun)
        |> Lineage.write folder []

        let html = File.ReadAllText(LotteryReport.draw folder)
        Assert.Contains("Lineage of every run.", html)
        Assert.Equal(4, html.Split("<summary>What made it</summary>").Length - 1))

[<Fact>]
let ``the report names collapsed runs and keeps them`` () =
    withResults (fun _ _ results ->
        let models =
            results.Models
            |> Array.map (fun row -> if row.Model = "Scratch" && row.Seed = 2 then { row with CollapsedTo = Some 1 } else row)

        let html = LotteryReport.report { results with Models = models } |> Report.render
        Assert.Contains("Scratch: 1 of 2 runs collapsed (seeds 2): they predict class 1 for every test example.", html)
        Assert.Contains("class=\"notice\"", html))

[<Fact>]
let ``figures and text about lines say that permutation symmetry is not removed`` () =
    withResults (fun _ _ results ->
        for figure in [ LotteryReport.figure5c results; LotteryReport.figureAllPaths results ] do
            Assert.Contains(Interpolation.symmetryNote, figure.Description)

        let isParagraph (block: Report.Block) =
            match block with
            | Report.Paragraph text -> text.StartsWith "The barrier is" && text.Contains Interpolation.symmetryNote
            | _ -> false

        Assert.Single((LotteryReport.report results).Blocks |> List.filter isParagraph) |> ignore)

[<Fact>]
let ``losses beyond the ends of a line are cut off where they are out of all proportion`` () =
    withResults (fun _ _ results ->
        let rangeWith (loss: float) =
            let rows =
                results.Interpolation
                |> Array.map (fun row ->
                    if row.Alpha > 1.15 then { row with TrainLoss = loss } else { row with TrainLoss = 2.0 - row.Alpha })

            (LotteryReport.figure5c { results with Interpolation = rows }).Panels.Head.Y.Range

        Assert.Equal(None, rangeWith 5.9)
        Assert.Equal(Some(0.0, 2.2), rangeWith 6.1 |> Option.map (fun (first, last) -> first, Math.Round(last, 9)))
        Assert.True((rangeWith nan).IsSome))

[<Fact>]
let ``the paper's values stand only beside the paper's own case`` () =
    withResults (fun _ _ results ->
        let papers = { results with About = [ "network", "lenet5"; "data", "mnist"; "sparsity", "95%" ] }

        let published (results: Results) =
            (LotteryReport.figure5b results).Panels.Head.Series
            |> List.filter (fun series -> series.Name.Contains "paper" && series.X.Length > 0)

        Assert.Equal(9, (LotteryReport.table3Shown papers).Columns.Length)
        Assert.Equal(2, (published papers).Length)
        Assert.Equal(5, (LotteryReport.table3Shown results).Columns.Length)
        Assert.Empty(published results))

[<Theory>]
[<InlineData("lenet5", "mnist", "95%", true)>]
[<InlineData("lenet5", "mnist", "90%", false)>]
[<InlineData("vgg16", "fashion32", "80%", false)>]
[<InlineData("resnet50-small", "fashion32", "80%", false)>]
let ``the report speaks of the paper's L2 penalty only where the distances are LeNet5's`` (network, data, sparsity, isLeNet5: bool) =
    withResults (fun _ _ results ->
        let results = { results with About = [ "network", network; "data", data; "sparsity", sparsity ] }
        let html = LotteryReport.report results |> Report.render
        Assert.Equal(isLeNet5, html.Contains "The paper&#39;s code sets 5e-4" || html.Contains "The paper's code sets 5e-4")
        Assert.Equal(not isLeNet5, html.Contains "Distances are taken over all that is trained"))

[<Fact>]
let ``load refuses an empty group by name`` () =
    let error = Assert.Throws<ArgumentException>(fun () -> load [||] [||] [||] [||] [||] |> ignore)
    Assert.Contains("needs at least one run", error.Message)

[<Theory>]
[<InlineData("models.csv",
             2,
             "LT",
             "LTX",
             "line 2: expected one of LT,Scratch,Scratch (Diff. Init.),Prune Restart,Pruned Soln.,5 Diff. Pruned in column 'model', found 'LTX'.")>]
[<InlineData("table3.csv",
             3,
             "Scratch",
             "<b>",
             "line 3: expected one of LT,Scratch,Scratch (Diff. Init.),Prune Restart,Pruned Soln.,5 Diff. Pruned in column 'model', found '<b>'.")>]
[<InlineData("distances.csv", 2, "LT", "lt", "found 'lt'.")>]
[<InlineData("mds.csv", 2, "start", "begin", "line 2: expected one of start,end in column 'stage', found 'begin'.")>]
[<InlineData("interpolation.csv",
             2,
             "lt-init",
             "lt",
             "line 2: expected one of lt-init,lt-end,scratch-init,scratch-end in column 'path', found 'lt'.")>]
[<InlineData("interpolation.csv", 6, ",0,", ",0.01,", "line 1: expected alpha = 0 on the path lt-init of seed 1, found 29 other places.")>]
[<InlineData("about.csv", 5, "mds_", "x", "line 6: expected a number in column 'value', found 'many'.")>]
let ``read refuses names it does not know by table and line`` (table: string, line: int, old: string, other: string, message: string) =
    withResults (fun root _ results ->
        let folder = Path.Combine(root, "out")
        LotteryTables.write folder results
        let path = Path.Combine(folder, table)
        let lines = File.ReadAllLines path

        match table, other with
        | "about.csv", _ -> File.WriteAllText(path, "name,value\na,b\nc,d\ne,f\ng,h\nmds_stress1,many\n")
        | _, ",0.01," ->
            File.WriteAllLines(
                path,
                lines |> Array.map (fun text -> if text.StartsWith "lt-init,1,0," then "lt-init,1,0.01," + text.Substring 12 else text)
            )
        | _ ->
            Assert.Contains(old, lines[line - 1])
            lines[line - 1] <- lines[line - 1].Replace(old, other)
            File.WriteAllLines(path, lines)

        let error = Assert.Throws<InvalidDataException>(fun () -> LotteryTables.read folder |> ignore)
        Assert.StartsWith(path + ", line ", error.Message)
        Assert.EndsWith(message, error.Message))

[<Fact>]
let ``read refuses a table 3 without tickets, which all others are compared with`` () =
    withResults (fun root _ results ->
        let folder = Path.Combine(root, "out")
        LotteryTables.write folder { results with Table3 = results.Table3 |> Array.filter (fun row -> row.Model <> "LT") }
        let error = Assert.Throws<InvalidDataException>(fun () -> LotteryTables.read folder |> ignore)
        Assert.EndsWith("table3.csv, line 1: expected a row of the model 'LT', found 5 others.", error.Message))

[<Fact>]
let ``a report without a path says nothing of its barrier`` () =
    withResults (fun _ _ results ->
        let without =
            { results with
                Interpolation = results.Interpolation |> Array.filter (fun row -> row.Path <> "lt-end")
            }

        Assert.Contains("a barrier of – nats for tickets", Report.render (LotteryReport.report without)))
