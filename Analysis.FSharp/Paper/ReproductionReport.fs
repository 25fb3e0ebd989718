/// The paper's tables and figures as files and as a report, from the tables in a folder alone.
module SparseCore.Analysis.ReproductionReport

open System
open System.IO
open SparseCore.Analysis.Figures
open SparseCore.Analysis.Reproduction
open Deedle
open SparseCore.Data

/// What a folder holds; parts that were not asked for are empty.
type Contents =
    {
        /// Facts for captions and lineage: names and values.
        About: (string * string) list
        /// runs.csv.
        Runs: RunRow[]
        /// table1.csv.
        Table1: CellRow[]
        /// table2.csv.
        Table2: CellRow[]
        /// fig1c.csv: masks whose neurons differ strongly in their number of inputs.
        SignalHeterogeneous: SignalRow[]
        /// fig1c-random.csv: ordinary random masks.
        SignalRandom: SignalRow[]
        /// fig2.csv.
        Gradients: GradientRow[]
        /// fig3.csv.
        Updates: UpdateRow[]
    }

/// No tables at all.
let nothing =
    {
        About = []
        Runs = [||]
        Table1 = [||]
        Table2 = [||]
        SignalHeterogeneous = [||]
        SignalRandom = [||]
        Gradients = [||]
        Updates = [||]
    }

/// Writes the tables that are not empty.
let write (folder: string) (contents: Contents) =
    Directory.CreateDirectory folder |> ignore
    let path (name: string) = Path.Combine(folder, name)

    let unlessEmpty (rows: 'row[]) (write: 'row[] -> unit) =
        if rows.Length > 0 then
            write rows

    unlessEmpty contents.Runs (Reproduction.writeRuns (path "runs.csv"))
    unlessEmpty contents.Table1 (Reproduction.writeCells (path "table1.csv"))
    unlessEmpty contents.Table2 (Reproduction.writeCells (path "table2.csv"))
    unlessEmpty contents.SignalHeterogeneous (Reproduction.writeSignal (path "fig1c.csv"))
    unlessEmpty contents.SignalRandom (Reproduction.writeSignal (path "fig1c-random.csv"))
    unlessEmpty contents.Gradients (Reproduction.writeGradients (path "fig2.csv"))
    unlessEmpty contents.Updates (Reproduction.writeUpdates (path "fig3.csv"))
    Columns.write (path "about.csv") Columns.facts contents.About

/// Reads what write wrote.
let read (folder: string) : Contents =
    let ifThere (name: string) (read: string -> 'row[]) : 'row[] =
        let path = Path.Combine(folder, name)
        if File.Exists path then read path else [||]

    { nothing with
        About = ifThere "about.csv" (fun path -> Columns.read path Columns.facts) |> List.ofArray
        Runs = ifThere "runs.csv" Reproduction.readRuns
        Table1 = ifThere "table1.csv" Reproduction.readCells
        Table2 = ifThere "table2.csv" Reproduction.readCells
        SignalHeterogeneous = ifThere "fig1c.csv" Reproduction.readSignal
        SignalRandom = ifThere "fig1c-random.csv" Reproduction.readSignal
        Gradients = ifThere "fig2.csv" Reproduction.readGradients
        Updates = ifThere "fig3.csv" Reproduction.readUpdates
    }

let private about (name: string) (contents: Contents) =
    contents.About |> List.tryFind (fst >> (=) name) |> Option.map snd |> Option.defaultValue "?"

let private network (contents: Contents) = Problem.networkOf contents.About |> Option.defaultValue "?"

let private data (contents: Contents) = Problem.dataOf contents.About |> Option.map Problem.dataTitle |> Option.defaultValue "?"

let private isOn (family: KnownData) (contents: Contents) =
    Problem.dataOf contents.About |> Option.exists (fun data -> data.Family = family)

let private setting (contents: Contents) =
    let preset =
        match about "preset" contents with
        | "?" -> ""
        | name -> $", preset {name}"

    let sparsity, seeds = about "sparsity" contents, about "seeds" contents
    $"{network contents} on {data contents}, {sparsity} sparse, {seeds} seeds{preset}"

/// What the paper published of the problem, or of its network.
let private paperCase (contents: Contents) = Problem.ofFacts contents.About |> Option.bind PaperValues.caseOf

/// The paper's case, when it is another problem than ours.
let private otherProblem (contents: Contents) = paperCase contents |> Option.filter (fun case -> not case.IsSame)

/// All figures whose tables are there, with what made them.
let figures (contents: Contents) : Figure list =
    let subtitle = setting contents + "; mean and 80% confidence interval over the seeds"
    let network = network contents
    let ofRuns = Lineage.carriedBy contents.About (contents.Runs |> Seq.map _.Run)

    [
        if contents.SignalHeterogeneous.Length > 0 then
            figure1c
                $"{network} at initialisation, normally distributed inputs; mean and 80%% confidence interval over 5 random networks"
                [ "Heterogeneous masks", contents.SignalHeterogeneous; "Ordinary random masks", contents.SignalRandom ]
            |> Lineage.carriedBy contents.About [] // random networks, no runs
        if contents.Gradients.Length > 0 then
            figure2 subtitle contents.Gradients |> ofRuns
        if contents.Updates.Length > 0 then
            figure3 subtitle contents.Updates |> ofRuns
    ]

let private outside (rows: CellRow[]) =
    [
        for row in rows do
            if insidePaper row = Some false then
                $"{row.Method}, {row.Initializer}, sparsity {Tables.number row.Sparsity}: our mean is outside the paper's mean ± standard deviation."
    ]

/// Training cost of every cell: operations from the tables, seconds from the record of what made them, where it has all of the cell's runs.
let private costs (runs: RunRow[]) (record: Lineage.Record option) =
    let known =
        record |> Option.map _.Runs |> Option.defaultValue [||] |> Array.map (fun row -> row.Run, row.Seconds) |> Map.ofArray

    let seconds = runs |> Array.map (fun row -> Map.tryFind row.Run known)
    let frame = Frames.ofRecords runColumns runs |> Frame.addCol "seconds" (Series.ofOptionalObservations (Seq.indexed seconds))

    Tables.create
        "costs"
        [ "Method"; "Initialiser"; "Sparsity"; "Train FLOPs"; "Seconds a run" ]
        [
            for flops, seconds in Array.zip (groups "train_flops" frame) (groups "seconds" frame) ->
                let text (write: float -> string) (mean: float option) = mean |> Option.map write |> Option.defaultValue "–"

                [|
                    flops.Method
                    flops.Initializer
                    Tables.number flops.Sparsity
                    flops.Mean |> text (Numbers.text "0.00E+0")
                    seconds.Mean |> Option.filter (fun _ -> seconds.Count = flops.Count) |> text (Numbers.decimals 1)
                |]
        ]

/// The paper's column where its problem is another one.
let private otherPaper (contents: Contents) =
    if isOn KnownData.ImageNet contents then "Paper, other network (%)" else "Paper, other data (%)"

/// A table of cells; where the paper's problem is another one, its column says so, and there is no verdict on the paper's interval.
let private shownOf (contents: Contents) (rows: CellRow[]) =
    let table = shown rows

    if (otherProblem contents).IsSome then
        let kept = table.Columns |> Array.map (fun column -> not (column.StartsWith("Within", StringComparison.Ordinal)))
        let keep (cells: string[]) = Array.zip kept cells |> Array.filter fst |> Array.map snd

        let named =
            keep table.Columns
            |> Array.map (fun column -> if column.StartsWith("Paper", StringComparison.Ordinal) then otherPaper contents else column)

        Tables.create table.Source named (table.Rows |> Array.map (fun row -> keep row.Cells))
    else
        table

/// The report, from the tables alone.
let report (contents: Contents) : Report.Report =
    let table (name: string) (rows: CellRow[]) =
        [
            if rows.Length > 0 then
                Report.Heading name

                Report.TableBlock(
                    "Test accuracy after the last step; mean ± population standard deviation.",
                    otherPaper contents :: shownNumbers,
                    shownOf contents rows
                )

                Report.TableBlock(
                    "The same, laid out as the paper does: methods down, initializers across.",
                    rows |> Array.map _.Initializer |> List.ofArray,
                    shown rows |> Frames.ofTable |> Frames.pivot "Method" "Initialiser" "Accuracy (%)" |> Frames.toTable name
                )

                match outside rows with
                | _ when (otherProblem contents).IsSome ->
                    Report.Notice
                        $"The paper's column is {(otherProblem contents).Value.Name}; ours is {setting contents}. These are different problems: compare the order of the methods, not the numbers."
                | [] when rows |> Array.forall (fun row -> row.PaperMean.IsNone) -> ()
                | [] -> Report.Paragraph "Every cell that the paper has lies within the paper's mean ± standard deviation."
                | cells -> Report.Items cells
        ]

    let network, data = network contents, data contents

    let isPapersLeNet =
        (about "network" contents).StartsWith("lenet", StringComparison.Ordinal) && about "widths" contents = "?"

    {
        Title =
            match paperCase contents with
            | Some case when not case.IsSame -> $"Gradient flow in sparse networks: {network} on {data} beside the paper's {case.Name}"
            | _ when isPapersLeNet && isOn KnownData.Mnist contents ->
                "Gradient flow in sparse networks on MNIST: the paper's numbers, made here"
            | Some case -> $"Gradient flow in sparse networks: the paper's {case.Name}, made here"
            | None -> $"Gradient flow in sparse networks: {network} on {data}"
        Lead =
            match paperCase contents with
            | Some case when not case.IsSame ->
                let other =
                    if isOn KnownData.ImageNet contents then
                        $"{network} is not the paper's network"
                    else
                        $"{data} is not ImageNet"

                $"{setting contents}. {other}, and runs are far shorter than the paper's; the numbers show what this toolkit does, and which of the paper's findings can be seen at this size. A collapsed run answers one class for every example; collapsed runs are counted and stay in the mean."
            | _ when isOn KnownData.Mnist contents ->
                $"{setting contents}. A collapsed run answers one class for every example (accuracy 11.35%% for class 1); collapsed runs are counted and stay in the mean, as in the paper."
            | _ ->
                $"{setting contents}. A collapsed run answers one class for every example; collapsed runs are counted and stay in the mean, as in the paper."
        Blocks =
            [
                yield! table "Table 1" contents.Table1
                yield! table "Table 2" contents.Table2
                for figure in figures contents do
                    Report.Heading figure.Title
                    Report.FigureBlock(figure, Some(figure.Name + ".html"))
                Report.Heading "What was run"
                Report.TableBlock("Settings.", [], Tables.ofRecords "about" [ "Setting", fst; "Value", snd ] contents.About)
                Report.Paragraph "Table 3 and Figure 5 are in lottery-tickets/report.html. runs.csv names the folder of every run."
            ]
    }

let private costBlocks (runs: RunRow[]) (record: Lineage.Record option) : Report.Block list =
    [
        if runs.Length > 0 then
            Report.Heading "What it cost"

            Report.TableBlock(
                "Floating-point operations of the training, counted from the masks, and seconds of a run including its measurements; means.",
                [ "Sparsity"; "Train FLOPs"; "Seconds a run" ],
                costs runs record
            )
    ]

/// Draws everything from the tables in a folder into the same folder: Markdown tables, SVGs, interactive pages and report.html. Equal tables give equal
/// bytes; only the report shows what made them, too. Returns the report's path.
let draw (folder: string) =
    let contents = read folder

    for name, rows in [ "table1.md", contents.Table1; "table2.md", contents.Table2 ] do
        if rows.Length > 0 then
            Files.writeText (Path.Combine(folder, name)) (shownOf contents rows |> Tables.toMarkdown (otherPaper contents :: shownNumbers))

    for figure in figures contents do
        Svg.write folder figure |> ignore
        Html.write folder figure |> ignore

    let path = Path.Combine(folder, "report.html")
    let report = report contents

    Report.write
        path
        { report with
            Blocks = report.Blocks @ costBlocks contents.Runs (Lineage.read folder) @ Lineage.blocks folder
        }

    path
