/// Outputs, loss and accuracy of saved networks, computed by the CPU engine.
module Analysis.Evaluation

open SparseCore.Data
open SparseCore.Engine
open SparseCore.Networks
open SparseCore.Parameters

/// Examples that the engine works on at a time; results do not depend on it.
let private batchSize = 128

/// Mean loss and accuracy over a data set.
type Performance =
    {
        /// Mean cross-entropy in nats, without L2.
        Loss: float
        /// Fraction of examples classified rightly.
        Accuracy: float
    }

/// Parameter vectors that one evaluation runs side by side, so that they share the fetching of inputs.
let private vectorsAtOnce = 8

/// An engine for a network with these masks, on one thread.
let private engine (network: Network) (masks: MaskSet) = new CpuEngine(network, masks, batchSize)

/// The labels of a data set.
let labels (data: Dataset) = Array.init data.Count data.Label

let private performanceOf (result: LossAndAccuracy) = { Loss = result.Loss; Accuracy = result.Accuracy }

/// Mean loss and accuracy of a snapshot over a whole data set.
let performance (data: Dataset) (snapshot: Snapshot) =
    let network = snapshot.Masks.Network
    use engine = engine network snapshot.Masks
    engine.Load(Parameters.toBlock network snapshot.Values)
    engine.Evaluate(data, 0, data.Count) |> performanceOf

/// Mean loss and accuracy over several data sets of many parameter vectors that share masks, on `jobs` threads. Shape [vectors][data sets].
/// A vector is made only when its turn comes. `report` hears how many vectors are done.
let performances
    (jobs: int)
    (report: int -> unit)
    (masks: MaskSet)
    (data: Dataset list)
    (vectors: (unit -> float32[])[])
    : Performance[][] =
    let network = masks.Network
    let reportVectors groups = report (min vectors.Length (groups * vectorsAtOnce))

    vectors
    |> Array.chunkBySize vectorsAtOnce
    |> Workers.map jobs reportVectors (fun () -> engine network masks) (fun engine group ->
        let blocks = group |> Array.map (fun vector -> Parameters.toBlock network (vector ()))

        data
        |> List.map (fun data -> engine.EvaluateMany(data, 0, data.Count, blocks) |> Array.map performanceOf)
        |> Array.transpose)
    |> Array.concat

/// What snapshots give for a whole data set before the softmax, on `jobs` threads; in order.
let outputs (jobs: int) (data: Dataset) (snapshots: Snapshot[]) : Outputs[] =
    let nothing =
        { new System.IDisposable with
            member _.Dispose() = ()
        }

    snapshots
    |> Workers.map jobs ignore (fun () -> nothing) (fun _ snapshot ->
        let network = snapshot.Masks.Network
        use engine = engine network snapshot.Masks
        engine.Load(Parameters.toBlock network snapshot.Values)
        let logits: float32[] = Array.zeroCreate (data.Count * data.Classes)
        engine.Logits(data, 0, data.Count, System.Span logits)
        Outputs.create data.Classes logits)
