/// Networks that lie in a folder, compared: what `compare.fsx` asks for and writes.
module Scripting.Comparisons

open System
open System.IO
open System.Threading
open SparseCore.Analysis
open SparseCore
open SparseCore.Networks
open SparseCore.RunFolders

/// What is asked for.
type Choice =
    {
        /// Folder of the runs.
        Runs: string
        /// Conditions on their fields.
        Where: Selection.Condition list
        /// Which checkpoints.
        At: Selection.At
        /// Fields that they are grouped by.
        By: string list
        /// Files of other programs: paths, the last part of each with * and ?; empty for the runs.
        Files: string list
        /// The network that the files hold.
        Network: string
        /// Its widths, where they are not the usual ones.
        Widths: int array option
        /// Mean and standard deviation by which the files' networks see their pixels.
        Mean: float array option
        /// See above.
        Std: float array option
        /// Test examples, evenly spaced; None for all.
        Examples: int option
        /// Examples on which what layers give is compared.
        LayerExamples: int
        /// Straight lines.
        Barriers: Comparison.Barriers
        /// Examples of each data set on which lines are measured.
        PathExamples: int
        /// stored or reestimated.
        BatchNorm: string
        /// Threads.
        Jobs: int
        /// Where tables, figures and report go.
        Out: string
        /// The data.
        Data: Datasets.Choice
    }

let private at (text: string) : Selection.At option =
    match text, Int32.TryParse text with
    | "end", _ -> Some Selection.End
    | "start", _ -> Some Selection.Start
    | "all", _ -> Some Selection.All
    | _, (true, step) when step >= 0 -> Some(Selection.Step step)
    | _ -> None

let private shownAt (at: Selection.At) =
    match at with
    | Selection.End -> "end"
    | Selection.Start -> "start"
    | Selection.All -> "all"
    | Selection.Step step -> string step

/// Declares the settings.
let settings (given: Settings.Given) : Choice =
    let conditions =
        Conditions.settings
            "runs that are compared: \"sparsity=0.95 method=rigl,set seed=1..3\", any setting of their plans; empty for all"
            given

    let choice =
        {
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Where = conditions
            At = Settings.custom "end, start, all or a step" at shownAt "at" Selection.End "which checkpoints of a run" given
            By = Settings.texts "names of fields" "by" "method" "fields that networks are grouped by" given
            Files = Settings.texts "paths" "files" "" "safetensors files of other programs in place of runs: \"mine/*.safetensors\"" given
            Network = Settings.choice (List.ofSeq NetworkPlan.KnownNames) "network" "lenet5" "the network that files= hold" given
            Widths = Settings.optionalIntegers 1 100000 "widths" "its widths, empty for the usual ones" given
            Mean =
                Settings.optionalNumbers
                    "mean"
                    "mean of pixels / 255 for each channel as files= were trained, empty for the data's own"
                    given
            Std = Settings.optionalNumbers "std" "standard deviation likewise" given
            Examples =
                Settings.optionalInteger 1 Int32.MaxValue "examples" "test examples on which predictions are compared, empty for all" given
            LayerExamples = Settings.integer 0 1000000 "layer-examples" 512 "those of them on which layers are compared, 0 for none" given
            Barriers =
                match
                    Settings.choice [ "groups"; "all"; "none" ] "barriers" "groups" "pairs between which straight lines are measured" given
                with
                | "all" -> Comparison.AllPairs
                | "none" -> Comparison.NoBarriers
                | _ -> Comparison.WithinGroups
            PathExamples = Settings.count "path-examples" 10000 "examples of training and test data on lines" given
            BatchNorm =
                Settings.choice [ "stored"; "reestimated" ] "batch-norm" "stored" "statistics of batch normalizations on lines" given
            Jobs = Settings.count "jobs" Environment.ProcessorCount "threads at work" given
            Out = Settings.path "out" "results/compare" "folder of tables, figures and report" given
            Data = Datasets.settings "mnist" given
        }

    if choice.Files.IsEmpty then
        Settings.refuse [ "network"; "widths"; "mean"; "std" ] "beside files=, whose network it describes" given
    else
        Settings.refuse [ "runs"; "where"; "at" ] "without files=, which have no plans" given

    { choice with
        By = (if choice.Files.IsEmpty || given.Texts.ContainsKey "by" then choice.By else [ "run" ])
    }

/// The files that a pattern names. Refuses one that names none.
let private filesOf (pattern: string) : string list =
    let part (text: string | null) = text |> Option.ofObj |> Option.defaultValue ""
    let name = part (Path.GetFileName pattern)
    let folder = Path.Combine(".", part (Path.GetDirectoryName pattern))

    match (if Directory.Exists folder then Directory.GetFiles(folder, name) else [||]) with
    | [||] -> raise (FileNotFoundException $"No file is named by files={ForeignText.Show pattern}.")
    | found -> found |> Array.sortWith (fun one other -> String.CompareOrdinal(one, other)) |> List.ofArray

/// Networks of other programs as runs, in a folder of their own.
let private import (choice: Choice) (data: Data.DataSplit) : string =
    let shape = data.Test.Shape

    let plan =
        NetworkSettings.plan choice.Network choice.Widths [| shape.Channels; shape.Height; shape.Width |] data.Test.Classes

    let inputs = Imports.normalization shape.Channels choice.Mean choice.Std
    let folder = Path.Combine(choice.Out, "local", "imported")

    for file in choice.Files |> List.collect filesOf do
        let run = ImportPlan.Import(folder, file, plan, true, false, Option.toObj inputs)
        run.Notes |> Seq.iter (ForeignText.OneLine >> eprintfn "%s")

    folder

/// Compares, and answers where the report is.
let run (choice: Choice) (cancellation: CancellationToken) : unit =
    Writable.folder "out" choice.Out
    let data = Datasets.load cancellation choice.Data
    let root = if choice.Files.IsEmpty then choice.Runs else import choice data
    let taken, left = Selection.select root choice.Where choice.At choice.By data
    let network = Runs.network taken[0].Run

    taken
    |> List.countBy _.Group
    |> Terminal.print [ "group"; "networks" ] (fun (group, count) -> [ ForeignText.Show group; string count ]) (fun (group, count) ->
        $"""{group}: {count} {if count = 1 then "network" else "networks"}""")

    for one in left do
        printfn "%s" (ForeignText.OneLine $"left out: {one.Name}: {one.Reason}")

    let results =
        Progress.show 1 (fun progress ->
            let settings: Comparison.Settings =
                {
                    Engines = Engines.single Engines.cpu
                    Jobs = choice.Jobs
                    Data = data
                    Examples = choice.Examples
                    LayerExamples = choice.LayerExamples
                    Barriers = choice.Barriers
                    PathExamples = choice.PathExamples
                    Statistics = LotteryTickets.statistics { Examples = None; BatchNorm = choice.BatchNorm } data.Train network
                    Kept = Path.Combine(choice.Out, "local", "kept")
                    Report = fun task finished total -> Progress.report task finished total progress
                    Cancellation = cancellation
                }

            let results = Comparison.compare settings (Array.ofList taken)
            Progress.finish "comparison" progress
            results)

    let about =
        [
            "network", network.Name
            "data", data.Name
            "networks", string taken.Length
            "groups_by", String.concat "," choice.By
            "test_examples", string (choice.Examples |> Option.map (min data.Test.Count) |> Option.defaultValue data.Test.Count)
            "layer_examples", string choice.LayerExamples
            if choice.Barriers <> Comparison.NoBarriers then
                "path_examples", string choice.PathExamples
                "batch_norm_on_lines", choice.BatchNorm
        ]

    Comparison.write choice.Out about left results
    ComparisonReport.draw choice.Out |> printfn "%s"
