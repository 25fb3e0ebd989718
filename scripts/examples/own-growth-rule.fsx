// A growth rule of your own against RigL and SET. Nothing in the toolkit has to change: the rule is the value `fairGradient` below.
// Inputs: the data. Outputs: run folders, test accuracies on the terminal, and own-growth-rule.svg in out=. Under a minute.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open Analysis
open Analysis.Figures
open SparseCore.Connectivity
open SparseCore.Data
open SparseCore.Recipes
open Scripting

/// RigL's gradient, divided by the root of the inputs a neuron has already: new connections spread over the neurons of a layer.
let fairGradient =
    { new IGrowthScore with
        member _.Name = "fair-gradient"
        member _.Signal = GrowthSignal.Gradient

        member _.Score(context, layer) =
            let fanIn = context.Network.Layers[layer].FanIn
            let inputs = context.Masks[layer].ActiveIndices() |> Array.countBy (fun index -> index / fanIn) |> dict
            let active neuron = if inputs.ContainsKey neuron then inputs[neuron] else 0

            context.Signal.Weights(layer).ToArray()
            |> Array.mapi (fun index gradient -> abs gradient / sqrt (1.0f + float32 (active (index / fanIn))))
    }

let settings =
    Settings.orExit "Compares a growth rule of your own with RigL and SET." fsi.CommandLineArgs (fun given ->
        {|
            Sparsity = Settings.fraction "sparsity" 0.98 "fraction of weights that are zero" given
            Seeds = Settings.count "seeds" 3 "runs of each rule" given
            Steps = Settings.count "steps" 2000 "length of every run" given
            Jobs = Settings.count "jobs" System.Environment.ProcessorCount "runs side by side" given
            Data = Settings.path "data" "data/mnist" "folder with the four files of MNIST, plain or gzipped" given
            Runs = Settings.path "runs" "results/runs" "folder of the runs" given
            Out = Settings.path "out" "results/examples" "folder of the figure" given
        |})

Program.run (fun cancellation ->
    let data = Mnist.Load settings.Data
    let recipe = Recipe(RecipeSettings.Paper(data, "lenet5", sparsity = settings.Sparsity, steps = settings.Steps))
    let executor = Training.executor settings.Runs data [ fairGradient ]

    let rules =
        [
            for name, growth in [ "set", "random"; "rigl", "gradient"; "fair", fairGradient.Name ] ->
                name,
                [
                    for seed in 1 .. settings.Seeds -> recipe.Dynamic(name, growth, InitializerName.NeuronScaled, recipe.Prune seed, seed)
                ]
        ]

    rules |> Seq.collect snd |> Training.make executor settings.Jobs cancellation

    let curves =
        [
            for name, runs in rules -> name, [| for run in runs -> Runs.load (executor.PathOf run.Plan) |> Runs.metric "test_accuracy" |]
        ]

    for name, seeds in curves do
        printfn "%-5s %.2f%%" name (100.0 * (seeds |> Array.averageBy (Array.last >> snd)))

    curves
    |> List.mapi (fun index (name, seeds) ->
        seeds |> Seq.concat |> Seq.map (fun (step, accuracy) -> float step, accuracy) |> Curves.meanLine 0.8 (style index) name)
    |> panel (axis "step") (axis "test accuracy (fraction)")
    |> single
        "own-growth-rule"
        "Three growth rules of dynamic sparse training"
        $"LeNet5 on {data.Name}, {settings.Seeds} seeds, mean and 80%% interval"
        "Test accuracy while training."
    |> Svg.write settings.Out
    |> printfn "%s")
#endif
