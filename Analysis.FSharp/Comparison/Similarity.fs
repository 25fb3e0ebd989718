/// Linear centered kernel alignment of what layers give (Kornblith et al. 2019), by the unbiased estimate over minibatches (Nguyen, Raghu and Kornblith 2021): the same
/// for features that are rotated or scaled, 1 for those that are the same up to that.
module Analysis.Similarity

open System
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Reference

/// Examples of a minibatch; fewer in the last.
let batch = 256

/// What a layer gives for some examples, as one matrix of inner products a minibatch, centered so that a sum over two of them estimates without bias how much they have in
/// common. Shape [batches][examples, examples].
type Kernel = float32[][]

/// Inner products of the rows, U-centered (Székely and Rizzo 2014). Needs 4 rows or more. Shape of the features: [rows, columns].
let centered (rows: int) (features: float[]) : float32[] =
    if rows < 4 then
        invalidArg (nameof rows) $"A minibatch needs at least 4 examples, found {rows}."

    let columns = features.Length / rows
    let products = Array.zeroCreate<float>(rows * rows)

    for one in 0 .. rows - 1 do
        let left = ReadOnlySpan(features, one * columns, columns)

        for other in 0 .. one - 1 do
            let right = ReadOnlySpan(features, other * columns, columns)
            let mutable sum = 0.0

            for column in 0 .. columns - 1 do
                sum <- sum + left[column] * right[column]

            products[one * rows + other] <- sum
            products[other * rows + one] <- sum

    let sums = Array.init rows (fun row -> Array.sum products[row * rows .. row * rows + rows - 1])
    let share, whole = float (rows - 2), Array.sum sums / float ((rows - 1) * (rows - 2))

    Array.init (rows * rows) (fun place ->
        let one, other = place / rows, place % rows

        if one = other then
            0f
        else
            float32 (products[place] - sums[one] / share - sums[other] / share + whole))

/// How much two kernels have in common: the estimate of the Hilbert-Schmidt independence criterion, up to a factor that all share.
let private common (first: Kernel) (second: Kernel) =
    let mutable sum = 0.0

    for batch in 0 .. first.Length - 1 do
        let one, other = first[batch], second[batch]
        let rows = sqrt (float one.Length)
        let mutable products = 0.0

        for index in 0 .. one.Length - 1 do
            products <- products + float one[index] * float other[index]

        sum <- sum + products / (rows * (rows - 3.0))

    sum

/// The alignment of two kernels over the same examples; NaN where one of them is constant.
let alignment (first: Kernel) (second: Kernel) : float = common first second / sqrt (common first first * common second second)

/// The network up to a node.
let private upTo (network: Network) (node: string) : Network =
    let inputs = network.Nodes |> Seq.map (fun each -> each.Name, each.Inputs) |> dict

    let rec needed (name: string) : Set<string> =
        match inputs.TryGetValue name with
        | true, sources -> sources |> Seq.map needed |> Set.unionMany |> Set.add name
        | false, _ -> Set.empty

    let kept = needed node

    Network(
        network.Name,
        network.Input,
        [|
            for each in network.Nodes do
                if kept.Contains each.Name then
                    each
        |]
    )

/// The parameters and masks of a network's part, by the names of nodes.
let private partOf (part: Network) (snapshot: Snapshot) : MaskSet * ParameterBlock =
    let whole = snapshot.Parameters.Network
    let block = ParameterBlock part

    for tensor in part.Tensors do
        let source = whole.Tensors |> Seq.find (fun other -> other.Node = tensor.Node && other.Tensor.Role = tensor.Tensor.Role)
        snapshot.Parameters.Of(source).CopyTo(block.Of tensor)

    let mask (layer: Layer) = snapshot.Masks[whole.Layers |> Seq.findIndex (fun other -> other.Name = layer.Name)]

    MaskSet(part, [| for layer in part.Layers -> mask layer |]), block

/// Names of the layers whose outputs are compared: all with weights.
let layers (network: Network) : string list = [ for layer in network.Layers -> layer.Name ]

/// The kernels of all layers of a network on the first examples of a data set, batch normalizations with their running statistics. In the order of the layers.
let kernels (data: Dataset) (examples: int) (snapshot: Snapshot) : Kernel[] =
    let seen = Evaluation.seen snapshot.Inputs data
    let count = min examples data.Count

    [|
        for layer in layers snapshot.Masks.Network do
            let part = upTo snapshot.Masks.Network layer
            let masks, block = partOf part snapshot
            let network = DoubleNetwork(part, masks, NormMode.Running)
            let point = DoubleNetwork.Widen block

            [|
                for first in 0..batch .. count - 4 do
                    let rows = [| first .. min count (first + batch) - 1 |]
                    network.Logits(ReadOnlySpan point, Examples.From(seen, ReadOnlySpan rows)) |> centered rows.Length
            |]
    |]
