/// Makes runs for a script: side by side, with a display, failures listed at the end.
module Scripting.TrainingRuns

open System
open System.Threading
open SparseCore.Data
open SparseCore.Plans
open SparseCore.Recipes
open SparseCore.RunFolders
open SparseCore.Training

/// Where and how runs are made.
type Maker =
    {
        /// Makes a run.
        Executor: RunExecutor
        /// Runs side by side.
        Jobs: int
        /// all: the script goes on when the runs are finished; runs: it ends; list: it prints them and ends.
        Make: string
    }

/// Makes runs under a folder by these engines, so many side by side.
let makerBy
    (engines: SparseCore.Engine.IEngineFactory)
    (jobs: int)
    (sharing: Sharing.Choice)
    (runsFolder: string)
    (data: DataSplit)
    : Maker =
    sharing.Grace |> Option.iter (float >> TimeSpan.FromSeconds >> Program.stopWithin)

    {
        Executor = RunExecutor(runsFolder, data, engines, Shared = Sharing.join runsFolder sharing)
        Jobs = jobs
        Make = sharing.Make
    }

/// Makes runs by the toolkit's own engine, on one thread each.
let maker (jobs: int) (sharing: Sharing.Choice) (runsFolder: string) (data: DataSplit) : Maker =
    makerBy (Engines.single Engines.cpu) jobs sharing runsFolder data

/// Steps between two reports of a run to the display.
let private reportInterval = 50

let private display (progress: Progress.Progress) =
    { new IRunProgress with
        member _.Started(plan, step) = Progress.report plan.FolderName step plan.Steps progress

        member _.Advanced(plan, step) =
            if step % reportInterval = 0 then
                Progress.report plan.FolderName step plan.Steps progress

        member _.Finished(plan, trained) =
            if trained then Progress.finish plan.FolderName progress else Progress.skip plan.FolderName progress

        member _.Failed(plan, reason) = Progress.fail plan.FolderName reason progress
        member _.Busy(plan, reason) = Progress.note $"{plan.FolderName}: {reason}" progress
        member _.Warned(_, message) = Progress.note $"warning: {message}" progress
    }

/// What the display is told of a run; a finished one is no work.
let private planned (executor: RunExecutor) (run: PlannedRun) : Progress.Planned =
    let work = if executor.IsFinished run.Plan then fun _ -> 0.0 else RunCost(run).OfFirst

    { Name = run.Plan.FolderName; Steps = run.Plan.Steps; Work = work }

/// An error that lists runs; `what` is said of one, and of many.
let private listed (one: string, many: string) (runs: FailedRun list) : exn =
    let lines = runs |> List.map (fun run -> $"{run.Plan.FolderName}: {run.Reason}")
    TrainingException((if runs.Length = 1 then $"1 run {one}:" else $"{runs.Length} runs {many}:"), lines)

/// Ends the script with an error that lists the failed runs, if there are any.
let raiseIfAny (failed: FailedRun list) : unit =
    if not failed.IsEmpty then
        raise (listed ("could not be made", "could not be made") failed)

/// A run that a script needs, as make=list prints it.
type Listed =
    {
        /// The run's folder.
        Name: string
        /// Its length.
        Steps: int
        /// What it costs in relation to others, see RunCost.
        Work: float
        /// Whether it is there.
        IsFinished: bool
    }

/// The columns of that list.
let listColumns =
    SparseCore.Analysis.Columns.ofRecord<Listed> {
        let! name = SparseCore.Analysis.Columns.text "run" _.Name
        and! steps = SparseCore.Analysis.Columns.integer "steps" _.Steps
        and! work = SparseCore.Analysis.Columns.number "work" _.Work
        and! finished = SparseCore.Analysis.Columns.truth "finished" _.IsFinished
        return { Name = name; Steps = steps; Work = work; IsFinished = finished }
    }

/// Makes the runs and all they derive from; finished ones are only counted. Answers the runs that failed. Ends the script where others are
/// still making runs after all waiting, and where nothing but runs, or their list, was wanted.
let tryMake (maker: Maker) (cancellation: CancellationToken) (runs: PlannedRun seq) : FailedRun list =
    let executor = maker.Executor
    let all = PlannedRun.WithParents runs

    if maker.Make = "list" then
        [
            for run in all ->
                {
                    Name = run.Plan.FolderName
                    Steps = run.Plan.Steps
                    Work = Math.Round(RunCost(run).Total)
                    IsFinished = executor.IsFinished run.Plan
                }
        ]
        |> SparseCore.Analysis.Columns.toTable "list" listColumns
        |> SparseCore.Analysis.Tables.toCsv
        |> Console.Out.Write

        raise Program.EarlyEnd

    let failed =
        if all |> Seq.forall (fun run -> executor.IsFinished run.Plan) then
            Console.Error.WriteLine $"all {all.Count} runs were found finished"
            []
        else
            Writable.folder "runs" executor.Root
            let runs = all |> Seq.map (planned executor) |> List.ofSeq

            let outcome =
                Progress.showPlanned runs (fun progress -> RunGraph.Share(all, executor, maker.Jobs, display progress, cancellation))

            let failed, busy = List.ofSeq outcome.Failed, List.ofSeq outcome.Busy

            if not busy.IsEmpty then
                raiseIfAny failed
                raise (Program.BusyException (listed ("is being made by others", "are being made by others") busy).Message)

            failed

    if maker.Make = "runs" then
        raiseIfAny failed
        raise Program.EarlyEnd

    failed

/// Makes the runs and all they derive from; ends with an error that lists the failed ones, after all others are made.
let make (maker: Maker) (cancellation: CancellationToken) (runs: PlannedRun seq) : unit = runs |> tryMake maker cancellation |> raiseIfAny

/// Makes groups of runs, one run a seed, and answers one metric of each as curves of (step, value), a group's name before its seeds.
let curves
    (maker: Maker)
    (cancellation: CancellationToken)
    (metric: string)
    (groups: (string * PlannedRun list) list)
    : (string * (int * float)[][]) list =
    groups |> List.collect snd |> make maker cancellation

    [
        for name, runs in groups ->
            name,
            [|
                for run in runs -> SparseCore.Analysis.Runs.load (maker.Executor.PathOf run.Plan) |> SparseCore.Analysis.Runs.metric metric
            |]
    ]

/// The preset that settings call by this name.
let preset (name: string) =
    match name with
    | "paper" -> Preset.Paper
    | "paper-code" -> Preset.PaperCode
    | _ -> raise (PlanException $"Unknown preset '{name}'. Known: paper, paper-code.")

/// The last values that a run logged, a line each.
let summary (executor: RunExecutor) (run: PlannedRun) : string list =
    use folder = RunFolder.Open(executor.PathOf run.Plan)

    let last =
        MetricsFile.Read folder.MetricsPath
        |> Seq.filter (fun row -> row.Step = run.Plan.Steps)
        |> Seq.map (fun row -> row.Metric, row.Value)

    let seconds = folder.ReadRecord() |> Option.ofObj |> Option.map _.Seconds |> Option.defaultValue nan
    let line (name: string) (value: string) = name.PadRight 26 + value

    [ for metric, value in last -> line metric (sprintf "%g" (SparseCore.Analysis.Numbers.withoutNegativeZero value)) ]
    @ [ line "seconds" (sprintf "%.1f" seconds) ]
