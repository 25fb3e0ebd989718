/// The lottery-ticket analysis as one stage: from finished runs to tables, figures and report in a folder.
module Scripting.LotteryTickets

open System
open System.Threading
open SparseCore.Analysis
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Recipes
open SparseCore.Plans
open SparseCore.Training
open SparseCore.Verification

/// How the paths between networks are measured.
type Paths =
    {
        /// Examples of each data set, evenly spaced; None for all.
        Examples: int option
        /// stored or reestimated.
        BatchNorm: string
    }

/// Paths measured on all examples.
let allExamples: Paths = { Examples = None; BatchNorm = "stored" }

/// Training examples from which statistics are re-estimated, at most.
let private statisticsExamples = 1024

/// Declares batch-norm= and examples=.
let pathSettings (given: Settings.Given) : Paths =
    {
        Examples =
            Settings.optionalInteger
                1
                Int32.MaxValue
                "examples"
                "examples on which paths are measured, empty for the usual (VGG16 and ResNet-50 2000, others all)"
                given
        BatchNorm =
            Settings.choice
                [ "stored"; "reestimated" ]
                "batch-norm"
                "stored"
                "statistics of batch normalizations on paths between networks"
                given
    }

/// The number of examples of each data set on which a network's paths are measured; None for all.
let examples (paths: Paths) (network: Network) : int option =
    paths.Examples |> Option.orElse (Option.ofNullable (NetworkDefaults.Of network.Name).PathExamples)

/// The statistics of batch normalizations on a network's paths.
let statistics (paths: Paths) (train: Dataset) (network: Network) : Evaluation.BatchNormStatistics =
    if paths.BatchNorm = "reestimated" && network.Norms.Count > 0 then
        Evaluation.Reestimated(train, statisticsExamples)
    else
        Evaluation.Stored

/// Analyzes the experiment's finished runs into a folder, unless it holds the tables of exactly these runs and facts already, made as now, and draws everything.
/// Answers the report's path.
let analyse
    (engines: SparseCore.Engine.IEngineFactory)
    (executor: RunExecutor)
    (jobs: int)
    (cancellation: CancellationToken)
    (data: DataSplit)
    (paths: Paths)
    (about: (string * string) list)
    (made: (string * string) list)
    (out: string)
    (experiment: LotteryExperiment)
    : string =
    let load (runs: PlannedRun seq) = [| for run in runs -> Runs.load (executor.PathOf run.Plan) |]

    let groups =
        LotteryAnalysis.load
            (load experiment.Lottery)
            (load experiment.Scratch)
            (load experiment.ScratchDifferent)
            (load experiment.Restart)
            (load experiment.Pruned)

    let network = groups.Pruned.End.Masks.Network

    let examples = examples paths network

    let settings (report: int -> int -> unit) : LotteryAnalysis.Settings =
        {
            Engines = engines
            Jobs = jobs
            Train = data.Train
            Test = data.Test
            PathExamples = examples
            Statistics = statistics paths data.Train network
            Report = report
        }

    let about =
        about
        @ [
            match examples with
            | Some count -> "path_examples", string count
            | None -> ()
            if network.Norms.Count > 0 then
                "batch_norm", paths.BatchNorm
        ]

    if not (LotteryTables.isCurrent out (settings (fun _ _ -> ())) about made data.ContentHash groups) then
        let task = "evaluating networks"

        Progress.show 1 (fun progress ->
            let report finished total =
                cancellation.ThrowIfCancellationRequested()
                Progress.report task finished total progress

            groups |> LotteryAnalysis.analyze (settings report) about data.ContentHash |> LotteryTables.write out
            Progress.finish task progress)

    ExperimentFacts.record executor made out experiment.All
    LotteryReport.draw out
