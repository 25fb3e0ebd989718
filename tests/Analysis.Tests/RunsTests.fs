module Analysis.Tests.RunsTests

open System
open System.IO
open Expecto
open Testing
open SparseCore.Analysis
open SparseCore.Plans
open SparseCore.Recipes
open SparseCore.RunFolders

/// A plan of a small network on small images.
let private plan =
    let data = SparseCore.Data.DataSplit(SmallRuns.data 200 1, SmallRuns.data 20 2, "mine", "abc")
    Recipe(Experiment(data, "lenet300", Widths = [| 5; 4 |], Steps = 100).Settings()).Prune(1).Plan

[<Tests>]
let tests =
    testList
        "Runs"
        [
            testCase "load, steps, first, last and at read what the core wrote" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let start, finish = SmallRuns.randomBlock 1, SmallRuns.randomBlock 2
                    let run = SmallRuns.write root "sample" [ 0, start; 30, finish ] |> Runs.load
                    Expect.stringStarts run.Name "sample-" "name of the run"
                    Expect.equal (Runs.steps run) [| 0; 30 |] "steps"
                    Expect.equal (Runs.first run).Parameters.Values start.Values "values"
                    Expect.equal (Runs.last run).Parameters.Values finish.Values "values"
                    Expect.equal (Runs.at 30 run).Step 30 "step"
                    Expect.equal (Runs.last run).ContentHash.Length 64 "length of the content hash"
                    Expect.equal (Runs.last run).Masks SmallRuns.masks "masks"))

            testCase "metric gives the logged values of one name in order" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run = SmallRuns.write root "sample" [ 0, SmallRuns.randomBlock 1; 30, SmallRuns.randomBlock 2 ] |> Runs.load
                    Expect.equal (Runs.metric "test_accuracy" run) [| 0, 0.0; 30, 3.0 |] "metric"
                    Expect.isEmpty (Runs.metric "grad_norm" run) "metric"))

            testCase "all opens the runs under a folder in the order of their names" (fun () ->
                SmallRuns.withFolder (fun root ->
                    SmallRuns.write root "b" [ 0, SmallRuns.randomBlock 1 ] |> ignore
                    SmallRuns.write root "a" [ 0, SmallRuns.randomBlock 1 ] |> ignore
                    Expect.equal (Runs.all root |> Array.map (fun run -> run.Name.Split('-')[0])) [| "a"; "b" |] "names of the runs"))

            testCase "last refuses a run without checkpoints and says what to do" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run = SmallRuns.write root "empty" [] |> Runs.load
                    let error = Expect.thrown<InvalidDataException>(fun () -> Runs.last run |> ignore)
                    Expect.stringContains error.Message "has no checkpoint yet; train it first" "message"))

            testCase "at refuses a step without a checkpoint and lists those there are" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run = SmallRuns.write root "few" [ 0, SmallRuns.randomBlock 1; 30, SmallRuns.randomBlock 2 ] |> Runs.load
                    let error = Expect.thrown<InvalidDataException>(fun () -> Runs.at 31 run |> ignore)
                    Expect.stringContains error.Message "has no checkpoint at step 31; it has 0, 30." "message"))

            testEach
                "a run whose network its plan does not tell is listed and opened, but has no network"
                [
                    """{"network": {"name": "alexnet", "widths": [], "input": {"channels": 1, "height": 4, "width": 4}, "classes": 3}}""",
                    "Unknown network 'alexnet'"
                    """{"name": "x"}""", "The plan names no network"
                    """{"network": 3}""", "The plan names no network"
                ]
                (fun (plan, message) ->
                    SmallRuns.withFolder (fun root ->
                        SmallRuns.folderOf root "odd" plan |> ignore
                        let run = Expect.single (Runs.all root) "runs"
                        Expect.isTrue run.Plan.IsUnreadable "whether the plan is unreadable"
                        Expect.isEmpty (Runs.steps run) "steps"
                        Expect.isEmpty (Runs.metric "test_accuracy" run) "metric"
                        let error = Expect.thrown<InvalidDataException>(fun () -> Runs.network run |> ignore)
                        Expect.stringStarts error.Message "Run 'odd-" "message"
                        Expect.stringContains error.Message message "message"))

            testCase "the plan of a run that was trained is typed" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run = SmallRuns.folderOf root plan.Name (plan.ToCanonicalJson()) |> Runs.load

                    match run.Plan with
                    | Trained read ->
                        Expect.equal read.Hash plan.Hash "hash"
                        Expect.equal read.Steps 100 "steps"
                        Expect.equal (Runs.data run) (Some plan.Data) "data"
                    | other -> failwith $"{other}"))

            testCase "the plan of a run that was imported is typed, and its snapshot has the pixels it wants" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let inputs = SparseCore.Data.InputNormalization([| 0.5 |], [| 0.25 |])
                    let trained = SmallRuns.write root "sample" [ 0, SmallRuns.randomBlock 1 ] |> Runs.load
                    let file = Path.Combine(root, "network.safetensors")
                    SparseCore.Checkpoints.DenseExport.Write(file, trained.Folder.ReadCheckpoint(0, SmallRuns.network))

                    let network = SparseCore.Networks.NetworkPlan("lenet300", [| 5; 4 |], SmallRuns.network.Input, 3)

                    let run = Runs.load (ImportPlan.Import(root, file, network, true, false, inputs).FolderPath)

                    match run.Plan with
                    | Imported read -> Expect.equal read.File "network.safetensors" "file"
                    | other -> failwith $"{other}"

                    Expect.equal (Runs.data run) None "data"
                    Expect.equal (Runs.last run).Inputs (Some inputs) "inputs"
                    Expect.equal (Runs.last run).Parameters.Values (Runs.first trained).Parameters.Values "values"))

            testEach
                "a plan of another format is no reason not to read the network"
                [
                    "\"format\": 1,", "\"format\": 999,", "found 999"
                    "\"method\": \"prune\",", "\"method\": \"prune\", \"novelty\": 1,", "novelty"
                ]
                (fun (before, after, reason) ->
                    SmallRuns.withFolder (fun root ->
                        let json = plan.ToCanonicalJson().Replace(before, after)
                        let run = SmallRuns.folderOf root plan.Name json |> Runs.load

                        match run.Plan with
                        | Unreadable found -> Expect.stringContains found reason "reason"
                        | other -> failwith $"{other}"

                        Expect.equal (Runs.network run).Name "lenet300" "name of the network"
                        Expect.equal (Runs.data run) (Some plan.Data) "data"))

            testCase "load refuses a plan that has a key twice, so that no two plans are called equal that are not" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let plan =
                        """{"network": {"name": "lenet300", "widths": [4, 3], "input": {"channels": 1, "height": 4, "width": 4}, "classes": 3, "classes": 4}}"""

                    let path = SmallRuns.folderOf root "odd" plan
                    let error = Expect.thrown<RunFolderException>(fun () -> Runs.load path |> ignore)

                    Expect.stringContains
                        error.Message
                        "plan: expected JSON with every key once, found \"Duplicate property 'classes'"
                        "message"))

            testCase "PlanDifferences lists settings that differ, nested ones by path, missing ones as a dash" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run (plan: string) = SmallRuns.folderOf root "run" plan |> Runs.load
                    let first = run """{"optimizer": {"momentum": 0.9, "l2": 0}, "steps": 10}"""
                    let second = run """{"optimizer": {"momentum": 0.5, "l2": 0}, "seed": 3}"""
                    let expected = [ "optimizer.momentum", "0.9", "0.5"; "steps", "10", "-"; "seed", "-", "3" ]
                    Expect.equal (PlanDifferences.between first second) expected "differences"
                    Expect.isEmpty (PlanDifferences.between first first) "differences"))

            testCase "a run that was planned for other data says so with both hashes" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let data (name: string) (hash: string) = SparseCore.Data.DataSplit(SmallRuns.data 4 1, SmallRuns.data 4 2, name, hash)
                    let run (json: string) = SmallRuns.folderOf root "run" json |> Runs.load
                    let trained = run (plan.ToCanonicalJson())
                    Expect.equal (Runs.otherData (data "mine" "abc") trained) None "sentence on other data"
                    let sentence = Runs.otherData (data "yours" "def") trained

                    Expect.stringContains
                        sentence.Value
                        "was planned for data 'mine' (content hash abc), and is measured on 'yours' (def)"
                        "sentence"
                    // What a plan that cannot be read says of its data counts, if it says anything.
                    let unreadable = run """{"data": {"name": "theirs", "content_hash": "def"}}"""

                    Expect.stringContains
                        (Runs.otherData (data "mine" "abc") unreadable).Value
                        "for data 'theirs' (content hash def)"
                        "sentence on other data"

                    for plan in [ "{}"; """{"data": 5}"""; """{"data": null}"""; """{"data": {"name": "theirs"}}""" ] do
                        Expect.equal (Runs.otherData (data "mine" "abc") (run plan)) None "sentence on other data"))
        ]
