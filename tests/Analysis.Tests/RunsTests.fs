module Analysis.Tests.RunsTests

open System
open System.IO
open Xunit
open Analysis
open SparseCore.RunFolders

[<Fact>]
let ``load, steps, first, last and at read what the core wrote`` () =
    SmallRuns.withFolder (fun root ->
        let start, finish = SmallRuns.randomBlock 1, SmallRuns.randomBlock 2
        let run = SmallRuns.write root "sample" [ 0, start; 30, finish ] |> Runs.load
        Assert.StartsWith("sample-", run.Name)
        Assert.Equal<int[]>([| 0; 30 |], Runs.steps run)
        Assert.Equal<float32[]>(start.Values, (Runs.first run).Values)
        Assert.Equal<float32[]>(finish.Values, (Runs.last run).Values)
        Assert.Equal(30, (Runs.at 30 run).Step)
        Assert.Equal(64, (Runs.last run).ContentHash.Length)
        Assert.Equal(SmallRuns.masks, (Runs.last run).Masks))

[<Fact>]
let ``metric gives the logged values of one name in order`` () =
    SmallRuns.withFolder (fun root ->
        let run = SmallRuns.write root "sample" [ 0, SmallRuns.randomBlock 1; 30, SmallRuns.randomBlock 2 ] |> Runs.load
        Assert.Equal<(int * float)[]>([| 0, 0.0; 30, 3.0 |], Runs.metric "test_accuracy" run)
        Assert.Equal<string[]>([| "test_accuracy"; "train_loss" |], Runs.metricNames run))

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
let ``load refuses a plan whose network it cannot tell`` (plan: string, message: string) =
    SmallRuns.withFolder (fun root ->
        let path =
            use folder = RunFolder.Acquire(root, RunFolder.NameOf("odd", plan), plan)
            folder.FolderPath

        let error = Assert.Throws<InvalidDataException>(fun () -> Runs.load path |> ignore)
        Assert.StartsWith("Run 'odd-", error.Message)
        Assert.Contains(message, error.Message))

[<Fact>]
let ``load refuses a plan that has a key twice, so that no two plans are called equal that are not`` () =
    SmallRuns.withFolder (fun root ->
        let plan =
            """{"network": {"name": "lenet300", "widths": [4, 3], "input": {"channels": 1, "height": 4, "width": 4}, "classes": 3, "classes": 4}}"""

        let path =
            use folder = RunFolder.Acquire(root, RunFolder.NameOf("odd", plan), plan)
            folder.FolderPath

        let error = Assert.Throws<RunFolderException>(fun () -> Runs.load path |> ignore)
        Assert.Contains("plan: expected JSON with every key once, found \"Duplicate property 'classes'", error.Message))

[<Fact>]
let ``Parameters gives the weights and biases of a layer by name`` () =
    SmallRuns.withFolder (fun root ->
        let block = SmallRuns.randomBlock 1
        let snapshot = SmallRuns.write root "sample" [ 0, block ] |> Runs.load |> Runs.first
        Assert.Equal<float32[]>(block.Weights(1).ToArray(), Parameters.weights "fc2" snapshot)
        Assert.Equal<float32[]>(block.Biases(2).ToArray(), Parameters.biases "fc3" snapshot)
        Assert.Equal<(string * int * int)[]>([| "fc1", 53, 80; "fc2", 13, 20; "fc3", 8, 12 |], Parameters.activeCounts snapshot)
        let error = Assert.Throws<ArgumentException>(fun () -> Parameters.weights "conv1" snapshot |> ignore)
        Assert.Contains("its layers are fc1, fc2, fc3", error.Message))

[<Fact>]
let ``Plans.differences lists settings that differ, nested ones by path, missing ones as a dash`` () =
    SmallRuns.withFolder (fun root ->
        let run (plan: string) =
            use folder = RunFolder.Acquire(root, RunFolder.NameOf("run", plan), plan)
            folder.FolderPath

        let network =
            """"network": {"name": "lenet300", "widths": [5, 4], "input": {"channels": 1, "height": 4, "width": 4}, "classes": 3}"""

        let first = run $"""{{{network}, "optimizer": {{"momentum": 0.9, "l2": 0}}, "steps": 10}}""" |> Runs.load
        let second = run $"""{{{network}, "optimizer": {{"momentum": 0.5, "l2": 0}}, "seed": 3}}""" |> Runs.load
        let expected = [ "optimizer.momentum", "0.9", "0.5"; "steps", "10", "-"; "seed", "-", "3" ]
        Assert.Equal<(string * string * string) list>(expected, Plans.differences first second)
        Assert.Empty(Plans.differences first first))

[<Fact>]
let ``a run that was planned for other data says so with both hashes`` () =
    SmallRuns.withFolder (fun root ->
        let run = SmallRuns.write root "sample" [ 0, SmallRuns.randomBlock 1 ] |> Runs.load
        let data = SparseCore.Data.DataSplit(SmallRuns.data 4 1, SmallRuns.data 4 2, "mine", "abc")

        let planned (json: string) =
            use plan = System.Text.Json.JsonDocument.Parse json
            { run with Plan = plan.RootElement.Clone() }

        Assert.Equal(None, Runs.otherData data run)
        Assert.Equal(None, Runs.otherData data (planned """{"data": {"name": "mine", "content_hash": "abc"}}"""))
        Assert.Equal(None, Runs.otherData data (planned """{"data": 5}"""))
        let sentence = Runs.otherData data (planned """{"data": {"name": "theirs", "content_hash": "def"}}""")
        Assert.Contains("was planned for data 'theirs' (content hash def), and is measured on 'mine' (abc)", sentence.Value))
