/// Mask updates of a run that was trained here, seen from both sides.
module Analysis.Tests.UpdatesTests

open System.IO
open System.Threading
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Plans
open SparseCore.Recipes
open SparseCore.Training
open SparseCore.Analysis
open Expecto
open Testing

let private data = DataSplit(SmallRuns.data 1000 3, SmallRuns.data 50 4, "toy", String.replicate 64 "a")

let private recipe =
    Recipe(
        RecipeSettings(
            Data = DataPlan(data.Name, data.ContentHash),
            Network = NetworkPlan("lenet300", [| 12; 8 |], data.Train.Shape, data.Train.Classes),
            SmallNetwork = null,
            Sparsity = 0.7,
            Steps = 40,
            RewindStep = 0,
            Preset = Preset.Paper,
            LearningRate = 0.1,
            L2 = 1e-4,
            UpdateInterval = 10,
            BatchSize = 16
        )
    )

let private saving (step: int) = Methods.Plan(recipe, "rigl", InitializerNames.Dense, 1, 1).Plan.SavingUpdates [| step |]

/// Trains under a folder.
let private trained (root: string) (plan: TrainingPlan) : Run =
    let executor = RunExecutor(root, data, SmallRuns.engines)

    let silent =
        { new IRunProgress with
            member _.Started(_, _) = ()
            member _.Advanced(_, _) = ()
            member _.Finished(_, _) = ()
            member _.Failed(_, _) = ()
            member _.Warned(_, _) = ()
        }

    executor.Execute(plan, silent, CancellationToken.None) |> ignore
    Runs.load (executor.PathOf plan)

let private isIn (outer: MaskSet) (inner: MaskSet) =
    Seq.forall (fun layer -> inner[layer].Intersect(outer[layer]).Equals inner[layer]) [ 0 .. outer.Count - 1 ]

[<Tests>]
let tests =
    testList
        "Updates"
        [
            testCase "before, dropped and after share what was kept" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run = trained root (saving 30)
                    let at side = Updates.at SmallRuns.engines data side 30 run
                    let before, dropped, after = at Before, at Dropped, at After
                    Expect.equal before.Masks.ActiveCount after.Masks.ActiveCount "weights before and after"
                    Expect.isLessThan dropped.Masks.ActiveCount before.Masks.ActiveCount "weights that are kept"
                    Expect.isTrue (isIn before.Masks dropped.Masks && isIn after.Masks dropped.Masks) "kept weights"
                    Expect.equal after.ContentHash (Runs.at 30 run).ContentHash "after is the checkpoint"

                    // A weight that was kept has the same value on all sides; others are 0 where they are no coordinate.
                    for layer in 0 .. after.Masks.Count - 1 do
                        let weights (snapshot: Snapshot) = snapshot.Parameters.Weights(layer).ToArray()

                        for index in 0 .. (weights before).Length - 1 do
                            let values = weights before, weights dropped, weights after
                            let one, two, three = values |> fun (a, b, c) -> a[index], b[index], c[index]

                            if dropped.Masks[layer][index] then
                                Expect.equal (two, three) (one, one) $"weight {index} of layer {layer}"
                            else
                                Expect.equal two 0f $"weight {index} of layer {layer}"))

            testCase "a side that was not saved names the setting that saves it" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run = trained root (saving 20)
                    let at side step = Updates.at SmallRuns.engines data side step run |> ignore
                    File.Delete(run.Folder.CheckpointPath 19)
                    let refused = Expect.thrown<InvalidDataException>(fun () -> at Before 20)
                    Expect.stringEnds refused.Message "expected a checkpoint at step 19, found none. Train it with updates=20." "before"
                    at After 20
                    let unsaved = Expect.thrown<InvalidDataException>(fun () -> at After 10)
                    Expect.stringContains unsaved.Message "has no checkpoint at step 10" "after"
                    let plain = Expect.thrown<PlanException>(fun () -> at After 25)
                    Expect.stringContains plain.Message "expected a mask update after step 25, found updates at 10, 20" "no update"))

            testCase "an imported run has no updates" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run = SmallRuns.write root "sample" [ 0, SmallRuns.randomBlock 1 ] |> Runs.load
                    Expect.throwsT<InvalidDataException> (fun () -> Updates.at SmallRuns.engines data After 0 run |> ignore) "refusal"))
        ]
