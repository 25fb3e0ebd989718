module Scripts.Tests.VerificationTests

open System.IO
open SparseCore.Checkpoints
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.RunFolders
open SparseCore.Verification
open Scripting
open Scripts.Tests.Processes
open Scripts.Tests.Compiled
open Expecto

let private ok, unchecked, failed = VerificationStatus.Ok, VerificationStatus.Unchecked, VerificationStatus.Failed

[<Tests>]
let tests =
    testList
        "Verification"
        [
            testCase "a verdict is 0 only where all is ok, 3 where something could not be checked, 1 where one failed" (fun () ->
                Expect.equal (RunChecks.verdict [ ok; ok ]) (0, "All 2 runs are as they should be.") "verdict"

                let code, sentences = RunChecks.verdict [ ok; unchecked ]
                Expect.equal code 3 "exit code"

                Expect.stringStarts
                    sentences
                    "Nothing is off, but 1 of 2 runs could not be checked in full; their lines say what and why."
                    "sentences"

                Expect.stringContains sentences "a copy of verify.fsx with the same registration" "sentences"

                Expect.equal (RunChecks.verdict [ unchecked; failed; ok ]) (1, "1 of 3 runs are not as they should be.") "verdict")

            testCase "verify exits with 3 for an imported run and with 1 after it was tampered with" (fun () ->
                use scratch = new Scratch()
                let plan = NetworkPlan("lenet300", [| 4; 3 |], Shape(1, 4, 4), 3)
                let network = plan.Build()
                let parameters = ParameterBlock network
                let file = Path.Combine(scratch.Folder, "net.safetensors")

                DenseExport.Write(
                    file,
                    Checkpoint(0, String.replicate 64 "a", [||], MaskSet.Full network, parameters, ParameterBlock network, 0L)
                )

                let runs = Path.Combine(scratch.Folder, "runs")
                let run = ImportPlan.Import(runs, file, plan, false)
                let verify () = dotnet Paths.root (direct () @ [ "scripts/verify.fsx"; $"runs={runs}" ])
                let outcome = verify ()

                Expect.stringStarts
                    outcome.Output
                    $"unchecked {run.FolderPath}: how it was trained: it was imported from 'net.safetensors'"
                    "output"

                Expect.equal outcome.Code 3 "exit code"
                File.AppendAllText(Path.Combine(run.FolderPath, "metrics.csv"), "test_accuracy,0,1\n")
                let tampered = verify ()
                Expect.stringStarts tampered.Output $"FAILED {run.FolderPath}: metrics.csv: rows: " "output"
                Expect.equal tampered.Code 1 "exit code")
        ]
