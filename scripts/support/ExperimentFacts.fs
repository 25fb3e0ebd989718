/// What experiments are and what made their runs, as facts beside tables: names and values.
module Scripting.ExperimentFacts

open System
open SparseCore.Plans
open SparseCore.Recipes
open SparseCore.RunFolders
open SparseCore.Training

/// What made the runs and what is computed from them: command, versions, machines, times. Every run's own record is in its folder.
let made (arguments: string array) (executor: RunExecutor) (runs: PlannedRun seq) : (string * string) list =
    let records =
        [
            for run in PlannedRun.WithParents runs do
                if executor.IsFinished run.Plan then
                    use folder = RunFolder.Open(executor.PathOf run.Plan)
                    yield! folder.ReadRecord() |> Option.ofObj |> Option.toList
        ]

    let distinct (text: RunRecord -> string) = records |> List.map text |> List.distinct |> String.concat "; "
    let day (time: DateTimeOffset) = time.UtcDateTime.ToString "yyyy-MM-dd HH:mm 'UTC'"

    [
        "command", Settings.command arguments
        if not records.IsEmpty then
            "runs", string records.Length
            "code_version", distinct _.CodeVersion
            "machine", distinct (fun record -> $"{record.Machine.Processor}, {record.Machine.Cores} cores, {record.Machine.Runtime}")
            "trained_from", records |> List.map _.Started |> List.min |> day
            "trained_to", records |> List.choose (fun record -> Option.ofNullable record.Finished) |> List.max |> day
            "seconds_of_all_runs", sprintf "%.0f" (records |> List.sumBy _.Seconds)
        "analysis_version", RunRecord.CurrentCodeVersion
    ]

/// Writes this machine's record of a folder's tables: facts, and what made each finished run and those it derives from.
let record (executor: RunExecutor) (made: (string * string) list) (folder: string) (runs: PlannedRun seq) : unit =
    [
        for run in PlannedRun.WithParents runs do
            if executor.IsFinished run.Plan then
                SparseCore.Analysis.Runs.load (executor.PathOf run.Plan) |> SparseCore.Analysis.Lineage.ofRun
    ]
    |> SparseCore.Analysis.Lineage.write folder made

/// What an experiment is: facts for captions, the same on every machine and at any time.
let about (recipe: Recipe) (seeds: int) : (string * string) list =
    let settings = recipe.Settings

    [
        yield! SparseCore.Analysis.Problem.facts settings.Network settings.Data settings.Sparsity
        "seeds", string seeds
        "steps", string settings.Steps
        "rewind_step", string settings.RewindStep
        "batch_size", string settings.BatchSize
        "learning_rate", sprintf "%g" settings.LearningRate
        "l2", sprintf "%g" settings.L2
        yield! settings.FewExamples |> Option.ofObj |> Option.map (fun sentence -> "few_examples", sentence) |> Option.toList
    ]
