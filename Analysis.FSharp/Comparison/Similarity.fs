/// Linear centered kernel alignment of what layers give (Kornblith et al. 2019), by the unbiased estimate over minibatches (Nguyen, Raghu and Kornblith 2021): the same
/// for features that are rotated or scaled, 1 for those that are the same up to that.
module SparseCore.Analysis.Similarity

open System
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Numerics
open SparseCore.Parameters
open SparseCore.Reference

/// Examples of a minibatch; fewer in the last.
let batch = 256

/// What a layer gives for some examples.
type Kernel =
    {
        /// For every minibatch the inner products of the examples, U-centered, so that a sum over two of them estimates without bias how much they have in common: those above
        /// the diagonal, row by row. Shapes [rows (rows - 1) / 2].
        Products: float[][]
        /// How much the kernel has in common with itself.
        Own: float
    }

/// Inner products of the rows, U-centered (Székely and Rizzo 2014). Needs 4 rows or more. Shape of the features: [rows, columns].
let centered (rows: int) (features: float[]) : float[] =
    if rows < 4 then
        invalidArg (nameof rows) $"A minibatch needs at least 4 examples, found {rows}."

    let columns = features.Length / rows
    let products = Array.zeroCreate<float>(rows * (rows - 1) / 2)
    let sums = Array.zeroCreate<float> rows
    let mutable next = 0

    for one in 0 .. rows - 1 do
        for other in one + 1 .. rows - 1 do
            let product =
                RealVectors.Dot(ReadOnlySpan(features, one * columns, columns), ReadOnlySpan(features, other * columns, columns))

            products[next] <- product
            sums[one] <- sums[one] + product
            sums[other] <- sums[other] + product
            next <- next + 1

    let share, whole = float (rows - 2), Array.sum sums / float ((rows - 1) * (rows - 2))
    next <- 0

    for one in 0 .. rows - 1 do
        for other in one + 1 .. rows - 1 do
            products[next] <- products[next] - (sums[one] + sums[other]) / share + whole
            next <- next + 1

    products

/// How much two kernels have in common: the estimate of the Hilbert-Schmidt independence criterion, up to a factor that all share.
let private common (first: float[][]) (second: float[][]) =
    Array.map2
        (fun (one: float[]) (other: float[]) ->
            // As many products as pairs of rows.
            let rows = (1.0 + sqrt (1.0 + 8.0 * float one.Length)) / 2.0
            RealVectors.Dot(ReadOnlySpan one, ReadOnlySpan other) / (rows * (rows - 3.0)))
        first
        second
    |> Array.sum

/// The kernel of some minibatches' centered products.
let kernel (products: float[][]) : Kernel = { Products = products; Own = common products products }

/// The alignment of two kernels over the same examples; NaN where one of them is constant.
let alignment (first: Kernel) (second: Kernel) : float = common first.Products second.Products / sqrt (first.Own * second.Own)

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

            kernel
                [|
                    for first in 0..batch .. count - 4 do
                        let rows = [| first .. min count (first + batch) - 1 |]
                        network.Logits(ReadOnlySpan point, Examples.From(seen, ReadOnlySpan rows)) |> centered rows.Length
                |]
    |]
