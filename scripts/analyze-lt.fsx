// Why do lottery tickets win? Table 3 and Figures 5a, 5b, 5c of the paper (5d, 5e, 5f for ResNet-50), from networks trained here.
// Inputs: the data. Outputs: run folders under runs=, and in out= the tables (CSV), the figures (SVG and interactive pages) and report.html.
// LeNet5 from nothing about two minutes on two cores; seconds when all runs are finished. Large networks: as long as their training.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open SparseCore.Networks
open SparseCore.Recipes
open Scripting

let settings =
    Settings.orExit "Trains and analyses lottery tickets: Table 3 and Figure 5 of the paper." fsi.CommandLineArgs (fun given ->
        {|
            Experiment = Experiment.settings NetworkPlan.KnownNames "lenet5" given
            Seeds = Settings.integer 2 1000 "seeds" 5 "runs in each group" given
            Paths = LotteryTickets.pathSettings given
            Data = Datasets.settings "mnist" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Out = Settings.path "out" "results/analyze-lt" "folder of tables, figures and report" given
        |})

Program.run (fun cancellation ->
    Writable.folder "out" settings.Out
    let data = Datasets.load cancellation settings.Data
    let recipe = settings.Experiment |> Experiment.recipe Preset.Paper data
    let jobs, threads = Experiment.cores settings.Experiment
    let experiment = LotteryExperiment.AsInPaper(recipe, settings.Seeds)

    let maker =
        TrainingRuns.makerBy (Experiment.engines settings.Experiment) jobs settings.Experiment.Sharing settings.Runs data

    TrainingRuns.make maker cancellation experiment.All

    experiment
    |> LotteryTickets.analyse
        (Engines.single settings.Experiment.Engine)
        maker.Executor
        (jobs * threads)
        cancellation
        data
        settings.Paths
        (ExperimentFacts.about recipe settings.Seeds)
        (ExperimentFacts.made fsi.CommandLineArgs maker.Executor experiment.All)
        settings.Out
    |> printfn "%s")
#endif
