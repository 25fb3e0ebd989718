/// Folders of results, from whose tables figures and reports are drawn.
module SparseCore.Analysis.ResultFolders

open System
open System.IO
open System.Threading
open SparseCore

/// Folders within one another; ours have two.
let private deepest = 16

/// Draws what a folder holds tables of, and returns the report's path; None for other folders.
let private draw (folder: string) =
    let has (name: string) = File.Exists(Path.Combine(folder, name))

    if has "table3.csv" && has "about.csv" then
        Some(LotteryReport.draw folder)
    elif has "runs.csv" && has "about.csv" then
        Some(ReproductionReport.draw folder)
    elif has "summary.csv" && has "spectrum.csv" && has "about.csv" then
        Some(CurvatureReport.draw folder)
    elif has "networks.csv" && has "pairs.csv" && has "about.csv" then
        Some(ComparisonReport.draw folder)
    elif has "landscape.csv" && has "places.csv" && has "about.csv" then
        Some(Landscape.draw folder)
    else
        None

/// Draws the results in all folders below one and tells the path of every report. A folder that fails keeps no other from being drawn: all failures are returned.
/// Links to folders are not followed: what they lead to lies elsewhere, or is drawn under its own name. The token stops between two folders.
let drawAll (cancellation: CancellationToken) (tell: string -> unit) (root: string) : exn list =
    let failures = ResizeArray<exn>()

    let attempt (work: unit -> unit) =
        try
            work ()
        with error when not (error :? OperationCanceledException) ->
            failures.Add error

    let rec visit (depth: int) (folder: string) =
        if depth > deepest then
            raise (
                InvalidDataException(ForeignText.OneLine $"{folder}: expected at most {deepest} folders within one another, found more.")
            )

        let below = Directory.GetDirectories folder |> Array.filter (fun path -> isNull (DirectoryInfo(path).LinkTarget))
        Array.Sort(below, StringComparer.Ordinal)

        for path in below do
            cancellation.ThrowIfCancellationRequested()
            attempt (fun () -> draw path |> Option.iter tell)
            attempt (fun () -> visit (depth + 1) path)

    attempt (fun () -> visit 0 root)
    List.ofSeq failures
