/// What a page shows of one run, and of two side by side.
module SparseCore.Analysis.RunDetails

open System
open System.IO
open SparseCore
open SparseCore.Checkpoints
open SparseCore.Measurement
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.RunFolders

/// Layers with more weights are described, and not drawn.
let private mostDrawn = 2_000_000

/// Reads; what cannot be read is a sentence.
let private attempt (read: unit -> 'value) : Result<'value, string> =
    try
        Ok(read ())
    with
    | :? IOException
    | :? InvalidDataException
    | :? UnauthorizedAccessException
    | :? ArgumentException as error -> Error(ErrorText.Of error)

let private toOption (result: Result<'value, string>) =
    match result with
    | Ok value -> Some value, None
    | Error problem -> None, Some problem

/// How many neurons have so many active weights, by rising number of weights.
let private histogram (counts: int[]) : PageData.Fan[] =
    counts
    |> Array.countBy id
    |> Array.sortBy fst
    |> Array.map (fun (count, neurons) -> { Count = count; Neurons = neurons })

/// Active weights into every output and out of every input channel of a layer.
let private fans (layer: Layer) (mask: Mask) : int[] * int[] =
    let into, from = Array.zeroCreate<int> layer.Outputs, Array.zeroCreate<int> layer.Inputs

    for index in mask.ActiveIndices() do
        let output, input = index / layer.FanIn, index % layer.FanIn / layer.KernelArea
        into[output] <- into[output] + 1
        from[input] <- from[input] + 1

    into, from

/// A layer at a checkpoint, and against another one of the run.
let private layerMask (layer: Layer) (mask: Mask) (other: Mask option) (effective: int) (dead: int) : PageData.LayerMask =
    let fanIn, fanOut = fans layer mask
    let both = other |> Option.map (fun other -> mask.Intersect(other).ActiveCount)

    let bits (mask: Mask) = if layer.WeightCount <= mostDrawn then Some(Convert.ToBase64String(mask.ToBytes())) else None

    {
        Name = layer.Name
        Outputs = layer.Outputs
        Inputs = layer.Inputs
        Height = layer.KernelHeight
        Width = layer.KernelWidth
        Weights = layer.WeightCount
        Active = mask.ActiveCount
        Effective = effective
        Dead = dead
        FanIn = histogram fanIn
        FanOut = histogram fanOut
        Bits = bits mask
        OtherBits = other |> Option.bind bits
        Appeared = both |> Option.map (fun both -> mask.ActiveCount - both)
        Vanished = Option.map2 (fun (other: Mask) both -> other.ActiveCount - both) other both
    }

/// The masks of a run at a checkpoint, and what is otherwise at another one of its checkpoints.
let masks (run: Run) (step: int) (other: int option) : PageData.Masks =
    let masks = (Runs.at step run).Masks
    let others = other |> Option.map (fun other -> (Runs.at other run).Masks)
    let health = ConnectivityHealth.Measure masks

    let layer (index: int) (layer: Layer) =
        layerMask layer masks[index] (others |> Option.map _.Item(index)) health.EffectiveCounts[index] health.DeadNeuronCounts[index]

    {
        Run = run.Name
        Step = step
        Other = other
        Layers = masks.Network.Layers |> Seq.mapi layer |> Array.ofSeq
        Cut = Option.ofObj health.CutLayer
    }

let private checkpoint (run: Run) (step: int) : PageData.SavedCheckpoint =
    let hash, problem = attempt (fun () -> run.Folder.ReadCheckpointHeader(step).ContentHash) |> toOption

    {
        Step = step
        Bytes = attempt (fun () -> FileInfo(run.Folder.CheckpointPath step).Length) |> Result.defaultValue 0L
        Hash = hash
        Problem = problem
    }

/// The runs that a run derives from, as its plan and its checkpoints name them.
let private parents (run: Run) (saved: int[]) : PageData.Parent[] =
    let recorded: ParentReference list =
        match saved with
        | [||] -> []
        | _ -> attempt (fun () -> List.ofSeq (run.Folder.ReadCheckpointHeader saved[0]).Parents) |> Result.defaultValue []

    let parent (reference: Plans.RunReference) : PageData.Parent =
        {
            Name = reference.Folder
            Step = Some reference.Step
            Hash =
                recorded
                |> List.tryFind (fun one -> one.PlanHash = reference.PlanHash && one.Step = reference.Step)
                |> Option.map _.ContentHash
        }

    match run.Plan with
    | Trained plan -> plan.Parents |> Seq.map parent |> Array.ofSeq
    | Imported _
    | Unreadable _ -> [||]

/// All that is shown of a run. `command` gives the command that makes it again, or why there is none.
let details (command: Run -> Result<string, string>) (path: string) : PageData.RunDetails =
    let run = Runs.load path
    let saved = Runs.steps run

    let last, problem =
        match saved with
        | [||] -> None, Some "It has no checkpoint yet."
        | _ -> attempt (fun () -> masks run (Array.last saved) None) |> toOption

    let command, note = attempt (fun () -> command run) |> Result.bind id |> toOption
    let record = attempt run.Folder.ReadRecord |> Result.map Option.ofObj |> Result.defaultValue None

    {
        Name = run.Name
        Plan = run.Folder.PlanJson
        Command = command
        CommandNote = note
        Parents = parents run saved
        Checkpoints = saved |> Array.map (checkpoint run)
        Masks = last
        MasksProblem = problem
        Verified = record |> Option.map (_.Verified >> Seq.map ForeignText.OneLine >> Array.ofSeq) |> Option.defaultValue [||]
    }

/// What two runs share and where they differ: plans, and masks at their last checkpoints.
let pair (firstPath: string) (secondPath: string) : PageData.Pair =
    let first, second = Runs.load firstPath, Runs.load secondPath

    let overlaps () =
        let one, other = (Runs.last first).Masks, (Runs.last second).Masks
        let shape (masks: MaskSet) = [ for layer in masks.Network.Layers -> layer.Name, List.ofSeq layer.WeightShape ]

        if shape one <> shape other then
            raise (InvalidDataException $"The masks are of different networks, '{one.Network.Name}' and '{other.Network.Name}'.")

        let overlap (index: int) (layer: Layer) : PageData.Overlap =
            let own, others = one[index].ActiveCount, other[index].ActiveCount

            {
                Layer = layer.Name
                Weights = layer.WeightCount
                First = own
                Second = others
                Both = one[index].Intersect(other[index]).ActiveCount
                Chance = float own * float others / float layer.WeightCount
            }

        one.Network.Layers |> Seq.mapi overlap |> Array.ofSeq

    let difference (setting, one, other) : PageData.Difference = { Setting = setting; First = one; Second = other }
    let masks, problem = attempt overlaps |> toOption

    {
        First = first.Name
        Second = second.Name
        Plan = PlanDifferences.between first second |> List.map difference |> Array.ofList
        Masks = masks
        MasksProblem = problem
        FirstStep = Runs.steps first |> Array.tryLast
        SecondStep = Runs.steps second |> Array.tryLast
    }
