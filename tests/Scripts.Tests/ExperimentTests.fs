module Scripts.Tests.ExperimentTests

open System
open System.IO
open System.Threading
open SparseCore.Networks
open SparseCore.Plans
open SparseCore.Training
open SparseCore.Verification
open Scripting
open Xunit

let private choice (arguments: string list) =
    let declare = Experiment.settings NetworkPlan.KnownNames "lenet5"

    match Settings.parse "title" declare (Array.ofList ("script.fsx" :: arguments)) with
    | Ok choice -> choice
    | Error stop -> failwith $"{stop}"

[<Fact>]
let ``small runs go side by side, a large one has all cores`` () =
    let cores = Environment.ProcessorCount
    Assert.Equal((cores, 1), Experiment.cores (choice []))
    Assert.Equal((1, cores), Experiment.cores (choice [ "network=resnet50-small" ]))
    Assert.Equal((1, 3), Experiment.cores (choice [ "jobs=1"; "threads=3" ]))

[<Fact>]
let ``what is left out is nothing, and a wrong word lists the right ones`` () =
    Assert.Equal((None, None, None), ((choice []).Steps, (choice []).Allocation, (choice []).FirstLayer))
    Assert.Equal(Some "erk", (choice [ "allocation=erk" ]).Allocation)

    match Settings.parse "title" (Experiment.settings NetworkPlan.KnownNames "lenet5") [| "script.fsx"; "first-layer=half" |] with
    | Error(Settings.Mistake text) -> Assert.Contains("expected one of dense, sparse, or nothing, found", text)
    | _ -> failwith "expected a mistake"

[<Fact>]
let ``networks have their usual widths unless others are given`` () =
    let widths name given = (NetworkSettings.plan name given [| 3; 32; 32 |] 10).Widths |> Array.ofSeq
    Assert.Equal<int[]>([| 64; 128; 256; 512 |], widths "resnet50" None)
    Assert.Equal<int[]>([| 1; 2; 3; 4 |], widths "resnet50" (Some [| 1; 2; 3; 4 |]))

    for name in NetworkPlan.KnownNames do
        (NetworkSettings.plan name None [| 3; 32; 32 |] 10).Build() |> ignore

    Assert.Throws<PlanException>(fun () -> NetworkSettings.plan "lenet5" None [| 3; 32 |] 10 |> ignore) |> ignore

[<Theory>]
[<InlineData("analyze-lt", "paper")>]
[<InlineData("reproduce-mnist", "paper-code")>]
let ``facts of the default settings are those of the committed tables`` (folder: string) (preset: string) =
    let data =
        match Settings.parse "title" (Datasets.settings "mnist") [| "script.fsx" |] with
        | Ok choice -> Datasets.load CancellationToken.None choice
        | Error stop -> failwith $"{stop}"

    let recipe = choice [] |> Experiment.recipe (TrainingRuns.preset preset) data
    let facts = [ for name, value in ExperimentFacts.about recipe 5 -> $"{name},{value}" ]
    let committed = File.ReadAllLines(Paths.fromRoot $"results/{folder}/about.csv") |> List.ofArray
    Assert.Equal<string list>("name,value" :: facts, List.truncate (1 + facts.Length) committed)
