/// Networks as settings name them.
module Scripting.NetworkSettings

open SparseCore.Networks
open SparseCore.Plans

/// A network from its name, widths (or the usual ones), input (channels, height, width) and number of classes.
let plan (name: string) (widths: int array option) (input: int array) (classes: int) : NetworkPlan =
    match input with
    | [| channels; height; width |] -> NetworkFamilies.Plan(name, Shape(channels, height, width), classes, Option.toObj widths)
    | other ->
        raise (PlanException $"An image has channels, height and width: expected three numbers (input=3,224,224), found {other.Length}.")
