// A growth rule of your own against RigL and SET. Nothing in the toolkit has to change: the rule is the value `fairGradient` below.
// Inputs: the data. Outputs: run folders, a row of test accuracy for each rule, and results/examples/own-growth-rule.svg. Under a minute.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open Analysis
open SparseCore.Connectivity
open SparseCore.Recipes
open Scripting

/// RigL's gradient, divided by the root of the inputs a neuron has already: new connections spread over the neurons of a layer.
let fairGradient =
    { new IGrowthScore with
        member _.Name = "fair-gradient"
        member _.Signal = GrowthSignal.Gradient

        member _.Score(context, layer) =
            let gradients = context.Signal.Weights(layer).ToArray()
            Array.map2 (fun gradient fanIn -> abs gradient / sqrt (1.0f + float32 fanIn)) gradients (context.FanIns layer)
    }

let settings =
    Settings.orExit "Compares a growth rule of your own with RigL and SET." fsi.CommandLineArgs (fun given ->
        {|
            Seeds = Settings.count "seeds" 3 "runs of each rule" given
            Steps = Settings.count "steps" 2000 "length of every run" given
            Data = Settings.path "data" "data/mnist" "folder with the four files of MNIST, plain or gzipped" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
        |})

Program.run (fun cancellation ->
    let data = SparseCore.Data.Mnist.Load settings.Data
    let recipe = Recipe(RecipeSettings.Paper(data, "lenet5", sparsity = 0.98, steps = settings.Steps))
    let executor = Training.executor settings.Runs data [ fairGradient ]

    let runs name growth =
        name,
        [
            for seed in 1 .. settings.Seeds -> recipe.Dynamic(name, growth, InitializerName.NeuronScaled, recipe.Prune seed, seed)
        ]

    let curves =
        [ runs "set" "random"; runs "rigl" "gradient"; runs "fair" fairGradient.Name ]
        |> Training.curves executor System.Environment.ProcessorCount cancellation "test_accuracy"

    for name, mean, deviation in Curves.ends curves do
        printfn "%-5s %.4f ± %.4f" name mean deviation

    curves
    |> Curves.figure "own-growth-rule" "Three growth rules" "LeNet5, 98% sparse; mean and 80% interval" "test accuracy (fraction)"
    |> Svg.write (Paths.fromRoot "results/examples")
    |> printfn "%s")
#endif
