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

Program.run (fun cancellation ->
    let has (name: string) (folder: string) = File.Exists(Path.Combine(folder, name))
    // Links are not followed: one that leads back would never end.
    let below = EnumerationOptions(RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint)
    let folders = Directory.GetDirectories(settings.Results, "*", below) |> Array.sort

    for folder in folders do
        cancellation.ThrowIfCancellationRequested()

        if has "table3.csv" folder && has "about.csv" folder then
            printfn "%s" (LotteryReport.draw folder)
        elif has "runs.csv" folder && has "about.csv" folder then
            printfn "%s" (ReproductionReport.draw folder))
#endif
