// VGG16 and ResNet-50: the right side of the paper's Table 1 and its Figures 2, 3 and 5 d-f, for what is run, beside the paper's values.
// Inputs: the data (dataset=fashion32, mnist32, or imagenet with data=FOLDER). Outputs: run folders under runs=, and in out= tables, figures and report.html.
// fashion32 is not ImageNet: it shows that everything works, and which findings can be seen at that size. Time: steps x runs x seconds a step.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open System.IO
open Analysis
open SparseCore.Networks
open SparseCore.Recipes
open Scripting

let parts = [ "table1"; "fig2"; "fig3"; "fig5" ]
let methods = [| "baseline"; "lottery"; "small-dense"; "prune"; "scratch"; "set"; "rigl" |]

let settings =
    Settings.orExit "Makes the paper's tables and figures of VGG16 and ResNet-50." fsi.CommandLineArgs (fun given ->
        {|
            Experiment = Experiment.settings NetworkPlan.KnownNames "resnet50-small" given
            Methods = Settings.choices (List.ofSeq Methods.Names) "methods" methods "the rows of Table 1 to make" given
            Initialisers =
                Settings.choices (List.ofSeq InitializerNames.All) "initialisers" [| "dense" |] "the columns of Table 1 to make" given
            Seeds = Settings.integer 2 1000 "seeds" 2 "runs in each cell" given
            Only = Settings.choices parts "only" (Array.ofList parts) "the parts to make" given
            Paths = LotteryTickets.pathSettings given
            Data = Datasets.settings "fashion32" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Out = Settings.path "out" "results/reproduce-large" "folder of tables, figures and report" given
        |})

Program.run (fun cancellation ->
    Writable.folder "out" settings.Out
    let data = Datasets.load cancellation settings.Data
    let recipe = settings.Experiment |> Experiment.recipe Preset.Paper data
    let jobs, threads = Experiment.cores settings.Experiment
    let executor = TrainingRuns.executorOn threads settings.Runs data

    let cells = RunMatrix.Cells(recipe.Settings, RunMatrix.RowsOf(settings.Methods, settings.Initialisers), settings.Seeds)

    let tickets =
        if Array.contains "fig5" settings.Only then
            [ LotteryExperiment.AsInPaper(recipe, settings.Seeds) ]
        else
            []

    let runs =
        [
            for cell in cells do
                yield! cell.Runs
            for experiment in tickets do
                yield! experiment.All
        ]

    let failed = runs |> TrainingRuns.tryMake executor jobs cancellation
    let about = ExperimentFacts.about fsi.CommandLineArgs recipe settings.Seeds @ ExperimentFacts.provenance executor runs

    Matrix.largeContents executor (jobs * threads) data.Test recipe.Settings settings.Only cells about
    |> ReproductionReport.write settings.Out

    ExperimentFacts.writeLineage executor settings.Out runs

    for experiment in tickets do
        if experiment.All |> Seq.forall (fun run -> executor.IsFinished run.Plan) then
            let out = Path.Combine(settings.Out, "lottery-tickets")

            experiment
            |> LotteryTickets.analyse executor (jobs * threads) cancellation data settings.Paths about out
            |> printfn "%s"

    printfn "%s" (ReproductionReport.draw settings.Out)
    TrainingRuns.raiseIfAny failed)
#endif
