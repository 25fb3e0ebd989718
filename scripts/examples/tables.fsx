// How good is each method at each sparsity? Runs as a Deedle frame: grouped, and laid out as the paper's Table 1. A script to copy.
// Inputs: a table of runs, or a folder of finished runs (runs=). Outputs: two tables on the terminal, mean ± population deviation. Seconds.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"
#r "Deedle.dll"

open SparseCore.Analysis
open Deedle
open Scripting
open SparseCore.Recipes

let settings =
    Settings.orExit "Groups runs by method and sparsity." fsi.CommandLineArgs (fun given ->
        {|
            Table = Settings.path "table" "results/reproduce-mnist/runs.csv" "a table of runs" given
            Runs = Settings.optionalPath "runs" "a folder of runs, read instead of the table" given
            Initializer =
                Settings.choice (List.ofSeq InitializerNames.All) "initialiser" "dense" "of the runs that drew their weights" given
        |})

let print (frame: Frame<'row, string>) = Frames.toTable "runs" frame |> Tables.toMarkdown [ "sparsity"; "count" ] |> printfn "%s"

Program.run (fun _ ->
    let runs, accuracy =
        match settings.Runs with
        | Some folder -> Frames.runs folder |> Frames.where "status" ((=) "finished") |> Frame.indexRowsOrdinally, "test_accuracy"
        | None -> Frames.read settings.Table, "last_accuracy"

    let means =
        runs
        |> Frames.where "initialiser" (fun name -> name = settings.Initializer || name = "")
        |> Frames.means [ "method"; "sparsity" ] accuracy
        |> Frames.percent "accuracy"

    means |> Frame.sliceCols [ "method"; "sparsity"; "count"; "accuracy" ] |> print
    means |> Frames.pivot "method" "sparsity" "accuracy" |> print)
#endif
