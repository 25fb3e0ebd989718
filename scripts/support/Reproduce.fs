/// The paper's tables and figures from plans to report: one way for every network; scripts differ in their defaults.
module Scripting.Reproduce

open System.IO
open System.Threading
open SparseCore.Analysis
open SparseCore.Networks
open SparseCore.Plans
open SparseCore.Recipes

/// The parts of the paper that can be made.
let parts = [ "table1"; "table2"; "table3"; "fig1c"; "fig2"; "fig3"; "fig5" ]

/// What a script makes when no settings are given.
type Defaults =
    {
        /// What the script does, in a sentence.
        Title: string
        /// One of `NetworkPlan.KnownNames`.
        Network: string
        /// One of `DataSource.KnownNames`.
        Dataset: string
        /// paper or paper-code.
        Preset: string
        /// The rows of Table 1, in this order.
        Methods: string array
        /// The columns of Table 1, separated by commas; empty for those that the paper has of each method on MNIST.
        Initializers: string
        /// Fraction of zeros in Table 2.
        HigherSparsity: float
        /// The curves of Figures 2 and 3.
        Curves: Matrix.FigureCurves
        /// Runs in each cell.
        Seeds: int
        /// Some of `parts`.
        Parts: string array
        /// Folder of tables, figures and report, relative to the repository.
        Out: string
    }

/// What was chosen.
type Choice =
    {
        /// Network and training.
        Experiment: Experiment.Choice
        /// paper or paper-code.
        Preset: string
        /// The rows of Table 1.
        Methods: string array
        /// The columns of Table 1; None for the paper's of each method.
        Initializers: string array option
        /// Fraction of zeros in Table 2.
        HigherSparsity: float
        /// The curves of Figures 2 and 3.
        Curves: Matrix.FigureCurves
        /// Runs in each cell.
        Seeds: int
        /// Some of `parts`.
        Parts: string array
        /// How the paths of Figure 5 are measured.
        Paths: LotteryTickets.Paths
        /// Which data.
        Data: Datasets.Choice
        /// Folder of the runs.
        Runs: string
        /// Folder of tables, figures and report.
        Out: string
        /// What was typed, for the report.
        Arguments: string array
    }

/// Declares the settings with a script's defaults.
let private settings (defaults: Defaults) (arguments: string array) (given: Settings.Given) : Choice =
    {
        Experiment = Experiment.settings NetworkPlan.KnownNames defaults.Network given
        Preset = Settings.choice [ "paper"; "paper-code" ] "preset" defaults.Preset "which to follow where they disagree" given
        Methods = Settings.choices (List.ofSeq Methods.Names) "methods" defaults.Methods "the rows of Table 1 to make" given
        Initializers =
            Settings.optionalChoices
                (List.ofSeq InitializerNames.All)
                "initialisers"
                defaults.Initializers
                "the columns of Table 1 to make, empty for the paper's of each method on MNIST"
                given
        HigherSparsity = Settings.fraction "higher-sparsity" defaults.HigherSparsity "of Table 2" given
        Curves = defaults.Curves
        Seeds = Settings.integer 2 1000 "seeds" defaults.Seeds "runs in each cell" given
        Parts = Settings.choices parts "only" defaults.Parts "the parts to make" given
        Paths = LotteryTickets.pathSettings given
        Data = Datasets.settings defaults.Dataset given
        Runs = Settings.path "runs" "results/runs" "folder of the runs" given
        Out = Settings.path "out" defaults.Out "folder of tables, figures and report" given
        Arguments = arguments
    }

/// Trains what is missing, and writes tables, figures and reports. Runs that fail are left out, and listed in the error that ends it.
/// Raises a PlanException where the settings make no experiment, and a DataException where there is no such data.
let make (choice: Choice) (cancellation: CancellationToken) : unit =
    Writable.folder "out" choice.Out
    let wants part = Array.contains part choice.Parts
    let data = Datasets.load cancellation choice.Data
    let recipe = choice.Experiment |> Experiment.recipe (TrainingRuns.preset choice.Preset) data
    let jobs, threads = Experiment.cores choice.Experiment

    let maker = TrainingRuns.makerBy (Experiment.engines choice.Experiment) jobs choice.Experiment.Sharing choice.Runs data

    let executor = maker.Executor
    let engines = Engines.single choice.Experiment.Engine

    let cells =
        RunMatrix.Cells(recipe.Settings, Array.ofList (Matrix.rows choice.Methods choice.Initializers choice.HigherSparsity), choice.Seeds)
        |> Seq.filter (Matrix.isNeeded choice.Curves choice.Parts)
        |> List.ofSeq

    let tickets = if wants "table3" || wants "fig5" then [ LotteryExperiment.AsInPaper(recipe, choice.Seeds) ] else []

    let runs =
        [
            for cell in cells do
                yield! cell.Runs
            for experiment in tickets do
                yield! experiment.All
        ]

    let failed = runs |> TrainingRuns.tryMake maker cancellation

    let about =
        [
            yield! ExperimentFacts.about recipe choice.Seeds
            if (NetworkDefaults.Of recipe.Settings.Network).HasPaperCode then
                "preset", choice.Preset
        ]

    let made = ExperimentFacts.made choice.Arguments executor runs

    Matrix.contents
        engines
        executor
        (jobs * threads)
        cancellation
        data.Test
        recipe.Settings
        choice.HigherSparsity
        choice.Curves
        choice.Parts
        cells
        about
    |> ReproductionReport.write choice.Out

    ExperimentFacts.record executor made choice.Out runs

    for experiment in tickets do
        if experiment.All |> Seq.forall (fun run -> executor.IsFinished run.Plan) then
            let out = Path.Combine(choice.Out, "lottery-tickets")

            experiment
            |> LotteryTickets.analyse engines executor (jobs * threads) cancellation data choice.Paths about made out
            |> printfn "%s"

    printfn "%s" (ReproductionReport.draw choice.Out)
    TrainingRuns.raiseIfAny failed

/// A whole script: reads its settings, and makes what they ask for.
let run (defaults: Defaults) (arguments: string array) : unit =
    settings defaults arguments |> Settings.orExit defaults.Title arguments |> make |> Program.run
