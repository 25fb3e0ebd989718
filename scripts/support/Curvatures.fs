/// The Hessian of a run at a checkpoint: what `hessian.fsx` asks for and writes.
module Scripting.Curvatures

open System
open System.IO
open System.Threading
open SparseCore.Analysis
open SparseCore.Curvature

/// What is asked for.
type Choice =
    {
        /// The run's folder.
        Run: string
        /// Which checkpoint; None for the last.
        Step: int option
        /// Which side of the mask update there; None for the checkpoint as it is.
        Side: Side option
        /// Which weights are rows: active, all, or those of the layer that is named.
        Rows: string
        /// Whether biases are rows too.
        Biases: bool
        /// How the spectrum is computed.
        Options: Spectra.Options
        /// Whether all eigenvalues are computed, or some numbers estimated from products with random vectors.
        IsExact: bool
        /// Random vectors.
        Probes: int
        /// Products for each.
        Products: int
        /// What computes products.
        Engine: Engines.Choice
        /// Where tables and figure go.
        Out: string
        /// The data.
        Data: Datasets.Choice
    }

let private rowsExpected = "active, all, or a layer's name for its active weights"

/// Settings of an estimate.
let private ofEstimates = "probes products engine device precision micro-batch repeatable torch".Split ' '

/// One moment of one run, or the study of five methods.
type Work =
    /// With run=.
    | One of Choice
    /// Without it.
    | Study of CurvatureStudy.Choice

let private ofOne =
    "step side rows biases gauss-newton threads spectrum probes products engine device precision micro-batch repeatable torch".Split ' '

/// Declares the settings.
let settings (arguments: string array) (given: Settings.Given) : Work =
    let word (text: string) = if text = "" then None else Some text

    let run =
        Settings.optionalPath "run" "the folder of one run; empty: five methods, their spectra along training and across mask updates" given

    let choice =
        {
            Run = run |> Option.defaultValue ""
            Step = Settings.optionalInteger 0 Int32.MaxValue "step" "which checkpoint, empty for the last" given
            Side =
                Settings.optionalChoice
                    Updates.names
                    "side"
                    "side of the mask update after step=: what it saw, that without what it dropped, or what it left"
                    given
                |> Option.bind Updates.ofName
            Rows = Settings.custom rowsExpected word id "rows" "active" "the weights that are rows" given
            Biases = Settings.flag "biases" true "whether biases, and scales and shifts of batch normalizations, are rows too" given
            Options =
                { Spectra.defaults with
                    Examples = Settings.count "examples" 1000 "the first so many training examples, in the data's order" given
                    GaussNewton = Settings.flag "gauss-newton" false "only the Gauss-Newton part, which never curves down" given
                    Threads = Settings.count "threads" Environment.ProcessorCount "threads at work" given
                }
            IsExact =
                Settings.choice [ "exact"; "estimated" ] "spectrum" "exact" "all eigenvalues, or some numbers with their errors" given =
                    "exact"
            Probes = Settings.integer 2 10000 "probes" 10 "random vectors of spectrum=estimated" given
            Products = Settings.integer 2 10000 "products" 40 "products with the Hessian for each of them" given
            Engine = Engines.settings given
            Out =
                Settings.optionalPath
                    "out"
                    "folder of tables and figures, empty for results/hessian, with run= results/examples/hessian"
                    given
                |> Option.defaultWith (fun () -> Paths.fromRoot (if run.IsSome then "results/examples/hessian" else "results/hessian"))
            Data = Datasets.settings "mnist" given
        }

    if choice.IsExact then
        Settings.refuse ofEstimates "with spectrum=estimated, found spectrum=exact" given

    if choice.Side.IsSome && choice.Step.IsNone then
        given.Mistakes.Add "side: expected beside step=, the step of a mask update, found it alone."

    let study: CurvatureStudy.Choice =
        {
            Seeds = Settings.integer 1 1000 "seeds" 5 "runs of each method" given
            Length = Settings.optionalInteger 1 Int32.MaxValue "length" "steps of every run, empty for the paper's" given
            Widths = Settings.optionalIntegers 1 100000 "widths" "hidden widths of LeNet5, empty for the paper's" given
            Moments =
                Settings.optionalIntegers 0 Int32.MaxValue "moments" "steps at which all methods are looked at, empty for the usual" given
            Updates =
                Settings.optionalIntegers
                    1
                    Int32.MaxValue
                    "updates"
                    "mask updates that are looked at from three sides, empty for the usual"
                    given
            Examples = choice.Options.Examples
            FullUpdates =
                Settings.optionalIntegers
                    0
                    Int32.MaxValue
                    "full-updates"
                    "those of them that one run of each method also shows over all training examples, empty for eight, 0 for none"
                    given
            Jobs = Settings.count "jobs" Environment.ProcessorCount "runs, and spectra, side by side" given
            Runs = Settings.path "runs" "results/runs" "folder of the study's runs" given
            Sharing = Sharing.settings given
            Out = choice.Out
            Data = choice.Data
            Arguments = arguments
        }

    if run.IsSome then
        Settings.refuse CurvatureStudy.names "without run=: they are for the study of five methods" given
    else
        Settings.refuse ofOne "beside run=, the folder of one run" given

    if run.IsSome then One choice else Study study

let private coordinates (choice: Choice) (snapshot: Snapshot) =
    match choice.Rows with
    | "active" -> Coordinates.Active(snapshot.Masks, choice.Biases)
    | "all" -> Coordinates.All(snapshot.Masks.Network, choice.Biases)
    | layer -> Coordinates.Active(snapshot.Masks, choice.Biases).Of layer

/// Numbers of a summary, for the terminal.
let private lines (summary: SpectrumTable.Summary) =
    let number (value: float) = Numbers.text "G4" value

    [
        "rows", Numbers.text "N0" (float summary.Rows)
        "examples", Numbers.text "N0" (float summary.Examples)
        "largest", number summary.Largest
        "smallest", number summary.Smallest
        "below -1e-6 of the largest", Numbers.text "N0" (float summary.Negative)
        "negative mass", $"{Numbers.percent summary.NegativeMass}%%"
        "trace", number summary.Trace
        "effective rank", number summary.EffectiveRank
        "along the gradient", number summary.AlongGradient
    ]

/// Does the work with its progress on the terminal.
let private shown (run: Run) (snapshot: Snapshot) (rows: Coordinates) (options: Spectra.Options) (work: Spectra.Options -> 'result) =
    Progress.show 1 (fun progress ->
        let task = $"{run.Name} at step {snapshot.Step}, {rows.Count} rows"
        let result = work { options with Report = fun finished total -> Progress.report task finished total progress }
        Progress.finish task progress
        result)

let private exact (choice: Choice) (cancellation: CancellationToken) data rows (run: Run) (snapshot: Snapshot) =
    let spectrum =
        shown run snapshot rows choice.Options (fun options -> Spectra.compute options cancellation data rows snapshot)

    let summary = SpectrumTable.summary run choice.Side spectrum
    let inOut name = Path.Combine(choice.Out, name)
    Columns.write (inOut "spectrum.csv") SpectrumTable.columns (SpectrumTable.rows run choice.Side spectrum)
    Columns.write (inOut "summary.csv") SpectrumTable.summaryColumns [ summary ]

    let notes =
        [ $"Hessian of the mean cross-entropy over the first {summary.Examples} training examples; {summary.Rows} rows." ]

    let side = choice.Side |> Option.map (fun side -> $", {Updates.nameOf side} its mask update") |> Option.defaultValue ""

    let title = $"Eigenvalues of the Hessian, step {summary.Moment.Step}{side}"
    Curves.spectrum "spectrum" title 1e-6 notes spectrum.Eigenvalues |> Svg.write choice.Out |> ignore
    lines summary |> Terminal.print [] (fun (name, value) -> [ name; value ]) (fun (name, value) -> $"{name, -26} {value}")
    printfn "%s" (inOut "summary.csv")

let private estimated (choice: Choice) (cancellation: CancellationToken) data rows (run: Run) (snapshot: Snapshot) =
    let engines = Engines.onThreads choice.Options.Threads choice.Engine

    let found =
        shown run snapshot rows choice.Options (fun options ->
            Spectra.estimate engines options choice.Probes choice.Products cancellation data rows snapshot)

    let measures = SpectrumTable.measures run choice.Side snapshot.Step choice.Options.Examples found
    let path = Path.Combine(choice.Out, "estimates.csv")
    Columns.write path SpectrumTable.measureColumns measures
    Columns.write (Path.Combine(choice.Out, "density.csv")) SpectrumTable.placeColumns (SpectrumTable.density found)

    let largest = found.Values |> Array.fold (fun largest value -> max largest (abs value)) 0.0
    let least = if largest > 0.0 then 1e-6 * largest else 1.0

    [ "", Array.zip found.Values found.Weights ]
    |> Curves.densities least
    |> Figures.single
        "density"
        $"Estimated density of the eigenvalues, step {snapshot.Step}"
        ""
        $"Stochastic Lanczos quadrature: {found.Products} products over the first {choice.Options.Examples} training examples; {found.Rows} rows. What lies within 1e-6 of the largest around 0 is left out."
    |> Svg.write choice.Out
    |> ignore

    let number (value: float) = Numbers.text "G4" value

    measures
    |> Terminal.print
        [ "measure"; "value"; "error" ]
        (fun measure -> [ measure.Name; number measure.Value; number measure.Error ])
        (fun measure -> $"{measure.Name, -20} {number measure.Value} ± {number measure.Error}")

    printfn "%s" path

let private one (choice: Choice) (cancellation: CancellationToken) : unit =
    Writable.folder "out" choice.Out
    let run = Runs.load choice.Run

    // What the files alone can refuse comes before the data is loaded.
    let checkpoint =
        match choice.Step with
        | Some step -> Runs.at step run
        | None -> Runs.last run

    let data = Datasets.load cancellation choice.Data
    Runs.otherData data run |> Option.iter (eprintfn "%s")

    let snapshot =
        match choice.Side with
        | Some side -> Updates.at (Engines.single Engines.cpu) data side checkpoint.Step run
        | None -> checkpoint

    let rows = coordinates choice snapshot

    let work = if choice.IsExact then exact else estimated
    work choice cancellation data.Train rows run snapshot

/// Computes and writes.
let run (work: Work) (cancellation: CancellationToken) : unit =
    match work with
    | One choice -> one choice cancellation
    | Study choice -> CurvatureStudy.run choice cancellation
