/// The paper's section 4.3 and appendix A: why lottery tickets win. From saved networks to the numbers of Table 3 and Figures 5a to 5c.
module SparseCore.Analysis.LotteryAnalysis

open System
open System.Security.Cryptography
open System.Text
open SparseCore.Data
open SparseCore.Engine

/// One run of a group.
type Member =
    {
        /// Name of the group, as in Table 3.
        Model: string
        /// Number of the run in its group, from 1.
        Seed: int
        /// Before training.
        Start: Snapshot
        /// After training.
        End: Snapshot
    }

/// The networks of the analysis. The first five groups share the mask of the pruning solution.
type Groups =
    {
        /// The pruning solution.
        Pruned: Member
        /// Its lottery tickets: one start, different orders of the data.
        Tickets: Member[]
        /// Trained from one fresh initialization with different orders of the data; may be empty.
        Scratch: Member[]
        /// Trained from different fresh initializations with different orders of the data.
        ScratchDifferent: Member[]
        /// Trained on from the pruning solution's end; may be empty.
        PruneRestart: Member[]
        /// Independent pruning solutions; the first one is the pruning solution above.
        DifferentPruned: Member[]
    }

/// What the analysis needs besides the networks.
type Settings =
    {
        /// Makes the engines that evaluate.
        Engines: IEngineFactory
        /// Threads that evaluate networks side by side.
        Jobs: int
        /// Data set of the training losses.
        Train: Dataset
        /// Data set of everything else.
        Test: Dataset
        /// Examples of each data set, evenly spaced in it, on which the paths between networks are measured; None for all.
        PathExamples: int option
        /// Statistics of batch normalizations on the paths between networks.
        Statistics: Evaluation.BatchNormStatistics
        /// Hears how many evaluations are done, and of how many; from any thread.
        Report: int -> int -> unit
    }

/// A row of models.csv: one network.
type ModelRow =
    {
        /// Name of the group.
        Model: string
        /// Number of the run in its group.
        Seed: int
        /// Name of the run's folder.
        Run: string
        /// Fraction of the test set classified rightly.
        TestAccuracy: float
        /// The class it predicts for every test example, if there is only one.
        CollapsedTo: int option
    }

/// A row of table3.csv; fractions; None where the paper has a dash.
type Table3Row =
    {
        /// Name of the group.
        Model: string
        /// Mean test accuracy.
        AccuracyMean: float
        /// Population standard deviation of the test accuracy.
        AccuracyDeviation: float option
        /// Test accuracy of the mean of the softmax outputs.
        EnsembleAccuracy: float option
        /// Mean disagreement over all pairs.
        DisagreementMean: float option
        /// Its population standard deviation over the pairs.
        DisagreementDeviation: float option
        /// Mean disagreement with the pruning solution.
        DisagreementWithPrunedMean: float option
        /// Its population standard deviation over the models.
        DisagreementWithPrunedDeviation: float option
        /// Mean KL over all ordered pairs, nats.
        KlMean: float option
        /// Mean JSD over all pairs, nats.
        JsdMean: float option
        /// Mean KL(pruning solution || model), nats.
        KlWithPrunedMean: float option
        /// Mean JSD with the pruning solution, nats.
        JsdWithPrunedMean: float option
    }

/// A row of distances.csv: L2 distances to the pruning solution.
type DistanceRow =
    {
        /// Name of the group.
        Model: string
        /// Number of the run in its group.
        Seed: int
        /// Distance before training.
        Start: float
        /// Distance after training.
        End: float
    }

/// A row of mds.csv: one point of the map.
type MapRow =
    {
        /// Name of the group.
        Model: string
        /// start or end.
        Stage: string
        /// Number of the run in its group; the first one's where all share a start.
        Seed: int
        /// First principal axis.
        X: float
        /// Second principal axis.
        Y: float
    }

/// A row of interpolation.csv.
type InterpolationRow =
    {
        /// lt-init, lt-end, scratch-init or scratch-end.
        Path: string
        /// Number of the run in its group.
        Seed: int
        /// 0 at the network the path is named after, 1 at the pruning solution.
        Alpha: float
        /// Mean cross-entropy on the training set, nats.
        TrainLoss: float
        /// Accuracy on the training set.
        TrainAccuracy: float
        /// Mean cross-entropy on the test set, nats.
        TestLoss: float
        /// Accuracy on the test set.
        TestAccuracy: float
    }

/// All tables of the analysis.
type Results =
    {
        /// One row a network.
        Models: ModelRow[]
        /// One row a group.
        Table3: Table3Row[]
        /// One row a network that shares the pruning solution's mask.
        Distances: DistanceRow[]
        /// The map of Figure 5a.
        Map: MapRow[]
        /// The paths of Figure 5c.
        Interpolation: InterpolationRow[]
        /// Facts for captions and lineage: names and values.
        About: (string * string) list
    }

/// Name of the lottery tickets.
let ticketsName = "LT"
/// Name of the group that Figure 5 calls Scratch.
let scratchDifferentName = "Scratch (Diff. Init.)"
/// Name of the pruning solution.
let prunedName = "Pruned Soln."
/// Names of all that the tables compare, in the order of Table 3.
let modelNames = [ ticketsName; "Scratch"; scratchDifferentName; "Prune Restart"; prunedName; "5 Diff. Pruned" ]
/// Names of the paths of Figure 5c.
let pathNames = [ "lt-init"; "lt-end"; "scratch-init"; "scratch-end" ]

/// Reads the networks. Every group is given as runs in the order of their seeds; the pruning solution is the first of differentPruned. Scratch
/// runs of one initialization and restarts may be left out.
let load (tickets: Run[]) (scratch: Run[]) (scratchDifferent: Run[]) (pruneRestart: Run[]) (differentPruned: Run[]) =
    let optional (model: string) (runs: Run[]) : Member[] =
        [|
            for index, run in Array.indexed runs -> { Model = model; Seed = index + 1; Start = Runs.first run; End = Runs.last run }
        |]

    let members (model: string) (runs: Run[]) : Member[] =
        if runs.Length = 0 then
            invalidArg (nameof runs) $"The group '{model}' needs at least one run, found none."

        optional model runs

    let pruned = members "5 Diff. Pruned" differentPruned

    {
        Pruned = { pruned[0] with Model = prunedName }
        Tickets = members ticketsName tickets
        Scratch = optional "Scratch" scratch
        ScratchDifferent = members scratchDifferentName scratchDifferent
        PruneRestart = optional "Prune Restart" pruneRestart
        DifferentPruned = pruned
    }

let private everyone (groups: Groups) =
    Array.concat
        [
            groups.Tickets
            groups.Scratch
            groups.ScratchDifferent
            groups.PruneRestart
            [| groups.Pruned |]
            groups.DifferentPruned
        ]

/// What the settings change in the results; nothing where paths are measured on all examples with stored statistics.
let private variant (settings: Settings) =
    [
        match settings.PathExamples with
        | Some examples -> $"path examples {examples}"
        | None -> ()
        match settings.Statistics with
        | Evaluation.Reestimated(data, examples) -> $"statistics of {examples} examples of {data.Name}"
        | Evaluation.Stored -> ()
    ]
    |> Array.ofList

/// Names the inputs of an analysis: equal inputs, equal text. Other data must have another dataHash.
let fingerprint (settings: Settings) (dataHash: string) (groups: Groups) =
    let lines =
        everyone groups |> Array.map (fun one -> $"{one.Model},{one.Seed},{one.Start.ContentHash},{one.End.ContentHash}")

    let text = String.Join("\n", Array.concat [ [| "lottery-analysis-1"; dataHash |]; variant settings; lines ])
    Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes text))

/// The row of a group in Table 3, from what its networks and the pruning solution give on the test set.
let table3Row (labels: int[]) (model: string) (models: Outputs[]) (pruned: Outputs) (comparedWithPruned: Outputs[]) =
    let accuracies = models |> Array.map (Outputs.accuracy labels)
    let disagreements = Disagreement.pairwise models
    let withPruned = Disagreement.withReference pruned comparedWithPruned
    let some (values: float[]) (statistic: float[] -> float) = if values.Length = 0 then None else Some(statistic values)

    {
        Model = model
        AccuracyMean = Statistics.mean accuracies
        AccuracyDeviation = some accuracies Statistics.populationDeviation
        EnsembleAccuracy = Some(Ensembles.accuracy labels models)
        DisagreementMean = some disagreements Statistics.mean
        DisagreementDeviation = some disagreements Statistics.populationDeviation
        DisagreementWithPrunedMean = some withPruned Statistics.mean
        DisagreementWithPrunedDeviation = some withPruned Statistics.populationDeviation
        KlMean = some (Divergence.klPairwise models) Statistics.mean
        JsdMean = some (Divergence.jsdPairwise models) Statistics.mean
        KlWithPrunedMean = some (comparedWithPruned |> Array.map (Divergence.kl pruned)) Statistics.mean
        JsdWithPrunedMean = some (comparedWithPruned |> Array.map (Divergence.jsd pruned)) Statistics.mean
    }

/// The pruning solution's own row: an accuracy and dashes.
let private prunedRow (labels: int[]) (pruned: Outputs) =
    {
        Model = prunedName
        AccuracyMean = Outputs.accuracy labels pruned
        AccuracyDeviation = None
        EnsembleAccuracy = None
        DisagreementMean = None
        DisagreementDeviation = None
        DisagreementWithPrunedMean = None
        DisagreementWithPrunedDeviation = None
        KlMean = None
        JsdMean = None
        KlWithPrunedMean = None
        JsdWithPrunedMean = None
    }

/// L2 distances to the pruning solution over all that was trained (weights, biases, scales and shifts; no running statistics), for the groups that share its mask.
let distances (groups: Groups) =
    Array.concat [ groups.Tickets; groups.Scratch; groups.ScratchDifferent; groups.PruneRestart ]
    |> Array.map (fun one ->
        {
            Model = one.Model
            Seed = one.Seed
            Start = Distances.l2 (Snapshots.trained one.Start) (Snapshots.trained groups.Pruned.End)
            End = Distances.l2 (Snapshots.trained one.End) (Snapshots.trained groups.Pruned.End)
        })

/// The map of Figure 5a: the tickets' start (once, they share it) and ends, starts and ends of scratch training from different initializations, and
/// the pruning solution, placed by metric scaling of their L2 distances. Also returns the fit.
let map (groups: Groups) =
    let starts (members: Member[]) =
        members
        |> Array.distinctBy _.Start.Parameters.Values
        |> Array.map (fun one -> one, "start", Snapshots.trained one.Start)

    let ends (members: Member[]) = members |> Array.map (fun one -> one, "end", Snapshots.trained one.End)

    let points =
        Array.concat
            [
                starts groups.Tickets
                ends groups.Tickets
                starts groups.ScratchDifferent
                ends groups.ScratchDifferent
                ends [| groups.Pruned |]
            ]

    let embedding =
        points
        |> Array.map (fun (_, _, values) -> values)
        |> Distances.pairwise
        |> Mds.metric { Mds.defaults with MaxIterations = 5000; Tolerance = 1e-12; Restarts = 16 }

    let rows =
        Array.map2
            (fun (one: Member, stage, _) (point: Mds.Point) ->
                { Model = one.Model; Stage = stage; Seed = one.Seed; X = point.X; Y = point.Y })
            points
            embedding.Points

    rows, embedding

/// The four kinds of path of Figure 5c, each a name and the networks it starts from.
let private paths (groups: Groups) =
    [|
        "lt-init", groups.Tickets |> Array.map (fun one -> one.Seed, one.Start)
        "lt-end", groups.Tickets |> Array.map (fun one -> one.Seed, one.End)
        "scratch-init", groups.ScratchDifferent |> Array.map (fun one -> one.Seed, one.Start)
        "scratch-end", groups.ScratchDifferent |> Array.map (fun one -> one.Seed, one.End)
    |]
    |> Array.collect (fun (path, starts) -> starts |> Array.map (fun (seed, start) -> path, seed, start))

/// Loss and accuracy on the straight lines to the pruning solution. Equal points (the shared start of the tickets, the common end) are evaluated once.
let interpolation (settings: Settings) (groups: Groups) =
    let paths = paths groups
    let pruned = groups.Pruned.End
    let masks = paths |> Array.fold (fun masks (_, _, start) -> Snapshots.unionOfMasks masks start.Masks) pruned.Masks
    let starts = paths |> Array.map (fun (_, _, start) -> start.Parameters) |> Array.distinctBy _.Values
    let lines = starts |> Array.map (fun start -> Interpolation.betweenBlocks start pruned.Parameters)

    // The key of a point: its line and place; all lines meet at alpha 1.
    let keyOf (line: int) (alpha: float) = if alpha = 1.0 then 0, 1.0 else line, alpha

    let keys =
        [|
            for line in 0 .. lines.Length - 1 do
                for alpha in Interpolation.alphas -> keyOf line alpha
        |]
        |> Array.distinct

    let sample (data: Dataset) = SpreadDataset.Of(data, Option.toNullable settings.PathExamples)

    let evaluated =
        keys
        |> Array.map (fun (line, alpha) -> fun () -> Interpolation.point alpha lines[line])
        |> Evaluation.performances
            settings.Engines
            settings.Jobs
            (fun finished -> settings.Report finished keys.Length)
            settings.Statistics
            masks
            [ sample settings.Train; sample settings.Test ]
        |> Array.zip keys
        |> dict

    [|
        for path, seed, start in paths do
            let line = starts |> Array.findIndex (fun other -> other.Values = start.Parameters.Values)

            for alpha in Interpolation.alphas do
                let results = evaluated[keyOf line alpha]

                {
                    Path = path
                    Seed = seed
                    Alpha = alpha
                    TrainLoss = results[0].Loss
                    TrainAccuracy = results[0].Accuracy
                    TestLoss = results[1].Loss
                    TestAccuracy = results[1].Accuracy
                }
    |]

/// The whole analysis. `about` are facts to keep beside the tables (network, sparsity, ...), `dataHash` names the data.
let analyze (settings: Settings) (about: (string * string) list) (dataHash: string) (groups: Groups) =
    let labels = Evaluation.labels settings.Test
    let members = everyone groups
    let outputs = members |> Array.map _.End |> Evaluation.outputs settings.Engines settings.Jobs settings.Test

    let outputsOf (group: Member[]) =
        group
        |> Array.map (fun one -> outputs[members |> Array.findIndex (fun other -> other.Model = one.Model && other.Seed = one.Seed)])

    let pruned = (outputsOf [| groups.Pruned |])[0]
    let sharing (group: Member[]) = table3Row labels group[0].Model (outputsOf group) pruned (outputsOf group)
    let map, embedding = map groups

    {
        Models =
            Array.map2
                (fun (one: Member) given ->
                    {
                        Model = one.Model
                        Seed = one.Seed
                        Run = one.End.Run
                        TestAccuracy = Outputs.accuracy labels given
                        CollapsedTo = Outputs.collapsedTo given
                    })
                members
                outputs
        Table3 =
            [|
                for group in [ groups.Tickets; groups.Scratch; groups.ScratchDifferent; groups.PruneRestart ] do
                    if group.Length > 0 then
                        sharing group
                prunedRow labels pruned
                table3Row
                    labels
                    groups.DifferentPruned[0].Model
                    (outputsOf groups.DifferentPruned)
                    pruned
                    (outputsOf groups.DifferentPruned[1..])
            |]
        Distances = distances groups
        Map = map
        Interpolation = interpolation settings groups
        About =
            about
            @ [
                "mds_raw_stress", Tables.number embedding.RawStress
                "mds_stress1", Tables.number embedding.Stress1
                "inputs", fingerprint settings dataHash groups
            ]
    }
