// Every MNIST number and figure of the paper beside ours: Tables 1, 2, 3 and Figures 1c, 2, 3, 5.
// Inputs: the data. Outputs: run folders under runs=, and in out= tables (CSV, Markdown), figures (SVG and interactive pages) and report.html.
// From nothing about ten minutes on two cores; under a minute when all runs are finished.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open System
open Analysis
open SparseCore.Recipes
open Scripting

let parts = [ "table1"; "table2"; "table3"; "fig1c"; "fig2"; "fig3"; "fig5" ]

let settings =
    Settings.orExit "Makes the paper's MNIST tables and figures." fsi.CommandLineArgs (fun given ->
        {|
            Network = Settings.choice [ "lenet5"; "lenet300" ] "network" "lenet5" "which network" given
            Preset = Settings.choice [ "paper"; "paper-code" ] "preset" "paper-code" "which to follow where they disagree" given
            Sparsity = Settings.fraction "sparsity" 0.95 "of Table 1 and the figures" given
            Higher = Settings.fraction "higher-sparsity" 0.98 "of Table 2" given
            Seeds = Settings.integer 2 1000 "seeds" 5 "runs in each cell" given
            Steps = Settings.count "steps" RecipeSettings.PaperSteps "length of every run" given
            Only = Settings.choices parts "only" (Array.ofList parts) "the parts to make" given
            Jobs = Settings.count "jobs" Environment.ProcessorCount "runs side by side" given
            Data = Datasets.smallSettings given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Out = Settings.path "out" "results/reproduce-mnist" "folder of tables, figures and report" given
        |})

Program.run (fun cancellation ->
    Writable.folder "out" settings.Out
    let data = Datasets.load cancellation settings.Data
    let wants part = Array.contains part settings.Only
    let preset = TrainingRuns.preset settings.Preset

    let paper =
        Experiment(data, settings.Network, Sparsity = settings.Sparsity, Steps = settings.Steps, Preset = preset).Settings()

    Experiment.sayFewExamples paper
    let recipe = Recipe paper
    let executor = TrainingRuns.executor settings.Runs data

    let matrix =
        RunMatrix.Cells(paper, RunMatrix.PaperRows settings.Higher, settings.Seeds)
        |> Seq.filter (Matrix.isNeeded settings.Only)
        |> List.ofSeq

    let tickets = if wants "table3" || wants "fig5" then [ LotteryExperiment(recipe, settings.Seeds) ] else []

    let runs =
        [
            for cell in matrix do
                yield! cell.Runs
            for experiment in tickets do
                yield! experiment.All
        ]

    let failed = runs |> TrainingRuns.tryMake executor settings.Jobs cancellation

    let about =
        ExperimentFacts.about fsi.CommandLineArgs recipe settings.Seeds
        @ [ ("preset", settings.Preset) ]
        @ ExperimentFacts.provenance executor runs

    Matrix.contents executor settings.Jobs cancellation data.Test paper settings.Higher settings.Only matrix about
    |> ReproductionReport.write settings.Out

    ExperimentFacts.writeLineage executor settings.Out runs

    for experiment in tickets do
        if experiment.All |> Seq.forall (fun run -> executor.IsFinished run.Plan) then
            let out = IO.Path.Combine(settings.Out, "lottery-tickets")

            experiment
            |> LotteryTickets.analyse executor settings.Jobs cancellation data LotteryTickets.allExamples about out
            |> printfn "%s"

    printfn "%s" (ReproductionReport.draw settings.Out)
    TrainingRuns.raiseIfAny failed)
#endif
