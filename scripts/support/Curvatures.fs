/// The Hessian of a run at a checkpoint: what `hessian.fsx` asks for and writes.
module Scripting.Curvatures

open System
open System.IO
open System.Threading
open Analysis
open SparseCore.Curvature

/// What is asked for.
type Choice =
    {
        /// The run's folder.
        Run: string
        /// Which checkpoint; None for the last.
        Step: int option
        /// Which weights are rows: active, all, or those of the layer that is named.
        Rows: string
        /// Whether biases are rows too.
        Biases: bool
        /// How the spectrum is computed.
        Options: Spectra.Options
        /// Where tables and figure go.
        Out: string
        /// The data.
        Data: Datasets.Choice
    }

let private rowsExpected = "active, all, or a layer's name for its active weights"

/// Declares the settings.
let settings (given: Settings.Given) : Choice =
    let run = Settings.requiredPath "run" "the run's folder" given
    let step = Settings.optionalInteger 0 Int32.MaxValue "step" "which checkpoint, empty for the last" given
    let word (text: string) = if text = "" then None else Some text

    {
        Run = run
        Step = step
        Rows = Settings.custom rowsExpected word id "rows" "active" "the weights that are rows" given
        Biases = Settings.flag "biases" true "whether biases, and scales and shifts of batch normalizations, are rows too" given
        Options =
            { Spectra.defaults with
                Examples = Settings.count "examples" 1000 "the first so many training examples, in the data's order" given
                GaussNewton = Settings.flag "gauss-newton" false "only the Gauss-Newton part, which never curves down" given
                Threads = Settings.count "threads" Environment.ProcessorCount "threads at work" given
            }
        Out = Settings.path "out" "results/hessian" "folder for tables and figure" given
        Data = Datasets.settings "mnist" given
    }

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
    ]

/// Computes and writes.
let run (choice: Choice) (cancellation: CancellationToken) : unit =
    Writable.folder "out" choice.Out
    let run = Runs.load choice.Run

    let snapshot =
        match choice.Step with
        | Some step -> Runs.at step run
        | None -> Runs.last run

    let rows = coordinates choice snapshot
    let data = Datasets.load cancellation choice.Data
    Runs.otherData data run |> Option.iter (eprintfn "%s")

    let spectrum =
        Progress.show 1 (fun progress ->
            let task = $"{run.Name} at step {snapshot.Step}, {rows.Count} rows"
            let options = { choice.Options with Report = fun finished total -> Progress.report task finished total progress }
            let spectrum = Spectra.compute options cancellation data.Train rows snapshot
            Progress.finish task progress
            spectrum)

    let summary = SpectrumTable.summary run spectrum
    let inOut name = Path.Combine(choice.Out, name)
    Columns.write (inOut "spectrum.csv") SpectrumTable.columns (SpectrumTable.rows run spectrum)
    Columns.write (inOut "summary.csv") SpectrumTable.summaryColumns [ summary ]

    let notes =
        [ $"Hessian of the mean cross-entropy over the first {summary.Examples} training examples; {summary.Rows} rows." ]

    let title = $"Eigenvalues of the Hessian, step {summary.Step}"
    Curves.spectrum "spectrum" title 1e-6 notes spectrum.Eigenvalues |> Svg.write choice.Out |> ignore

    lines summary |> Terminal.print [] (fun (name, value) -> [ name; value ]) (fun (name, value) -> $"{name, -26} {value}")
    printfn "%s" (inOut "summary.csv")
