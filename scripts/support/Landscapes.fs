/// The loss on a plane of parameters: what `landscape.fsx` asks for and writes.
module Scripting.Landscapes

open System
open System.IO
open System.Threading
open SparseCore.Analysis

/// What is asked for.
type Choice =
    {
        /// The runs: three for a plane, one for random directions and for a way.
        Runs: string list
        /// through, random or path.
        Kind: string
        /// The checkpoint of a run; None for the last.
        Step: int option
        /// Seed of random directions.
        Seed: int
        /// Which weights random directions move.
        Space: Planes.Space
        /// Points of a row, and rows.
        Size: int
        /// How far the grid goes beyond the networks.
        Margin: float
        /// Examples of each data set.
        Examples: int
        /// stored or reestimated.
        BatchNorm: string
        /// Longest work.
        Hours: float
        /// Threads.
        Jobs: int
        /// Where tables and figure go.
        Out: string
        /// The data.
        Data: Datasets.Choice
    }

/// How many runs a plane needs.
let private needed (kind: string) = if kind = "through" then 3 else 1

/// Declares the settings.
let settings (given: Settings.Given) : Choice =
    let choice =
        {
            Runs = Settings.texts "folders of runs" "run" "" "three runs of one network for plane=through, else one" given
            Kind =
                Settings.choice
                    [ "through"; "random"; "path" ]
                    "plane"
                    "through"
                    "the plane through three networks, along two random directions, or along one run's checkpoints"
                    given
            Step = Settings.optionalInteger 0 Int32.MaxValue "step" "which checkpoint, empty for the last" given
            Seed = Settings.integer 0 Int32.MaxValue "seed" 1 "of random directions" given
            Space =
                match
                    Settings.choice [ "mask"; "all" ] "space" "mask" "whether random directions move active weights only, or all" given
                with
                | "all" -> Planes.Everywhere
                | _ -> Planes.InMasks
            Size = Settings.integer 3 1001 "size" 41 "points of a row, and rows" given
            Margin =
                Settings.number
                    0.0
                    1000.0
                    "margin"
                    0.5
                    "how far the grid goes beyond the networks, as a share of their extent; around one network, in lengths of its weights"
                    given
            Examples = Settings.count "examples" 10000 "examples of training and test data, evenly spaced" given
            BatchNorm =
                Settings.choice
                    [ "stored"; "reestimated" ]
                    "batch-norm"
                    "reestimated"
                    "statistics of batch normalizations; the stored ones are the first network's"
                    given
            Hours = Settings.number 0.0 1e6 "hours" 2.0 "longest work that is begun" given
            Jobs = Settings.count "jobs" Environment.ProcessorCount "threads at work" given
            Out = Settings.path "out" "results/landscape" "folder of tables and figure" given
            Data = Datasets.settings "mnist" given
        }

    let found = choice.Runs.Length

    if found <> needed choice.Kind then
        given.Mistakes.Add
            $"run: expected {needed choice.Kind} folders of runs for plane={choice.Kind}, separated by commas, found {found}."

    if choice.Kind <> "random" then
        Settings.refuse [ "seed"; "space" ] $"with plane=random, found plane={choice.Kind}" given

    if choice.Kind = "path" then
        Settings.refuse [ "step" ] "without plane=path, which takes all checkpoints" given

    choice

let private planeOf (choice: Choice) (runs: Run list) : Planes.Plane * Snapshot =
    let at (run: Run) =
        match choice.Step with
        | Some step -> Runs.at step run
        | None -> Runs.last run

    let named = runs |> List.map (fun run -> run, at run)

    let method' (run: Run) =
        match run.Plan with
        | Trained plan -> plan.Method
        | _ -> run.Name

    let name index (run: Run) = if runs.Length = 1 then method' run else $"{index + 1} {method' run}"

    match choice.Kind, named |> List.mapi (fun index (run, snapshot) -> name index run, snapshot) with
    | "through", [ first; second; third ] -> Planes.through first second third, snd first
    | "random", first :: _ -> Planes.random choice.Space (uint64 choice.Seed) first, snd first
    | _, first :: _ ->
        let run = runs.Head
        Planes.along [ for step in Runs.steps run -> $"step {step}", Runs.at step run ], snd first
    | _, [] -> invalidOp "A plane without runs was not refused."

/// Evaluates the grid, writes tables and draws the figure.
let run (choice: Choice) (cancellation: CancellationToken) : unit =
    Writable.folder "out" choice.Out
    let runs = choice.Runs |> List.map Runs.load
    let plane, snapshot = planeOf choice runs
    let data = Datasets.load cancellation choice.Data
    runs |> List.choose (Runs.otherData data) |> List.iter (eprintfn "%s")
    let network = snapshot.Masks.Network

    let cells =
        Progress.show 1 (fun progress ->
            let task = $"{choice.Size} rows of {choice.Size} points"

            let settings: Landscape.Settings =
                {
                    Engines = Engines.single Engines.cpu
                    Jobs = choice.Jobs
                    Data = data
                    Inputs = snapshot.Inputs
                    Examples = choice.Examples
                    Statistics = LotteryTickets.statistics { Examples = None; BatchNorm = choice.BatchNorm } data.Train network
                    Size = choice.Size
                    Margin = choice.Margin
                    MostHours = choice.Hours
                    Kept = Path.Combine(choice.Out, "local", "kept")
                    Report =
                        fun finished total ->
                            cancellation.ThrowIfCancellationRequested()
                            Progress.report task finished total progress
                }

            let cells = Landscape.evaluate settings plane
            Progress.finish task progress
            cells)

    let about =
        [
            "network", network.Name
            "data", data.Name
            "runs", runs |> List.map _.Name |> String.concat ", "
            "examples", string choice.Examples
            "space",
            (if choice.Kind = "random" && choice.Space = Planes.Everywhere then
                 "all weights"
             else
                 "weights in the masks")
            if network.Norms.Count > 0 then
                "batch_norm", choice.BatchNorm
        ]

    Landscape.write choice.Out about plane cells
    Landscape.draw choice.Out |> printfn "%s"
