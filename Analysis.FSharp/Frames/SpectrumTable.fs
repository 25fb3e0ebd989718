/// Tables of spectra: every eigenvalue, and what each spectrum says.
module Analysis.SpectrumTable

open SparseCore.Curvature

/// One eigenvalue.
type Row =
    {
        /// Name of the run's folder.
        Run: string
        /// The method in the plan; None for an imported network.
        Method: string option
        /// Seed of the order of examples. A text, since it may have twenty digits.
        Seed: string option
        /// Training steps done.
        Step: int
        /// Place among the eigenvalues, 0 the smallest.
        Index: int
        /// The eigenvalue.
        Eigenvalue: float
    }

/// The columns of spectrum.csv.
let columns =
    Columns.ofRecord<Row> {
        let! run = Columns.text "run" _.Run
        and! method = Columns.optionalText "method" _.Method
        and! seed = Columns.optionalText "seed" _.Seed
        and! step = Columns.integer "step" _.Step
        and! index = Columns.integer "index" _.Index
        and! eigenvalue = Columns.number "eigenvalue" _.Eigenvalue
        return { Run = run; Method = method; Seed = seed; Step = step; Index = index; Eigenvalue = eigenvalue }
    }

/// What one spectrum says.
type Summary =
    {
        /// Name of the run's folder.
        Run: string
        /// The method in the plan; None for an imported network.
        Method: string option
        /// Seed of the order of examples.
        Seed: string option
        /// Training steps done.
        Step: int
        /// Training examples behind the Hessian.
        Examples: int
        /// Number of eigenvalues.
        Rows: int
        /// The largest eigenvalue.
        Largest: float
        /// The smallest.
        Smallest: float
        /// Eigenvalues below -1e-8 of the largest magnitude.
        NegativeFine: int
        /// Below -1e-6.
        Negative: int
        /// Below -1e-4.
        NegativeCoarse: int
        /// Magnitudes of the negative eigenvalues over all.
        NegativeMass: float
        /// Sum of the eigenvalues.
        Trace: float
        /// Root of the sum of their squares.
        FrobeniusNorm: float
        /// How many directions share the curvature.
        EffectiveRank: float
    }

/// The columns of summary.csv.
let summaryColumns =
    Columns.ofRecord<Summary> {
        let! run = Columns.text "run" _.Run
        and! method = Columns.optionalText "method" _.Method
        and! seed = Columns.optionalText "seed" _.Seed
        and! step = Columns.integer "step" _.Step
        and! examples = Columns.integer "examples" _.Examples
        and! rows = Columns.integer "rows" _.Rows
        and! largest = Columns.number "lambda_max" _.Largest
        and! smallest = Columns.number "lambda_min" _.Smallest
        and! negativeFine = Columns.integer "negative_count_1e-8" _.NegativeFine
        and! negative = Columns.integer "negative_count_1e-6" _.Negative
        and! negativeCoarse = Columns.integer "negative_count_1e-4" _.NegativeCoarse
        and! mass = Columns.number "negative_mass" _.NegativeMass
        and! trace = Columns.number "trace" _.Trace
        and! norm = Columns.number "frobenius_norm" _.FrobeniusNorm
        and! rank = Columns.number "effective_rank" _.EffectiveRank

        return
            {
                Run = run
                Method = method
                Seed = seed
                Step = step
                Examples = examples
                Rows = rows
                Largest = largest
                Smallest = smallest
                NegativeFine = negativeFine
                Negative = negative
                NegativeCoarse = negativeCoarse
                NegativeMass = mass
                Trace = trace
                FrobeniusNorm = norm
                EffectiveRank = rank
            }
    }

/// Method and seed of a run that was trained here.
let private labels (run: Run) =
    match run.Plan with
    | Trained plan -> Some plan.Method, Some(string plan.OrderSeed)
    | Imported _
    | Unreadable _ -> None, None

/// All eigenvalues of a run's spectrum.
let rows (run: Run) (spectrum: Spectrum) : Row list =
    let method, seed = labels run

    [
        for index in 0 .. spectrum.Eigenvalues.Length - 1 do
            {
                Run = run.Name
                Method = method
                Seed = seed
                Step = spectrum.Step
                Index = index
                Eigenvalue = spectrum.Eigenvalues[index]
            }
    ]

/// What a run's spectrum says.
let summary (run: Run) (spectrum: Spectrum) : Summary =
    let method, seed = labels run
    let curvature = Spectra.curvature spectrum
    let fine, negative, coarse = curvature.Negative

    {
        Run = run.Name
        Method = method
        Seed = seed
        Step = spectrum.Step
        Examples = spectrum.Examples
        Rows = spectrum.Eigenvalues.Length
        Largest = curvature.Largest
        Smallest = curvature.Smallest
        NegativeFine = fine
        Negative = negative
        NegativeCoarse = coarse
        NegativeMass = curvature.NegativeMass
        Trace = curvature.Trace
        FrobeniusNorm = spectrum.FrobeniusNorm
        EffectiveRank = curvature.EffectiveRank
    }

/// One number of a spectrum that was estimated.
type Measure =
    {
        /// Name of the run's folder.
        Run: string
        /// The method in the plan; None for an imported network.
        Method: string option
        /// Seed of the order of examples.
        Seed: string option
        /// Training steps done.
        Step: int
        /// Training examples behind the Hessian.
        Examples: int
        /// Number of eigenvalues.
        Rows: int
        /// lambda_max, lambda_min, trace or negative_mass.
        Name: string
        /// The number.
        Value: float
        /// The residual of an eigenvalue, or a standard error over random vectors.
        Error: float
    }

/// The columns of estimates.csv.
let measureColumns =
    Columns.ofRecord<Measure> {
        let! run = Columns.text "run" _.Run
        and! method = Columns.optionalText "method" _.Method
        and! seed = Columns.optionalText "seed" _.Seed
        and! step = Columns.integer "step" _.Step
        and! examples = Columns.integer "examples" _.Examples
        and! rows = Columns.integer "rows" _.Rows
        and! name = Columns.text "measure" _.Name
        and! value = Columns.number "value" _.Value
        and! error = Columns.number "error" _.Error

        return
            {
                Run = run
                Method = method
                Seed = seed
                Step = step
                Examples = examples
                Rows = rows
                Name = name
                Value = value
                Error = error
            }
    }

/// What an estimate says, a row a number.
let measures (run: Run) (step: int) (examples: int) (estimate: SpectrumEstimate) : Measure list =
    let method, seed = labels run

    [
        "lambda_max", estimate.Largest
        "lambda_min", estimate.Smallest
        "trace", estimate.Trace
        "negative_mass", estimate.NegativeMass
    ]
    |> List.map (fun (name, number) ->
        {
            Run = run.Name
            Method = method
            Seed = seed
            Step = step
            Examples = examples
            Rows = estimate.Rows
            Name = name
            Value = number.Value
            Error = number.Error
        })
