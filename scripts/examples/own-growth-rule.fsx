// A growth rule of your own against RigL and SET. Nothing in the toolkit has to change: the rule is the value `fairGradient` below.
// Inputs: the data. Outputs: run folders, a row of test accuracy for each rule, and results/examples/own-growth-rule.svg. Under a minute.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open SparseCore.Connectivity
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
    Settings.orExit "Compares a growth rule of your own with RigL and SET." fsi.CommandLineArgs GrowthRules.settings

Program.run (fun cancellation ->
    GrowthScores.Registry.Add(fairGradient.Name, fairGradient) |> ignore

    GrowthRules.accuracies settings cancellation [ fairGradient.Name ]
    |> GrowthRules.draw settings "own-growth-rule" "Three growth rules")
#endif
