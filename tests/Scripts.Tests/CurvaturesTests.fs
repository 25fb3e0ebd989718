module Scripts.Tests.CurvaturesTests

open System.IO
open SparseCore.Analysis
open SparseCore.Checkpoints
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Randomness
open SparseCore.RunFolders
open Scripting
open Scripts.Tests.Processes
open Scripts.Tests.Compiled
open Expecto
open Testing

/// A perceptron for MNIST, imported: 2 and 3 hidden neurons, every second weight active.
let private imported (scratch: Scratch) =
    let plan = NetworkPlan("lenet300", [| 2; 3 |], Shape(1, 28, 28), 10)
    let network = plan.Build()

    let mask (layer: Layer) =
        Mask.FromIndices(layer.WeightCount, System.ReadOnlySpan [| for index in 0..2 .. layer.WeightCount - 1 -> index |])

    let masks = MaskSet(network, [| for layer in network.Layers -> mask layer |])
    let parameters, stream = ParameterBlock network, RandomStream(1UL, "curvature", 0UL)

    for index in 0 .. parameters.Values.Length - 1 do
        parameters.Values[index] <- float32 (0.1 * stream.NextNormal())

    parameters.Apply masks
    let file = Path.Combine(scratch.Folder, "net.safetensors")
    DenseExport.Write(file, Checkpoint(0, String.replicate 64 "a", [||], masks, parameters, ParameterBlock network, 0L))
    ImportPlan.Import(Path.Combine(scratch.Folder, "runs"), file, plan, true).FolderPath

[<Tests>]
let tests =
    testList
        "Curvatures"
        [
            testCase "hessian writes every eigenvalue of a run, what they say, and a figure" (fun () ->
                use scratch = new Scratch()
                let run, out = imported scratch, Path.Combine(scratch.Folder, "out")
                let outcome = dotnet Paths.root (direct () @ [ "scripts/hessian.fsx"; $"run={run}"; "examples=300"; $"out={out}" ])
                Expect.equal outcome.Code 0 outcome.Errors
                let rows = 784 + 3 + 15 + 2 + 3 + 10
                let eigenvalues = Columns.read (Path.Combine(out, "spectrum.csv")) SpectrumTable.columns
                Expect.equal eigenvalues.Length rows "eigenvalues"
                Expect.sequenceEqual (eigenvalues |> Array.map _.Index) [ 0 .. rows - 1 ] "indices"
                let summary = Columns.read (Path.Combine(out, "summary.csv")) SpectrumTable.summaryColumns |> Array.exactlyOne
                Expect.equal (summary.Rows, summary.Examples, summary.Moment.Method) (rows, 300, None) "summary"
                Expect.equal (summary.Smallest, summary.Largest) (eigenvalues[0].Eigenvalue, (Array.last eigenvalues).Eigenvalue) "ends"
                Expect.isTrue (File.Exists(Path.Combine(out, "spectrum.svg"))) "figure"
                Expect.stringContains outcome.Output "negative mass" "output")

            testCase "hessian refuses what cannot be computed, in a sentence" (fun () ->
                use scratch = new Scratch()
                let run, out = imported scratch, Path.Combine(scratch.Folder, "out")

                let refusal settings =
                    let outcome = dotnet Paths.root (direct () @ [ "scripts/hessian.fsx"; $"run={run}"; $"out={out}" ] @ settings)
                    Expect.equal outcome.Code 1 $"exit code of {settings}"
                    outcome.Errors

                Expect.stringContains (refusal [ "rows=conv9" ]) "has no layer 'conv9'. Its layers: fc1, fc2, fc3." "layer"
                Expect.stringContains (refusal [ "step=5" ]) "has no checkpoint at step 5; it has 0." "step"
                Expect.stringContains (refusal [ "examples=60001" ]) "60001 examples were asked for" "examples"
                Expect.isEmpty (Directory.GetFiles out) "files that were left")

            testCase "a mask update is seen from its three sides" (fun () ->
                use scratch = new Scratch()
                let inScratch name = Path.Combine(scratch.Folder, name)

                let training =
                    [ "method=rigl"; "network=lenet300"; "widths=5,4"; "sparsity=0.9"; "steps=12"; "update-interval=5"; "updates=5" ]

                let trained = dotnet Paths.root (direct () @ "scripts/train.fsx" :: $"""runs={inScratch "runs"}""" :: training)
                Expect.equal trained.Code 0 trained.Errors
                let run = Directory.GetDirectories(inScratch "runs") |> Array.exactlyOne

                let spectrum side =
                    let settings = [ $"run={run}"; "step=5"; $"side={side}"; "examples=50"; $"out={inScratch side}" ]
                    let outcome = dotnet Paths.root (direct () @ "scripts/hessian.fsx" :: settings)
                    Expect.equal outcome.Code 0 outcome.Errors
                    Columns.read (Path.Combine(inScratch side, "summary.csv")) SpectrumTable.summaryColumns |> Array.exactlyOne

                let before, dropped, after = spectrum "before", spectrum "dropped", spectrum "after"
                Expect.equal (before.Moment.Side, dropped.Moment.Side) (Some Before, Some Dropped) "sides"
                Expect.equal before.Rows after.Rows "rows before and after"
                Expect.isLessThan dropped.Rows before.Rows "rows that are kept"
                Expect.notEqual before.Trace after.Trace "traces"

                let alone = dotnet Paths.root (direct () @ [ "scripts/hessian.fsx"; $"run={run}"; "side=before" ])
                Expect.stringContains alone.Errors "side: expected beside step=" "error stream"

                let wrong =
                    [ "scripts/train.fsx"; "method=rigl"; "steps=12"; "update-interval=5"; "updates=6"; $"""runs={inScratch "none"}""" ]

                let refused = dotnet Paths.root (direct () @ wrong)
                Expect.equal refused.Code 1 "exit code"
                Expect.stringContains refused.Errors "expected a mask update after step 6, found updates at 5" "error stream")

            testCase "the study of five methods is resumed, and says what updates did" (fun () ->
                use scratch = new Scratch()
                let inScratch name = Path.Combine(scratch.Folder, name)

                let settings =
                    [ "seeds=2"; "length=300"; "widths=2,3,6,5"; "moments=0,300"; "updates=60,120"; "examples=30"; "full-updates=120" ]
                    @ [ $"""runs={inScratch "runs"}"""; $"""out={inScratch "out"}""" ]

                let study () = dotnet Paths.root (direct () @ "scripts/hessian.fsx" :: settings)
                let first = study ()
                Expect.equal first.Code 0 first.Errors
                let all = Columns.read (inScratch "out/summary.csv") SpectrumTable.summaryColumns
                let summaries, whole = all |> Array.partition (fun summary -> summary.Examples = 30)

                // Ten runs at the start and the end; six of them at two updates from three sides.
                Expect.equal summaries.Length (10 * 2 + 6 * 2 * 3) "spectra"

                // One run of each method whose masks grow, at one update from three sides.
                Expect.equal whole.Length 9 "spectra over all examples"
                Expect.allEqual (whole |> Array.map (fun summary -> summary.Examples, summary.Moment.Step)) (60_000, 120) "of what"
                Expect.isLessThan (all |> Array.map (fun summary -> summary.Error / summary.Largest) |> Array.max) 1e-6 "errors"
                let record = Lineage.read (inScratch "out") |> Option.map _.Runs.Length
                Expect.equal record (Some 12) "runs on record: ten, and the two that were pruned for the tickets"
                let report = File.ReadAllText(inScratch "out/report.html")
                Expect.stringContains report "RigL+: an update as a whole" "report"
                Expect.stringContains (File.ReadAllText(inScratch "out/about.csv")) "test_accuracy_rigl-inverted" "accuracies"
                Expect.isTrue (File.Exists(inScratch "out/negative-mass.svg")) "figure"
                let points = Directory.GetFiles(inScratch "out/local/points", "*-summary.csv")
                Expect.equal points.Length all.Length "kept spectra"

                // Grown weights are 0, so that the Hessian without them is a block of the one after the update: eigenvalues interlace.
                let eigenvalues = Columns.read (inScratch "out/spectrum.csv") SpectrumTable.columns

                for _, rows in eigenvalues |> Array.groupBy (fun row -> row.Moment.Run, row.Moment.Step) do
                    let at side = rows |> Array.filter (fun row -> row.Moment.Side = Some side) |> Array.map _.Eigenvalue
                    let kept, after = at Dropped, at After
                    let grown, rounding = after.Length - kept.Length, 1e-6 * Array.last after

                    for index in 0 .. kept.Length - 1 do
                        Expect.isLessThanOrEqual after[index] (kept[index] + rounding) $"eigenvalue {index}"
                        Expect.isGreaterThanOrEqual after[index + grown] (kept[index] - rounding) $"eigenvalue {index}"

                // What is there is not computed again; what is missing is, with the same bits.
                let table = File.ReadAllText(inScratch "out/summary.csv")
                File.Delete points[0]
                let kept = File.GetLastWriteTimeUtc points[1]
                Expect.equal (study ()).Code 0 "exit code"
                Expect.equal (File.ReadAllText(inScratch "out/summary.csv")) table "table"
                Expect.equal (File.GetLastWriteTimeUtc points[1]) kept "time of a kept spectrum")

            testCase "hessian estimates a few numbers, each with its error" (fun () ->
                use scratch = new Scratch()
                let run, out = imported scratch, Path.Combine(scratch.Folder, "out")
                let given = [ $"run={run}"; "examples=20"; "spectrum=estimated"; "probes=3"; "products=8"; $"out={out}" ]
                let outcome = dotnet Paths.root (direct () @ "scripts/hessian.fsx" :: given)
                Expect.equal outcome.Code 0 outcome.Errors
                let measures = Columns.read (Path.Combine(out, "estimates.csv")) SpectrumTable.measureColumns
                let names = [ "lambda_max"; "lambda_min"; "trace"; "negative_mass" ]
                Expect.sequenceEqual (measures |> Array.map _.Name) names "measures"
                Expect.isTrue (measures |> Array.forall (fun measure -> measure.Error >= 0.0 && measure.Rows = 817)) "errors and rows"
                Expect.allEqual (measures |> Array.map _.Products) 24 "products"
                let places = Columns.read (Path.Combine(out, "density.csv")) SpectrumTable.placeColumns
                Expect.floatClose Accuracy.medium (places |> Array.sumBy _.Weight) 817.0 "eigenvalues"
                Expect.isTrue (File.Exists(Path.Combine(out, "density.svg"))) "figure")

            testEach
                "settings that one way does not have are refused beside it"
                [
                    [ "probes=5" ], "probes: expected only with spectrum=estimated, found spectrum=exact."
                    [ "engine=torch" ], "engine: expected only with spectrum=estimated, found spectrum=exact."
                ]
                (fun (typed, message) ->
                    match Settings.parse "title" (Curvatures.settings [||]) (Array.ofList ("hessian.fsx" :: "run=there" :: typed)) with
                    | Error(Settings.Mistake text) -> Expect.stringContains text message "mistake"
                    | other -> failtest $"expected a mistake, found {other}")
        ]
