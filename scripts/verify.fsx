// Are the runs what they say they are? Re-checks hashes, counts, zeros, lineage, first states, mask histories and metrics of run folders.
// Inputs: run folders, the data. Outputs: a line each, "ok <folder>" or "FAILED <folder>: <file>: <layer>: expected ..., found ...".
// About a second a run; with replay=true, which trains every run again from each checkpoint to the next, as long as training took.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open System
open SparseCore.Runs
open SparseCore.Training
open Scripting

let settings =
    Settings.orExit "Re-checks run folders; exits with 1 when one is not as it should be." fsi.CommandLineArgs (fun given ->
        {|
            Runs = Settings.path "runs" "results/runs" "folder of the runs, or one run" given
            Data = Datasets.settings "mnist" given
            Replay = Settings.flag "replay" false "train again from every checkpoint to the next, in memory, and compare the bits" given
            Jobs = Settings.integer 1 512 "jobs" Environment.ProcessorCount "runs checked side by side" given
        |})

Program.run (fun cancellation ->
    let folders = RunFolder.ListForVerification settings.Runs

    if folders.Count = 0 then
        raise (TrainingException $"{settings.Runs}: expected run folders, found none. Name the folder of the runs (runs=...).")

    let data = Datasets.load cancellation settings.Data
    let failed = Training.verify data settings.Replay settings.Jobs cancellation (printfn "%O") folders

    if failed > 0 then
        raise (TrainingException $"{failed} of {folders.Count} runs are not as they should be."))
#endif
