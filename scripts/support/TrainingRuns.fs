/// Makes runs for a script: side by side, with a display, failures listed at the end.
module Scripting.TrainingRuns

open System
open System.Threading
open SparseCore.Data
open SparseCore.Plans
open SparseCore.Recipes
open SparseCore.RunFolders
open SparseCore.Training

/// Makes runs by these engines under a folder.
let executorBy (engines: SparseCore.Engine.IEngineFactory) (runsFolder: string) (data: DataSplit) = RunExecutor(runsFolder, data, engines)

/// Makes runs by the toolkit's own engine, on one thread each, under a folder.
let executor (runsFolder: string) (data: DataSplit) = executorBy (Engines.single Engines.cpu) runsFolder data

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
        member _.Warned(_, message) = Progress.note $"warning: {message}" progress
    }

/// What the display is told of a run; a finished one is no work.
let private planned (executor: RunExecutor) (run: PlannedRun) : Progress.Planned =
    let work = if executor.IsFinished run.Plan then fun _ -> 0.0 else RunCost(run).OfFirst

    { Name = run.Plan.FolderName; Steps = run.Plan.Steps; Work = work }

/// Makes the runs and all they derive from, `jobs` at a time; finished ones are only counted. Answers the runs that failed.
let tryMake (executor: RunExecutor) (jobs: int) (cancellation: CancellationToken) (runs: PlannedRun seq) : FailedRun list =
    let all = PlannedRun.WithParents runs

    if all |> Seq.forall (fun run -> executor.IsFinished run.Plan) then
        Console.Error.WriteLine $"all {all.Count} runs were found finished"
        []
    else
        Writable.folder "runs" executor.Root
        let runs = all |> Seq.map (planned executor) |> List.ofSeq

        Progress.showPlanned runs (fun progress -> RunGraph.Execute(all, executor, jobs, display progress, cancellation) |> List.ofSeq)

/// Ends the script with an error that lists the failed runs, if there are any.
let raiseIfAny (failed: FailedRun list) : unit =
    if not failed.IsEmpty then
        let lines = failed |> List.map (fun run -> $"{run.Plan.FolderName}: {run.Reason}")
        raise (TrainingException($"""{failed.Length} {if failed.Length = 1 then "run" else "runs"} could not be made:""", lines))

/// Makes the runs and all they derive from; ends with an error that lists the failed ones, after all others are made.
let make (executor: RunExecutor) (jobs: int) (cancellation: CancellationToken) (runs: PlannedRun seq) : unit =
    runs |> tryMake executor jobs cancellation |> raiseIfAny

/// Makes groups of runs, one run a seed, and answers one metric of each as curves of (step, value), a group's name before its seeds.
let curves
    (executor: RunExecutor)
    (jobs: int)
    (cancellation: CancellationToken)
    (metric: string)
    (groups: (string * PlannedRun list) list)
    : (string * (int * float)[][]) list =
    groups |> List.collect snd |> make executor jobs cancellation

    [
        for name, runs in groups ->
            name, [| for run in runs -> Analysis.Runs.load (executor.PathOf run.Plan) |> Analysis.Runs.metric metric |]
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

    [ for metric, value in last -> line metric (sprintf "%g" (Analysis.Numbers.withoutNegativeZero value)) ]
    @ [ line "seconds" (sprintf "%.1f" seconds) ]
