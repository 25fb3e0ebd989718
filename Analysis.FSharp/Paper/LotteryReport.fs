/// Figures 5a to 5c (5d to 5f for large networks) and their report, from the tables alone: they can be drawn again from the committed files, with the same bytes.
module SparseCore.Analysis.LotteryReport

open System
open System.Collections.Generic
open System.IO
open SparseCore.Analysis.Figures
open SparseCore.Analysis.LotteryAnalysis

let private about (name: string) (results: Results) = results.About |> List.tryFind (fun (key, _) -> key = name) |> Option.map snd

/// What the paper published of these results' problem, or of their network.
let private paperCase (results: Results) = Problem.ofFacts results.About |> Option.bind PaperValues.caseOf

/// The letters of the parts of Figure 5.
let private letters (results: Results) = paperCase results |> Option.map _.Figure5 |> Option.defaultValue ("a", "b", "c")

/// The table without its columns of the paper's values where these do not belong.
let private besidePaper (results: Results) (table: Tables.Table) =
    let kept =
        table.Columns
        |> Array.map (fun column -> (paperCase results |> Option.exists (fun case -> not case.Table3.IsEmpty)) || column.Trim() <> "Paper")

    let keep (cells: string[]) = Array.zip kept cells |> Array.filter fst |> Array.map snd
    Tables.create table.Source (keep table.Columns) (table.Rows |> Array.map (fun row -> keep row.Cells))

/// "LeNet5 on MNIST, 95% sparse, 5 seeds" as far as it is known.
let private setting (results: Results) =
    let seeds = results.Distances |> Array.filter (fun row -> row.Model = ticketsName) |> Array.length

    [
        match Problem.networkOf results.About, Problem.dataOf results.About with
        | Some network, Some data -> $"{network} on {Problem.dataTitle data}"
        | Some network, None -> network
        | None, Some data -> Problem.dataTitle data
        | None, None -> ()
        match about "sparsity" results with
        | Some sparsity -> $"{sparsity} sparse"
        | None -> ()
        $"{seeds} seeds a group"
    ]
    |> String.concat ", "

/// Seeds of a group's runs that predict one class for every test example.
let private collapsed (model: string) (results: Results) =
    results.Models |> Array.filter (fun row -> row.Model = model && row.CollapsedTo.IsSome) |> Array.map _.Seed

/// "; 2 of 5 scratch runs collapsed (included)", or nothing.
let private collapsedClause (results: Results) =
    let runs = results.Models |> Array.filter (fun row -> row.Model = scratchDifferentName)

    match (collapsed scratchDifferentName results).Length with
    | 0 -> ""
    | count -> $"; {count} of {runs.Length} scratch runs collapsed (included)"

/// The same, to ask for each of many rows.
let private isCollapsed (results: Results) =
    let failed = HashSet(results.Models |> Seq.filter _.CollapsedTo.IsSome |> Seq.map (fun row -> struct (row.Model, row.Seed)))

    fun (model: string) (seed: int) -> failed.Contains(struct (model, seed))

let private ticketStyle = style 0
let private scratchStyle = style 1

let private prunedStyle = { style 6 with Marker = Star; Size = 7.0 }

/// Figure 5a: the map of starts and ends.
let figure5a (results: Results) =
    let letter, _, _ = letters results

    let series (model: string) (stage: string) (name: string) (style: Style) (wanted: MapRow -> bool) =
        let rows = results.Map |> Array.filter (fun row -> row.Model = model && row.Stage = stage && wanted row)
        points style name (rows |> Array.map _.X) (rows |> Array.map _.Y)

    let large (style: Style) = { style with Size = 5.0 }
    let hollow (style: Style) = { large style with Hollow = true }
    let isCollapsed = isCollapsed results
    let failed (row: MapRow) = isCollapsed scratchDifferentName row.Seed

    let stress =
        match about "mds_stress1" results with
        | Some value -> $"stress-1 {Numbers.decimals 3 (float value)}"
        | None -> "metric scaling"

    { panel
          (axis "first principal axis (L2 distance)")
          (axis "second principal axis (L2 distance)")
          [
              series scratchDifferentName "start" "Scratch, start" (hollow scratchStyle) (fun _ -> true)
              series scratchDifferentName "end" "Scratch, end" (large scratchStyle) (failed >> not)
              series scratchDifferentName "end" "Scratch, end, collapsed" { large scratchStyle with Marker = Cross } failed
              series "LT" "start" "LT, start (shared)" (hollow ticketStyle) (fun _ -> true)
              series "LT" "end" "LT, end" (large ticketStyle) (fun _ -> true)
              series prunedName "end" "Pruning solution" prunedStyle (fun _ -> true)
          ] with
        EqualUnits = true
    }
    |> single
        $"fig5{letter}"
        "Where training starts and ends, seen from the pruning solution"
        $"{setting results}; metric scaling of L2 distances, {stress}"
        "Every point is a network; distances between points resemble the L2 distances between all weights and biases. Scratch runs have different initialisations and the ticket's mask."

/// Figure 5b: L2 distances to the pruning solution, seed by seed, beside the paper's means.
let figure5b (results: Results) =
    let _, letter, _ = letters results
    let models = results.Distances |> Array.map _.Model |> Array.distinct
    let position (model: string) = float (Array.IndexOf(models, model))

    let ours (shift: float) (name: string) (style: Style) (value: DistanceRow -> float) (wanted: DistanceRow -> bool) =
        let rows = results.Distances |> Array.filter wanted
        points style name (rows |> Array.map (fun row -> position row.Model + shift)) (rows |> Array.map value)

    let isCollapsed = isCollapsed results
    let failed (row: DistanceRow) = isCollapsed row.Model row.Seed

    let published (shift: float) (name: string) (style: Style) (value: PaperValues.PublishedDistance -> float) =
        let known =
            paperCase results
            |> Option.filter _.IsSame
            |> Option.map _.Distances
            |> Option.defaultValue []
            |> List.filter (fun row -> Array.contains row.Model models)
            |> Array.ofList

        points style name (known |> Array.map (fun row -> position row.Model + shift)) (known |> Array.map value)

    let start, finish = { style 2 with Marker = Triangle }, { style 3 with Marker = Diamond }
    let hollow (style: Style) = { style with Hollow = true; Size = 6.0 }

    panel
        (categories "" models)
        (axis "L2 distance to the pruning solution")
        [
            ours -0.2 "before training" start _.Start (fun _ -> true)
            published -0.08 "before, paper's mean" (hollow start) _.Start
            ours 0.08 "after training" finish _.End (failed >> not)
            ours 0.08 "after training, collapsed" { finish with Marker = Cross } _.End failed
            published 0.2 "after, paper's mean" (hollow finish) _.End
        ]
    |> single
        $"fig5{letter}"
        "Distance to the pruning solution before and after training"
        $"{setting results}; one point a seed, over all weights and biases"
        "L2 distance of every network to the pruning solution before and after training. Prune Restart begins at the pruning solution itself."

let private paths =
    [
        "lt-init", "from LT, start", { ticketStyle with Dash = Dashed }
        "lt-end", "from LT, end", { ticketStyle with Dash = Solid }
        "scratch-init", "from Scratch, start", { scratchStyle with Dash = Dotted }
        "scratch-end", "from Scratch, end", { scratchStyle with Dash = LongDashed }
    ]

/// Mean with 80% interval over the seeds, at every place of every path.
let private pathSeries (results: Results) (value: InterpolationRow -> float) =
    [
        for path, name, style in paths do
            let rows = results.Interpolation |> Array.filter (fun row -> row.Path = path)

            if rows.Length > 0 then
                rows |> Seq.map (fun row -> row.Alpha, value row) |> Curves.meanLine 0.8 style name
    ]

let private alphaAxis = axis "α (0 = named network, 1 = pruning solution)"

let private marks = [ VerticalLine(0.0, ""); VerticalLine(1.0, "") ]

let private lossRange (results: Results) (value: InterpolationRow -> float) =
    Curves.lossRange (results.Interpolation |> Array.map _.Alpha) (results.Interpolation |> Array.map value)

let private lossAxis (label: string) (results: Results) (value: InterpolationRow -> float) =
    { axis label with Range = lossRange results value }

/// Says that losses are cut off, where they are.
let private cutClause (results: Results) =
    if (lossRange results _.TrainLoss).IsSome || (lossRange results _.TestLoss).IsSome then
        " " + Curves.cutNote
    else
        ""

/// Figure 5c: training loss on the straight lines to the pruning solution.
let figure5c (results: Results) =
    let _, _, letter = letters results

    let examples =
        match about "path_examples" results with
        | Some count -> $" ({count} examples of each set)"
        | None -> ""

    { panel alphaAxis (lossAxis "training loss (nats)" results _.TrainLoss) (pathSeries results _.TrainLoss) with
        Annotations = marks
    }
    |> single
        $"fig5{letter}"
        "Training loss on straight lines to the pruning solution"
        $"{setting results}; mean and 80%% confidence interval over the seeds{collapsedClause results}"
        $"Mean cross-entropy on the training set{examples} along straight lines in parameter space to the pruning solution. Scratch runs have different initialisations and the ticket's mask. {Interpolation.symmetryNote}{cutClause results}"

/// Loss and accuracy on both sets along the paths of Figure 5c.
let figureAllPaths (results: Results) =
    let one (title: string) (vertical: Axis) (value: InterpolationRow -> float) =
        { panel (axis "α") vertical (pathSeries results value) with Title = title; Annotations = marks }

    let loss (title: string) (value: InterpolationRow -> float) = one title (lossAxis "nats" results value) value

    { figure5c results with
        Name = "interpolation"
        Title = "Loss and accuracy on the lines to the pruning solution"
        Description =
            $"The paths of Figure 5{letters results |> fun (_, _, letter) -> letter}, on the training and the test set. α = 0 is the named network, α = 1 the pruning solution. {Interpolation.symmetryNote}{cutClause results}"
        Columns = 2
        Panels =
            [
                loss "Training loss" _.TrainLoss
                loss "Test loss" _.TestLoss
                one "Training accuracy" (axis "per cent") (fun row -> 100.0 * row.TrainAccuracy)
                one "Test accuracy" (axis "per cent") (fun row -> 100.0 * row.TestAccuracy)
            ]
    }

/// The figure with what made it.
let private carried (results: Results) (figure: Figure) = Lineage.carriedBy results.About (results.Models |> Seq.map _.Run) figure

/// All figures, with what made them.
let figures (results: Results) =
    [ figure5a results; figure5b results; figure5c results; figureAllPaths results ] |> List.map (carried results)

let private withDeviation (text: float -> string) (mean: float option) (deviation: float option) =
    match mean, deviation with
    | Some mean, Some deviation -> $"{text mean} ± {text deviation}"
    | Some mean, None -> text mean
    | None, _ -> "–"

/// Table 3 as it is shown (accuracies in percent), with the paper's values beside ours where the case is the paper's.
let table3Shown (results: Results) =
    let published = paperCase results |> Option.map _.Table3 |> Option.defaultValue []
    let paper (model: string) = published |> List.tryFind (fun row -> row.Model = model)

    let paperValue (text: float -> string) (value: PaperValues.Value option) =
        withDeviation text (value |> Option.map _.Mean) (value |> Option.bind _.Deviation)

    Tables.ofRecords
        "table3"
        [
            "Model", (fun (row: Table3Row) -> row.Model)
            "Test accuracy (%)", (fun row -> withDeviation Numbers.percent (Some row.AccuracyMean) row.AccuracyDeviation)
            "Paper", (fun row -> paperValue Numbers.percent (paper row.Model |> Option.map _.Accuracy))
            "Ensemble (%)", (fun row -> withDeviation Numbers.percent row.EnsembleAccuracy None)
            "Paper ", (fun row -> withDeviation Numbers.percent (paper row.Model |> Option.bind _.Ensemble) None)
            "Disagreement", (fun row -> withDeviation (Numbers.decimals 4) row.DisagreementMean row.DisagreementDeviation)
            "Paper  ", (fun row -> paperValue (Numbers.decimals 4) (paper row.Model |> Option.bind _.Disagreement))
            "Disagr. with pruned",
            (fun row -> withDeviation (Numbers.decimals 4) row.DisagreementWithPrunedMean row.DisagreementWithPrunedDeviation)
            "Paper   ", (fun row -> paperValue (Numbers.decimals 4) (paper row.Model |> Option.bind _.DisagreementWithPruned))
        ]
        results.Table3
    |> besidePaper results

let private divergenceShown (results: Results) =
    Tables.ofRecords
        "divergence"
        [
            "Model", (fun (row: Table3Row) -> row.Model)
            "KL, pairs", (fun row -> withDeviation (Numbers.decimals 4) row.KlMean None)
            "JSD, pairs", (fun row -> withDeviation (Numbers.decimals 4) row.JsdMean None)
            "KL(pruned ‖ model)", (fun row -> withDeviation (Numbers.decimals 4) row.KlWithPrunedMean None)
            "JSD with pruned", (fun row -> withDeviation (Numbers.decimals 4) row.JsdWithPrunedMean None)
        ]
        (results.Table3 |> Array.filter (fun row -> row.KlWithPrunedMean.IsSome))

/// One number for every seed of a path, from its places and training losses.
let private perSeed (measure: float[] -> float[] -> float) (path: string) (wanted: int -> bool) (results: Results) =
    results.Interpolation
    |> Array.filter (fun row -> row.Path = path && wanted row.Seed)
    |> Array.groupBy _.Seed
    |> Array.map (fun (_, rows) -> measure (rows |> Array.map _.Alpha) (rows |> Array.map _.TrainLoss))

/// Barrier heights of one kind of path, one a seed, on the training set, in nats: the largest excess of the loss above the straight line between the
/// losses of both ends.
let barriers (path: string) (results: Results) = perSeed Interpolation.barrierHeight path (fun _ -> true) results

let private barriersShown (results: Results) =
    let isCollapsed = isCollapsed results scratchDifferentName

    let row (name: string) (path: string) (wanted: int -> bool) =
        let shown (measure: float[] -> float[] -> float) =
            match perSeed measure path wanted results with
            | [||] -> "–"
            | values -> withDeviation (Numbers.decimals 3) (Some(Statistics.mean values)) (Some(Statistics.populationDeviation values))

        [| name; shown Interpolation.barrierHeight; shown Interpolation.riseAboveEnds |]

    Tables.create
        "barriers"
        [ "Path"; "Barrier (nats)"; "Rise above the worse end (nats)" ]
        [
            for path, name, _ in paths do
                row name path (fun _ -> true)

            if (collapsed scratchDifferentName results).Length > 0 then
                row "from Scratch, end, without the collapsed runs" "scratch-end" (isCollapsed >> not)
        ]

let private distancesShown (results: Results) =
    let shown (values: float[]) =
        withDeviation (Numbers.decimals 2) (Some(Statistics.mean values)) (Some(Statistics.populationDeviation values))

    let published = paperCase results |> Option.map _.Distances |> Option.defaultValue []

    let paper (model: string) (value: PaperValues.PublishedDistance -> float) =
        published
        |> List.tryFind (fun row -> row.Model = model)
        |> Option.map (value >> Numbers.decimals 2)
        |> Option.defaultValue "–"

    Tables.create
        "distances"
        [ "Model"; "Before training"; "Paper"; "After training"; "Paper " ]
        [
            for model, rows in results.Distances |> Array.groupBy _.Model ->
                [| model; shown (rows |> Array.map _.Start); paper model _.Start; shown (rows |> Array.map _.End); paper model _.End |]
        ]
    |> besidePaper results

let private collapsedNotices (results: Results) =
    [
        for model, rows in results.Models |> Array.groupBy _.Model do
            let collapsed = rows |> Array.filter _.CollapsedTo.IsSome

            if collapsed.Length > 0 then
                let seeds = String.Join(", ", collapsed |> Array.map (fun row -> Tables.integer row.Seed))
                let classes = String.Join(", ", collapsed |> Array.map (fun row -> Tables.integer row.CollapsedTo.Value) |> Array.distinct)
                let trained = rows |> Array.filter _.CollapsedTo.IsNone |> Array.map _.TestAccuracy

                let others =
                    if trained.Length = 0 then
                        ""
                    else
                        $" The mean accuracy of the others is {Numbers.percent (Statistics.mean trained)}%%."

                Report.Notice
                    $"{model}: {collapsed.Length} of {rows.Length} runs collapsed (seeds {seeds}): they predict class {classes} for every test example. They are counted in every number of this report.{others}"
    ]

/// Sentences that put the numbers into words.
let private findings (results: Results) =
    let scratchGroups =
        [ "Scratch", "one initialisation"; scratchDifferentName, "different initialisations" ]
        |> List.filter (fun (model, _) -> results.Table3 |> Array.exists (fun row -> row.Model = model))

    let row (model: string) = results.Table3 |> Array.find (fun row -> row.Model = model)

    let meanDistance (value: DistanceRow -> float) (model: string) =
        results.Distances |> Array.filter (fun row -> row.Model = model) |> Array.map value |> Statistics.mean

    let scratch (text: string -> string) = String.Join(" and ", [ for model, which in scratchGroups -> $"{text model} ({which})" ])

    let percent (value: float) = Numbers.percent value + "%"
    let disagreement (model: string) = (row model).DisagreementWithPrunedMean |> Option.map percent |> Option.defaultValue "–"
    let started, ended = meanDistance _.Start >> Numbers.decimals 2, meanDistance _.End >> Numbers.decimals 2

    let barrier (path: string) =
        match barriers path results with
        | [||] -> "–"
        | heights -> Numbers.decimals 3 (Statistics.mean heights)

    [
        $"""Accuracy: tickets reach {percent (row "LT").AccuracyMean}, scratch runs {scratch (fun model -> percent (row model).AccuracyMean)}."""
        $"""Function: tickets disagree with the pruning solution on {disagreement "LT"} of the test set, scratch runs on {scratch disagreement}."""
        $"""Distance: tickets start {started "LT"} from the pruning solution and end {ended "LT"} from it; scratch runs start {scratch started} from it and end {scratch ended}."""
        $"""Basin: between a trained network and the pruning solution stands a barrier of {barrier "lt-end"} nats for tickets and of {barrier "scratch-end"} nats for scratch runs (different initialisations)."""
    ]

/// The report, from the tables alone.
let report (results: Results) : Report.Report =
    let map, distances, paths = letters results

    let known =
        results.About
        |> List.filter (fun (name, _) -> name <> "inputs" && not (name.StartsWith("mds_", StringComparison.Ordinal)))

    let interactive (figure: Figure) = Report.FigureBlock(carried results figure, Some(figure.Name + ".html"))
    let paperColumns = [ for blanks in 0..3 -> "Paper" + String(' ', blanks) ]

    {
        Title = "Lottery tickets and the pruning solution they derive from"
        Lead =
            $"{setting results}. Lottery tickets, scratch training and restarts that share the mask of one pruning solution, compared with it in weight space, in function space and on the lines between (section 4.3, appendix A, Table 3 and Figure 5 of Evci et al. 2022)."
        Blocks =
            [
                Report.Heading "What came out"
                Report.Items(findings results)
                yield! collapsedNotices results
                Report.Heading "Table 3: accuracy and similarity"
                Report.TableBlock(
                    (match paperCase results with
                     | Some case when case.IsSame -> "Ours beside the paper's values; mean ± population standard deviation."
                     | Some case when not case.Table3.IsEmpty ->
                         $"Mean ± population standard deviation. The paper's values are of {case.Name}: another problem than ours ({setting results}), so compare which is larger, not how large."
                     | _ -> "Mean ± population standard deviation. (The paper's values are of LeNet5 on MNIST at 95%.)"),
                    [ "Test accuracy (%)"; "Ensemble (%)"; "Disagreement"; "Disagr. with pruned"; yield! paperColumns ],
                    table3Shown results
                )
                Report.Paragraph
                    "Disagreement is the fraction of test examples for which two models predict different classes: the mean over all pairs of a group, and over its models against the pruning solution. An ensemble averages softmax outputs. In the last row the other pruning solutions are compared with the one that the tickets derive from. The more alike the models, the less their ensemble gains."
                Report.TableBlock(
                    "Divergence between output distributions, mean over the test set, in nats (natural logarithm). KL over pairs takes both directions.",
                    [ "KL, pairs"; "JSD, pairs"; "KL(pruned ‖ model)"; "JSD with pruned" ],
                    divergenceShown results
                )
                Report.Heading $"Figure 5{map}: where training leads"
                interactive (figure5a results)
                Report.Heading $"Figure 5{distances}: distances to the pruning solution"
                interactive (figure5b results)
                Report.TableBlock(
                    "L2 distance to the pruning solution; mean ± population standard deviation.",
                    [ "Before training"; "After training"; yield! paperColumns ],
                    distancesShown results
                )
                Report.Paragraph(
                    match paperCase results with
                    | Some case when case.Distances = PaperValues.figure5b ->
                        "Distances depend strongly on the L2 penalty. The paper's code sets 5e-4; emulations reproduced the paper's accuracies and disagreements with that value, but its distances only without a penalty. Compare the ratios rather than the numbers."
                    | _ ->
                        "Distances are taken over all that is trained: weights, biases, and scales and shifts of batch normalizations, not their running statistics."
                )
                Report.Heading $"Figure 5{paths}: the loss on the way"
                interactive (figure5c results)
                Report.TableBlock(
                    "Barriers on the training set; mean ± population standard deviation over the seeds.",
                    [ "Barrier (nats)"; "Rise above the worse end (nats)" ],
                    barriersShown results
                )
                Report.Paragraph
                    $"The barrier is the largest excess of the loss, between the two networks, above the straight line from one end's loss to the other's. {Interpolation.symmetryNote}"
                match about "batch_norm" results with
                | Some "stored" ->
                    Report.Paragraph
                        "On the paths the running statistics of batch normalizations are interpolated like parameters (batch-norm=stored)."
                | Some "reestimated" ->
                    Report.Paragraph
                        "At every place of a path the statistics of batch normalizations are taken anew from training examples (batch-norm=reestimated)."
                | _ -> ()
                interactive (figureAllPaths results)
                Report.Heading "What was run"
                Report.TableBlock(
                    "Settings.",
                    [],
                    Tables.create "about" [ "Setting"; "Value" ] [ for name, value in known -> [| name; value |] ]
                )
                Report.TableBlock(
                    "Every network, with the name of its run folder (plan, metrics and checkpoints are there).",
                    [ "Test accuracy (%)"; "Seed" ],
                    Tables.ofRecords
                        "models"
                        [
                            "Model", (fun (row: ModelRow) -> row.Model)
                            "Seed", (fun row -> Tables.integer row.Seed)
                            "Test accuracy (%)", (fun row -> Numbers.percent row.TestAccuracy)
                            "Run", _.Run
                        ]
                        results.Models
                )
                Report.Paragraph
                    "Tables beside this file: table3.csv, distances.csv, mds.csv, interpolation.csv, models.csv, about.csv. Every figure is drawn from them."
            ]
    }

/// Draws everything from the tables in a folder into the same folder: SVGs, interactive pages and report.html. Equal tables give equal bytes; only the report
/// shows what made them, too. Returns the report's path.
let draw (folder: string) =
    let results = LotteryTables.read folder

    for figure in figures results do
        Svg.write folder figure |> ignore
        Html.write folder figure |> ignore

    let path = Path.Combine(folder, "report.html")
    let report = report results
    Report.write path { report with Blocks = report.Blocks @ Lineage.blocks folder }
    path
