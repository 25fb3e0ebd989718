/// Run folders of tiny networks, written by the core, for tests that read them.
module Analysis.Tests.SmallRuns

open System
open System.IO
open SparseCore.Analysis
open SparseCore.Checkpoints
open SparseCore.Cpu
open SparseCore.Data
open SparseCore.Engine
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Randomness
open SparseCore.RunFolders

/// The engine of these tests.
let engines: IEngineFactory = new CpuEngineFactory(EngineOptions())

/// A folder that is deleted at the end.
let withFolder (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("analysis-").FullName

    try
        test folder
    finally
        Directory.Delete(folder, true)

/// 16 inputs, 5 and 4 hidden neurons, 3 classes: 112 weights, 12 biases.
let network = LeNet300.Create([| 5; 4 |], Shape(1, 4, 4), 3)

let private planJson (name: string) =
    $"{{\"name\": \"{name}\", \"network\": {{\"name\": \"lenet300\", \"widths\": [5, 4], \"input\": {{\"channels\": 1, \"height\": 4, \"width\": 4}}, \"classes\": 3}}}}\n"

/// Two of three weights of every layer exist.
let masks =
    let mask (layer: Layer) =
        Mask.FromIndices(
            layer.WeightCount,
            ReadOnlySpan
                [|
                    for index in 0 .. layer.WeightCount - 1 do
                        if index % 3 <> 0 then
                            index
                |]
        )

    MaskSet(network, [| for layer in network.Layers -> mask layer |])

/// Normal weights and biases, 0 outside the masks.
let randomBlock (seed: int) =
    let stream = RandomStream(uint64 seed, "test", 0UL)
    let block = ParameterBlock network

    for index in 0 .. block.Values.Length - 1 do
        block.Values[index] <- float32 (0.5 * stream.NextNormal())

    block.Apply masks
    block

/// The end of a run that nobody made, with random values.
let snapshot (seed: int) : Snapshot =
    {
        Run = $"run{seed}"
        Step = 9
        Masks = masks
        Parameters = randomBlock seed
        ContentHash = string seed
        Inputs = None
    }

/// Images of random bytes.
let data (count: int) (seed: int) =
    let stream = RandomStream(uint64 seed, "data", 0UL)
    let numbers bound length = Array.init length (fun _ -> stream.NextInt32 bound)
    let images = numbers 256 (16 * count) |> Array.map byte
    new ByteDataset($"random-{seed}", Shape(1, 4, 4), 3, images, numbers 3 count)

/// Writes a run's folder with a plan and no metrics or checkpoints yet, and returns its path.
let folderOf (root: string) (name: string) (plan: string) =
    use folder = RunFolder.Acquire(root, RunFolder.NameOf(name, plan), plan)
    use metrics = folder.OpenMetrics null
    metrics.Flush()
    folder.FolderPath

/// Writes a run with checkpoints at the given steps, and returns its path.
let write (root: string) (name: string) (checkpoints: (int * ParameterBlock) list) =
    let plan = planJson name
    use folder = RunFolder.Acquire(root, RunFolder.NameOf(name, plan), plan)
    use metrics = folder.OpenMetrics null

    for step, block in checkpoints do
        metrics.Append("test_accuracy", step, float step / 10.0)
        metrics.Append("train_loss", step, 1.0)
        metrics.Flush()

        Checkpoint(step, folder.PlanHash, [||], masks, block, ParameterBlock network, metrics.Length)
        |> folder.WriteCheckpoint
        |> ignore

    folder.FolderPath
