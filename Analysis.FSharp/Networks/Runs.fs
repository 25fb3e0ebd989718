namespace Analysis

open System
open System.IO
open System.Text.Json
open SparseCore
open SparseCore.Checkpoints
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.RunFolders

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
        /// How its pixels are normalized, where that is another way than the data's own: of imported networks.
        Inputs: InputNormalization option
    }

/// Run folders, opened for reading. A reader's script begins here: Runs.load "results/runs/..." |> Runs.last.
module Runs =
    let private ofFolder (folder: RunFolder) =
        let network =
            try
                (NetworkPlan.OfPlanJson folder.PlanJson).Build()
            with :? ArgumentException as error ->
                raise (InvalidDataException($"Run '{ForeignText.Show folder.Name}': {ErrorText.Of error}", error))

        use plan = JsonDocument.Parse folder.PlanJson

        { Name = folder.Name; Network = network; Plan = plan.RootElement.Clone(); Folder = folder }

    /// Opens a run by the path of its folder; it may still be under way.
    let load (path: string) = RunFolder.Open path |> ofFolder

    /// A sentence where a run was planned for other data than this one; None where it is the same, or where its plan names none (imported networks).
    let otherData (data: DataSplit) (run: Run) : string option =
        let text (name: string) (element: JsonElement) =
            match element.ValueKind, element with
            | JsonValueKind.Object, fields ->
                match fields.TryGetProperty name with
                | true, value when value.ValueKind = JsonValueKind.String -> Option.ofObj (value.GetString())
                | _ -> None
            | _ -> None

        match run.Plan.TryGetProperty "data" with
        | true, planned ->
            match text "name" planned, text "content_hash" planned with
            | Some name, Some hash when hash <> data.ContentHash ->
                Some
                    $"'{run.Name}' was planned for data '{name}' (content hash {hash}), and is measured on '{data.Name}' ({data.ContentHash}): name its own (dataset=, data=) if that is not meant."
            | _ -> None
        | _ -> None

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
            Inputs = ImportPlan.InputsOf run.Folder.PlanJson |> Option.ofObj
        }

    let private saved (run: Run) =
        match steps run with
        | [||] -> raise (InvalidDataException $"Run '{ForeignText.Show run.Name}' has no checkpoint yet; train it first.")
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
