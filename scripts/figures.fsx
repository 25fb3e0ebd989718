// Draws every figure and report again from the committed tables, without training; equal tables give equal files.
// Inputs: the folders in out=. Outputs: SVGs, interactive pages and reports in the same folders. Takes seconds.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open System.IO
open Analysis
open Scripting

let settings =
    Settings.orExit "Draws all figures again from the tables." fsi.CommandLineArgs (fun given ->
        {| Results = Settings.path "results" "results" "folder whose subfolders hold the tables" given |})

Program.run (fun _ ->
    let has (name: string) (folder: string) = File.Exists(Path.Combine(folder, name))
    let folders = Directory.GetDirectories(settings.Results, "*", SearchOption.AllDirectories) |> Array.sort

    for folder in folders do
        if has "table3.csv" folder && has "about.csv" folder then
            printfn "%s" (LotteryReport.draw folder)
        elif has "runs.csv" folder && has "about.csv" folder then
            printfn "%s" (ReproductionReport.draw folder))
#endif
