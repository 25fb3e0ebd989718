/// Outputs, loss and accuracy of saved networks, computed by whatever engine the caller chooses.
module SparseCore.Analysis.Evaluation

open SparseCore.Data
open SparseCore.Engine
open SparseCore.Networks
open SparseCore.Parameters

/// Activations of one batch are kept below this many values, so that large images fit into memory.
let private activationLimit = 100_000_000L

/// Examples that the engine works on at a time: 128, fewer for networks with large activations. Only re-estimated statistics depend on it.
let batchSize (network: Network) =
    let activations = network.Nodes |> Seq.sumBy (fun node -> int64 (network.ShapeOf node.Name).Count)
    int (max 16L (min 128L (activationLimit / activations / 16L * 16L)))

/// Which mean and variance batch normalizations use in a network that was not trained itself, such as one between two others.
type BatchNormStatistics =
    /// Those in the parameters; between two networks they lie between those of both.
    | Stored
    /// Those that the network itself gives on some examples of a data set, evenly spaced in it: means over batches in training mode. Averaging weights
    /// does not average the statistics of activations, so that stored ones can make a good network look bad.
    | Reestimated of data: Dataset * examples: int

/// Mean loss and accuracy over a data set.
type Performance =
    {
        /// Mean cross-entropy in nats, without L2.
        Loss: float
        /// Fraction of examples classified rightly.
        Accuracy: float
    }

/// Parameter vectors that one evaluation runs side by side, so that they share the fetching of inputs: 8, fewer where they are large.
let private vectorsAtOnce (network: Network) = max 1 (min 8 (8_000_000 / network.ValueCount))

/// An engine for the network of these masks.
let private engine (engines: IEngineFactory) (masks: MaskSet) : IEngine = engines.Create(masks.Network, masks, batchSize masks.Network)

/// A data set as networks with these inputs see it.
let seen (inputs: InputNormalization option) (data: Dataset) : Dataset = NormalizedDataset.Of(data, Option.toObj inputs)

/// Statistics as networks with these inputs see them.
let statisticsSeen (inputs: InputNormalization option) (statistics: BatchNormStatistics) : BatchNormStatistics =
    match statistics with
    | Reestimated(train, examples) -> Reestimated(seen inputs train, examples)
    | Stored -> Stored

/// Statistics as a text: different ones, different texts.
let described (statistics: BatchNormStatistics) : string =
    match statistics with
    | Reestimated(train, examples) -> $"reestimated from {examples} examples of {train.Name}"
    | Stored -> "stored"

/// The arithmetic of engines as plans name it; empty for the toolkit's own.
let arithmetic (engines: IEngineFactory) : string = engines.Identity.Numerics |> Option.ofObj |> Option.defaultValue ""

/// The labels of a data set.
let labels (data: Dataset) = Array.init data.Count data.Label

let private performanceOf (result: LossAndAccuracy) = { Loss = result.Loss; Accuracy = result.Accuracy }

/// Mean loss and accuracy of a snapshot over a whole data set.
let performance (engines: IEngineFactory) (data: Dataset) (snapshot: Snapshot) =
    use engine = engine engines snapshot.Masks
    engine.Load snapshot.Parameters
    engine.Evaluate(seen snapshot.Inputs data, 0, data.Count) |> performanceOf

/// Mean loss and accuracy over several data sets of many parameter vectors that share masks, on `jobs` threads. Shape [vectors][data sets].
/// A vector is made only when its turn comes. `report` hears how many vectors are done.
let performances
    (engines: IEngineFactory)
    (jobs: int)
    (report: int -> unit)
    (statistics: BatchNormStatistics)
    (masks: MaskSet)
    (data: Dataset list)
    (vectors: (unit -> ParameterBlock)[])
    : Performance[][] =
    let network = masks.Network
    let groups = vectorsAtOnce network
    let reportVectors finished = report (min vectors.Length (finished * groups))

    let together (engine: IEngine) (blocks: ParameterBlock[]) =
        data
        |> List.map (fun data -> engine.EvaluateMany(data, 0, data.Count, blocks) |> Array.map performanceOf)
        |> Array.transpose

    let evaluate =
        match statistics with
        | Reestimated(train, examples) when network.Norms.Count > 0 ->
            let sample = SpreadDataset.Of(train, examples)
            let indices = Array.init sample.Count id

            fun (engine: IEngine) blocks ->
                blocks
                |> Array.map (fun (block: ParameterBlock) ->
                    engine.Load block
                    engine.EstimateStatistics(sample, System.ReadOnlySpan indices)
                    [| for data in data -> engine.Evaluate(data, 0, data.Count) |> performanceOf |])
        | _ -> together

    vectors
    |> Array.chunkBySize groups
    |> Workers.map jobs reportVectors (fun () -> engine engines masks) (fun engine group ->
        group |> Array.map (fun vector -> vector ()) |> evaluate engine)
    |> Array.concat

/// What snapshots give for a whole data set before the softmax, on `jobs` threads; in order.
let outputs (engines: IEngineFactory) (jobs: int) (data: Dataset) (snapshots: Snapshot[]) : Outputs[] =
    let empty =
        { new System.IDisposable with
            member _.Dispose() = ()
        }

    snapshots
    |> Workers.map jobs ignore (fun () -> empty) (fun _ snapshot ->
        use engine = engine engines snapshot.Masks
        engine.Load snapshot.Parameters
        let logits: float32[] = Array.zeroCreate (data.Count * data.Classes)
        engine.Logits(seen snapshot.Inputs data, 0, data.Count, System.Span logits)
        Outputs.create data.Classes logits)
