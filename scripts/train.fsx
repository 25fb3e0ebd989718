// Trains one network by any method, after the runs it derives from (a ticket needs its pruning solution).
// Inputs: the data. Outputs: run folders (plan, metrics, checkpoints); the last line printed is the run's folder.
// A LeNet5 run of the paper's length takes about 3 s sparse and 15 s dense.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open SparseCore.Data
open SparseCore.Networks
open SparseCore.Recipes
open Scripting

let settings =
    Settings.orExit "Trains one network, and the runs it derives from." fsi.CommandLineArgs (fun given ->
        {|
            Method = Settings.choice (List.ofSeq Methods.Names) "method" "lottery" "how the sparse network comes about" given
            Network = Settings.choice (List.ofSeq NetworkPlan.KnownNames) "network" "lenet5" "which network" given
            Widths = Settings.optionalIntegers 1 100000 "widths" "hidden widths, empty for the paper's" given
            Initializer =
                Settings.choice [ "dense"; "layer-scaled"; "neuron-scaled" ] "initialiser" "dense" "of scratch, SET and RigL" given
            Preset = Settings.choice [ "paper"; "paper-code" ] "preset" "paper" "which to follow where they disagree" given
            Sparsity = Settings.fraction "sparsity" 0.95 "fraction of weights that are zero" given
            Seed = Settings.count "seed" 1 "seed of the run" given
            Solution = Settings.count "solution" 1 "seed of the pruning solution it derives from" given
            Steps = Settings.count "steps" RecipeSettings.PaperSteps "length of every run" given
            Rewind = Settings.integer 0 System.Int32.MaxValue "rewind" 0 "step whose weights a ticket gets" given
            LearningRate = Settings.optionalNumber 0.0 1e6 "learning-rate" "at step 0, empty for the paper's" given
            L2 = Settings.optionalNumber 0.0 1e6 "l2" "coefficient of the sum of squares, empty for the paper's" given
            Jobs = Settings.count "jobs" System.Environment.ProcessorCount "runs side by side" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Data = Settings.path "data" "data/mnist" "folder with the four files of MNIST, plain or gzipped" given
        |})

Program.run (fun cancellation ->
    let data = Mnist.Load settings.Data

    let recipe =
        Recipe(
            RecipeSettings.Paper(
                data,
                settings.Network,
                widths = Option.toObj settings.Widths,
                sparsity = settings.Sparsity,
                steps = settings.Steps,
                rewindStep = settings.Rewind,
                preset = Training.preset settings.Preset,
                learningRate = Option.toNullable settings.LearningRate,
                l2 = Option.toNullable settings.L2
            )
        )

    let run = Methods.Plan(recipe, settings.Method, Training.initializer settings.Initializer, settings.Solution, settings.Seed)

    let executor = Training.executor settings.Runs data []
    Training.make executor settings.Jobs cancellation [ run ]
    Training.summary executor run |> List.iter (printfn "%s")
    printfn "%s" (executor.PathOf run.Plan))
#endif
