/// Weights, biases and norm parameters of snapshots.
module Analysis.Parameters

open SparseCore.Networks
open SparseCore.Parameters

/// Parameter vectors as a block of their network (copied).
let toBlock (network: Network) (values: float32[]) =
    let block = ParameterBlock network

    if values.Length <> block.Values.Length then
        invalidArg (nameof values) $"Network '{network.Name}' has {block.Values.Length} parameters, found {values.Length}."

    Array.blit values 0 block.Values 0 values.Length
    block

let private layerIndex (name: string) (network: Network) =
    match network.Layers |> Seq.tryFindIndex (fun layer -> layer.Name = name) with
    | Some index -> index
    | None ->
        let known = network.Layers |> Seq.map _.Name |> String.concat ", "
        invalidArg (nameof name) $"Network '{network.Name}' has no layer '{name}'; its layers are {known}."

/// The weights of one layer. Shape [outputs, inputs, kh, kw], 0 where masked.
let weights (layer: string) (snapshot: Snapshot) =
    let network = snapshot.Masks.Network
    (toBlock network snapshot.Values).Weights(layerIndex layer network).ToArray()

/// The biases of one layer. Shape [outputs].
let biases (layer: string) (snapshot: Snapshot) =
    let network = snapshot.Masks.Network
    (toBlock network snapshot.Values).Biases(layerIndex layer network).ToArray()

/// What was trained of a snapshot: weights, biases, scales and shifts, without the running statistics of batch normalisations. The values themselves
/// where the network has none.
let trained (snapshot: Snapshot) =
    let count = snapshot.Masks.Network.ParameterCount
    if snapshot.Values.Length = count then snapshot.Values else Array.sub snapshot.Values 0 count

/// Active weights of every layer, in order: name, active count, number of weights.
let activeCounts (snapshot: Snapshot) =
    snapshot.Masks.Network.Layers
    |> Seq.mapi (fun index layer -> layer.Name, snapshot.Masks[index].ActiveCount, layer.WeightCount)
    |> Array.ofSeq

/// The weights that exist at either of two moments.
let unionOfMasks (first: MaskSet) (second: MaskSet) =
    if first.Equals second then
        first
    else
        MaskSet(first.Network, [| for layer in 0 .. first.Count - 1 -> first[layer].Union second[layer] |])
