module Analysis.Tests.RunsTests

open System
open System.IO
open Xunit
open Analysis
open SparseCore.Plans
open SparseCore.Recipes
open SparseCore.RunFolders

[<Fact>]
let ``load, steps, first, last and at read what the core wrote`` () =
    SmallRuns.withFolder (fun root ->
        let start, finish = SmallRuns.randomBlock 1, SmallRuns.randomBlock 2
        let run = SmallRuns.write root "sample" [ 0, start; 30, finish ] |> Runs.load
        Assert.StartsWith("sample-", run.Name)
        Assert.Equal<int[]>([| 0; 30 |], Runs.steps run)
        Assert.Equal<float32[]>(start.Values, (Runs.first run).Parameters.Values)
        Assert.Equal<float32[]>(finish.Values, (Runs.last run).Parameters.Values)
        Assert.Equal(30, (Runs.at 30 run).Step)
        Assert.Equal(64, (Runs.last run).ContentHash.Length)
        Assert.Equal(SmallRuns.masks, (Runs.last run).Masks))

[<Fact>]
let ``metric gives the logged values of one name in order`` () =
    SmallRuns.withFolder (fun root ->
        let run = SmallRuns.write root "sample" [ 0, SmallRuns.randomBlock 1; 30, SmallRuns.randomBlock 2 ] |> Runs.load
        Assert.Equal<(int * float)[]>([| 0, 0.0; 30, 3.0 |], Runs.metric "test_accuracy" run)
        Assert.Empty(Runs.metric "grad_norm" run))

[<Fact>]
let ``all opens the runs under a folder in the order of their names`` () =
    SmallRuns.withFolder (fun root ->
        SmallRuns.write root "b" [ 0, SmallRuns.randomBlock 1 ] |> ignore
        SmallRuns.write root "a" [ 0, SmallRuns.randomBlock 1 ] |> ignore
        Assert.Equal<string[]>([| "a"; "b" |], Runs.all root |> Array.map (fun run -> run.Name.Split('-')[0])))

[<Fact>]
let ``last refuses a run without checkpoints and says what to do`` () =
    SmallRuns.withFolder (fun root ->
        let run = SmallRuns.write root "empty" [] |> Runs.load
        let error = Assert.Throws<InvalidDataException>(fun () -> Runs.last run |> ignore)
        Assert.Contains("has no checkpoint yet; train it first", error.Message))

[<Theory>]
[<InlineData("""{"network": {"name": "alexnet", "widths": [], "input": {"channels": 1, "height": 4, "width": 4}, "classes": 3}}""",
             "Unknown network 'alexnet'")>]
[<InlineData("""{"name": "x"}""", "The plan names no network")>]
[<InlineData("""{"network": 3}""", "The plan names no network")>]
let ``a run whose network its plan does not tell is listed and opened, but has no network`` (plan: string, message: string) =
    SmallRuns.withFolder (fun root ->
        SmallRuns.folderOf root "odd" plan |> ignore
        let run = Assert.Single(Runs.all root)
        Assert.True run.Plan.IsUnreadable
        Assert.Empty(Runs.steps run)
        Assert.Empty(Runs.metric "test_accuracy" run)
        let error = Assert.Throws<InvalidDataException>(fun () -> Runs.network run |> ignore)
        Assert.StartsWith("Run 'odd-", error.Message)
        Assert.Contains(message, error.Message))

/// A plan of a small network on small images.
let private plan =
    let data = SparseCore.Data.DataSplit(SmallRuns.data 200 1, SmallRuns.data 20 2, "mine", "abc")
    Recipe(Experiment(data, "lenet300", Widths = [| 5; 4 |], Steps = 100).Settings()).Prune(1).Plan

[<Fact>]
let ``the plan of a run that was trained is typed`` () =
    SmallRuns.withFolder (fun root ->
        let run = SmallRuns.folderOf root plan.Name (plan.ToCanonicalJson()) |> Runs.load

        match run.Plan with
        | Trained read ->
            Assert.Equal(plan.Hash, read.Hash)
            Assert.Equal(100, read.Steps)
            Assert.Equal<DataPlan option>(Some plan.Data, Runs.data run)
        | other -> failwith $"{other}")

[<Fact>]
let ``the plan of a run that was imported is typed, and its snapshot has the pixels it wants`` () =
    SmallRuns.withFolder (fun root ->
        let inputs = SparseCore.Data.InputNormalization([| 0.5 |], [| 0.25 |])
        let trained = SmallRuns.write root "sample" [ 0, SmallRuns.randomBlock 1 ] |> Runs.load
        let file = Path.Combine(root, "network.safetensors")
        SparseCore.Checkpoints.DenseExport.Write(file, trained.Folder.ReadCheckpoint(0, SmallRuns.network))

        let network = SparseCore.Networks.NetworkPlan("lenet300", [| 5; 4 |], SmallRuns.network.Input, 3)

        let run = Runs.load (ImportPlan.Import(root, file, network, true, false, inputs).FolderPath)

        match run.Plan with
        | Imported read -> Assert.Equal("network.safetensors", read.File)
        | other -> failwith $"{other}"

        Assert.Equal(None, Runs.data run)
        Assert.Equal(Some inputs, (Runs.last run).Inputs)
        Assert.Equal<float32[]>((Runs.first trained).Parameters.Values, (Runs.last run).Parameters.Values))

[<Theory>]
[<InlineData("\"format\": 1,", "\"format\": 999,", "found 999")>]
[<InlineData("\"method\": \"prune\",", "\"method\": \"prune\", \"novelty\": 1,", "novelty")>]
let ``a plan of another format is no reason not to read the network`` (before: string, after: string, reason: string) =
    SmallRuns.withFolder (fun root ->
        let json = plan.ToCanonicalJson().Replace(before, after)
        let run = SmallRuns.folderOf root plan.Name json |> Runs.load

        match run.Plan with
        | Unreadable found -> Assert.Contains(reason, found)
        | other -> failwith $"{other}"

        Assert.Equal("lenet300", (Runs.network run).Name)
        Assert.Equal<DataPlan option>(Some plan.Data, Runs.data run))

[<Fact>]
let ``load refuses a plan that has a key twice, so that no two plans are called equal that are not`` () =
    SmallRuns.withFolder (fun root ->
        let plan =
            """{"network": {"name": "lenet300", "widths": [4, 3], "input": {"channels": 1, "height": 4, "width": 4}, "classes": 3, "classes": 4}}"""

        let path = SmallRuns.folderOf root "odd" plan
        let error = Assert.Throws<RunFolderException>(fun () -> Runs.load path |> ignore)
        Assert.Contains("plan: expected JSON with every key once, found \"Duplicate property 'classes'", error.Message))

[<Fact>]
let ``PlanDifferences lists settings that differ, nested ones by path, missing ones as a dash`` () =
    SmallRuns.withFolder (fun root ->
        let run (plan: string) = SmallRuns.folderOf root "run" plan |> Runs.load
        let first = run """{"optimizer": {"momentum": 0.9, "l2": 0}, "steps": 10}"""
        let second = run """{"optimizer": {"momentum": 0.5, "l2": 0}, "seed": 3}"""
        let expected = [ "optimizer.momentum", "0.9", "0.5"; "steps", "10", "-"; "seed", "-", "3" ]
        Assert.Equal<(string * string * string) list>(expected, PlanDifferences.between first second)
        Assert.Empty(PlanDifferences.between first first))

[<Fact>]
let ``a run that was planned for other data says so with both hashes`` () =
    SmallRuns.withFolder (fun root ->
        let data (name: string) (hash: string) = SparseCore.Data.DataSplit(SmallRuns.data 4 1, SmallRuns.data 4 2, name, hash)
        let run (json: string) = SmallRuns.folderOf root "run" json |> Runs.load
        let trained = run (plan.ToCanonicalJson())
        Assert.Equal(None, Runs.otherData (data "mine" "abc") trained)
        let sentence = Runs.otherData (data "yours" "def") trained
        Assert.Contains("was planned for data 'mine' (content hash abc), and is measured on 'yours' (def)", sentence.Value)
        // What a plan that cannot be read says of its data counts, if it says anything.
        let unreadable = run """{"data": {"name": "theirs", "content_hash": "def"}}"""
        Assert.Contains("for data 'theirs' (content hash def)", (Runs.otherData (data "mine" "abc") unreadable).Value)

        for plan in [ "{}"; """{"data": 5}"""; """{"data": null}"""; """{"data": {"name": "theirs"}}""" ] do
            Assert.Equal(None, Runs.otherData (data "mine" "abc") (run plan)))
