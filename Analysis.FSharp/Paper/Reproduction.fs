/// The paper's Tables 1 and 2 and Figures 1c, 2 and 3 on MNIST, from tidy tables: numbers beside the paper's, and the figures.
module SparseCore.Analysis.Reproduction

open System
open SparseCore.Analysis.Figures
open Deedle

/// A row of runs.csv: one finished run.
type RunRow =
    {
        /// Name of the run's folder.
        Run: string
        /// baseline, small-dense, lottery, prune, scratch, set, rigl, rigl-inverted, snfs, snip, grasp, synflow.
        Method: string
        /// dense, layer-scaled or neuron-scaled.
        Initializer: string
        /// Fraction of zeros; 0 for dense networks.
        Sparsity: float
        /// Number of the run in its cell.
        Seed: int
        /// Test accuracy after the last step (fraction).
        LastAccuracy: float
        /// Best test accuracy that was logged (fraction).
        BestAccuracy: float
        /// Whether it ends by predicting one class for every test example.
        Collapsed: bool
        /// Floating-point operations of the whole training.
        TrainFlops: float
    }

/// A row of table1.csv or table2.csv: one cell of the paper's table. Fractions.
type CellRow =
    {
        /// As in RunRow.
        Method: string
        /// As in RunRow.
        Initializer: string
        /// Fraction of zeros.
        Sparsity: float
        /// Number of runs.
        Seeds: int
        /// Number of runs that predict one class for every test example.
        Collapsed: int
        /// Mean accuracy after the last step, collapsed runs included.
        AccuracyMean: float
        /// Its population standard deviation.
        AccuracyDeviation: float
        /// Mean accuracy of the runs that did not collapse; None if all did.
        AccuracyMeanTrained: float option
        /// The paper's mean; None where the paper has no such cell.
        PaperMean: float option
        /// The paper's standard deviation.
        PaperDeviation: float option
    }

/// A row of fig1c.csv: signal propagation of one random network.
type SignalRow =
    {
        /// dense, layer-scaled or neuron-scaled.
        Initializer: string
        /// Fraction of zeros.
        Sparsity: float
        /// Number of the random network.
        Repeat: int
        /// Standard deviation of the last layer's output.
        Deviation: float
    }

/// A row of fig2.csv: gradient flow while training. The figure shows the norm, as the paper's does; the table has also its square, the definition in the paper's text
/// (to first order the decrease of the loss per unit of learning rate).
type GradientRow =
    {
        /// Name of the curve.
        Method: string
        /// Number of the run.
        Seed: int
        /// Training steps done.
        Step: int
        /// L2 norm of the gradient of active weights and biases.
        GradientNorm: float
    }

/// A row of fig3.csv: the gradient norm around one mask update.
type UpdateRow =
    {
        /// Name of the curve.
        Method: string
        /// Number of the run.
        Seed: int
        /// Training steps done.
        Step: int
        /// L2 norm of the gradient before the update.
        Before: float
        /// L2 norm of the gradient after it.
        After: float
    }

/// The columns of runs.csv.
let runColumns =
    Columns.ofRecord<RunRow> {
        let! run = Columns.text "run" _.Run
        and! method = Columns.text "method" _.Method
        and! initializer = Columns.text "initialiser" _.Initializer
        and! sparsity = Columns.number "sparsity" _.Sparsity
        and! seed = Columns.integer "seed" _.Seed
        and! lastAccuracy = Columns.number "last_accuracy" _.LastAccuracy
        and! bestAccuracy = Columns.number "best_accuracy" _.BestAccuracy
        and! collapsed = Columns.truth "collapsed" _.Collapsed
        and! trainFlops = Columns.number "train_flops" _.TrainFlops

        return
            {
                Run = run
                Method = method
                Initializer = initializer
                Sparsity = sparsity
                Seed = seed
                LastAccuracy = lastAccuracy
                BestAccuracy = bestAccuracy
                Collapsed = collapsed
                TrainFlops = trainFlops
            }
    }

/// The columns of table1.csv and table2.csv.
let cellColumns =
    Columns.ofRecord<CellRow> {
        let! method = Columns.text "method" _.Method
        and! initializer = Columns.text "initialiser" _.Initializer
        and! sparsity = Columns.number "sparsity" _.Sparsity
        and! seeds = Columns.integer "seeds" _.Seeds
        and! collapsed = Columns.integer "collapsed" _.Collapsed
        and! mean = Columns.number "accuracy_mean" _.AccuracyMean
        and! deviation = Columns.number "accuracy_std" _.AccuracyDeviation
        and! meanTrained = Columns.optionalNumber "accuracy_mean_trained" _.AccuracyMeanTrained
        and! paperMean = Columns.optionalNumber "paper_mean" _.PaperMean
        and! paperDeviation = Columns.optionalNumber "paper_std" _.PaperDeviation

        return
            {
                Method = method
                Initializer = initializer
                Sparsity = sparsity
                Seeds = seeds
                Collapsed = collapsed
                AccuracyMean = mean
                AccuracyDeviation = deviation
                AccuracyMeanTrained = meanTrained
                PaperMean = paperMean
                PaperDeviation = paperDeviation
            }
    }

/// The columns of fig1c.csv.
let signalColumns =
    Columns.ofRecord<SignalRow> {
        let! initializer = Columns.text "initialiser" _.Initializer
        and! sparsity = Columns.number "sparsity" _.Sparsity
        and! repeat = Columns.integer "repeat" _.Repeat
        and! deviation = Columns.number "std" _.Deviation

        return { Initializer = initializer; Sparsity = sparsity; Repeat = repeat; Deviation = deviation }
    }

/// The columns of fig2.csv.
let gradientColumns =
    Columns.ofRecord<GradientRow> {
        let! method = Columns.text "method" _.Method
        and! seed = Columns.integer "seed" _.Seed
        and! step = Columns.integer "step" _.Step
        and! norm = Columns.number "gradient_norm" _.GradientNorm
        and! () = Columns.derived "gradient_norm_squared" (fun row -> row.GradientNorm * row.GradientNorm)

        return { Method = method; Seed = seed; Step = step; GradientNorm = norm }
    }

/// The columns of fig3.csv.
let updateColumns =
    Columns.ofRecord<UpdateRow> {
        let! method = Columns.text "method" _.Method
        and! seed = Columns.integer "seed" _.Seed
        and! step = Columns.integer "step" _.Step
        and! before = Columns.number "before" _.Before
        and! after = Columns.number "after" _.After

        return { Method = method; Seed = seed; Step = step; Before = before; After = after }
    }

/// Writes runs.csv.
let writeRuns (path: string) (rows: RunRow seq) : unit = Columns.write path runColumns rows

/// Reads runs.csv.
let readRuns (path: string) : RunRow[] = Columns.read path runColumns

/// Writes table1.csv or table2.csv.
let writeCells (path: string) (rows: CellRow seq) : unit = Columns.write path cellColumns rows

/// Reads table1.csv or table2.csv.
let readCells (path: string) : CellRow[] = Columns.read path cellColumns

/// Writes fig1c.csv.
let writeSignal (path: string) (rows: SignalRow seq) : unit = Columns.write path signalColumns rows

/// Reads fig1c.csv.
let readSignal (path: string) : SignalRow[] = Columns.read path signalColumns

/// Writes fig2.csv.
let writeGradients (path: string) (rows: GradientRow seq) : unit = Columns.write path gradientColumns rows

/// Reads fig2.csv.
let readGradients (path: string) : GradientRow[] = Columns.read path gradientColumns

/// Writes fig3.csv.
let writeUpdates (path: string) (rows: UpdateRow seq) : unit = Columns.write path updateColumns rows

/// Reads fig3.csv.
let readUpdates (path: string) : UpdateRow[] = Columns.read path updateColumns

/// A cell of the paper's tables: runs of one method, initializer and sparsity, and what is summarized of them.
[<RequireQualifiedAccess>]
type Group =
    {
        /// As in RunRow.
        Method: string
        /// As in RunRow.
        Initializer: string
        /// As in RunRow.
        Sparsity: float
        /// Number of runs whose value is known.
        Count: int
        /// Mean of the known values; None where there are none.
        Mean: float option
        /// Their population standard deviation.
        Deviation: float option
    }

let private groupColumns =
    Columns.ofRecord<Group> {
        let! method = Columns.text "method" _.Method
        and! initializer = Columns.text "initialiser" _.Initializer
        and! sparsity = Columns.number "sparsity" _.Sparsity
        and! count = Columns.integer "count" _.Count
        and! mean = Columns.optionalNumber "mean" _.Mean
        and! deviation = Columns.optionalNumber "deviation" _.Deviation

        let group: Group =
            {
                Method = method
                Initializer = initializer
                Sparsity = sparsity
                Count = count
                Mean = mean
                Deviation = deviation
            }

        return group
    }

/// Summarizes a column of a frame of runs in every cell of the paper's tables, in the order of their first runs. Refuses what Frames.means refuses.
let groups (value: string) (runs: Frame<int, string>) : Group[] =
    runs |> Frames.means [ "method"; "initialiser"; "sparsity" ] value |> Frames.toRecords groupColumns

/// The cells of a table from runs: one a method, initializer and sparsity, in the order of their first runs, beside the paper's cells. Collapsed
/// runs count in the mean, and are counted.
let cells (paper: PaperValues.Cell list) (runs: RunRow[]) : CellRow[] =
    let key (group: Group) = group.Method, group.Initializer, group.Sparsity
    let trained = runs |> Array.filter (fun run -> not run.Collapsed) |> Frames.ofRecords runColumns |> groups "last_accuracy"
    let trained = trained |> Array.map (fun group -> key group, group) |> Map.ofArray

    [|
        for group in runs |> Frames.ofRecords runColumns |> groups "last_accuracy" do
            let published = paper |> List.tryFind (fun cell -> cell.Method = group.Method && cell.Initializer = group.Initializer)
            let trained = Map.tryFind (key group) trained

            {
                Method = group.Method
                Initializer = group.Initializer
                Sparsity = group.Sparsity
                Seeds = group.Count
                Collapsed = group.Count - (trained |> Option.map _.Count |> Option.defaultValue 0)
                AccuracyMean = Option.defaultValue nan group.Mean
                AccuracyDeviation = Option.defaultValue nan group.Deviation
                AccuracyMeanTrained = trained |> Option.bind _.Mean
                PaperMean = published |> Option.map _.Accuracy.Mean
                PaperDeviation = published |> Option.bind _.Accuracy.Deviation
            }
    |]

/// Whether our mean lies within the paper's mean ± its standard deviation (half a unit of the last printed digit allowed); None without a paper's cell.
let insidePaper (row: CellRow) =
    row.PaperMean
    |> Option.map (fun mean -> abs (row.AccuracyMean - mean) <= Option.defaultValue 0.0 row.PaperDeviation + 0.00005)

/// A table of cells as it is shown, in percent.
let shown (rows: CellRow[]) =
    let dash = Option.defaultValue "–"

    Tables.ofRecords
        "cells"
        [
            "Method", (fun (row: CellRow) -> row.Method)
            "Initialiser", _.Initializer
            "Accuracy (%)", (fun row -> Numbers.percentWithDeviation row.AccuracyMean row.AccuracyDeviation)
            "Collapsed", (fun row -> $"{row.Collapsed} of {row.Seeds}")
            "Mean of the others", (fun row -> row.AccuracyMeanTrained |> Option.map Numbers.percent |> dash)
            "Paper (%)",
            (fun row ->
                match row.PaperMean, row.PaperDeviation with
                | Some mean, Some deviation -> Numbers.percentWithDeviation mean deviation
                | Some mean, None -> Numbers.percent mean
                | None, _ -> "–")
            "Within the paper's ±", (fun row -> insidePaper row |> Option.map (fun inside -> if inside then "yes" else "no") |> dash)
        ]
        rows

/// Columns of numbers in a shown table.
let shownNumbers = [ "Accuracy (%)"; "Collapsed"; "Mean of the others"; "Paper (%)" ]

/// Color, marker and dash of the methods and initializers that several figures show, so that one name looks the same everywhere.
let private styleOf (name: string) (index: int) =
    let known = [ "Lottery"; "Scratch"; "Scratch+"; "RigL+"; "Small Dense"; "SET+"; "RigL Inverted"; "SET"; "SNFS"; "RigL" ]

    match List.tryFindIndex (fun other -> String.Equals(other, name, StringComparison.OrdinalIgnoreCase)) known with
    | Some place -> style place
    | None -> style index

/// Mean and 80% interval over the repeats at every position: one line a name, in the order of first appearance.
let private bands (rows: (string * float * float) seq) =
    rows
    |> Seq.groupBy (fun (name, _, _) -> name)
    |> Seq.mapi (fun index (name, rows) -> rows |> Seq.map (fun (_, x, y) -> x, y) |> Curves.meanLine 0.8 (styleOf name index) name)
    |> List.ofSeq

/// Figure 1c: one panel for every kind of mask, each with its heading and rows.
let figure1c (subtitle: string) (panels: (string * SignalRow[]) list) =
    { single
          "fig1c"
          "Signal at initialisation: spread of the last layer's output as networks get sparser"
          subtitle
          "Standard deviation of the last layer's output for normally distributed inputs, over examples and units; mean and 80% confidence interval over random networks."
          (panel (axis "") (axis "") []) with
        Columns = panels.Length
        Panels =
            [
                for heading, rows in panels ->
                    { panel
                          (axis "sparsity (fraction of zeros)")
                          (axis "standard deviation of the output")
                          (bands (rows |> Seq.map (fun row -> row.Initializer, row.Sparsity, row.Deviation))) with
                        Title = heading
                    }
            ]
    }

/// Steps on a logarithmic axis; step 0 is drawn at 1.
let private stepAxis (steps: int seq) =
    logAxis (
        if Seq.contains 0 steps then
            "training step (log scale; step 0 drawn at 1)"
        else
            "training step (log scale)"
    )

let private onStepAxis (step: int) = float (max 1 step)

/// Figure 2: gradient flow while training, mean and 80% interval over the seeds.
let figure2 (subtitle: string) (rows: GradientRow[]) =
    bands (rows |> Seq.map (fun row -> row.Method, onStepAxis row.Step, row.GradientNorm))
    |> panel (stepAxis (rows |> Seq.map _.Step)) (axis "L2 norm of the gradient")
    |> single
        "fig2"
        "Gradient flow while training"
        subtitle
        "L2 norm of the gradient of active weights and biases, cross-entropy without L2 penalty, on fixed training examples; mean and 80% confidence interval over the seeds. A plus marks neuron-scaled initialisation."

/// Figure 3: change of the gradient norm by mask updates, mean and 80% interval over the seeds.
let figure3 (subtitle: string) (rows: UpdateRow[]) =
    { panel
          (stepAxis (rows |> Seq.map _.Step))
          (axis "change of the gradient norm by the update")
          (bands (rows |> Seq.map (fun row -> row.Method, onStepAxis row.Step, row.After - row.Before))) with
        Annotations = [ HorizontalLine(0.0, "") ]
    }
    |> single
        "fig3"
        "Change of the gradient norm by each mask update"
        subtitle
        "L2 norm of the gradient after a mask update minus that before it; mean and 80% confidence interval over the seeds. A plus marks neuron-scaled initialisation."
