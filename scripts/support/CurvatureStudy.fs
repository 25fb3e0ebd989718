/// The paper's claim about curvature, tried: spectra of five methods along training and on the sides of their mask updates.
module Scripting.CurvatureStudy

open System
open System.Collections.Concurrent
open System.IO
open System.Threading
open System.Threading.Tasks
open SparseCore.Analysis
open SparseCore.Curvature
open SparseCore.Data
open SparseCore.Plans
open SparseCore.Recipes

/// What is asked for.
type Choice =
    {
        /// Runs of each method.
        Seeds: int
        /// Length of every run.
        Length: int option
        /// Hidden widths of LeNet5.
        Widths: int array option
        /// Steps at which every method is looked at.
        Moments: int array option
        /// Steps of mask updates that are looked at from three sides.
        Updates: int array option
        /// The first so many training examples.
        Examples: int
        /// Steps of mask updates that one run of each method also shows over all training examples.
        FullUpdates: int array option
        /// Spectra side by side.
        Jobs: int
        /// Folder of the runs.
        Runs: string
        /// How it is shared.
        Sharing: Sharing.Choice
        /// Where tables, figures and report go.
        Out: string
        /// The data.
        Data: Datasets.Choice
        /// The command line, for the record of what made the tables.
        Arguments: string array
    }

/// Names of the settings that belong to the study alone.
let names = Array.append ("seeds length widths moments updates full-updates jobs runs".Split ' ') Sharing.names

/// By the plan's name, with the initializer that the paper's plus sign stands for.
let private methods =
    [
        "rigl", InitializerNames.NeuronScaled
        "set", InitializerNames.NeuronScaled
        "rigl-inverted", InitializerNames.Dense
        "scratch", InitializerNames.NeuronScaled
        "lottery", InitializerNames.Dense
    ]

/// Those of the authors' code: every 100 steps while masks change most, then every 500.
let private usualMoments (length: int) =
    [ 0 ] @ [ 100..100..2000 ] @ [ 2500..500..length ] @ [ length ]
    |> List.filter (fun step -> step <= length)
    |> List.distinct

/// Those of the authors' code.
let private usualUpdates = [ 100; 200 ] @ [ 500..500..11500 ]

/// Some of those: a spectrum over all training examples takes as long as thirty over 1,000.
let private usualFullUpdates = [ 100; 500; 1000; 2000; 4000; 6000; 8000; 11500 ]

/// One spectrum: of a run, at a checkpoint or on a side of its mask update, over the first so many training examples.
type private Point = { Plan: TrainingPlan; Step: int; Side: Side option; Examples: int }

/// What a spectrum costs, in examples: its eigenvalues, and the double network's gradient, take as long as some hundred examples.
let private cost (point: Point) = point.Examples + 500

/// The mask updates that are looked at: those asked for, or of the usual ones those that the run has; the first and the last of a run that has none of them.
let private updatesOf (choice: Choice) (plan: TrainingPlan) : int list =
    match choice.Updates, plan.Connectivity.MasksGrow with
    | _, false -> []
    | Some given, true -> given |> Array.distinct |> Array.sort |> List.ofArray
    | None, true ->
        let all = plan.Connectivity.UpdateSteps plan.Steps |> List.ofSeq

        match usualUpdates |> List.filter (fun step -> List.contains step all) with
        | [] -> [ List.head all; List.last all ] |> List.distinct
        | usual -> usual

let private recipe (data: DataSplit) (choice: Choice) =
    Recipe(
        Experiment(data, "lenet5", Preset = Preset.Paper, Steps = Option.toNullable choice.Length, Widths = Option.toObj choice.Widths)
            .Settings()
    )

/// A run that saves what is looked at, and what that is.
type private Planned = { Run: PlannedRun; Points: Point list }

let private planned (choice: Choice) (all: int) (recipe: Recipe) : Planned list =
    let length = recipe.Settings.Steps

    let moments =
        choice.Moments
        |> Option.map (List.ofArray >> List.distinct)
        |> Option.defaultValue (usualMoments length)
        |> List.filter (fun step -> step <= length)

    let fullUpdates =
        choice.FullUpdates
        |> Option.map (List.ofArray >> List.distinct)
        |> Option.defaultValue (if choice.Examples < all then usualFullUpdates else [])

    [
        for method, initializer in methods do
            for seed in 1 .. choice.Seeds do
                let run = Methods.Plan(recipe, method, initializer, seed, seed)
                let updates = updatesOf choice run.Plan
                let full = if seed = 1 then updates |> List.filter (fun step -> List.contains step fullUpdates) else []
                let plan = run.Plan.SavingUpdates(Array.ofList updates).SavingAt moments
                let at step side examples = { Plan = plan; Step = step; Side = side; Examples = examples }

                {
                    Run = PlannedRun(plan, run.Parents)
                    Points =
                        [
                            for step in moments |> List.except updates do
                                at step None choice.Examples
                            for step in updates do
                                for side in Updates.sides do
                                    at step (Some side) choice.Examples
                            for step in full do
                                for side in Updates.sides do
                                    at step (Some side) all
                        ]
                }
    ]

/// Computes a spectrum unless its tables are there already: the summary is written last.
let private compute (choice: Choice) (cancellation: CancellationToken) (data: DataSplit) (point: Point) : SpectrumTable.Summary * string =
    let side = point.Side |> Option.map Updates.nameOf |> Option.defaultValue "checkpoint"
    let name = $"{point.Plan.FolderName}-{point.Step:D6}-{side}-{point.Examples}"
    let folder = Path.Combine(choice.Out, Lineage.localFolder, "points")
    let path ending = Path.Combine(folder, name + ending)
    let summaryPath, spectrumPath = path "-summary.csv", path "-spectrum.csv"

    let computed () =
        let run = Runs.load (Path.Combine(choice.Runs, point.Plan.FolderName))

        let snapshot =
            match point.Side with
            | Some side -> Updates.at (Engines.single Engines.cpu) data side point.Step run
            | None -> Runs.at point.Step run

        let options = { Spectra.defaults with Examples = point.Examples; Threads = 1 }
        let spectrum = Spectra.compute options cancellation data.Train (Coordinates.Active snapshot.Masks) snapshot
        let summary = SpectrumTable.summary run point.Side spectrum
        Directory.CreateDirectory folder |> ignore
        Columns.write spectrumPath SpectrumTable.columns (SpectrumTable.rows run point.Side spectrum)
        Columns.write summaryPath SpectrumTable.summaryColumns [ summary ]
        summary

    Columns.kept summaryPath SpectrumTable.summaryColumns |> Array.tryExactlyOne |> Option.defaultWith computed, spectrumPath

/// The last test accuracy of a run, per cent.
let private accuracy (choice: Choice) (planned: Planned) : string =
    let run = Runs.load (Path.Combine(choice.Runs, planned.Run.Plan.FolderName))
    Runs.metric "test_accuracy" run |> Array.last |> snd |> (*) 100.0 |> Numbers.decimals 2

/// Trains what is missing, computes the spectra that are missing, and writes tables, figures and report.
let run (choice: Choice) (cancellation: CancellationToken) : unit =
    Writable.folder "out" choice.Out
    let data = Datasets.load cancellation choice.Data
    let recipe = recipe data choice
    let planned = planned choice data.Train.Count recipe
    let maker = TrainingRuns.maker choice.Jobs choice.Sharing choice.Runs data
    let executor = maker.Executor
    let runs = planned |> List.map _.Run
    TrainingRuns.make maker cancellation runs

    let points = planned |> List.collect _.Points |> Array.ofList

    // The longest first, so that none is begun when all others are done.
    let inTurn = Array.indexed points |> Array.sortByDescending (fun (_, point) -> point.Examples)
    let results = Array.zeroCreate points.Length
    let total, finished = Array.sumBy (cost >> int64) points, ref 0L
    let thousandths () = int (1000L * Interlocked.Read &finished.contents / total)

    Progress.show 1 (fun progress ->
        let task = $"{points.Length} spectra"
        Progress.report task 0 1000 progress
        let options = ParallelOptions(MaxDegreeOfParallelism = choice.Jobs, CancellationToken = cancellation)

        Parallel.ForEach(
            Partitioner.Create(inTurn, EnumerablePartitionerOptions.NoBuffering),
            options,
            fun (index, point) ->
                results[index] <- compute choice cancellation data point
                Interlocked.Add(&finished.contents, int64 (cost point)) |> ignore
                Progress.report task (thousandths ()) 1000 progress
        )
        |> ignore

        Progress.finish task progress)

    // All eigenvalues of one run of each method, at the first and the last of its updates.
    let shown =
        planned
        |> List.distinctBy _.Run.Plan.Method
        |> List.collect (fun planned ->
            match planned.Points |> List.filter _.Side.IsSome |> List.map _.Step with
            | [] -> []
            | steps -> [ planned.Run.Plan.Hash, List.min steps; planned.Run.Plan.Hash, List.max steps ])

    let eigenvalues =
        Array.zip points results
        |> Array.filter (fun (point, _) ->
            point.Side.IsSome && point.Examples = choice.Examples && List.contains (point.Plan.Hash, point.Step) shown)
        |> Array.collect (fun (_, (_, path)) -> Columns.read path SpectrumTable.columns)

    let sparsity = Numbers.text "0.##" (100.0 * recipe.Settings.Sparsity)
    let inOut name = Path.Combine(choice.Out, name)
    Columns.write (inOut "summary.csv") SpectrumTable.summaryColumns (results |> Array.map fst)
    Columns.write (inOut "spectrum.csv") SpectrumTable.columns eigenvalues

    Columns.write
        (inOut "about.csv")
        Columns.facts
        [
            "network", recipe.Settings.Network.Name
            "data", data.Name
            "sparsity", $"{sparsity}%%"
            "steps", string recipe.Settings.Steps
            "seeds", string choice.Seeds
            "examples", string choice.Examples
            "all_examples", string data.Train.Count
            "classes", string data.Train.Classes
            for method, own in planned |> List.groupBy _.Run.Plan.Method do
                CurvatureReport.accuracyFact method, own |> List.map (accuracy choice) |> String.concat ", "
            "loss", "mean cross-entropy over the first training examples, without L2"
            "rows", "active weights and all biases"
        ]

    ExperimentFacts.record executor (ExperimentFacts.made choice.Arguments executor runs) choice.Out runs
    CurvatureReport.draw choice.Out |> printfn "%s"
