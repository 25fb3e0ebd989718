// The straight line between two trained networks: is there a barrier? A script to copy.
// Inputs: two run folders with one network. Outputs: a table on the terminal and line.svg in out=.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open Analysis
open Analysis.Figures
open SparseCore.Data
open Scripting

let settings =
    Settings.orExit "Walks the line between the ends of two runs." fsi.CommandLineArgs (fun given ->
        {|
            First = Settings.requiredPath "first" "a run's folder, alpha 0" given
            Second = Settings.requiredPath "second" "another run's folder, alpha 1" given
            Data = Settings.path "data" "data/mnist" "folder with the four files of MNIST, plain or gzipped" given
            Out = Settings.path "out" "results/examples" "folder of the figure" given
        |})

Program.run (fun _ ->
    let test = (Mnist.Load settings.Data).Test
    let first, second = Runs.last (Runs.load settings.First), Runs.last (Runs.load settings.Second)
    let path = Interpolation.between first second |> Interpolation.evaluate System.Environment.ProcessorCount test
    let alphas, losses = path |> Array.map (fun place -> place.Alpha, place.Value.Loss) |> Array.unzip

    Array.iter2 (printfn "%5.2f  %.4f") alphas losses
    printfn "barrier %.4f nats" (Interpolation.barrierHeight alphas losses)

    panel (axis "α") (axis "test loss (nats)") [ line (style 0) "" alphas losses ]
    |> single "line" "Test loss on the straight line between two networks" "" "Mean cross-entropy at 29 places of the line."
    |> Svg.write settings.Out
    |> printfn "%s")
#endif
