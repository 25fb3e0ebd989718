// A network of your own, described as a graph: trained by RigL and as a lottery ticket, and analysed. Plans store the graph, so that runs open without this script.
// Inputs: the data. Outputs: run folders, test accuracies, and the loss on the line from the ticket to its pruning solution. About a minute.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open System
open SparseCore.Analysis
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Recipes
open Scripting

/// A perceptron with three hidden layers. `WideResNet.Create([| 16; 32; 64 |], 16, 2, shape, classes)` describes a wide ResNet of depth 16 in the same way.
let perceptron (data: DataSplit) =
    let hidden =
        [
            for index, width in List.indexed [ 300; 200; 100 ] do
                let source = if index = 0 then "flat" else $"relu{index}"
                Node($"fc{index + 1}", Operation.FullyConnected width, [| source |])
                Node($"relu{index + 1}", Operation.Relu(), [| $"fc{index + 1}" |])
        ]

    let nodes =
        [ Node("flat", Operation.Flatten(), [| Network.InputName |]) ]
        @ hidden
        @ [ Node("fc4", Operation.FullyConnected data.Train.Classes, [| "relu3" |]) ]

    Network("perceptron-300-200-100", data.Train.Shape, List.toArray nodes)

let settings =
    Settings.orExit "Trains a network of your own, sparse from the start and as a ticket." fsi.CommandLineArgs (fun given ->
        {|
            Sparsity = Settings.fraction "sparsity" 0.98 "fraction of weights that are zero" given
            Steps = Settings.count "steps" 2000 "length of every run" given
            Data = Datasets.smallSettings given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Sharing = Sharing.settings given
        |})

Program.run (fun cancellation ->
    let data = Datasets.load cancellation settings.Data
    let network = perceptron data |> NetworkPlan.Of
    let recipe = Recipe(Experiment(data, network, Sparsity = settings.Sparsity, Steps = settings.Steps).Settings())
    let methods = [ "baseline"; "prune"; "lottery"; "scratch"; "rigl" ]
    let runs = methods |> List.map (fun method -> Methods.Plan(recipe, method, InitializerNames.NeuronScaled, 1, 1))
    let maker = TrainingRuns.maker Environment.ProcessorCount settings.Sharing settings.Runs data
    TrainingRuns.make maker cancellation runs
    let trained = runs |> List.map (fun run -> Runs.load (maker.Executor.PathOf run.Plan))

    for method, run in List.zip methods trained do
        printfn "%-10s %.4f" method (Runs.metric "test_accuracy" run |> Array.last |> snd)

    let line = Interpolation.between (Runs.last trained[2]) (Runs.last trained[1])
    let alphas, losses = line |> Interpolation.losses (Engines.single Engines.cpu) Evaluation.Stored data.Test
    printfn "barrier from the ticket to its pruning solution: %.4f nats" (Interpolation.barrierHeight alphas losses))
#endif
