module Analysis.Tests.SpectraTests

open System
open System.IO
open System.Threading
open SparseCore.Curvature
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Numerics
open SparseCore.Parameters
open SparseCore.Reference
open SparseCore.Analysis
open Expecto
open Testing

let private spectrum (eigenvalues: float list) =
    {
        Run = "made"
        Step = 7
        Examples = 20
        Eigenvalues = Array.ofList eigenvalues
        FrobeniusNorm = 5.0
        AlongGradient = -0.125
        Leading = { Overlap = 0.5; Chance = 0.125; Error = 1e-9 }
    }

let private snapshot (masks: MaskSet) (block: ParameterBlock) inputs =
    { Run = "made"; Step = 7; Masks = masks; Parameters = block; ContentHash = ""; Inputs = inputs }

let private options = { Spectra.defaults with Examples = 20; Threads = 2 }

let private data = SmallRuns.data 30 3

/// One convolution with batch normalization.
let private normed =
    Network(
        "normed",
        Shape(1, 4, 4),
        [|
            Node("conv", Operation.Convolution(2, 3, 3), [| "input" |])
            Node("norm", Operation.BatchNorm(), [| "conv" |])
            Node("relu", Operation.Relu(), [| "norm" |])
            Node("average", Operation.GlobalAveragePool(), [| "relu" |])
            Node("fc", Operation.FullyConnected 3, [| "average" |])
        |]
    )

let private normedBlock () =
    let block = ParameterBlock normed

    for index in 0 .. block.Values.Length - 1 do
        block.Values[index] <- float32 (index % 7) / 7f + 0.2f

    block

let private closeTo (expected: float[]) (actual: float[]) =
    let tolerance = 1e-5 * (expected |> Array.map abs |> Array.max)
    Expect.equal actual.Length expected.Length "number of eigenvalues"
    Array.iter2 (fun one other -> Expect.isLessThanOrEqual (abs (one - other)) tolerance $"{one} and {other}") expected actual

let private twin (block: ParameterBlock) (rows: Coordinates) (data: Dataset) =
    SymmetricEigenvalues.Compute(ColumnHessian.Compute(block, rows, Examples.FirstOf(data, 20), 2).Values, 1)

[<Tests>]
let tests =
    testList
        "Spectra"
        [
            testCase "curvature counts what is negative against the largest magnitude" (fun () ->
                let found = Spectra.curvature (spectrum [ -3.0; -1e-3; -2e-6; -3e-8; 0.0; 1.0; 4.0 ])
                Expect.equal (found.Smallest, found.Largest, found.Negative) (-3.0, 4.0, (3, 2, 2)) "ends and counts"
                Expect.floatClose Accuracy.high found.NegativeMass ((3.0 + 1e-3 + 2e-6 + 3e-8) / (8.0 + 1e-3 + 2e-6 + 3e-8)) "mass"
                Expect.floatClose Accuracy.high found.Trace (2.0 - 1e-3 - 2e-6 - 3e-8) "trace")

            testCase "the effective rank of equal eigenvalues is their number, and nothing curves where all are 0" (fun () ->
                Expect.floatClose Accuracy.high (Spectra.curvature (spectrum [ -2.0; 2.0; 2.0; 2.0 ])).EffectiveRank 4.0 "rank"
                let flat = Spectra.curvature (spectrum [ 0.0; 0.0 ])
                Expect.equal (flat.EffectiveRank, flat.NegativeMass, flat.Negative) (0.0, 0.0, (0, 0, 0)) "flat")

            testCase "the spectrum of a snapshot is the double network's" (fun () ->
                let block = SmallRuns.randomBlock 4
                let rows = Coordinates.Active SmallRuns.masks
                let found = Spectra.compute options CancellationToken.None data rows (snapshot SmallRuns.masks block None)
                Expect.equal (found.Run, found.Step, found.Examples) ("made", 7, 20) "of what"
                closeTo (twin block rows data) found.Eigenvalues
                let squares = found.Eigenvalues |> Array.sumBy (fun value -> value * value)
                Expect.floatClose Accuracy.medium found.FrobeniusNorm (sqrt squares) "norm")

            testCase "an imported network is fed as it was trained" (fun () ->
                let block = SmallRuns.randomBlock 4
                let inputs = InputNormalization([| 0.3 |], [| 0.2 |])
                let rows = Coordinates.Active SmallRuns.masks
                let found = Spectra.compute options CancellationToken.None data rows (snapshot SmallRuns.masks block (Some inputs))
                closeTo (twin block rows (NormalizedDataset.Of(data, inputs))) found.Eigenvalues)

            testCase "a network with batch normalization is taken a product a row, and says how far it is" (fun () ->
                let masks, block, heard = MaskSet.Full normed, normedBlock (), ResizeArray<int * int>()
                let rows = Coordinates.Active masks
                let options = { options with Threads = 1; Report = fun finished total -> heard.Add(finished, total) }
                let found = Spectra.compute options CancellationToken.None data rows (snapshot masks block None)
                closeTo (twin block rows data) found.Eigenvalues
                Expect.equal (Seq.last heard) (rows.Count, rows.Count) "told"
                let part = Spectra.compute { options with GaussNewton = true } CancellationToken.None data rows (snapshot masks block None)
                Expect.isGreaterThan part.Eigenvalues[0] (-1e-9 * Array.last part.Eigenvalues) "smallest of the Gauss-Newton part"
                Expect.isGreaterThan (Array.last part.Eigenvalues) 0.0 "largest of it")

            testCase "the Gauss-Newton part never curves down" (fun () ->
                let rows = Coordinates.Active SmallRuns.masks
                let made = snapshot SmallRuns.masks (SmallRuns.randomBlock 4) None
                let found = Spectra.compute { options with GaussNewton = true } CancellationToken.None data rows made
                Expect.isGreaterThan found.Eigenvalues[0] (-1e-6 * Array.last found.Eigenvalues) "smallest")

            testCase "an estimate is near the spectrum, repeats, and says how far it is" (fun () ->
                let rows, made, heard =
                    Coordinates.Active SmallRuns.masks, snapshot SmallRuns.masks (SmallRuns.randomBlock 4) None, ResizeArray<int * int>()

                let options = { options with Report = fun finished total -> heard.Add(finished, total) }
                let estimate () = Spectra.estimate SmallRuns.engines options 4 30 CancellationToken.None data rows made
                let found, exact = estimate (), (twin made.Parameters rows data)
                Expect.isLessThan (abs (found.Largest.Value - Array.last exact)) (found.Largest.Error + 1e-5 * Array.last exact) "largest"
                Expect.equal (Seq.last heard) (120, 120) "told"
                Expect.equal (estimate ()).Trace found.Trace "again"
                let part = { options with GaussNewton = true }
                let estimated = Spectra.estimate SmallRuns.engines part 4 30 CancellationToken.None data rows made
                let all = (Spectra.compute part CancellationToken.None data rows made).Eigenvalues
                let room = estimated.Largest.Error + 1e-5 * Array.last all
                Expect.isLessThan (abs (estimated.Largest.Value - Array.last all)) room "largest of the Gauss-Newton part"
                Expect.isGreaterThan estimated.Smallest.Value (-1e-5 * Array.last all) "its smallest")

            testCase "the curvature along the gradient is the second difference of the loss" (fun () ->
                let block = SmallRuns.randomBlock 3
                let made = snapshot SmallRuns.masks block None
                let found = (Spectra.compute options CancellationToken.None data (Coordinates.Active made.Masks) made).AlongGradient
                let twin = DoubleNetwork(block.Network, made.Masks)
                let examples = Examples.FirstOf(data, 20)
                let point = DoubleNetwork.Widen block
                let gradient = twin.Gradient(ReadOnlySpan point, examples)
                let squared = gradient |> Array.sumBy (fun value -> value * value)

                let at step =
                    twin.Loss(ReadOnlySpan(Array.map2 (fun value slope -> value + step * slope) point gradient), examples)

                let step = 1e-4 / sqrt squared
                let expected = (at step - 2.0 * at 0.0 + at -step) / (step * step * squared)
                Expect.isLessThan (abs (found - expected)) (1e-4 * (1.0 + abs expected)) $"{found} and {expected}")

            testCase "the overlap of the largest weights with the leading eigenspace is that of the whole decomposition" (fun () ->
                let block = SmallRuns.randomBlock 3
                let made, rows = snapshot SmallRuns.masks block None, Coordinates.Active SmallRuns.masks
                let found = (Spectra.compute options CancellationToken.None data rows made).Leading
                let matrix = Spectra.hessian options CancellationToken.None data rows made
                let struct (_, vectors) = SymmetricEigenvalues.ComputeWithVectors(matrix.Values, 1)
                let leading = vectors |> Array.rev |> Array.truncate block.Network.Output.Count

                // Weights of SmallRuns' network: all rows but the biases, which come after every layer's weights.
                let weights =
                    [|
                        let mutable row = 0

                        for layer in 0 .. made.Masks.Count - 1 do
                            for _ in 1 .. made.Masks[layer].ActiveCount do
                                row
                                row <- row + 1

                            row <- row + block.Network.Layers[layer].BiasCount
                    |]

                let largest =
                    weights
                    |> Array.sortByDescending (fun row -> abs block.Values[rows.Positions[row]])
                    |> Array.truncate ((weights.Length + 9) / 10)

                let share = leading |> Array.averageBy (fun vector -> largest |> Array.sumBy (fun row -> vector[row] ** 2.0))
                Expect.isLessThan (abs (found.Overlap - share)) 1e-5 $"{found.Overlap} and {share}"
                Expect.equal found.Chance (float largest.Length / float rows.Count) "chance"
                Expect.isLessThan found.Error 1e-6 "error")

            testCase "tables of a spectrum are read as they were written" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let run = SmallRuns.write root "sample" [ 0, SmallRuns.randomBlock 1 ] |> Runs.load
                    let made = spectrum [ -1.5; 0.25; 3.0 ]
                    let rows, summary = SpectrumTable.rows run (Some Dropped) made, SpectrumTable.summary run (Some Dropped) made
                    let path = Path.Combine(root, "spectrum.csv")
                    Columns.write path SpectrumTable.columns rows
                    Expect.equal (Columns.read path SpectrumTable.columns |> List.ofArray) rows "eigenvalues"
                    Columns.write path SpectrumTable.summaryColumns [ summary ]
                    Expect.equal (Columns.read path SpectrumTable.summaryColumns) [| summary |] "summary"
                    Expect.equal (summary.Moment.Run, summary.Rows, summary.Negative) (run.Name, 3, 1) "values"))

            testCase "a figure of a spectrum leaves out what has no certain sign" (fun () ->
                let figure = Curves.spectrum "s" "Spectrum" 1e-6 [ "Note." ] [| -2.0; -1e-7; 1e-9; 0.5; 3.0 |]
                let positive, negative = figure.Panels[0].Series[0], figure.Panels[0].Series[1]
                Expect.equal (positive.X, positive.Y) ([| 1.0; 2.0 |], [| 3.0; 0.5 |]) "positive"
                Expect.equal (negative.X, negative.Y) ([| 1.0 |], [| 2.0 |]) "negative"

                Expect.equal
                    figure.Description
                    "Note. Magnitudes below 1E-06 of the largest are left out: their sign is not certain."
                    "caption"

                Expect.isNonEmpty (Svg.render figure) "drawing")
        ]
