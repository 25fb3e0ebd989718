/// The lottery-ticket analysis as one stage: from finished runs to tables, figures and report in a folder.
module Scripting.LotteryTickets

open System.Threading
open Analysis
open SparseCore.Data
open SparseCore.Recipes
open SparseCore.Training

/// Analyses the experiment's finished runs into a folder, unless it holds the tables of exactly these runs and facts already, and draws everything. Answers the report's path.
let analyse
    (executor: RunExecutor)
    (jobs: int)
    (cancellation: CancellationToken)
    (data: DataSplit)
    (about: (string * string) list)
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

    if not (LotteryTables.isCurrent out about data.ContentHash groups) then
        let task = "evaluating networks"

        Progress.show 1 (fun progress ->
            let settings: LotteryAnalysis.Settings =
                {
                    Jobs = jobs
                    Train = data.Train
                    Test = data.Test
                    Report =
                        fun finished total ->
                            cancellation.ThrowIfCancellationRequested()
                            Progress.report task finished total progress
                }

            groups |> LotteryAnalysis.analyse settings about data.ContentHash |> LotteryTables.write out
            Progress.finish task progress)

    Training.writeLineage executor out experiment.All
    LotteryReport.draw out
