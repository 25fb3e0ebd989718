module Analysis.Tests.LotteryTests

open System
open System.IO
open Expecto
open Testing
open SparseCore.Analysis
open SparseCore.Analysis.LotteryAnalysis

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

[<Tests>]
let tests =
    testList
        "Lottery"
        [
            testCase "table 3 has the paper's rows and dashes" (fun () ->
                withResults (fun _ _ results ->
                    Expect.equal
                        (results.Table3 |> Array.map _.Model)
                        [| "LT"; "Scratch"; "Scratch (Diff. Init.)"; "Prune Restart"; "Pruned Soln."; "5 Diff. Pruned" |]
                        "models"

                    let pruned = results.Table3[4]
                    Expect.equal pruned.EnsembleAccuracy None "accuracy of the ensemble"
                    Expect.equal pruned.KlWithPrunedMean None "mean KL divergence from the pruning solution"
                    Expect.isSome results.Table3[5].DisagreementWithPrunedMean "mean disagreement with the pruning solution"))

            testCase "table3Row computes what its columns say" (fun () ->
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
                Expect.floatClose (decimals 12) row.AccuracyMean (5.0 / 6.0) "mean accuracy"
                Expect.floatClose (decimals 12) row.AccuracyDeviation.Value (1.0 / 6.0) "deviation of the accuracy"
                Expect.floatClose (decimals 12) row.DisagreementMean.Value (1.0 / 3.0) "mean disagreement"
                Expect.floatClose (decimals 12) row.DisagreementDeviation.Value 0.0 "deviation of the disagreement"
                Expect.floatClose (decimals 12) row.DisagreementWithPrunedMean.Value 0.5 "mean disagreement with the pruning solution"
                Expect.floatClose (decimals 12) row.DisagreementWithPrunedDeviation.Value (1.0 / 6.0) "deviation of that disagreement"

                Expect.floatClose
                    (decimals 12)
                    row.KlWithPrunedMean.Value
                    ((Divergence.kl pruned a + Divergence.kl pruned b) / 2.0)
                    "mean KL divergence from the pruning solution"

                Expect.floatClose (decimals 12) row.KlMean.Value ((Divergence.kl a b + Divergence.kl b a) / 2.0) "mean KL divergence"
                Expect.floatClose (decimals 12) row.JsdMean.Value (Divergence.jsd a b) "mean Jensen-Shannon divergence")

            testCase "distances are L2 to the pruning solution's end" (fun () ->
                withResults (fun _ groups results ->
                    Expect.equal results.Distances.Length 8 "number of distances"
                    let row = results.Distances |> Array.find (fun row -> row.Model = "Scratch" && row.Seed = 2)

                    Expect.equal
                        row.End
                        (Distances.l2 (Snapshots.trained groups.Scratch[1].End) (Snapshots.trained groups.Pruned.End))
                        "distance at the end"

                    let restart = results.Distances |> Array.find (fun row -> row.Model = "Prune Restart")
                    Expect.equal restart.Start 0.0 "distance at the start"))

            testCase "the map shows the shared start of the tickets once" (fun () ->
                withResults (fun _ _ results ->
                    let count model stage =
                        results.Map |> Array.filter (fun row -> row.Model = model && row.Stage = stage) |> Array.length

                    Expect.equal (count "LT" "start") 1 "number of points"
                    Expect.equal (count "LT" "end") 2 "number of points"
                    Expect.equal (count "Scratch (Diff. Init.)" "start") 2 "number of points"
                    Expect.equal (count "Scratch (Diff. Init.)" "end") 2 "number of points"
                    Expect.equal (count "Pruned Soln." "end") 1 "number of points"
                    Expect.equal results.Map.Length 8 "number of points on the map"))

            testCase "interpolation has every path, seed and place, and meets the networks at its ends" (fun () ->
                withResults (fun _ groups results ->
                    Expect.equal results.Interpolation.Length (4 * 2 * 29) "number of places"

                    let at path seed alpha =
                        results.Interpolation |> Array.find (fun row -> row.Path = path && row.Seed = seed && row.Alpha = alpha)

                    let performance data snapshot = Evaluation.performance SmallRuns.engines data snapshot
                    let pruned = performance test groups.Pruned.End

                    for path in [ "lt-init"; "lt-end"; "scratch-init"; "scratch-end" ] do
                        Expect.equal (at path 1 1.0).TestLoss pruned.Loss "test loss"

                    Expect.equal (at "lt-end" 2 0.0).TrainLoss (performance train groups.Tickets[1].End).Loss "train loss"

                    Expect.equal
                        (at "scratch-init" 2 0.0).TestAccuracy
                        (performance test groups.ScratchDifferent[1].Start).Accuracy
                        "test accuracy"

                    Expect.equal (at "lt-init" 2 0.5).TrainLoss (at "lt-init" 1 0.5).TrainLoss "train loss"))

            testCase "write then read gives the same results" (fun () ->
                withResults (fun root _ results ->
                    let folder = Path.Combine(root, "out")
                    LotteryTables.write folder results
                    Expect.equal (LotteryTables.read folder) results "results read"))

            testCase "isCurrent knows its inputs and no others" (fun () ->
                withResults (fun root groups results ->
                    let folder = Path.Combine(root, "out")
                    let isCurrent settings hash groups = LotteryTables.isCurrent folder settings [] [] hash groups
                    Expect.isFalse (isCurrent settings "data-hash" groups) "whether the tables are current"
                    LotteryTables.write folder results
                    Expect.isFalse (isCurrent settings "data-hash" groups) "whether the tables are current" // tables without a record are of unknown origin
                    Lineage.write folder [] []
                    Expect.isTrue (isCurrent settings "data-hash" groups) "whether the tables are current"
                    Expect.isFalse (isCurrent settings "other-data" groups) "whether the tables are current"

                    Expect.isFalse
                        (isCurrent settings "data-hash" { groups with Tickets = Array.rev groups.Tickets })
                        "whether the tables are current"

                    Expect.isFalse
                        (isCurrent { settings with PathExamples = Some 10 } "data-hash" groups)
                        "whether the tables are current"

                    Expect.isFalse
                        (isCurrent { settings with Statistics = Evaluation.Reestimated(train, 10) } "data-hash" groups)
                        "whether the tables are current"))

            testCase "isCurrent refuses tables that another version or machine made, and tables with other facts" (fun () ->
                withResults (fun root groups results ->
                    let folder = Path.Combine(root, "out")
                    let made version machine = [ "analysis_version", version; "machine", machine ]
                    let isCurrent about made = LotteryTables.isCurrent folder settings about made "data-hash" groups
                    LotteryTables.write folder { results with About = results.About @ [ "preset", "paper" ] }
                    Lineage.write folder (made "1" "here") []
                    Expect.isTrue (isCurrent [ "preset", "paper" ] (made "1" "here")) "whether the tables are current"
                    Expect.isFalse (isCurrent [ "preset", "paper-code" ] (made "1" "here")) "whether the tables are current"
                    Expect.isFalse (isCurrent [] (made "2" "here")) "whether the tables are current"
                    Expect.isFalse (isCurrent [] (made "1" "there")) "whether the tables are current"))

            testCase "tables and figures do not depend on code version, machine and time; the report shows them" (fun () ->
                withResults (fun root _ results ->
                    let written (folder: string) (version: string) =
                        let folder = Path.Combine(root, folder)

                        let rows =
                            Directory.GetDirectories(Path.Combine(root, "runs"))
                            |> Array.map (
                                Runs.load
                                >> Lineage.ofRun
                                >> fun row -> { row with CodeVersion = version; Started = $"started by {version}" }
                            )

                        LotteryTables.write folder results
                        Lineage.write folder [ "command", $"command of {version}"; "analysis_version", version ] rows
                        let html = File.ReadAllText(LotteryReport.draw folder)

                        for text in [ version; $"command of {version}"; $"started by {version}" ] do
                            Expect.stringContains html text "page"

                        // Pages of HTML are not committed, nor is what lies in folders within.
                        files folder |> Array.filter (fun (name, _) -> not (name.EndsWith ".html"))

                    let first = written "first" "0.1.0+first"
                    Expect.contains (Array.map fst first) "fig5a.svg" "names of the files"
                    Expect.equal (written "second" "0.2.0+second") first "written"))

            testCase "groups that the paper did not run may be left out, and paths measured on a sample" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let groups = { groupsIn (Path.Combine(root, "runs")) with Scratch = [||]; PruneRestart = [||] }
                    let about = [ "network", "resnet50-small"; "data", "fashion32"; "sparsity", "80%" ]
                    let results = analyze { settings with PathExamples = Some 10 } about "data-hash" groups

                    Expect.equal
                        (results.Table3 |> Array.map _.Model)
                        [| "LT"; "Scratch (Diff. Init.)"; "Pruned Soln."; "5 Diff. Pruned" |]
                        "models"

                    Expect.isTrue
                        (results.Interpolation
                         |> Array.forall (fun row -> abs (10.0 * row.TrainAccuracy - round (10.0 * row.TrainAccuracy)) < 1e-9))
                        "whether accuracies are tenths"

                    LotteryTables.write root results
                    let html = File.ReadAllText(LotteryReport.draw root)
                    Expect.stringContains html "another problem than ours" "page"
                    Expect.stringContains html "75.73 ± 0.08" "page"

                    for name in [ "fig5d.svg"; "fig5e.svg"; "fig5f.svg" ] do
                        Expect.isTrue (File.Exists(Path.Combine(root, name))) "whether the file is there"))

            testCase "drawing from copied tables gives identical files" (fun () ->
                withResults (fun root _ results ->
                    let first, second = Path.Combine(root, "first"), Path.Combine(root, "second")
                    LotteryTables.write first results
                    Directory.CreateDirectory second |> ignore

                    for path in Directory.GetFiles first do
                        File.Copy(path, Path.Combine(second, FileInfo(path).Name))

                    LotteryReport.draw first |> ignore
                    LotteryReport.draw second |> ignore
                    Expect.equal (files second) (files first) "files"

                    for name in [ "fig5a.svg"; "fig5b.svg"; "fig5c.svg"; "report.html"; "fig5a.html" ] do
                        Expect.isTrue (File.Exists(Path.Combine(first, name))) "whether the file is there"))

            testCase "every figure names the runs whose numbers it shows, and the report says what made them" (fun () ->
                withResults (fun root _ results ->
                    let folder = Path.Combine(root, "out")
                    let runs = results.Models |> Array.map _.Run
                    Expect.equal (Array.distinct runs).Length 10 "number of runs"

                    for figure in LotteryReport.figures results do
                        for run in runs do
                            Expect.stringContains figure.Lineage run "lineage of the figure"

                    LotteryTables.write folder results

                    Directory.GetDirectories(Path.Combine(root, "runs"))
                    |> Array.map (Runs.load >> Lineage.ofRun)
                    |> Lineage.write folder []

                    let html = File.ReadAllText(LotteryReport.draw folder)
                    Expect.stringContains html "Lineage of every run." "page"
                    Expect.equal (html.Split("<summary>What made it</summary>").Length - 1) 4 "number of figures that say what made them"))

            testCase "the report names collapsed runs and keeps them" (fun () ->
                withResults (fun _ _ results ->
                    let models =
                        results.Models
                        |> Array.map (fun row -> if row.Model = "Scratch" && row.Seed = 2 then { row with CollapsedTo = Some 1 } else row)

                    let html = LotteryReport.report { results with Models = models } |> Report.render

                    Expect.stringContains
                        html
                        "Scratch: 1 of 2 runs collapsed (seeds 2): they predict class 1 for every test example."
                        "page"

                    Expect.stringContains html "class=\"notice\"" "page"))

            testCase "figures and text about lines say that permutation symmetry is not removed" (fun () ->
                withResults (fun _ _ results ->
                    for figure in [ LotteryReport.figure5c results; LotteryReport.figureAllPaths results ] do
                        Expect.stringContains figure.Description Interpolation.symmetryNote "description"

                    let isParagraph (block: Report.Block) =
                        match block with
                        | Report.Paragraph text -> text.StartsWith "The barrier is" && text.Contains Interpolation.symmetryNote
                        | _ -> false

                    Expect.hasLength ((LotteryReport.report results).Blocks |> List.filter isParagraph) 1 "blocks"))

            testCase "losses beyond the ends of a line are cut off where they are out of all proportion" (fun () ->
                withResults (fun _ _ results ->
                    let rangeWith (loss: float) =
                        let rows =
                            results.Interpolation
                            |> Array.map (fun row ->
                                if row.Alpha > 1.15 then { row with TrainLoss = loss } else { row with TrainLoss = 2.0 - row.Alpha })

                        (LotteryReport.figure5c { results with Interpolation = rows }).Panels.Head.Y.Range

                    Expect.equal (rangeWith 5.9) None "range"
                    Expect.equal (rangeWith 6.1 |> Option.map (fun (first, last) -> first, Math.Round(last, 9))) (Some(0.0, 2.2)) "range"
                    Expect.isSome (rangeWith nan) "range"))

            testCase "the paper's values stand only beside the paper's own case" (fun () ->
                withResults (fun _ _ results ->
                    let papers = { results with About = [ "network", "lenet5"; "data", "mnist"; "sparsity", "95%" ] }

                    let published (results: Results) =
                        (LotteryReport.figure5b results).Panels.Head.Series
                        |> List.filter (fun series -> series.Name.Contains "paper" && series.X.Length > 0)

                    Expect.equal (LotteryReport.table3Shown papers).Columns.Length 9 "number of columns"
                    Expect.equal (published papers).Length 2 "number of series of the paper"
                    Expect.equal (LotteryReport.table3Shown results).Columns.Length 5 "number of columns"
                    Expect.isEmpty (published results) "series of the paper"))

            testEach
                "the report speaks of the paper's L2 penalty only where the distances are LeNet5's"
                [
                    "lenet5", "mnist", "95%", true
                    "lenet5", "mnist", "90%", false
                    "vgg16", "fashion32", "80%", false
                    "resnet50-small", "fashion32", "80%", false
                ]
                (fun (network, data, sparsity, isLeNet5) ->
                    withResults (fun _ _ results ->
                        let results = { results with About = [ "network", network; "data", data; "sparsity", sparsity ] }
                        let html = LotteryReport.report results |> Report.render

                        Expect.equal
                            (html.Contains "The paper&#39;s code sets 5e-4" || html.Contains "The paper's code sets 5e-4")
                            isLeNet5
                            "whether the page speaks of the paper's code"

                        Expect.equal
                            (html.Contains "Distances are taken over all that is trained")
                            (not isLeNet5)
                            "whether the page says what distances are taken over"))

            testCase "load refuses an empty group by name" (fun () ->
                let error = Expect.thrown<ArgumentException>(fun () -> load [||] [||] [||] [||] [||] |> ignore)
                Expect.stringContains error.Message "needs at least one run" "message")

            testEach
                "read refuses names it does not know by table and line"
                [
                    "models.csv",
                    2,
                    "LT",
                    "LTX",
                    "line 2: expected one of LT,Scratch,Scratch (Diff. Init.),Prune Restart,Pruned Soln.,5 Diff. Pruned in column 'model', found 'LTX'."
                    "table3.csv",
                    3,
                    "Scratch",
                    "<b>",
                    "line 3: expected one of LT,Scratch,Scratch (Diff. Init.),Prune Restart,Pruned Soln.,5 Diff. Pruned in column 'model', found '<b>'."
                    "distances.csv", 2, "LT", "lt", "found 'lt'."
                    "mds.csv", 2, "start", "begin", "line 2: expected one of start,end in column 'stage', found 'begin'."
                    "interpolation.csv",
                    2,
                    "lt-init",
                    "lt",
                    "line 2: expected one of lt-init,lt-end,scratch-init,scratch-end in column 'path', found 'lt'."
                    "interpolation.csv",
                    6,
                    ",0,",
                    ",0.01,",
                    "line 1: expected alpha = 0 on the path lt-init of seed 1, found 29 other places."
                    "about.csv", 5, "mds_", "x", "line 6: expected a number in column 'value', found 'many'."
                ]
                (fun (table, line, old, other, message) ->
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
                                lines
                                |> Array.map (fun text ->
                                    if text.StartsWith "lt-init,1,0," then "lt-init,1,0.01," + text.Substring 12 else text)
                            )
                        | _ ->
                            Expect.stringContains lines[line - 1] old "line of the table"
                            lines[line - 1] <- lines[line - 1].Replace(old, other)
                            File.WriteAllLines(path, lines)

                        let error = Expect.thrown<InvalidDataException>(fun () -> LotteryTables.read folder |> ignore)
                        Expect.stringStarts error.Message (path + ", line ") "message"
                        Expect.stringEnds error.Message message "message"))

            testCase "read refuses a table 3 without tickets, which all others are compared with" (fun () ->
                withResults (fun root _ results ->
                    let folder = Path.Combine(root, "out")
                    LotteryTables.write folder { results with Table3 = results.Table3 |> Array.filter (fun row -> row.Model <> "LT") }
                    let error = Expect.thrown<InvalidDataException>(fun () -> LotteryTables.read folder |> ignore)
                    Expect.stringEnds error.Message "table3.csv, line 1: expected a row of the model 'LT', found 5 others." "message"))

            testCase "a report without a path says nothing of its barrier" (fun () ->
                withResults (fun _ _ results ->
                    let without =
                        { results with
                            Interpolation = results.Interpolation |> Array.filter (fun row -> row.Path <> "lt-end")
                        }

                    Expect.stringContains (Report.render (LotteryReport.report without)) "a barrier of – nats for tickets" "page"))
        ]
