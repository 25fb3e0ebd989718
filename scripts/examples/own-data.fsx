// Sparse training on data of your own, here two spirals: a dense network, SET and RigL. Data of other names works as well: dataset=cifar10
// data=FOLDER network=resnet20 (hours; begin with steps=200 seeds=1). Inputs: none, or the data's files.
// Outputs: run folders, a row of test accuracy for each method, and results/examples/own-data.svg. Under a minute for the spirals.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open System
open SparseCore.Analysis
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Randomness
open SparseCore.Recipes
open Scripting

/// Points on two arms of one and a half turns, with some noise: rows of two numbers, and which arm they lie on.
let spirals (part: string) (count: int) =
    let stream = RandomStream(1UL, "spirals-" + part)
    let labels = Array.init count (fun example -> example % 2)

    let point (label: int) =
        let radius = 0.1 + 0.9 * sqrt (stream.NextDouble())
        let angle = Math.PI * (3.0 * radius + float label)
        [| for wave in [ cos; sin ] -> float32 (2.0 * radius * wave angle + 0.05 * stream.NextNormal()) |]

    ArrayDataset("spirals-" + part, Shape.Vector 2, 2, Array.map point labels, labels)

ignore (DataFamilies.Registry.Add("spirals", DataFamily(fun _ -> DataSplit.Of("spirals", spirals "train" 2000, spirals "test" 1000))))

let settings =
    Settings.orExit "Trains sparse networks on data of your own." fsi.CommandLineArgs (fun given ->
        {|
            Data = Datasets.settings "spirals" given
            Network = Settings.choice (List.ofSeq NetworkFamilies.Registry.Names) "network" "lenet300" "which network" given
            Sparsity = Settings.fraction "sparsity" 0.95 "fraction of weights that are zero" given
            Seeds = Settings.count "seeds" 3 "runs of each method" given
            Steps = Settings.count "steps" 2000 "length of every run" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Sharing = Sharing.settings given
        |})

Program.run (fun cancellation ->
    Writable.folder "out" (Paths.fromRoot "results/examples")
    let data = Datasets.load cancellation settings.Data
    let recipe = Recipe(Experiment(data, settings.Network, Sparsity = settings.Sparsity, Steps = settings.Steps).Settings())
    let plan method seed = Methods.Plan(recipe, method, InitializerNames.NeuronScaled, seed, seed)
    let runs = [ for method in [ "baseline"; "set"; "rigl" ] -> method, List.map (plan method) [ 1 .. settings.Seeds ] ]
    let maker = TrainingRuns.maker Environment.ProcessorCount settings.Sharing settings.Runs data
    let curves = runs |> TrainingRuns.curves maker cancellation "test_accuracy"

    Curves.ends curves |> List.iter (fun (name, mean, deviation) -> printfn "%-10s %.4f ± %.4f" name mean deviation)
    let about = $"{settings.Network} on {data.Name}, %g{100.0 * settings.Sparsity}%% sparse"

    Curves.figure "own-data" "Dense and sparse training" about "test accuracy (fraction)" curves
    |> Svg.write (Paths.fromRoot "results/examples")
    |> printfn "%s")
#endif
