module Scripts.Tests.ExperimentTests

open System
open System.IO
open System.Threading
open SparseCore.Networks
open SparseCore.Plans
open SparseCore.Training
open SparseCore.Verification
open Scripting
open Expecto
open Testing

let private choice = Typed.settings (Experiment.settings NetworkPlan.KnownNames "lenet5")

[<Tests>]
let tests =
    testList
        "Experiment"
        [
            testCase "small runs go side by side, a large one has all cores" (fun () ->
                let cores = Environment.ProcessorCount
                Expect.equal (Experiment.cores (choice [])) (cores, 1) "jobs and threads"
                Expect.equal (Experiment.cores (choice [ "network=resnet50-small" ])) (1, cores) "jobs and threads"
                Expect.equal (Experiment.cores (choice [ "jobs=1"; "threads=3" ])) (1, 3) "jobs and threads")

            testCase "what is left out is nothing, and a wrong word lists the right ones" (fun () ->
                Expect.equal
                    ((choice []).Steps, (choice []).Allocation, (choice []).FirstLayer)
                    (None, None, None)
                    "steps and allocation and first layer"

                Expect.equal (choice [ "allocation=erk" ]).Allocation (Some "erk") "allocation"

                match
                    Settings.parse "title" (Experiment.settings NetworkPlan.KnownNames "lenet5") [| "script.fsx"; "first-layer=half" |]
                with
                | Error(Settings.Mistake text) -> Expect.stringContains text "expected one of dense, sparse, or nothing, found" "text"
                | _ -> failwith "expected a mistake")

            testCase "networks have their usual widths unless others are given" (fun () ->
                let widths name given = (NetworkSettings.plan name given [| 3; 32; 32 |] 10).Widths |> Array.ofSeq
                Expect.equal (widths "resnet50" None) [| 64; 128; 256; 512 |] "widths"
                Expect.equal (widths "resnet50" (Some [| 1; 2; 3; 4 |])) [| 1; 2; 3; 4 |] "widths"

                for name in NetworkPlan.KnownNames do
                    (NetworkSettings.plan name None [| 3; 32; 32 |] 10).Build() |> ignore

                Expect.throwsT<PlanException> (fun () -> NetworkSettings.plan "lenet5" None [| 3; 32 |] 10 |> ignore) "refusal")

            testEach
                "facts of the default settings are those of the committed tables"
                [ "analyze-lt", "paper"; "reproduce-mnist", "paper-code" ]
                (fun (folder, preset) ->
                    let data =
                        match Settings.parse "title" (Datasets.settings "mnist") [| "script.fsx" |] with
                        | Ok choice -> Datasets.load CancellationToken.None choice
                        | Error stop -> failwith $"{stop}"

                    let recipe = choice [] |> Experiment.recipe (TrainingRuns.preset preset) data
                    let facts = [ for name, value in ExperimentFacts.about recipe 5 -> $"{name},{value}" ]
                    let committed = File.ReadAllLines(Paths.fromRoot $"results/{folder}/about.csv") |> List.ofArray
                    Expect.equal (List.truncate (1 + facts.Length) committed) ("name,value" :: facts) "truncate")
        ]
