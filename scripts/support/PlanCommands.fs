/// The command that makes a run again, found from its plan: settings are proposed, and believed only where they give the plan's own hash.
module Scripting.PlanCommands

open System
open System.Text.RegularExpressions
open SparseCore
open SparseCore.Data
open SparseCore.Plans
open SparseCore.Recipes
open SparseCore.Analysis

/// What decides a run besides the data: train.fsx's settings, by their names.
type private Proposal = Map<string, string>

/// Everything in a plan that a setting of train.fsx may have decided.
let private proposal (plan: TrainingPlan) (settings: (string * string) list) : Proposal =
    let first name = Selection.valuesOf name settings |> List.tryHead

    let named (pattern: string) =
        Regex.Match(plan.Name, pattern) |> fun found -> if found.Success then Some found.Groups[1].Value else None

    let whole (path: string) = settings |> List.tryFind (fun (name, _) -> name = path) |> Option.map snd

    let initializer =
        InitializerNames.All
        |> Seq.filter (fun name -> plan.Name.Contains($"-{name}-") || plan.Name.Contains($"-{name}-seed"))
        |> Seq.sortByDescending String.length
        |> Seq.tryHead

    let sparseFirst = Selection.valuesOf "dense_layers" settings |> List.exists (fun layers -> layers = "[]")

    let list (text: string) = text.Trim('[', ']')

    // A ticket's plan names the run that its masks are from, and says their sparsity in its name alone.
    let sparsityInName =
        named @"-s(\d+(?:\.\d+)?)(?:-|$)"
        |> Option.map (fun percent -> (decimal percent / 100m).ToString Globalization.CultureInfo.InvariantCulture)

    [
        "network", Some plan.Network.Name
        "method", Some(if plan.Method = "dense" then "baseline" else plan.Method)
        "seed", named @"-seed(\d+)$"
        "solution", named @"-of-(\d+)"
        "initialiser", initializer
        "steps", Some(string plan.Steps)
        "batch", Some(string plan.BatchSize)
        "sparsity", first "sparsity" |> Option.orElse sparsityInName
        "rewind", named @"-rewind(\d+)"
        "learning-rate", whole "optimizer.learning_rate.initial"
        "l2", whole "optimizer.l2"
        "allocation", whole "mask.allocation.kind"
        "first-layer", Some(if sparseFirst then "sparse" else "dense")
        "update-interval", whole "connectivity.updates.interval"
        "regrown", first "regrown"
        "widths", whole "network.widths" |> Option.map list
    ]
    |> List.choose (fun (name, value) -> value |> Option.map (fun value -> name, value))
    |> Map

/// Settings that a command names in any case: they say what the run is.
let private essential = set [ "network"; "method"; "seed" ]

/// train.fsx's own values where a command names none.
let private usual = Map [ "solution", "1"; "initialiser", "dense"; "preset", "paper" ]

/// The plan that train.fsx makes of these settings; None where it refuses them.
let private planOf (data: DataSplit) (numerics: string option) (proposal: Proposal) : TrainingPlan option =
    let text name = Map.tryFind name proposal |> Option.orElse (Map.tryFind name usual)
    let integer name = text name |> Option.map int

    let number name =
        text name |> Option.map (fun value -> Double.Parse(value, Globalization.CultureInfo.InvariantCulture))

    try
        let settings =
            Experiment(
                data,
                proposal["network"],
                Widths = (text "widths" |> Option.map (fun widths -> widths.Split ',' |> Array.map int) |> Option.toObj),
                Sparsity = Option.toNullable (number "sparsity"),
                Steps = Option.toNullable (integer "steps"),
                RewindStep = Option.toNullable (integer "rewind"),
                Preset = (if text "preset" = Some "paper-code" then Preset.PaperCode else Preset.Paper),
                LearningRate = Option.toNullable (number "learning-rate"),
                L2 = Option.toNullable (number "l2"),
                BatchSize = Option.toNullable (integer "batch"),
                Allocation = (text "allocation" |> Option.toObj),
                FirstLayerDense = (text "first-layer" |> Option.map ((=) "dense") |> Option.toNullable),
                UpdateInterval = Option.toNullable (integer "update-interval"),
                Numerics = Option.toObj numerics,
                Regrown = (if text "regrown" = Some "reset" then Connectivity.Regrowth.Reset else Connectivity.Regrowth.Keep)
            )
                .Settings()

        let planned =
            Methods.Plan(
                Recipe settings,
                proposal["method"],
                (text "initialiser").Value,
                (integer "solution").Value,
                (integer "seed").Value
            )

        Some planned.Plan
    with
    | :? PlanException
    | :? ArgumentException
    | :? FormatException
    | :? OverflowException -> None

/// The same without what changes nothing.
let private shortened (isRight: Proposal -> bool) (proposal: Proposal) : Proposal =
    Map.keys proposal
    |> Seq.filter (essential.Contains >> not)
    |> Seq.fold
        (fun shorter name ->
            let without = Map.remove name shorter
            if isRight without then without else shorter)
        proposal

/// The mask updates that updates= must name so that a plan saves what another one does besides; None where no updates do.
let private updatesOf (wanted: TrainingPlan) (made: TrainingPlan) : int list option =
    let updates =
        [
            for before in wanted.Logging.ExtraSaves do
                if wanted.Saves(before + 1) then
                    before + 1
        ]

    try
        if made.SavingUpdates(ResizeArray updates).Hash = wanted.Hash then Some updates else None
    with :? PlanException ->
        None

/// A text as one word of a shell.
let quote (text: string) = if Regex.IsMatch(text, @"^[\w./,:=@%+-]+$") then text else "'" + text.Replace("'", "'\\''") + "'"

/// The command of train.fsx that makes a run again; or a sentence that says why there is none. `dataset` is what the command says about the data.
let find (data: DataSplit) (dataset: string list) (run: Run) : Result<string, string> =
    match run.Plan with
    | Imported _ -> Error "It was made from a file of another program: import.fsx makes it again from that file."
    | Unreadable reason -> Error $"Its plan cannot be read: {reason}"
    | Trained plan when plan.Data.ContentHash <> data.ContentHash ->
        Error
            $"It was trained on '{ForeignText.Show plan.Data.Name}' and this page was started with '{ForeignText.Show data.Name}': start it with that data (dataset=, data=) to see the command."
    | Trained plan ->
        let full = proposal plan (Selection.settingsOf run)
        let numerics = Option.ofObj plan.Numerics

        // Checkpoints that a run saves besides those of its interval change nothing else of it.
        let isRight (proposal: Proposal) =
            planOf data numerics proposal |> Option.exists (fun made -> made.SavingAt(plan.Logging.ExtraSaves).Hash = plan.Hash)

        let candidates = [ full; Map.add "preset" "paper-code" full ]

        // What a run of another length derives from its length is proposed by leaving it out.
        let derived = [ "rewind"; "update-interval"; "learning-rate"; "l2"; "allocation"; "first-layer"; "widths"; "sparsity" ]

        let subsets =
            [
                for candidate in candidates do
                    candidate
                    List.fold (fun proposal name -> Map.remove name proposal) candidate derived

                    for name in derived do
                        Map.remove name candidate
            ]

        match subsets |> List.filter (fun proposal -> proposal.ContainsKey "seed") |> List.tryFind isRight with
        | None ->
            Error
                "No settings of train.fsx give its plan: another script made it, or one that registers parts of its own. The plan itself says everything that decides it."
        | Some found ->
            let settings = shortened isRight found

            let engine =
                match numerics with
                | None -> []
                | Some name when name.Contains "repeatable" -> [ "engine=torch" ]
                | Some _ -> [ "engine=torch"; "repeatable=false" ]

            let typed =
                [ "method"; "network" ]
                @ (Map.keys settings |> Seq.filter (fun name -> name <> "method" && name <> "network") |> List.ofSeq)
                |> List.map (fun name -> $"{name}={quote settings[name]}")

            let command = String.Join(" ", [ Paths.command "train" ] @ typed @ dataset @ engine)

            match updatesOf plan (planOf data numerics settings).Value with
            | Some [] -> Ok command
            | Some updates -> Ok $"""{command} updates={String.Join(",", updates)}"""
            | None -> Error $"Another script made it, which saves more checkpoints. This trains the same: {command}"
