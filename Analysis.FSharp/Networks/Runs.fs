namespace SparseCore.Analysis

open System
open System.IO
open System.Text.Json
open SparseCore
open SparseCore.Checkpoints
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Plans
open SparseCore.RunFolders

/// What decided a run, as its plan.json says.
type RunPlan =
    /// It was trained here.
    | Trained of TrainingPlan
    /// It was made from a file of another program.
    | Imported of ImportPlan
    /// This program cannot read the plan, in a sentence: it has another format, or names something that is registered elsewhere (a script's own growth
    /// score, network, ...). What the run's files alone tell can still be had.
    | Unreadable of reason: string

/// A trained network, or one under way, as it lies on disk.
type Run =
    {
        /// Name of its folder: readable, ending with eight digits of the plan's hash.
        Name: string
        /// What decided it.
        Plan: RunPlan
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
        /// All weights, biases, and scales, shifts and running statistics of batch normalizations; 0 outside the masks.
        Parameters: ParameterBlock
        /// Hash of the checkpoint's content, 64 hexadecimal digits.
        ContentHash: string
        /// How its pixels are normalized, where that is another way than the data's own: of imported networks.
        Inputs: InputNormalization option
    }

/// Run folders, opened for reading. A reader's script begins here: Runs.load "results/runs/..." |> Runs.last.
module Runs =
    let private planOf (json: string) : RunPlan =
        match ImportPlan.TryParse json with
        | null ->
            try
                Trained(TrainingPlan.Parse json)
            with :? PlanException as error ->
                Unreadable error.Message
        | plan -> Imported plan

    /// Opens a run by the path of its folder; it may still be under way.
    let load (path: string) : Run =
        let folder = RunFolder.Open path
        { Name = folder.Name; Plan = planOf folder.PlanJson; Folder = folder }

    /// Opens all runs under a folder, ordered by name.
    let all (root: string) : Run[] = RunFolder.List root |> Seq.map load |> Array.ofSeq

    let private networkPlan (run: Run) : NetworkPlan =
        match run.Plan with
        | Trained plan -> plan.Network
        | Imported plan -> plan.Network
        | Unreadable _ -> NetworkPlan.OfPlanJson run.Folder.PlanJson

    /// What a run trains. A plan that cannot be read as a whole may still name its network; where it does not, the error says why.
    let network (run: Run) : Network =
        try
            (networkPlan run).Build()
        with :? ArgumentException as error ->
            raise (InvalidDataException($"Run '{ForeignText.Show run.Name}': {ErrorText.Of error}", error))

    /// The data of a plan that cannot be read as a whole.
    let private dataIn (planJson: string) : DataPlan option =
        let options =
            JsonSerializerOptions(
                PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
                RespectRequiredConstructorParameters = true,
                RespectNullableAnnotations = true,
                TypeInfoResolver = Serialization.Metadata.DefaultJsonTypeInfoResolver()
            )

        try
            use plan = JsonDocument.Parse planJson
            plan.RootElement.GetProperty("data").Deserialize<DataPlan> options |> Option.ofObj
        with
        | :? JsonException
        | :? InvalidOperationException
        | :? Collections.Generic.KeyNotFoundException -> None

    /// The data that a run was planned for; None where its plan names none (imported networks).
    let data (run: Run) : DataPlan option =
        match run.Plan with
        | Trained plan -> Some plan.Data
        | Imported _ -> None
        | Unreadable _ -> dataIn run.Folder.PlanJson

    /// A sentence where a run was planned for other data than this one; None where it is the same, or where its plan names none (imported networks).
    let otherData (given: DataSplit) (run: Run) : string option =
        data run
        |> Option.filter (fun planned -> planned.ContentHash <> given.ContentHash)
        |> Option.map (fun planned ->
            $"'{run.Name}' was planned for data '{planned.Name}' (content hash {planned.ContentHash}), and is measured on '{given.Name}' ({given.ContentHash}): name its own (dataset=, data=) if that is not meant.")

    /// Steps at which checkpoints were saved, ascending.
    let steps (run: Run) = run.Folder.CheckpointSteps() |> Array.ofSeq

    /// The network after a number of steps, read and verified.
    let at (step: int) (run: Run) : Snapshot =
        match steps run with
        | [||] -> raise (InvalidDataException $"Run '{ForeignText.Show run.Name}' has no checkpoint yet; train it first.")
        | saved when not (Array.contains step saved) ->
            let listed = String.Join(", ", saved)
            raise (InvalidDataException $"Run '{ForeignText.Show run.Name}' has no checkpoint at step {step}; it has {listed}.")
        | _ -> ()

        let checkpoint: Checkpoint = run.Folder.ReadCheckpoint(step, network run)

        {
            Run = run.Name
            Step = checkpoint.Step
            Masks = checkpoint.Masks
            Parameters = checkpoint.Parameters
            ContentHash = checkpoint.ContentHash |> Option.ofObj |> Option.defaultValue ""
            Inputs =
                match run.Plan with
                | Imported plan -> Option.ofObj plan.Inputs
                | Trained _
                | Unreadable _ -> None
        }

    /// The network before training.
    let first (run: Run) = at (steps run |> Array.tryHead |> Option.defaultValue 0) run

    /// The network at the last checkpoint: the end of a finished run.
    let last (run: Run) = at (steps run |> Array.tryLast |> Option.defaultValue 0) run

    /// One metric of a run as (step, value), in the order it was logged.
    let metric (name: string) (run: Run) =
        run.Folder.ReadMetrics()
        |> Seq.filter (fun row -> row.Metric = name)
        |> Seq.map (fun row -> row.Step, row.Value)
        |> Array.ofSeq
