// The loss on the straight line between two trained networks: is there a barrier? A script to copy.
// Inputs: two run folders of one network, and the data. Outputs: a table on the terminal and results/examples/line.svg.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open Analysis
open Scripting

let settings =
    Settings.orExit "Walks the line between the ends of two runs." fsi.CommandLineArgs (fun given ->
        {|
            First = Settings.requiredPath "first" "a run's folder, alpha 0" given
            Second = Settings.requiredPath "second" "another run's folder, alpha 1" given
            Data = Settings.path "data" "data/mnist" "folder with the four files of MNIST, plain or gzipped" given
        |})

Program.run (fun _ ->
    let first, second = Runs.last (Runs.load settings.First), Runs.last (Runs.load settings.Second)
    let test = SparseCore.Data.Mnist.Load(settings.Data).Test
    let alphas, losses = Interpolation.between first second |> Interpolation.losses test
    Array.iter2 (printfn "%5.2f  %.4f nats") alphas losses
    printfn "barrier %.4f nats" (Interpolation.barrierHeight alphas losses)

    Figures.curve "line" "Test loss between two networks" "α (0 = first, 1 = second)" "test loss (nats)" alphas losses
    |> Svg.write (Paths.fromRoot "results/examples")
    |> printfn "%s")
#endif
