module Analysis.Tests.LineageTests

open System
open System.IO
open SparseCore.Checkpoints
open SparseCore.Parameters
open SparseCore.RunFolders
open Expecto
open SparseCore.Analysis

/// A finished run that derives from another, with its record.
let private run (root: string) =
    let path = SmallRuns.write root "child" [ 0, SmallRuns.randomBlock 1 ]
    let plan = File.ReadAllText(Path.Combine(path, "plan.json"))
    use folder = RunFolder.Acquire(root, string (Path.GetFileName path), plan)
    let parents = [| ParentReference("mask", String('b', 64), 500, String('c', 64)) |]

    Checkpoint(10, folder.PlanHash, parents, SmallRuns.masks, SmallRuns.randomBlock 2, ParameterBlock SmallRuns.network, 18L)
    |> folder.WriteCheckpoint
    |> ignore

    let machine = Machine("processor", 2, "system", ".NET")
    let started = DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours 1.0)
    let finished = Nullable(started.AddSeconds 90.0)

    RunRecord(RunStatus.Finished, folder.PlanHash, "1.0+abc", machine, started, finished, 1.5, [||], null)
    |> folder.WriteRecord

    Runs.load path

[<Tests>]
let tests =
    testList
        "Lineage"
        [
            testCase "ofRun says what made a run, and reads back as it was written" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run = run root
                    let row = Lineage.ofRun run
                    let header = CheckpointFile.ReadHeader(run.Folder.CheckpointPath 10)

                    let expected: Lineage.Row =
                        {
                            Run = run.Name
                            PlanHash = run.Folder.PlanHash
                            ContentHash = header.ContentHash
                            Parents = "mask: plan bbbbbbbb step 500, content cccccccc"
                            CodeVersion = "1.0+abc"
                            Machine = "processor, 2 cores, .NET"
                            Started = "2026-01-02T02:04:05Z"
                            Finished = "2026-01-02T02:05:35Z"
                            Seconds = 1.5
                        }

                    Expect.equal row expected "row"
                    Lineage.write root [ "machine", "here" ] [ row ]
                    let record: Lineage.Record = { Facts = [ "machine", "here" ]; Runs = [| row |] }
                    Expect.equal (Lineage.read root) (Some record) "rows read"))

            testCase "this machine's record stands before the committed one, and neither is shown beside other tables" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let table, local = Path.Combine(root, "a.csv"), Path.Combine(root, Lineage.localFolder)

                    /// The record of a table's text, as it would be committed.
                    let commit (text: string) (machine: string) =
                        File.WriteAllText(table, text)
                        Lineage.write root [ "machine", machine ] []

                        for path in Directory.GetFiles local do
                            File.Move(path, Path.Combine(root, FileInfo(path).Name), true)

                    let shown () = Lineage.read root |> Option.map _.Facts
                    commit "x\n1\n" "theirs"
                    Expect.equal (shown ()) (Some [ "machine", "theirs" ]) "shown"
                    Lineage.write root [ "machine", "ours" ] []
                    Expect.equal (shown ()) (Some [ "machine", "ours" ]) "shown"
                    commit "x\n2\n" "theirs, later"
                    File.WriteAllText(table, "x\n1\n")
                    Lineage.write root [ "machine", "ours" ] []
                    File.WriteAllText(table, "x\n2\n")
                    Expect.equal (shown ()) (Some [ "machine", "theirs, later" ]) "shown"
                    Expect.equal (Lineage.readLocal root) None "rows read"
                    File.WriteAllText(table, "x\n3\n")
                    Expect.equal (shown ()) None "shown"
                    Expect.isEmpty (Lineage.blocks root) "blocks"))

            testCase "blocks list every run, or nothing where nothing is known" (fun () ->
                SmallRuns.withFolder (fun root ->
                    Expect.isEmpty (Lineage.blocks root) "blocks"
                    let run = run root
                    Lineage.write root [ "command", "dotnet fsi x.fsx" ] [ Lineage.ofRun run ]

                    let html = Report.render { Title = ""; Lead = ""; Blocks = Lineage.blocks root }

                    for text in
                        [
                            run.Name
                            run.Folder.PlanHash.Substring(0, 8)
                            "mask: plan bbbbbbbb step 500"
                            "1.0+abc"
                            "2026-01-02T02:05:35Z"
                            "<pre>dotnet fsi x.fsx</pre>"
                        ] do
                        Expect.stringContains html text "page"))

            testCase "a figure carries its facts and runs into the report" (fun () ->
                let figure =
                    Figures.panel
                        (Figures.axis "x")
                        (Figures.axis "y")
                        [ Figures.line (Figures.style 0) "a" [| 0.0; 1.0 |] [| 0.0; 1.0 |] ]
                    |> Figures.single "f" "t" "" "d"
                    |> Lineage.carriedBy [ "code_version", "1.0" ] [ "run-1"; "run-2"; "run-1" ]

                Expect.equal figure.Lineage "code_version: 1.0; made_of: run-1, run-2" "lineage of the figure"

                let html = Report.render { Title = ""; Lead = ""; Blocks = [ Report.FigureBlock(figure, None) ] }

                Expect.stringContains html "<summary>What made it</summary>code_version: 1.0; made_of: run-1, run-2</details>" "page")
        ]
