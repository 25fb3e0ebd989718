/// Somebody else's network as a run, and how it does on data.
module Scripting.Imports

open SparseCore.Data
open SparseCore.Networks
open SparseCore.RunFolders
open SparseCore.Plans
open SparseCore.Training
open SparseCore.Verification
open SparseCore.Analysis

/// Test images on which an imported network is tried: enough for two digits, and minutes for the largest network.
let private testImages = 2000

/// The normalization that mean= and std= ask for, one number standing for all channels; None where neither is given.
let normalization (channels: int) (mean: float array option) (std: float array option) : InputNormalization option =
    let spread (values: float array) = if values.Length = 1 then Array.replicate channels values[0] else values

    match mean, std with
    | None, None -> None
    | _ ->
        let means = mean |> Option.map spread |> Option.defaultValue (Array.zeroCreate channels)
        let stds = std |> Option.map spread |> Option.defaultValue (Array.replicate channels 1.0)
        Some(InputNormalization(means, stds))

/// What the network does on data, in sentences; says so where the data does not fit it.
let tried (load: unit -> DataSplit) (network: NetworkPlan) (snapshot: Snapshot) : string list =
    let data =
        try
            Ok(load ())
        with :? DataException as error ->
            Error error.Message

    match data with
    | Ok data when data.Test.Shape = network.Input && data.Test.Classes = network.Classes ->
        Preprocessing.examine (Engines.single Engines.cpu) testImages data snapshot |> Preprocessing.sentences
    | Ok data ->
        [
            $"Not tried on images: the network takes {network.Input} and has {network.Classes} classes, the data '{data.Name}' has {data.Test.Shape} and {data.Test.Classes}. Name its data (dataset=..., data=FOLDER)."
        ]
    | Error reason -> [ $"Not tried on images: {reason}" ]
