// Are the runs what they say they are? Re-checks hashes, counts, zeros, lineage, first states, mask histories and metrics of run folders.
// Inputs: run folders, the data. Outputs: a line each, "ok <folder>" (every check was made), "unchecked <folder>: <what, and why>" (nothing is
// off, but some of it could not be checked: other data, a missing parent, an imported network) or "FAILED <folder>: <file>: <layer>: expected
// ..., found ...". Exit code 0 when all are ok, 1 when one failed, 3 when none failed but one is unchecked.
// About a second a run; with replay=true, which trains every run again from each checkpoint to the next, as long as training took. What
// cannot be trained again then fails. What verification finds and what it cannot find: results/verification/tamperings.md.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open System
open SparseCore.RunFolders
open SparseCore.Plans
open SparseCore.Training
open SparseCore.Verification
open Scripting

let title =
    "Re-checks run folders. Exit code: 0 all are ok, 1 one is not as it should be, 3 one could not be checked in full."

let settings =
    Settings.orExit title fsi.CommandLineArgs (fun given ->
        {|
            Runs = Settings.path "runs" "results/runs" "folder of the runs, or one run" given
            Data = Datasets.settings "mnist" given
            Replay = Settings.flag "replay" false "train again from every checkpoint to the next, in memory, and compare the bits" given
            Engine = Engines.settings given
            Threads =
                Settings.integer
                    1
                    512
                    "threads"
                    1
                    "threads of one check; engine=torch repeatable=false gives the bits of as many threads"
                    given
            Jobs = Settings.integer 1 512 "jobs" Environment.ProcessorCount "runs checked side by side" given
        |})

Program.run (fun cancellation ->
    let folders = RunFolder.ListForVerification settings.Runs

    if folders.Count = 0 then
        raise (TrainingException $"{settings.Runs}: expected run folders, found none. Name the folder of the runs (runs=...).")

    let data = Datasets.load cancellation settings.Data

    let engines = settings.Engine |> Engines.onThreads settings.Threads

    let code, sentence =
        folders
        |> RunChecks.verifications engines data settings.Replay settings.Jobs cancellation
        |> RunChecks.print folders.Count
        |> RunChecks.verdict

    eprintfn "%s" sentence

    if code <> 0 then
        exit code)
#endif
