// Why do lottery tickets win? Table 3 and Figures 5a, 5b, 5c of the paper, from networks trained here.
// Inputs: the data. Outputs: run folders under runs=, and in out= the tables (CSV), the figures (SVG and interactive pages) and report.html.
// From nothing about two minutes on two cores; seconds when all runs are finished.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open System
open SparseCore.Data
open SparseCore.Recipes
open Scripting

let settings =
    Settings.orExit "Trains and analyses lottery tickets: Table 3 and Figures 5a-c of the paper." fsi.CommandLineArgs (fun given ->
        {|
            Network = Settings.choice [ "lenet5"; "lenet300" ] "network" "lenet5" "which network" given
            Sparsity = Settings.fraction "sparsity" 0.95 "fraction of weights that are zero" given
            Seeds = Settings.integer 2 1000 "seeds" 5 "runs in each group" given
            Steps = Settings.count "steps" RecipeSettings.PaperSteps "length of every run; the pruning window scales with it" given
            Rewind = Settings.integer 0 Int32.MaxValue "rewind" 0 "step of the dense run whose weights the tickets get" given
            L2 = Settings.number 0.0 1.0 "l2" 5e-4 "coefficient of the sum of squared weights" given
            Jobs = Settings.count "jobs" Environment.ProcessorCount "runs side by side" given
            Data = Settings.path "data" "data/mnist" "folder with the four files of MNIST, plain or gzipped" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Out = Settings.path "out" "results/analyze-lt" "folder of tables, figures and report" given
        |})

Program.run (fun cancellation ->
    let data = Mnist.Load settings.Data

    let recipe =
        Recipe(
            RecipeSettings.Paper(
                data,
                settings.Network,
                sparsity = settings.Sparsity,
                steps = settings.Steps,
                rewindStep = settings.Rewind,
                l2 = settings.L2
            )
        )

    let experiment = LotteryExperiment(recipe, settings.Seeds)
    let executor = Training.executor settings.Runs data []
    Training.make executor settings.Jobs cancellation experiment.All


    experiment
    |> LotteryTickets.analyse
        executor
        settings.Jobs
        cancellation
        data
        (Training.about fsi.CommandLineArgs recipe settings.Seeds @ Training.provenance executor experiment.All)
        settings.Out
    |> printfn "%s")
#endif
