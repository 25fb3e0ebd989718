// Trains one network by any method, after the runs it derives from (a ticket needs its pruning solution).
// Inputs: the data. Outputs: run folders (plan, metrics, checkpoints); the last line printed is the run's folder.
// A LeNet5 run of the paper's length takes about 3 s sparse and 15 s dense; ResNet-50 on 32 x 32 images (dataset=fashion32) takes seconds a step.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open SparseCore.Networks
open SparseCore.Recipes
open Scripting

let settings =
    Settings.orExit "Trains one network, and the runs it derives from." fsi.CommandLineArgs (fun given ->
        {|
            Method = Settings.choice (List.ofSeq Methods.Names) "method" "lottery" "how the sparse network comes about" given
            Experiment = Experiment.settings NetworkPlan.KnownNames "lenet5" given
            Initializer = Settings.choice (List.ofSeq InitializerNames.All) "initialiser" "dense" "of scratch, SET and RigL" given
            Preset = Settings.choice [ "paper"; "paper-code" ] "preset" "paper" "which to follow where they disagree" given
            Seed = Settings.count "seed" 1 "seed of the run" given
            Updates =
                Settings.optionalIntegers
                    1
                    System.Int32.MaxValue
                    "updates"
                    "mask updates that hessian.fsx can show from both sides, by their steps"
                    given
            Solution = Settings.count "solution" 1 "seed of the pruning solution it derives from" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Data = Datasets.settings "mnist" given
        |})

Program.run (fun cancellation ->
    let data = Datasets.load cancellation settings.Data
    let recipe = settings.Experiment |> Experiment.recipe (TrainingRuns.preset settings.Preset) data
    let jobs, _ = Experiment.cores settings.Experiment
    let planned = Methods.Plan(recipe, settings.Method, settings.Initializer, settings.Solution, settings.Seed)
    let updates = settings.Updates |> Option.defaultValue [||] |> Array.distinct |> Array.sort
    let run = SparseCore.Plans.PlannedRun(planned.Plan.SavingUpdates updates, planned.Parents)

    let maker =
        TrainingRuns.makerBy (Experiment.engines settings.Experiment) jobs settings.Experiment.Sharing settings.Runs data

    TrainingRuns.make maker cancellation [ run ]
    TrainingRuns.summary maker.Executor run |> List.iter (printfn "%s")
    printfn "%s" (maker.Executor.PathOf run.Plan))
#endif
