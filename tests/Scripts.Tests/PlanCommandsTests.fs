module Scripts.Tests.PlanCommandsTests

open System.IO
open System.Threading
open SparseCore.Analysis
open SparseCore.Plans
open SparseCore.Recipes
open SparseCore.RunFolders
open Scripting
open Scripts.Tests.Processes
open Expecto
open Testing

/// What train.fsx would plan for these settings, by its own declarations.
let private planned data (typed: string list) : PlannedRun =
    let declare (given: Settings.Given) =
        {|
            Method = Settings.choice (List.ofSeq Methods.Names) "method" "lottery" "" given
            Experiment = Experiment.settings SparseCore.Networks.NetworkPlan.KnownNames "lenet5" given
            Initializer = Settings.choice (List.ofSeq InitializerNames.All) "initialiser" "dense" "" given
            Preset = Settings.choice [ "paper"; "paper-code" ] "preset" "paper" "" given
            Seed = Settings.count "seed" 1 "" given
            Solution = Settings.count "solution" 1 "" given
            Updates = Settings.optionalIntegers 1 System.Int32.MaxValue "updates" "" given
        |}

    match Settings.parse "title" declare (Array.ofList ("train.fsx" :: typed)) with
    | Error stop -> failtest $"{stop}"
    | Ok settings ->
        let recipe = settings.Experiment |> Experiment.recipe (TrainingRuns.preset settings.Preset) data
        let run = Methods.Plan(recipe, settings.Method, settings.Initializer, settings.Solution, settings.Seed)
        let updates = settings.Updates |> Option.defaultValue [||]
        PlannedRun(run.Plan.SavingUpdates updates, run.Parents)

let private runOf (root: string) (plan: TrainingPlan) : Run =
    use folder = RunFolder.Acquire(root, plan.FolderName, plan.ToCanonicalJson())
    Runs.load folder.FolderPath

let private mnist =
    lazy
        (match Settings.parse "title" (Datasets.settings "mnist") [| "train.fsx" |] with
         | Ok choice -> Datasets.load CancellationToken.None choice
         | Error stop -> failtest $"{stop}")

[<Tests>]
let tests =
    testList
        "PlanCommands"
        [
            testCase "the command that is found for a plan gives that plan" (fun () ->
                use scratch = new Scratch()
                let data = mnist.Value

                for typed in
                    [
                        [ "method=baseline" ]
                        [ "method=lottery"; "seed=3"; "solution=2" ]
                        [ "method=lottery"; "rewind=500" ]
                        [ "method=scratch"; "initialiser=neuron-scaled"; "steps=500"; "sparsity=0.9" ]
                        [ "method=rigl"; "initialiser=layer-scaled"; "steps=2000"; "update-interval=50"; "updates=100,500" ]
                        [ "method=set"; "preset=paper-code"; "initialiser=dense" ]
                        [ "method=snip"; "network=lenet300"; "widths=20,10"; "batch=64"; "learning-rate=0.05"; "l2=0.001" ]
                        [ "method=prune"; "sparsity=0.98"; "steps=3000" ]
                        [ "method=rigl"; "regrown=reset"; "initialiser=neuron-scaled"; "steps=1000" ]
                    ] do
                    let plan = (planned data typed).Plan
                    let shown = String.concat " " typed

                    match PlanCommands.find data [] (runOf scratch.Folder plan) with
                    | Error sentence -> failtest $"{shown}: {sentence}"
                    | Ok command ->
                        let found = command.Split ' ' |> List.ofArray |> List.skip 3
                        Expect.equal (planned data found).Plan.Hash plan.Hash $"{shown}: {command}")

            testCase "where no settings give a plan, that is said, and what trains the same" (fun () ->
                use scratch = new Scratch()
                let data = mnist.Value
                let more = (planned data [ "method=baseline"; "steps=1000" ]).Plan.SavingAt [ 123 ]

                match PlanCommands.find data [] (runOf scratch.Folder more) with
                | Ok command -> failtest command
                | Error sentence ->
                    Expect.stringContains sentence "dotnet fsi scripts/train.fsx method=baseline network=lenet5 seed=1 steps=1000" "same"

                let other = more.ToCanonicalJson().Replace("\"momentum\": 0.", "\"momentum\": 0.1") |> TrainingPlan.Parse

                match PlanCommands.find data [] (runOf scratch.Folder other) with
                | Ok command -> failtest command
                | Error sentence -> Expect.stringContains sentence "No settings of train.fsx give its plan" "none")

            testCase "words of a command are quoted for a shell" (fun () ->
                Expect.equal (PlanCommands.quote "a/b=c,d") "a/b=c,d" "plain"
                Expect.equal (PlanCommands.quote "it's $HOME") "'it'\\''s $HOME'" "quoted")
        ]
