/// The paper's matrix of runs, from plans to the rows that tables and figures are made of.
module Scripting.Matrix

open System.Threading
open SparseCore.Analysis
open SparseCore.Analysis.Reproduction
open SparseCore.Data
open SparseCore.Engine
open SparseCore.Networks
open SparseCore.Recipes
open SparseCore.Plans
open SparseCore.Training
open SparseCore.Verification

/// The initializer as tables call it; runs without a choice draw densely.
let private initializerOf (cell: MatrixCell) = cell.Initializer |> Option.ofObj |> Option.defaultValue InitializerNames.Dense

let private lastOf (metric: string) (run: Run) =
    match Runs.metric metric run with
    | [||] -> raise (TrainingException $"The run '{run.Name}' has logged no {metric}; delete its folder to train it again.")
    | values -> snd (Array.last values)

/// The runs of a cell that could be made, with their seeds.
let private finishedRuns (executor: RunExecutor) (cell: MatrixCell) : (int * Run) list =
    [
        for index, planned in Seq.indexed cell.Runs do
            if executor.IsFinished planned.Plan then
                index + 1, Runs.load (executor.PathOf planned.Plan)
    ]

/// One row a finished run of the cells: accuracies, cost, and whether it answers one class for everything.
let runRows (engines: IEngineFactory) (executor: RunExecutor) (jobs: int) (test: Dataset) (cells: MatrixCell seq) : RunRow[] =
    let runs =
        [|
            for cell in cells do
                for seed, run in finishedRuns executor cell -> cell, seed, run
        |]

    let outputs = runs |> Array.map (fun (_, _, run) -> Runs.last run) |> Evaluation.outputs engines jobs test

    Array.map2
        (fun (cell: MatrixCell, seed, run: Run) output ->
            {
                Run = run.Name
                Method = cell.Method
                Initializer = initializerOf cell
                Sparsity = cell.Sparsity
                Seed = seed
                LastAccuracy = lastOf "test_accuracy" run
                BestAccuracy = lastOf "best_test_accuracy" run
                Collapsed = (Outputs.collapsedTo output).IsSome
                TrainFlops = lastOf "train_flops" run
            })
        runs
        outputs

/// A curve of a figure: its name, and the method and initializer whose cell of Table 1 it shows.
type Curve = string * string * string option

/// The curves of Figures 2 and 3, as far as their runs were made.
type FigureCurves =
    {
        /// Gradient norms while training.
        Figure2: Curve list
        /// Gradient norms around mask updates.
        Figure3: Curve list
    }

/// The curves of the paper's figures of LeNets.
let leNetCurves: FigureCurves =
    {
        Figure2 =
            [
                "Lottery", "lottery", None
                "RigL+", "rigl", Some InitializerNames.NeuronScaled
                "Scratch", "scratch", Some InitializerNames.Dense
                "Scratch+", "scratch", Some InitializerNames.NeuronScaled
                "Small Dense", "small-dense", None
            ]
        Figure3 =
            [
                "RigL+", "rigl", Some InitializerNames.NeuronScaled
                "SET+", "set", Some InitializerNames.NeuronScaled
                "RigL Inverted", "rigl-inverted", Some InitializerNames.NeuronScaled
            ]
    }

/// The curves of VGG16 and ResNet-50; in Figure 3, as in the paper, all from the dense initialization.
let imageNetCurves: FigureCurves =
    {
        Figure2 =
            [
                "Lottery", "lottery", None
                "RigL", "rigl", Some InitializerNames.Dense
                "RigL+", "rigl", Some InitializerNames.NeuronScaled
                "Scratch", "scratch", Some InitializerNames.Dense
                "Scratch+", "scratch", Some InitializerNames.NeuronScaled
                "Small Dense", "small-dense", None
                "SET", "set", Some InitializerNames.Dense
            ]
        Figure3 =
            [
                "RigL", "rigl", Some InitializerNames.Dense
                "SET", "set", Some InitializerNames.Dense
                "RigL Inverted", "rigl-inverted", Some InitializerNames.Dense
            ]
    }

let private shows (cell: MatrixCell) ((_, method, initializer): Curve) =
    cell.Table = "table1" && cell.Method = method && Option.ofObj cell.Initializer = initializer

/// The rows of methods: in Table 1 each method in the order asked for, in Table 2 those that the paper has there, in its order.
/// Where no initializers are given, a method has those of the paper's MNIST tables, and the dense one where it is not in them.
let rows (methods: string array) (initializers: string array option) (higherSparsity: float) : MatrixRow list =
    let paper = RunMatrix.PaperRows higherSparsity

    let inTable1 (method: string) =
        paper
        |> Seq.tryFind (fun row -> row.Table = "table1" && row.Method = method)
        |> Option.defaultValue (MatrixRow("table1", method, [| InitializerNames.Dense |]))

    let inTable2 = paper |> Seq.filter (fun row -> row.Table = "table2" && Array.contains row.Method methods)
    let all = Seq.append (methods |> Seq.distinct |> Seq.map inTable1) inTable2 |> List.ofSeq

    match initializers with
    | None -> all
    | Some chosen -> [ for row in all -> MatrixRow(row.Table, row.Method, Array.distinct chosen, row.Sparsity) ]

/// Whether one of the parts of the paper shows a cell.
let isNeeded (curves: FigureCurves) (parts: string array) (cell: MatrixCell) =
    let wants part = Array.contains part parts

    wants cell.Table
    || wants "fig2" && curves.Figure2 |> List.exists (shows cell)
    || wants "fig3" && curves.Figure3 |> List.exists (shows cell)

let private runsOf (executor: RunExecutor) (cells: MatrixCell seq) (curve: Curve) =
    cells |> Seq.tryFind (fun cell -> shows cell curve) |> Option.map (finishedRuns executor) |> Option.defaultValue []

/// Gradient norms while training, of the curves of Figure 2.
let gradientRows (executor: RunExecutor) (curves: Curve list) (cells: MatrixCell seq) : GradientRow[] =
    [|
        for (name, _, _) as curve in curves do
            for seed, run in runsOf executor cells curve do
                for step, norm in Runs.metric "gradient_norm" run -> { Method = name; Seed = seed; Step = step; GradientNorm = norm }
    |]

/// Gradient norms around mask updates, of the curves of Figure 3.
let updateRows (executor: RunExecutor) (curves: Curve list) (cells: MatrixCell seq) : UpdateRow[] =
    [|
        for (name, _, _) as curve in curves do
            for seed, run in runsOf executor cells curve do
                let before, after = Runs.metric "gradient_norm_before" run, Runs.metric "gradient_norm_after" run

                for (step, before), (_, after) in Array.zip before after ->
                    { Method = name; Seed = seed; Step = step; Before = before; After = after }
    |]

/// Signal propagation at initialization, ordinary and heterogeneous masks.
let signalRows (engines: IEngineFactory) (network: Network) (repeats: int) (cancellation: CancellationToken) : (bool * SignalRow)[] =
    [|
        for row in SignalExperiment.Measure(network, engines, repeats, cancellation) ->
            row.Heterogeneous,
            {
                Initializer = row.Initializer
                Sparsity = row.Sparsity
                Repeat = row.Repeat
                Deviation = row.Deviation
            }
    |]

/// Everything that the chosen parts show, from the runs that could be made. The paper's cells stand only beside the paper's own case.
let contents
    (engines: IEngineFactory)
    (executor: RunExecutor)
    (jobs: int)
    (cancellation: CancellationToken)
    (test: Dataset)
    (settings: RecipeSettings)
    (higherSparsity: float)
    (curves: FigureCurves)
    (parts: string array)
    (cells: MatrixCell list)
    (about: (string * string) list)
    : ReproductionReport.Contents =
    let wants part = Array.contains part parts
    let problem = Problem.ofPlans settings.Network settings.Data
    let rows table = cells |> List.filter (fun cell -> cell.Table = table) |> runRows engines executor jobs test
    let rows1, rows2 = rows "table1", rows "table2"

    let table name published rows = if wants name then Reproduction.cells published rows else [||]

    let signal = if wants "fig1c" then signalRows engines (settings.Network.Build()) 5 cancellation else [||]

    let signalOf heterogeneous = signal |> Array.filter (fst >> (=) heterogeneous) |> Array.map snd

    {
        About = about
        Runs = Array.append rows1 rows2
        Table1 = table "table1" (problem settings.Sparsity |> PaperValues.table1Of) rows1
        Table2 = table "table2" (problem higherSparsity |> PaperValues.table2Of) rows2
        SignalHeterogeneous = signalOf true
        SignalRandom = signalOf false
        Gradients = if wants "fig2" then gradientRows executor curves.Figure2 cells else [||]
        Updates = if wants "fig3" then updateRows executor curves.Figure3 cells else [||]
    }
