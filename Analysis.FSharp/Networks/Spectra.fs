namespace SparseCore.Analysis

open System
open System.Runtime.InteropServices
open System.Threading
open SparseCore.Curvature
open SparseCore.Data
open SparseCore.Engine
open SparseCore.Numerics
open SparseCore.Reference

/// The eigenspace of as many leading eigenvalues as the network has classes: there most of the curvature is (Gur-Ari et al. 2018, Papyan 2019).
type LeadingSpace =
    {
        /// The share of it that lies along the largest tenth of the weights among the rows: the mean of their entries in the projection on it.
        Overlap: float
        /// That share for a random space: those weights' share of all rows.
        Chance: float
        /// How far the leading eigenvalues may be off: the largest distance between the two ways that found them, and residual of their eigenvectors.
        Error: float
    }

/// The eigenvalues of a Hessian at one moment of a run.
type Spectrum =
    {
        /// Name of the run's folder.
        Run: string
        /// Training steps done.
        Step: int
        /// Training examples, the first in the data's order.
        Examples: int
        /// All eigenvalues, from the smallest to the largest.
        Eigenvalues: float[]
        /// Square root of the sum of all squared entries.
        FrobeniusNorm: float
        /// The curvature along the gradient of the loss over the same coordinates, g'Hg / g'g; not a number where the gradient is 0.
        AlongGradient: float
        /// The leading eigenspace and the largest weights.
        Leading: LeadingSpace
    }

/// What a spectrum says of the curvature of a loss.
type Curvature =
    {
        /// The largest eigenvalue.
        Largest: float
        /// The smallest.
        Smallest: float
        /// How many eigenvalues are below -1e-8, -1e-6 and -1e-4 times the largest magnitude.
        Negative: int * int * int
        /// Sum of the magnitudes of the negative eigenvalues over that of all.
        NegativeMass: float
        /// Sum of the eigenvalues.
        Trace: float
        /// exp of the entropy of |eigenvalue| / sum of magnitudes: how many directions share the curvature (Roy and Vetterli 2007).
        EffectiveRank: float
    }

/// Hessians of the mean cross-entropy over training examples, without L2. The paper explains dynamic sparse training by their negative eigenvalues.
module Spectra =
    /// How a spectrum is computed.
    type Options =
        {
            /// The first so many training examples, in the data's order.
            Examples: int
            /// Threads at work.
            Threads: int
            /// Only the Gauss-Newton part.
            GaussNewton: bool
            /// Hears how much of the Hessian is done, and how much there is.
            Report: int -> int -> unit
        }

    /// The first 1,000 training examples, on all processors.
    let defaults =
        {
            Examples = 1000
            Threads = Environment.ProcessorCount
            GaussNewton = false
            Report = fun _ _ -> ()
        }

    /// The data as a network wants it.
    let private fed (snapshot: Snapshot) (data: Dataset) : Dataset =
        match snapshot.Inputs with
        | Some inputs -> NormalizedDataset.Of(data, inputs)
        | None -> data

    let private kindOf (options: Options) = if options.GaussNewton then CurvatureKind.GaussNewton else CurvatureKind.Hessian

    /// The Hessian at a snapshot. Networks with batch normalization take the statistics of all examples together, and a product a row.
    let hessian
        (options: Options)
        (cancellation: CancellationToken)
        (data: Dataset)
        (rows: Coordinates)
        (snapshot: Snapshot)
        : HessianMatrix =
        let examples = fed snapshot data

        if ExactHessian.CanTake snapshot.Parameters.Network then
            let progress =
                { new IProgress<int> with
                    member _.Report finished = options.Report finished options.Examples
                }

            ExactHessian.Compute(
                snapshot.Parameters,
                rows,
                examples,
                options.Examples,
                HessianOptions(
                    Threads = options.Threads,
                    GaussNewton = options.GaussNewton,
                    Progress = progress,
                    Cancellation = cancellation
                )
            )
        else
            let progress =
                { new IProgress<int64> with
                    member _.Report finished = options.Report (int finished) rows.Count
                }

            let chosen = Examples.FirstOf(examples, options.Examples)
            ColumnHessian.Compute(snapshot.Parameters, rows, chosen, options.Threads, kindOf options, progress, cancellation)

    /// What random vectors tell of a Hessian that is too large to be written down: `probes` of them, and `steps` products of the engine for each. Networks with batch
    /// normalization take the statistics of all examples together. Every call gives the same numbers.
    let estimate
        (engines: IEngineFactory)
        (options: Options)
        (probes: int)
        (steps: int)
        (cancellation: CancellationToken)
        (data: Dataset)
        (rows: Coordinates)
        (snapshot: Snapshot)
        : SpectrumEstimate =
        let total = probes * min steps rows.Count
        let mutable products = 0

        let report () =
            products <- products + 1
            options.Report products total

        use matrix = new HessianOperator(engines, snapshot.Parameters, rows, fed snapshot data, options.Examples, kindOf options)
        SpectrumEstimate.Compute(matrix, probes, steps, 1UL, report, cancellation)

    /// Examples that the gradient takes at once: in double precision, all activations are kept.
    let private gradientBatch = 1000

    /// The gradient of the mean cross-entropy over a matrix's coordinates. Networks with batch normalization take the statistics of all examples together, as for their Hessian.
    let private gradient
        (options: Options)
        (cancellation: CancellationToken)
        (data: Dataset)
        (rows: Coordinates)
        (snapshot: Snapshot)
        : float[] =
        let examples = fed snapshot data
        let network = DoubleNetwork snapshot.Parameters.Network
        let point = DoubleNetwork.Widen snapshot.Parameters
        let sum = Array.zeroCreate<float> point.Length
        let batch = if ExactHessian.CanTake snapshot.Parameters.Network then gradientBatch else options.Examples

        for first in 0..batch .. options.Examples - 1 do
            cancellation.ThrowIfCancellationRequested()
            let chosen = [| first .. min options.Examples (first + batch) - 1 |]
            let share = float chosen.Length / float options.Examples
            let part = network.Gradient(ReadOnlySpan point, Examples.From(examples, ReadOnlySpan chosen))

            for index in 0 .. sum.Length - 1 do
                sum[index] <- sum[index] + share * part[index]

        [| for position in rows.Positions -> sum[position] |]

    /// g'Hg / g'g.
    let private along (direction: float[]) (matrix: HessianMatrix) : float =
        let product = Array.zeroCreate<float> direction.Length
        matrix.Apply(ReadOnlySpan direction, Span product)
        let dot (one: float[]) (other: float[]) = Array.fold2 (fun sum left right -> sum + left * right) 0.0 one other
        dot direction product / dot direction direction

    /// Rows of the largest tenth of the weights, at least one where there is a weight.
    let private largestWeights (rows: Coordinates) (snapshot: Snapshot) : int[] =
        let parameters = snapshot.Parameters

        let isWeight =
            let places = Array.zeroCreate<bool> parameters.Values.Length

            for layer in 0 .. parameters.Network.Layers.Count - 1 do
                Array.fill places (parameters.WeightOffset layer) parameters.Network.Layers[layer].WeightCount true

            places

        let weights = [| 0 .. rows.Count - 1 |] |> Array.filter (fun row -> isWeight[rows.Positions[row]])

        weights
        |> Array.sortByDescending (fun row -> abs parameters.Values[rows.Positions[row]])
        |> Array.truncate ((weights.Length + 9) / 10)

    /// Products that the leading eigenvectors may take, and how near they must come, as a share of the largest eigenvalue.
    let private leadingSteps, leadingTolerance = 400, 1e-7

    /// The leading eigenvectors, and how far their eigenvalues are from those of the whole decomposition. Lanczos' method is the fast way; of a multiple eigenvalue it
    /// finds one vector, and then the whole decomposition is taken with its vectors.
    let private leadingVectors
        (options: Options)
        (cancellation: CancellationToken)
        (count: int)
        (eigenvalues: float[])
        (matrix: HessianMatrix)
        =
        let offBy (values: float[]) =
            values |> Array.mapi (fun index value -> abs (value - eigenvalues[eigenvalues.Length - 1 - index])) |> Array.max

        let found = LeadingEigenvectors.Compute(matrix, count, leadingTolerance, max count leadingSteps, 1UL, null, cancellation)
        let error = max (offBy found.Values) (Array.max found.Errors)

        if found.Values.Length = count && error <= 10.0 * leadingTolerance * abs found.Values[0] then
            found.Vectors, error
        else
            let struct (values, vectors) = SymmetricEigenvalues.ComputeWithVectors(matrix.Values, options.Threads, cancellation)
            let last (all: 'value[]) = all |> Array.rev |> Array.truncate count
            last vectors, offBy (last values)

    let private leading
        (options: Options)
        (cancellation: CancellationToken)
        (rows: Coordinates)
        (snapshot: Snapshot)
        (eigenvalues: float[])
        (matrix: HessianMatrix)
        : LeadingSpace =
        let count = min rows.Count snapshot.Parameters.Network.Output.Count
        let vectors, error = leadingVectors options cancellation count eigenvalues matrix
        let largest = largestWeights rows snapshot
        let squares = largest |> Array.sumBy (fun row -> vectors |> Array.sumBy (fun vector -> vector[row] * vector[row]))

        { Overlap = squares / float count; Chance = float largest.Length / float rows.Count; Error = error }

    /// All eigenvalues of a snapshot's Hessian over its active weights and biases, or over other coordinates.
    let compute (options: Options) (cancellation: CancellationToken) (data: Dataset) (rows: Coordinates) (snapshot: Snapshot) : Spectrum =
        let matrix = hessian options cancellation data rows snapshot
        let mutable squares = 0.0

        for value in MemoryMarshal.CreateReadOnlySpan(&matrix.Values[0, 0], matrix.Values.Length) do
            squares <- squares + value * value

        let eigenvalues = SymmetricEigenvalues.Compute(matrix.Values, options.Threads, cancellation)

        {
            Run = snapshot.Run
            Step = snapshot.Step
            Examples = options.Examples
            Eigenvalues = eigenvalues
            FrobeniusNorm = sqrt squares
            AlongGradient = matrix |> along (gradient options cancellation data rows snapshot)
            Leading = leading options cancellation rows snapshot eigenvalues matrix
        }

    /// The spectrum over active weights and biases: Spectra.ofSnapshot data.Train (Runs.last run).
    let ofSnapshot (data: Dataset) (snapshot: Snapshot) : Spectrum =
        compute defaults CancellationToken.None data (Coordinates.Active snapshot.Masks) snapshot

    /// What a spectrum says.
    let curvature (spectrum: Spectrum) : Curvature =
        let values = spectrum.Eigenvalues
        let magnitudes = values |> Array.map abs
        let whole, largest = Array.sum magnitudes, Array.max magnitudes
        let below share = values |> Array.filter (fun value -> value < -share * largest) |> Array.length

        let entropy =
            magnitudes
            |> Array.sumBy (fun magnitude -> if magnitude > 0.0 then -magnitude / whole * log (magnitude / whole) else 0.0)

        {
            Largest = Array.last values
            Smallest = values[0]
            Negative = below 1e-8, below 1e-6, below 1e-4
            NegativeMass = if whole > 0.0 then (values |> Array.filter ((>) 0.0) |> Array.sumBy abs) / whole else 0.0
            Trace = Array.sum values
            EffectiveRank = if whole > 0.0 then exp entropy else 0.0
        }
