/// What a comparison shows: figures and report, from the tables of a folder alone.
module SparseCore.Analysis.ComparisonReport

open System
open System.IO
open SparseCore.Analysis.Figures
open SparseCore.Analysis.ComparisonTables

/// The tables of a folder.
type Tables =
    {
        /// A row a network.
        Networks: NetworkRow[]
        /// A row a pair.
        Pairs: PairRow[]
        /// Rows for pairs of groups.
        Layers: LayerRow[]
        /// A row a group.
        Groups: GroupRow[]
        /// Rows for sizes.
        Ensembles: EnsembleRow[]
        /// A row a line.
        Barriers: BarrierRow[]
        /// Rows for groups and layers.
        Signs: SignRow[]
        /// What was left out.
        Left: Selection.Left[]
        /// Facts, a name and a value each.
        About: (string * string)[]
    }

/// Reads the tables.
let read (folder: string) : Tables =
    let path name = Path.Combine(folder, name)

    {
        Networks = Columns.read (path "networks.csv") networkColumns
        Pairs = Columns.read (path "pairs.csv") columns
        Layers = Columns.read (path "layers.csv") layerColumns
        Groups = Columns.read (path "groups.csv") groupColumns
        Ensembles = Columns.read (path "ensembles.csv") ensembleColumns
        Barriers = Columns.read (path "barriers.csv") barrierColumns
        Signs = Columns.read (path "signs.csv") signColumns
        Left = Columns.read (path "left-out.csv") leftColumns
        About = Columns.read (path "about.csv") Columns.facts
    }

let private groupsOf (tables: Tables) = tables.Groups |> Array.map _.Group |> List.ofArray
let private colorOf (tables: Tables) (group: string) = groupsOf tables |> List.findIndex ((=) group)

let private heatMaps (tables: Tables) : Figure option =
    if tables.Networks.Length < 2 then
        None
    else
        let order = tables.Networks |> Array.sortBy _.Place |> Array.map _.Index

        let ordered title label measure diagonal =
            let values = Comparison.matrix tables.Networks.Length tables.Pairs measure diagonal

            Array2D.init order.Length order.Length (fun row column -> values[order[row], order[column]])
            |> heatMap title "network, by its place" label

        let first = ordered "Predictions" "disagreement" (fun pair -> pair.Disagreement) nan

        { single
              "pairs"
              "What pairs of networks have in common"
              ""
              "Every cell is a pair, every row a network; the order, the same in all panels, puts networks that predict alike beside one another (average linkage of their Jensen-Shannon distances); networks.csv has it as place."
              first with
            Panels =
                [
                    first
                    ordered "Weights" "L2 distance" (fun pair -> pair.Distance) nan
                    ordered "Masks" "overlap" (fun pair -> pair.Overlap) nan
                    ordered "Signs of shared weights" "equal" (fun pair -> pair.Signs) nan
                ]
            Columns = 2
        }
        |> Some

let private maps (tables: Tables) : Figure =
    let panelOf title (x: NetworkRow -> float) (y: NetworkRow -> float) =
        [
            for group in groupsOf tables do
                let own = tables.Networks |> Array.filter (fun row -> row.Group = group)
                points (style (colorOf tables group)) group (Array.map x own) (Array.map y own)
        ]
        |> panel (axis "") (axis "")
        |> fun panel -> { panel with Title = title; EqualUnits = true }

    let weights = panelOf "Weights: L2 distances" _.WeightX _.WeightY

    { single
          "maps"
          "Maps of the networks"
          ""
          "Metric scaling: distances in the plane resemble those between networks, of their weights on the left, of their predictions (root of the Jensen-Shannon divergence) on the right."
          weights with
        Panels = [ weights; panelOf "Functions: Jensen-Shannon distances" _.FunctionX _.FunctionY ]
        Columns = 2
    }

let private ensembleFigure (tables: Tables) : Figure =
    [
        for group in groupsOf tables do
            let own = tables.Ensembles |> Array.filter (fun row -> row.Group = group)

            line
                (style (colorOf tables group))
                group
                (own |> Array.map (fun row -> float row.Size))
                (own |> Array.map (fun row -> 100.0 * row.Accuracy))
            |> fun series -> { series with Drawing = LineAndPoints }
    ]
    |> panel (axis "networks of an ensemble") (axis "test accuracy (%)")
    |> single "ensembles" "Ensembles" "" "Accuracy of the mean of softmax outputs; means over ensembles of a size."

/// Disagreement with the first network of its group, normalized by the error rate, against accuracy (Fort, Hu and Lakshminarayanan 2020, Figure 3).
let private diversity (tables: Tables) : Figure =
    let firstOf = tables.Networks |> Array.groupBy _.Group |> Array.map (fun (group, rows) -> group, rows[0].Index) |> dict

    [
        for group in groupsOf tables do
            let reference = firstOf[group]

            let own =
                [|
                    for row in tables.Pairs do
                        if row.First = reference && tables.Networks[row.Second].Group = group then
                            let accuracy = tables.Networks[row.Second].Calibration.Accuracy.Value

                            if accuracy < 1.0 then
                                100.0 * accuracy, row.Pair.Disagreement / (1.0 - accuracy)
                |]

            points (style (colorOf tables group)) group (Array.map fst own) (Array.map snd own)
    ]
    |> panel (axis "test accuracy (%)") (axis "disagreement / error rate")
    |> single
        "diversity"
        "Diversity against accuracy"
        ""
        "Every point is a network, compared with the first of its group: the fraction of examples that they classify differently over its error rate (Fort, Hu and Lakshminarayanan 2020)."

/// Signs kept since the start, over training: where several checkpoints of runs are compared.
let private signsFigure (tables: Tables) : Figure option =
    let rows = tables.Signs |> Array.filter (fun row -> row.Reference = "start" && row.Layer = "all")

    if rows |> Array.groupBy _.Group |> Array.exists (fun (_, own) -> own.Length > 1) then
        [
            for group in groupsOf tables do
                let own = rows |> Array.filter (fun row -> row.Group = group) |> Array.sortBy _.Step
                let most = own |> Seq.map _.Networks |> Seq.fold max 0
                let own = own |> Array.filter (fun row -> row.Networks = most) // a mean of other networks would be a jump

                line
                    (style (colorOf tables group))
                    group
                    (own |> Array.map (fun row -> float row.Step))
                    (own |> Array.map (fun row -> 100.0 * row.Equal))
        ]
        |> panel (axis "training step") (axis "weights that have their first sign (%)")
        |> single
            "signs"
            "Signs kept while training"
            ""
            "Of the weights that are active and had a sign before training, those that have it still; means over the networks, at the steps that most of a group have saved (signs.csv has all)."
        |> Some
    else
        None

/// All figures, and whether each has a page.
let figures (tables: Tables) : (Figure * bool) list =
    [
        yield! heatMaps tables |> Option.map (fun figure -> figure, false) |> Option.toList
        if tables.Networks.Length > 1 then
            maps tables, true
        ensembleFigure tables, true
        if tables.Pairs.Length > 0 then
            diversity tables, true
        yield! signsFigure tables |> Option.map (fun figure -> figure, true) |> Option.toList
    ]
    |> List.map (fun (figure, hasPage) -> withLineage (List.ofArray tables.About) figure, hasPage)

let private text (digits: int) (value: float option) = value |> Option.map (Numbers.decimals digits) |> Option.defaultValue "-"

/// What the authors of the paper publish for networks of 90% sparsity in a later work (Adnan et al. 2025: ResNet20 on CIFAR-10, five runs each).
let private published =
    [|
        [| "tickets (ResNet20, CIFAR-10, published)"; "5"; "91.15"; "91.43"; "0.035"; "0.038"; "0.011"; "0.29"; "1.09" |]
        [| "independent prunings (published)"; "5"; "91.09"; "93.25"; "0.093"; "0.352"; "0.130"; "0.37"; "3.78" |]
        [| "naive masks (published)"; "5"; "88.68"; "91.07"; "0.113"; "0.271"; "0.089"; "0.33"; "2.40" |]
    |]

let private groupTable (tables: Tables) =
    let columns =
        [ "Group"; "networks"; "accuracy (%)"; "ensemble (%)"; "disagreement"; "KL"; "JS"; "JS / KL"; "KL / disagreement" ]

    let rows =
        tables.Groups
        |> Array.map (fun row ->
            let ratio one other = Option.map2 (fun one other -> if other > 0.0 then one / other else nan) one other

            [|
                row.Group
                string row.Networks
                match row.AccuracyDeviation with
                | Some deviation -> Numbers.percentWithDeviation row.Accuracy deviation
                | None -> Numbers.decimals 2 (100.0 * row.Accuracy)
                Numbers.decimals 2 (100.0 * row.EnsembleAccuracy)
                text 4 row.Disagreement
                text 4 row.Kl
                text 4 row.Jsd
                text 2 (ratio row.Jsd row.Kl)
                text 2 (ratio row.Kl row.Disagreement)
            |])

    Report.TableBlock(
        "Groups: means over networks and pairs, in nats; below them what is published for larger networks.",
        List.tail columns,
        Tables.create "groups" columns (Array.append rows published)
    )

/// For small differences of probabilities, JS is a quarter of KL; it falls below where one network is sure of what another excludes.
let private ratioSentence (tables: Tables) =
    let known =
        tables.Groups
        |> Array.choose (fun row ->
            Option.map2 (fun kl jsd -> row, jsd / kl) row.Kl row.Jsd |> Option.filter (fun (_, ratio) -> Double.IsFinite ratio))

    if known.Length = 0 then
        "No group has two networks: there is nothing to set beside the published numbers."
    else
        let low, high = known |> Array.minBy snd, known |> Array.maxBy snd

        $"JS over KL is {Numbers.decimals 2 (snd low)} ({(fst low).Group}) to {Numbers.decimals 2 (snd high)} ({(fst high).Group}); for small differences of probabilities it tends to 1/4, and the published networks have 0.29 to 0.37. Networks on easy data are sure of nearly every answer: few examples carry all of the divergence, and there KL counts how sure the wrong one is, which has no bound, while JS is at most log 2 = 0.69. The ratio falls with it."

let private layerTable (tables: Tables) =
    let hasAlignment = tables.Layers |> Array.exists (fun row -> Double.IsFinite row.Mean.Alignment)

    let columns =
        [ "Groups"; "layer"; "pairs"; "L2"; "mask overlap"; "by chance"; "equal signs"; "by chance " ]
        @ (if hasAlignment then [ "CKA" ] else [])

    let rows =
        tables.Layers
        |> Array.map (fun row ->
            [|
                if row.First = row.Second then row.First else $"{row.First} - {row.Second}"
                row.Layer
                string row.Pairs
                Numbers.decimals 2 row.Mean.Distance
                Numbers.decimals 3 row.Mean.Overlap
                Numbers.decimals 3 row.Mean.OverlapByChance
                Numbers.decimals 3 row.Mean.Signs
                Numbers.decimals 3 row.Mean.SignsByChance
                if hasAlignment then
                    Numbers.decimals 3 row.Mean.Alignment
            |])

    Report.TableBlock(
        "Layer by layer, means over the pairs within and between groups. CKA: linear centered kernel alignment of what the layers give, unbiased over minibatches.",
        columns.[2..],
        Tables.create "layers" columns rows
    )

let private calibrationTable (tables: Tables) =
    let columns =
        [ "Group"; "accuracy (%)"; "negative log-likelihood"; "Brier"; "calibration error"; "signs kept"; "by chance" ]

    let rows =
        tables.Networks
        |> Array.groupBy _.Group
        |> Array.map (fun (group, rows) ->
            let mean (value: NetworkRow -> Calibration.Estimate) (factor: float) (digits: int) =
                let values, errors = rows |> Array.map (fun row -> (value row).Value), rows |> Array.map (fun row -> (value row).Error)
                $"{Numbers.decimals digits (factor * Statistics.mean values)} ± {Numbers.decimals digits (factor * 1.96 * Statistics.mean errors)}"

            let kept (value: NetworkRow -> float option) =
                match rows |> Array.choose value with
                | [||] -> "-"
                | values -> Numbers.decimals 3 (Statistics.mean values)

            [|
                group
                mean _.Calibration.Accuracy 100.0 2
                mean _.Calibration.NegativeLogLikelihood 1.0 4
                mean _.Calibration.Brier 1.0 4
                mean _.Calibration.CalibrationError 1.0 4
                kept _.SignsKept
                kept _.SignsKeptByChance
            |])

    Report.TableBlock(
        "Single networks, means over a group. The intervals are those of one network on these examples (95%). Signs kept: of the weights that are active and had a sign before training.",
        List.tail columns,
        Tables.create "calibration" columns rows
    )

let private signsTable (tables: Tables) =
    let last =
        tables.Signs
        |> Array.groupBy _.Group
        |> Array.map (fun (group, rows) -> group, rows |> Array.map _.Step |> Array.max)
        |> dict

    let layers = tables.Signs |> Array.map _.Layer |> Array.distinct |> List.ofArray
    let columns = [ "Group"; "compared with"; "networks" ] @ layers

    let rows =
        tables.Signs
        |> Array.filter (fun row -> row.Step = last[row.Group])
        |> Array.groupBy (fun row -> row.Group, row.Reference)
        |> Array.map (fun ((group, reference), rows) ->
            [|
                group
                if reference = "start" then "its start" else "the network its mask is from"
                string rows[0].Networks
                for layer in layers do
                    match rows |> Array.tryFind (fun row -> row.Layer = layer) with
                    | Some row -> $"{Numbers.decimals 3 row.Equal} ({Numbers.decimals 3 row.EqualByChance})"
                    | None -> "-"
            |])

    Report.TableBlock(
        "Signs at the last checkpoint: of the weights that both networks have, the fraction of equal sign, and in brackets what independent signs would give.",
        columns[2..],
        Tables.create "signs" columns rows
    )

let private barrierTable (tables: Tables) =
    let columns = [ "Groups"; "lines"; "train loss"; "train accuracy (%)"; "test loss"; "test accuracy (%)" ]

    let rows =
        tables.Barriers
        |> Array.groupBy (fun row ->
            let one, other = tables.Networks[row.First].Group, tables.Networks[row.Second].Group
            if String.CompareOrdinal(one, other) <= 0 then one, other else other, one)
        |> Array.map (fun ((one, other), rows) ->
            let mean (value: BarrierRow -> float) (factor: float) =
                let values = rows |> Array.map value
                Numbers.decimals 3 (factor * Statistics.mean values)

            [|
                if one = other then one else $"{one} - {other}"
                string rows.Length
                mean _.TrainLoss 1.0
                mean _.TrainAccuracy 100.0
                mean _.TestLoss 1.0
                mean _.TestAccuracy 100.0
            |])

    Report.TableBlock(
        $"Barriers on straight lines: how far loss rises, and accuracy falls, beyond the straight line between the ends; means. {Interpolation.symmetryNote}",
        List.tail columns,
        Tables.create "barriers" columns rows
    )

/// The report.
let report (tables: Tables) : Report.Report =
    {
        Title = "Networks compared"
        Lead =
            $"{tables.Networks.Length} networks in {tables.Groups.Length} groups, {tables.Pairs.Length} pairs. networks.csv, pairs.csv, layers.csv, groups.csv, ensembles.csv and barriers.csv hold the numbers."
        Blocks =
            [
                Report.Heading "Groups"
                groupTable tables
                Report.Paragraph(ratioSentence tables)
                calibrationTable tables
                if tables.Signs.Length > 0 then
                    signsTable tables
                if tables.Barriers.Length > 0 then
                    barrierTable tables
                if tables.Layers.Length > 0 then
                    Report.Heading "Layers"
                    layerTable tables
                Report.Heading "Figures"
                for figure, hasPage in figures tables do
                    Report.FigureBlock(figure, (if hasPage then Some(figure.Name + ".html") else None))
                Report.Heading "What was compared"
                Report.Items [ for name, value in tables.About -> $"{name}: {value}" ]
                if tables.Left.Length > 0 then
                    Report.Heading "What was left out"
                    Report.Items [ for left in tables.Left -> $"{left.Name}: {left.Reason}" ]
            ]
    }

/// Draws figures and report of a folder's tables, and answers the report's path.
let draw (folder: string) : string =
    let tables = read folder

    for figure, hasPage in figures tables do
        Svg.write folder figure |> ignore

        if hasPage then
            Html.write folder figure |> ignore

    let path = Path.Combine(folder, "report.html")
    Report.write path (report tables)
    path
