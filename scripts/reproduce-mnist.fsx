// Every MNIST number and figure of the paper beside ours: Tables 1, 2, 3 and Figures 1c, 2, 3, 5.
// Inputs: the data. Outputs: run folders under runs=, and in out= tables (CSV, Markdown), figures (SVG and interactive pages) and report.html.
// From nothing about ten minutes on two cores; under a minute when all runs are finished.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open System
open Analysis
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Recipes
open Scripting

let parts = [ "table1"; "table2"; "table3"; "fig1c"; "fig2"; "fig3"; "fig5" ]

let settings =
    Settings.orExit "Makes the paper's MNIST tables and figures." fsi.CommandLineArgs (fun given ->
        {|
            Network = Settings.choice (List.ofSeq NetworkPlan.KnownNames) "network" "lenet5" "which network" given
            Preset = Settings.choice [ "paper"; "paper-code" ] "preset" "paper-code" "which to follow where they disagree" given
            Sparsity = Settings.fraction "sparsity" 0.95 "of Table 1 and the figures" given
            Higher = Settings.fraction "higher-sparsity" 0.98 "of Table 2" given
            Seeds = Settings.integer 2 1000 "seeds" 5 "runs in each cell" given
            Steps = Settings.count "steps" RecipeSettings.PaperSteps "length of every run" given
            Only = Settings.choices parts "only" (Array.ofList parts) "the parts to make" given
            Jobs = Settings.count "jobs" Environment.ProcessorCount "runs side by side" given
            Data = Settings.path "data" "data/mnist" "folder with the four files of MNIST, plain or gzipped" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Out = Settings.path "out" "results/reproduce-mnist" "folder of tables, figures and report" given
        |})

Program.run (fun cancellation ->
    let data = Mnist.Load settings.Data
    let wants part = Array.contains part settings.Only
    let preset = Training.preset settings.Preset

    let paper =
        RecipeSettings.Paper(data, settings.Network, sparsity = settings.Sparsity, steps = settings.Steps, preset = preset)

    let recipe = Recipe paper

    let matrix =
        PaperMatrix.Cells(paper, settings.Higher, settings.Seeds) |> Seq.filter (Matrix.isNeeded settings.Only) |> List.ofSeq

    let tickets = if wants "table3" || wants "fig5" then Some(LotteryExperiment(recipe, settings.Seeds)) else None
    let executor = Training.executor settings.Runs data []
    let about = Training.about fsi.CommandLineArgs recipe settings.Seeds @ [ "preset", settings.Preset ]

    let failed =
        Seq.append (matrix |> Seq.collect _.Runs) (tickets |> Option.map _.All |> Option.defaultValue Seq.empty)
        |> Training.tryMake executor settings.Jobs cancellation

    let rows table =
        matrix |> List.filter (fun cell -> cell.Table = table) |> Matrix.runRows executor settings.Jobs data.Test

    let rows1, rows2 = rows "table1", rows "table2"
    let signal = if wants "fig1c" then Matrix.signalRows (paper.Network.Build()) 5 cancellation else [||]
    let signalOf heterogeneous = signal |> Array.filter (fst >> (=) heterogeneous) |> Array.map snd

    ReproductionReport.write
        settings.Out
        {
            About = about
            Runs = Array.append rows1 rows2
            Table1 = if wants "table1" then Reproduction.cells PaperValues.table1 rows1 else [||]
            Table2 = if wants "table2" then Reproduction.cells PaperValues.table2 rows2 else [||]
            SignalHeterogeneous = signalOf true
            SignalRandom = signalOf false
            Gradients = if wants "fig2" then Matrix.gradientRows executor matrix else [||]
            Updates = if wants "fig3" then Matrix.updateRows executor matrix else [||]
        }

    let isMade (experiment: LotteryExperiment) = experiment.All |> Seq.forall (fun run -> executor.IsFinished run.Plan)

    for experiment in tickets |> Option.filter isMade |> Option.toList do
        let out = IO.Path.Combine(settings.Out, "lottery-tickets")
        experiment |> LotteryTickets.analyse executor settings.Jobs cancellation data about out |> printfn "%s"

    printfn "%s" (ReproductionReport.draw settings.Out)
    Training.raiseIfAny failed)
#endif
