/// What analyses compare of snapshots: trained values and masks.
module SparseCore.Analysis.Snapshots

open System
open SparseCore.Parameters

/// What was trained of a snapshot, without a copy: weights, biases, scales and shifts; no running statistics of batch normalizations. Shape [ParameterCount].
let trained (snapshot: Snapshot) : ReadOnlyMemory<float32> =
    ReadOnlyMemory(snapshot.Parameters.Values, 0, snapshot.Parameters.Network.ParameterCount)

/// The weights that exist at either of two moments.
let unionOfMasks (first: MaskSet) (second: MaskSet) =
    if first.Equals second then
        first
    else
        MaskSet(first.Network, [| for layer in 0 .. first.Count - 1 -> first[layer].Union second[layer] |])
