// A sparse-training method of your own against SET and RigL, as one type: drop by a threshold instead of a schedule. Nothing in the toolkit has to change.
// Inputs: the data. Outputs: run folders, a row of test accuracy for each method, and results/examples/own-method.svg. Under a minute.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"

open System
open SparseCore.Connectivity
open SparseCore.Parameters
open SparseCore.Randomness
open SparseCore.Recipes
open SparseCore.Schedules
open Scripting

/// Drops every active weight below a share of its layer's mean magnitude, however many there are, and grows as many at random. A plan stores these fields.
type ThresholdExchange =
    {
        Share: float
        Updates: UpdateSchedule
        Seed: uint64
    }

    interface IMaskUpdater with
        member _.MasksGrow = true
        member updater.IsUpdate step = updater.Updates.IsUpdate step
        member updater.LastUpdate step = updater.Updates.LastUpdate step

        member updater.UpdateSteps last =
            seq { for step in updater.Updates.First .. updater.Updates.Interval .. min last updater.Updates.Last -> step }

        member _.Expect(start, _) = MaskExpectation.OfLayers(start.ActiveCounts(), MaskHistoryKind.Changing)

        member updater.Update context =
            let exchange layer =
                let mask, weights = context.Masks[layer], context.Parameters.Weights(layer).ToArray()
                let active = mask.ActiveIndices()
                let threshold = updater.Share * (active |> Array.averageBy (fun index -> abs (float weights[index])))
                let kept = active |> Array.filter (fun index -> abs (float weights[index]) >= threshold)
                let order = RandomStream(updater.Seed, "threshold", uint64 (1000 * context.Step + layer)).NextPermutation mask.Length
                let grown = order |> Array.filter (fun index -> not mask[index]) |> Array.truncate (active.Length - kept.Length)
                Mask.FromIndices(mask.Length, ReadOnlySpan(Array.append kept grown))

            MaskUpdate(MaskSet(context.Masks.Network, Array.init context.Masks.Count exchange))

let threshold (updates: UpdateSchedule) (seed: uint64) = { Share = 0.2; Updates = updates; Seed = seed }
MaskUpdaters.Registry.Add("threshold-exchange", fun () -> threshold (UpdateSchedule(100, 10000, 100)) 1UL) |> ignore

let own (run: MethodRequest) =
    run.Recipe.Updated(run.Name, (fun updates _ seed -> threshold updates seed), run.Initializer, run.Seed)

Methods.Registry.Add("threshold", Method own) |> ignore
let settings = Settings.orExit "Compares a method of your own with SET and RigL." fsi.CommandLineArgs GrowthRules.settings

Program.run (fun cancellation ->
    GrowthRules.methods settings cancellation [ "set"; "rigl"; "threshold" ]
    |> GrowthRules.draw settings "own-method" "Three methods")
#endif
