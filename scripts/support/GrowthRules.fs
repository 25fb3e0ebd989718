/// Growth rules beside SET and RigL: sparse LeNet5 on small images, the same settings and seeds for all.
module Scripting.GrowthRules

open System
open System.Threading
open SparseCore.Analysis
open SparseCore.Recipes

/// How rules are compared.
type Choice =
    {
        /// Fraction of weights that are zero.
        Sparsity: float
        /// Runs of each rule.
        Seeds: int
        /// Length of every run.
        Steps: int
        /// Which data.
        Data: Datasets.Choice
        /// Folder of the runs.
        Runs: string
        /// How it is shared.
        Sharing: Sharing.Choice
    }

/// Declares sparsity=, seeds=, steps=, dataset=, data=, classes=, runs= and how it is shared.
let settings (given: Settings.Given) : Choice =
    {
        Sparsity = Settings.fraction "sparsity" 0.98 "fraction of weights that are zero" given
        Seeds = Settings.count "seeds" 3 "runs of each rule" given
        Steps = Settings.count "steps" 2000 "length of every run" given
        Data = Datasets.smallSettings given
        Runs = Settings.path "runs" "results/runs" "folder of the runs" given
        Sharing = Sharing.settings given
    }

let private maker (choice: Choice) = TrainingRuns.maker Environment.ProcessorCount choice.Sharing choice.Runs

/// Where figures go.
let private figures = Paths.fromRoot "results/examples"

/// Trains SET, RigL and the registered rules of these names, and answers test accuracy while training as curves of (step, fraction): a rule's name before its seeds.
let accuracies (choice: Choice) (cancellation: CancellationToken) (rules: string list) : (string * (int * float)[][]) list =
    Writable.folder "out" figures
    let data = Datasets.load cancellation choice.Data
    let recipe = Recipe(Experiment(data, "lenet5", Sparsity = choice.Sparsity, Steps = choice.Steps).Settings())

    let runs (method: string) (growth: string) =
        [
            for seed in 1 .. choice.Seeds -> recipe.Dynamic(method, growth, InitializerNames.NeuronScaled, recipe.Prune seed, seed)
        ]

    [ "set", "random"; "rigl", "gradient" ] @ [ for rule in rules -> rule, rule ]
    |> List.map (fun (method, growth) -> method, runs method growth)
    |> TrainingRuns.curves (maker choice data) cancellation "test_accuracy"

/// Trains registered methods from the neuron-scaled initialization, and answers test accuracy while training as curves of (step, fraction): a method's name before its seeds.
let methods (choice: Choice) (cancellation: CancellationToken) (names: string list) : (string * (int * float)[][]) list =
    Writable.folder "out" figures
    let data = Datasets.load cancellation choice.Data
    let recipe = Recipe(Experiment(data, "lenet5", Sparsity = choice.Sparsity, Steps = choice.Steps).Settings())

    [
        for name in names ->
            name, [ for seed in 1 .. choice.Seeds -> Methods.Plan(recipe, name, InitializerNames.NeuronScaled, seed, seed) ]
    ]
    |> TrainingRuns.curves (maker choice data) cancellation "test_accuracy"

/// Prints mean and deviation of every group's last test accuracy, and draws all accuracies while training as results/examples/<name>.svg, whose path it prints.
let draw (choice: Choice) (name: string) (title: string) (groups: (string * (int * float)[][]) list) : unit =
    for group, mean, deviation in Curves.ends groups do
        printfn "%-14s %.4f ± %.4f" group mean deviation

    let subtitle = $"LeNet5, %g{100.0 * choice.Sparsity}%% sparse; mean and 80%% interval"

    groups |> Curves.figure name title subtitle "test accuracy (fraction)" |> Svg.write figures |> printfn "%s"
