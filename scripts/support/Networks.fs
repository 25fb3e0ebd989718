/// Networks as settings name them.
module Scripting.Networks

open SparseCore.Networks
open SparseCore.Plans
open SparseCore.Training
open SparseCore.Verification

/// The paper's widths of a network.
let usualWidths (name: string) : int seq =
    match name with
    | "lenet5" -> LeNet5.PaperWidths
    | "lenet300" -> LeNet300.PaperWidths
    | "vgg16"
    | "vgg16-bn" -> Vgg16.PaperWidths
    | "vgg16-classic"
    | "vgg16-classic-bn" -> Vgg16.ClassicWidths
    | "resnet50"
    | "resnet50-small" -> ResNet50.PaperWidths
    | _ -> raise (PlanException $"Unknown network '{name}'.")

/// A network from its name, widths (or the usual ones), input (channels, height, width) and number of classes.
let plan (name: string) (widths: int array option) (input: int array) (classes: int) : NetworkPlan =
    match input with
    | [| channels; height; width |] ->
        NetworkPlan(
            name,
            (widths |> Option.map Seq.ofArray |> Option.defaultWith (fun () -> usualWidths name) |> Array.ofSeq),
            Shape(channels, height, width),
            classes
        )
    | other ->
        raise (PlanException $"An image has channels, height and width: expected three numbers (input=3,224,224), found {other.Length}.")
