/// Tables of spectra: every eigenvalue, and what each spectrum says.
module SparseCore.Analysis.SpectrumTable

open SparseCore.Curvature

/// A moment of a run.
type Moment =
    {
        /// Name of the run's folder.
        Run: string
        /// The method in the plan; None for an imported network.
        Method: string option
        /// Seed of the order of examples. A text, since it may have twenty digits.
        Seed: string option
        /// Training steps done.
        Step: int
        /// Side of the mask update there; None for a checkpoint that is looked at as it is.
        Side: Side option
    }

let private moment (momentOf: 'record -> Moment) =
    Columns.ofRecord<'record> {
        let! run = Columns.text "run" (fun record -> (momentOf record).Run)
        and! method = Columns.optionalText "method" (fun record -> (momentOf record).Method)
        and! seed = Columns.optionalText "seed" (fun record -> (momentOf record).Seed)
        and! step = Columns.integer "step" (fun record -> (momentOf record).Step)
        and! side = Columns.optionalWord Updates.names "side" (fun record -> (momentOf record).Side |> Option.map Updates.nameOf)

        return { Run = run; Method = method; Seed = seed; Step = step; Side = side |> Option.bind Updates.ofName }
    }

/// One eigenvalue.
type Row =
    {
        /// When in which run.
        Moment: Moment
        /// Place among the eigenvalues, 0 the smallest.
        Index: int
        /// The eigenvalue.
        Eigenvalue: float
    }

/// The columns of spectrum.csv.
let columns =
    Columns.ofRecord<Row> {
        let! moment = moment _.Moment
        and! index = Columns.integer "index" _.Index
        and! eigenvalue = Columns.number "eigenvalue" _.Eigenvalue
        return { Moment = moment; Index = index; Eigenvalue = eigenvalue }
    }

/// What one spectrum says.
type Summary =
    {
        /// When in which run.
        Moment: Moment
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
        /// The curvature along the loss's gradient, g'Hg / g'g; not a number where the gradient is 0.
        AlongGradient: float
        /// Share of the leading eigenspace that lies along the largest tenth of the weights.
        LeadingOverlap: float
        /// That share for a random space.
        LeadingChance: float
        /// How far the leading eigenvalues may be off.
        Error: float
    }

/// The columns of summary.csv.
let summaryColumns =
    Columns.ofRecord<Summary> {
        let! moment = moment _.Moment
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
        and! along = Columns.number "along_gradient" _.AlongGradient
        and! overlap = Columns.number "leading_overlap" _.LeadingOverlap
        and! chance = Columns.number "leading_overlap_by_chance" _.LeadingChance
        and! error = Columns.number "error" _.Error

        return
            {
                Moment = moment
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
                AlongGradient = along
                LeadingOverlap = overlap
                LeadingChance = chance
                Error = error
            }
    }

/// A step of a run, or a side of the mask update there.
let private at (side: Side option) (step: int) (run: Run) : Moment =
    let method, seed =
        match run.Plan with
        | Trained plan -> Some plan.Method, Some(string plan.Seed)
        | Imported _
        | Unreadable _ -> None, None

    { Run = run.Name; Method = method; Seed = seed; Step = step; Side = side }

/// All eigenvalues of a run's spectrum.
let rows (run: Run) (side: Side option) (spectrum: Spectrum) : Row list =
    let moment = at side spectrum.Step run

    [
        for index in 0 .. spectrum.Eigenvalues.Length - 1 do
            { Moment = moment; Index = index; Eigenvalue = spectrum.Eigenvalues[index] }
    ]

/// What a run's spectrum says.
let summary (run: Run) (side: Side option) (spectrum: Spectrum) : Summary =
    let curvature = Spectra.curvature spectrum
    let fine, negative, coarse = curvature.Negative

    {
        Moment = at side spectrum.Step run
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
        AlongGradient = spectrum.AlongGradient
        LeadingOverlap = spectrum.Leading.Overlap
        LeadingChance = spectrum.Leading.Chance
        Error = spectrum.Leading.Error
    }

/// One number of a spectrum that was estimated.
type Measure =
    {
        /// When in which run.
        Moment: Moment
        /// Training examples behind the Hessian.
        Examples: int
        /// Number of eigenvalues.
        Rows: int
        /// Products with the Hessian that the estimate took.
        Products: int
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
        let! moment = moment _.Moment
        and! examples = Columns.integer "examples" _.Examples
        and! rows = Columns.integer "rows" _.Rows
        and! products = Columns.integer "products" _.Products
        and! name = Columns.text "measure" _.Name
        and! value = Columns.number "value" _.Value
        and! error = Columns.number "error" _.Error

        return
            {
                Moment = moment
                Examples = examples
                Rows = rows
                Products = products
                Name = name
                Value = value
                Error = error
            }
    }

/// What an estimate says, a row a number.
let measures (run: Run) (side: Side option) (step: int) (examples: int) (estimate: SpectrumEstimate) : Measure list =
    let moment = at side step run

    [
        "lambda_max", estimate.Largest
        "lambda_min", estimate.Smallest
        "trace", estimate.Trace
        "negative_mass", estimate.NegativeMass
    ]
    |> List.map (fun (name, number) ->
        {
            Moment = moment
            Examples = examples
            Rows = estimate.Rows
            Products = estimate.Products
            Name = name
            Value = number.Value
            Error = number.Error
        })

/// A place of an estimated density.
type Place =
    {
        /// An eigenvalue.
        Eigenvalue: float
        /// How many eigenvalues it stands for.
        Weight: float
    }

/// The columns of density.csv.
let placeColumns =
    Columns.ofRecord<Place> {
        let! eigenvalue = Columns.number "eigenvalue" _.Eigenvalue
        and! weight = Columns.number "eigenvalues" _.Weight
        return { Eigenvalue = eigenvalue; Weight = weight }
    }

/// The density of an estimate.
let density (estimate: SpectrumEstimate) : Place list =
    [ for value, weight in Seq.zip estimate.Values estimate.Weights -> { Eigenvalue = value; Weight = weight } ]
