module Scripts.Tests.EnginesTests

open System.IO
open SparseCore.RunFolders
open Scripting
open Scripts.Tests.Processes
open Scripts.Tests.Compiled
open Expecto
open Testing

let private choice = Typed.settings Engines.settings

let private refusal (arguments: string list) =
    Expect.thrown<Program.UnavailableException>(fun () -> choice arguments |> Engines.single |> ignore) |> Program.explain

[<Tests>]
let tests =
    testList
        "Engines"
        [
            testCase "the toolkit's own engine is the usual one" (fun () ->
                Expect.equal (choice []) Engines.cpu "choice"
                Expect.isNull (Engines.single Engines.cpu).Identity.Numerics "numerics")

            testEach
                "what only libtorch understands is refused without it, before anything is begun"
                [ "device=cuda"; "precision=bf16"; "micro-batch=8"; "repeatable=true"; "torch=somewhere" ]
                (fun setting ->
                    let code, text = refusal [ setting ]
                    Expect.equal code 2 "exit code"
                    Expect.stringContains text "engine=torch" "text")

            testCase "a folder without libtorch is named" (fun () ->
                use folder = new Scratch()
                let code, text = refusal [ "engine=torch"; $"torch={folder.Folder}" ]
                Expect.equal code 2 "exit code"
                Expect.stringContains text folder.Folder "text")

            testCase "a run on libtorch is trained and verified by scripts" (fun () ->
                use folder = new Scratch()
                let runs = $"runs={folder.Folder}"
                let settings = [ "engine=torch"; "repeatable=false"; runs ]

                let trained =
                    dotnet
                        Paths.root
                        (direct () @ [ "scripts/train.fsx"; "method=rigl"; "steps=12"; "update-interval=5"; "micro-batch=64" ] @ settings)

                Expect.equal (trained.Code, trained.Errors.Contains "failed") (0, false) trained.Errors
                let run = Directory.GetDirectories folder.Folder |> Array.exactlyOne
                use opened = RunFolder.Open run
                Expect.stringContains opened.PlanJson "\"torch-2.10.0-cpu-float32-micro-64\"" "plan"

                let verified = dotnet Paths.root (direct () @ [ "scripts/verify.fsx"; "replay=true"; "micro-batch=64" ] @ settings)

                Expect.equal verified.Output $"ok {run}\n" "verification")

            testCase "a run on libtorch has the same bits with another number of threads" (fun () ->
                use folder = new Scratch()
                let settings = [ "engine=torch"; $"runs={folder.Folder}" ]
                let training = [ "scripts/train.fsx"; "method=rigl"; "steps=12"; "update-interval=5"; "threads=1" ]
                let trained = dotnet Paths.root (direct () @ training @ settings)
                Expect.equal (trained.Code, trained.Errors.Contains "failed") (0, false) trained.Errors
                let run = Directory.GetDirectories folder.Folder |> Array.exactlyOne
                use opened = RunFolder.Open run
                Expect.stringContains opened.PlanJson "\"torch-2.10.0-cpu-float32-repeatable\"" "plan"
                let record = opened.ReadRecord() |> nonNull
                Expect.stringEnds (nonNull record.Engine).Device "any number of threads" "device"
                let verified = dotnet Paths.root (direct () @ [ "scripts/verify.fsx"; "replay=true"; "threads=2" ] @ settings)
                Expect.equal verified.Output $"ok {run}\n" "verification")
        ]
