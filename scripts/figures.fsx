// Draws every figure and report again from the committed tables, without training; equal tables give equal files.
// Inputs: the folders in results=. Outputs: SVGs, interactive pages and reports in the same folders. Takes seconds.
// A folder whose tables cannot be drawn keeps no other from being drawn; the reasons stand at the end, and the exit code is 1.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open System
open SparseCore
open SparseCore.Analysis
open Scripting

let settings =
    Settings.orExit "Draws all figures again from the tables." fsi.CommandLineArgs (fun given ->
        {| Results = Settings.path "results" "results" "folder whose subfolders hold the tables" given |})

Program.run (fun cancellation ->
    match ResultFolders.drawAll cancellation (ForeignText.OneLine >> printfn "%s") settings.Results with
    | [] -> ()
    | failures -> raise (AggregateException failures))
#endif
