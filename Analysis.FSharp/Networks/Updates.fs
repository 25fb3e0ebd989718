namespace SparseCore.Analysis

open System.IO
open SparseCore
open SparseCore.Data
open SparseCore.Engine
open SparseCore.Parameters
open SparseCore.RunFolders

/// A side of a mask update, all after the same training step.
type Side =
    /// The masks and weights that the update sees.
    | Before
    /// The weights that are in the masks of both sides: what was dropped is 0 and no coordinate, what will grow is not there yet.
    | Dropped
    /// What the update leaves: the checkpoint.
    | After

/// Mask updates of dynamic sparse training, seen from both sides.
module Updates =
    /// As settings and tables call it.
    let nameOf (side: Side) : string =
        match side with
        | Before -> "before"
        | Dropped -> "dropped"
        | After -> "after"

    /// All sides, in their order.
    let sides = [ Before; Dropped; After ]

    /// Their names.
    let names = sides |> List.map nameOf

    /// The side of a name.
    let ofName (name: string) : Side option = sides |> List.tryFind (fun side -> nameOf side = name)

    let private intersection (first: MaskSet) (second: MaskSet) =
        MaskSet(first.Network, [| for layer in 0 .. first.Count - 1 -> first[layer].Intersect second[layer] |])

    let private trainedPlan (run: Run) =
        match run.Plan with
        | Trained plan -> plan
        | Imported _ -> raise (InvalidDataException $"Run '{ForeignText.Show run.Name}' was imported: expected a run with mask updates.")
        | Unreadable reason -> raise (InvalidDataException reason)

    /// The network at a side of the mask update after `step` training steps. The side before it is computed from the checkpoint one step earlier, by an engine of the
    /// run's own arithmetic and on its data, with the bits that training had.
    let at (engines: IEngineFactory) (data: DataSplit) (side: Side) (step: int) (run: Run) : Snapshot =
        let plan = trainedPlan run
        plan.RequireUpdate step
        let after = Runs.at step run

        let before () =
            if not (Array.contains (step - 1) (Runs.steps run)) then
                raise (
                    InvalidDataException
                        $"Run '{ForeignText.Show run.Name}' did not save what its mask update after step {step} saw: expected a checkpoint at step {step - 1}, found none. Train it with updates={step}."
                )

            let previous = run.Folder.ReadCheckpoint(step - 1, plan.Network.Build())
            let struct (masks, parameters) = BeforeUpdate.Compute(plan, previous, data, engines)
            { after with Masks = masks; Parameters = parameters; ContentHash = "" }

        match side with
        | After -> after
        | Before -> before ()
        | Dropped ->
            let seen = before ()
            let kept = intersection seen.Masks after.Masks
            let parameters = seen.Parameters.Clone()
            parameters.Apply kept
            { seen with Masks = kept; Parameters = parameters }
