// The loss on the straight line between two trained networks: is there a barrier? A script to copy.
// Inputs: two run folders of one network, and the data. Outputs: a table on the terminal and results/examples/line.svg.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open SparseCore.Analysis
open SparseCore.Data
open Scripting

let settings =
    Settings.orExit "Walks the line between the ends of two runs." fsi.CommandLineArgs (fun given ->
        {|
            First = Settings.requiredPath "first" "a run's folder, alpha 0" given
            Second = Settings.requiredPath "second" "another run's folder, alpha 1" given
            Paths = LotteryTickets.pathSettings given
            Engine = Engines.settings given
            Data = Datasets.settings "mnist" given
        |})

Program.run (fun cancellation ->
    Writable.folder "out" (Paths.fromRoot "results/examples")
    let data = Datasets.load cancellation settings.Data
    let runs = [ settings.First; settings.Second ] |> List.map Runs.load
    runs |> List.choose (Runs.otherData data) |> List.iter (eprintfn "%s")
    let first, second = Runs.last runs[0], Runs.last runs[1]
    let network = first.Masks.Network
    let statistics = LotteryTickets.statistics settings.Paths data.Train network
    let test = SpreadDataset.Of(data.Test, LotteryTickets.examples settings.Paths network |> Option.toNullable)

    let alphas, losses =
        Interpolation.between first second |> Interpolation.losses (Engines.single settings.Engine) statistics test

    let nats = Numbers.decimals 4
    Array.iter2 (fun alpha loss -> printfn "%5s  %s nats" (Numbers.decimals 2 alpha) (nats loss)) alphas losses
    printfn "barrier %s nats" (nats (Interpolation.barrierHeight alphas losses))
    let notes = Interpolation.notes statistics network
    notes |> List.iter (printfn "%s")
    Curves.lossRange alphas losses |> Option.iter (fun _ -> printfn "%s" Curves.cutNote)

    Curves.alongLine "line" "Test loss between two networks" "test loss (nats)" notes alphas losses
    |> Svg.write (Paths.fromRoot "results/examples")
    |> printfn "%s")
#endif
