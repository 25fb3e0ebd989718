namespace Analysis

open System.IO
open System.Text.Json
open SparseCore.Checkpoints
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Runs

/// A trained network, or one under way, as it lies on disk.
type Run =
    {
        /// Name of its folder: readable, ending with eight digits of the plan's hash.
        Name: string
        /// What it trains.
        Network: Network
        /// The whole plan, as JSON.
        Plan: JsonElement
        /// The folder, opened for reading.
        Folder: RunFolder
    }

/// A network at one moment of a run.
type Snapshot =
    {
        /// Name of the run's folder.
        Run: string
        /// Training steps done.
        Step: int
        /// Which weights exist.
        Masks: MaskSet
        /// All weights and biases, layer by layer; 0 outside the masks. Shape [parameters].
        Values: float32[]
        /// Hash of the checkpoint's content, 64 hexadecimal digits.
        ContentHash: string
    }

/// Run folders, opened for reading. A reader's script begins here: Runs.load "results/runs/..." |> Runs.last.
module Runs =
    let private fail (folder: RunFolder) (expected: string) (found: string) : 'a =
        raise (InvalidDataException $"The plan of run '{folder.Name}': expected {expected}, found {found}.")

    let private networkOf (folder: RunFolder) (plan: JsonElement) =
        try
            let network = plan.GetProperty "network"
            let shape = network.GetProperty "input"
            let size (name: string) = (shape.GetProperty name).GetInt32()
            let input = Shape(size "channels", size "height", size "width")
            let widths = [| for width in (network.GetProperty "widths").EnumerateArray() -> width.GetInt32() |]
            let classes = (network.GetProperty "classes").GetInt32()

            match (network.GetProperty "name").GetString() with
            | "lenet5" -> LeNet5.Create(widths, input, classes)
            | "lenet300" -> LeNet300.Create(widths, input, classes)
            | name -> fail folder "a network that the analysis knows (lenet5, lenet300)" $"'{name}'"
        with
        | :? System.Collections.Generic.KeyNotFoundException
        | :? System.InvalidOperationException
        | :? System.FormatException
        | :? System.ArgumentException as error ->
            fail folder "a network with name, widths, input and classes" $"\"{error.Message.TrimEnd '.'}\""

    let private ofFolder (folder: RunFolder) =
        let plan =
            try
                use document = JsonDocument.Parse folder.PlanJson
                document.RootElement.Clone()
            with :? JsonException as error ->
                fail folder "JSON" $"\"{error.Message.TrimEnd '.'}\""

        { Name = folder.Name; Network = networkOf folder plan; Plan = plan; Folder = folder }

    /// Opens a run by the path of its folder; it may still be under way.
    let load (path: string) = RunFolder.Open path |> ofFolder

    /// Opens all runs under a folder, ordered by name.
    let all (root: string) = RunFolder.List root |> Seq.map load |> Array.ofSeq

    /// Steps at which checkpoints were saved, ascending.
    let steps (run: Run) = run.Folder.CheckpointSteps() |> Array.ofSeq

    /// The network after a number of steps, read and verified.
    let at (step: int) (run: Run) =
        let checkpoint: Checkpoint = run.Folder.ReadCheckpoint(step, run.Network)

        {
            Run = run.Name
            Step = checkpoint.Step
            Masks = checkpoint.Masks
            Values = checkpoint.Parameters.Values
            ContentHash = checkpoint.ContentHash |> Option.ofObj |> Option.defaultValue ""
        }

    let private saved (run: Run) =
        match steps run with
        | [||] -> raise (InvalidDataException $"Run '{run.Name}' has no checkpoint yet; train it first.")
        | some -> some

    /// The network before training.
    let first (run: Run) = at (Array.head (saved run)) run

    /// The network at the last checkpoint: the end of a finished run.
    let last (run: Run) = at (Array.last (saved run)) run

    /// One metric of a run as (step, value), in the order it was logged.
    let metric (name: string) (run: Run) =
        run.Folder.ReadMetrics()
        |> Seq.filter (fun row -> row.Metric = name)
        |> Seq.map (fun row -> row.Step, row.Value)
        |> Array.ofSeq

    /// Names of all metrics a run has logged.
    let metricNames (run: Run) = run.Folder.ReadMetrics() |> Seq.map _.Metric |> Seq.distinct |> Array.ofSeq
