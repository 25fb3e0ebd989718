// Makes the runs of a script with many workers: tasks of a Slurm array on the nodes of a cluster, or processes on this machine.
//   sweep.fsx reproduce-mnist seeds=20 workers=16 time=4:00:00 sbatch="--partition=short --mem=4G"
//   sweep.fsx analyze-lt workers=local:2
//   sweep.fsx status | cancel | resubmit runs=results/runs
// Inputs: the script's own. Outputs: its runs and its report; the sweep's files in the folder of runs, sweeps/. See docs/guides/clusters.md.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open Scripting

let typed = fsi.CommandLineArgs |> List.ofArray |> List.skip 1

/// Reads settings that are typed behind a word.
let read title (arguments: string list) declare = Settings.orExit title (Array.ofList (fsi.CommandLineArgs[0] :: arguments)) declare

let begins =
    "Makes the runs of a script with many workers: sweep.fsx SCRIPT key=value ..., with the script's settings and these"

match typed with
| "status" :: rest ->
    let runs = read "Says how far the sweeps of a folder of runs came: sweep.fsx status" rest Sweeps.verbSettings
    Program.run (fun _ -> Sweeps.status runs)
| "cancel" :: rest ->
    let runs = read "Cancels the jobs of the sweeps of a folder of runs: sweep.fsx cancel" rest Sweeps.verbSettings
    Program.run (fun _ -> Sweeps.cancel runs)
| "resubmit" :: rest ->
    let runs = read "Submits the jobs of the sweeps of a folder of runs again: sweep.fsx resubmit" rest Sweeps.verbSettings
    Program.run (fun _ -> Sweeps.resubmit runs)
| name :: rest when name <> "help" && not (name.Contains '=') ->
    let own, script = Sweeps.split rest
    let choice = read begins own Sweeps.settings
    Program.run (Sweeps.start name script choice)
| _ ->
    let choice = read begins typed Sweeps.settings
    ignore choice
    eprintfn "expected a script's name, or status, cancel or resubmit, before the settings; see: dotnet fsi scripts/sweep.fsx help"
    exit 2
#endif
