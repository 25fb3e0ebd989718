/// The tables of the lottery-ticket analysis: models.csv, table3.csv, distances.csv, mds.csv, interpolation.csv and about.csv.
module SparseCore.Analysis.LotteryTables

open System.IO
open SparseCore.Analysis.LotteryAnalysis

/// The columns of models.csv.
let modelColumns =
    Columns.ofRecord<ModelRow> {
        let! model = Columns.word modelNames "model" _.Model
        and! seed = Columns.integer "seed" _.Seed
        and! run = Columns.text "run" _.Run
        and! accuracy = Columns.number "test_accuracy" _.TestAccuracy
        and! collapsedTo = Columns.optionalInteger "collapsed_to" _.CollapsedTo

        return { Model = model; Seed = seed; Run = run; TestAccuracy = accuracy; CollapsedTo = collapsedTo }
    }

/// The columns of table3.csv.
let table3Columns =
    Columns.ofRecord<Table3Row> {
        let! model = Columns.word modelNames "model" _.Model
        and! accuracyMean = Columns.number "accuracy_mean" _.AccuracyMean
        and! accuracyDeviation = Columns.optionalNumber "accuracy_std" _.AccuracyDeviation
        and! ensembleAccuracy = Columns.optionalNumber "ensemble_accuracy" _.EnsembleAccuracy
        and! disagreementMean = Columns.optionalNumber "disagreement_mean" _.DisagreementMean
        and! disagreementDeviation = Columns.optionalNumber "disagreement_std" _.DisagreementDeviation
        and! withPrunedMean = Columns.optionalNumber "disagreement_with_pruned_mean" _.DisagreementWithPrunedMean
        and! withPrunedDeviation = Columns.optionalNumber "disagreement_with_pruned_std" _.DisagreementWithPrunedDeviation
        and! klMean = Columns.optionalNumber "kl_mean" _.KlMean
        and! jsdMean = Columns.optionalNumber "jsd_mean" _.JsdMean
        and! klWithPrunedMean = Columns.optionalNumber "kl_with_pruned_mean" _.KlWithPrunedMean
        and! jsdWithPrunedMean = Columns.optionalNumber "jsd_with_pruned_mean" _.JsdWithPrunedMean

        return
            {
                Model = model
                AccuracyMean = accuracyMean
                AccuracyDeviation = accuracyDeviation
                EnsembleAccuracy = ensembleAccuracy
                DisagreementMean = disagreementMean
                DisagreementDeviation = disagreementDeviation
                DisagreementWithPrunedMean = withPrunedMean
                DisagreementWithPrunedDeviation = withPrunedDeviation
                KlMean = klMean
                JsdMean = jsdMean
                KlWithPrunedMean = klWithPrunedMean
                JsdWithPrunedMean = jsdWithPrunedMean
            }
    }

/// The columns of distances.csv.
let distanceColumns =
    Columns.ofRecord<DistanceRow> {
        let! model = Columns.word modelNames "model" _.Model
        and! seed = Columns.integer "seed" _.Seed
        and! start = Columns.number "d_init" _.Start
        and! finish = Columns.number "d_final" _.End
        return { Model = model; Seed = seed; Start = start; End = finish }
    }

/// The columns of mds.csv.
let mapColumns =
    Columns.ofRecord<MapRow> {
        let! model = Columns.word modelNames "model" _.Model
        and! stage = Columns.word [ "start"; "end" ] "stage" _.Stage
        and! seed = Columns.integer "seed" _.Seed
        and! x = Columns.number "x" _.X
        and! y = Columns.number "y" _.Y
        return { Model = model; Stage = stage; Seed = seed; X = x; Y = y }
    }

/// The columns of interpolation.csv.
let interpolationColumns =
    Columns.ofRecord<InterpolationRow> {
        let! path = Columns.word pathNames "path" _.Path
        and! seed = Columns.integer "seed" _.Seed
        and! alpha = Columns.number "alpha" _.Alpha
        and! trainLoss = Columns.number "train_loss" _.TrainLoss
        and! trainAccuracy = Columns.number "train_accuracy" _.TrainAccuracy
        and! testLoss = Columns.number "test_loss" _.TestLoss
        and! testAccuracy = Columns.number "test_accuracy" _.TestAccuracy

        return
            {
                Path = path
                Seed = seed
                Alpha = alpha
                TrainLoss = trainLoss
                TrainAccuracy = trainAccuracy
                TestLoss = testLoss
                TestAccuracy = testAccuracy
            }
    }

/// Writes models.csv, table3.csv, distances.csv, mds.csv, interpolation.csv and about.csv. The last one is written last: where it is, all are.
let write (folder: string) (results: Results) =
    let path (name: string) = Path.Combine(folder, name)

    Directory.CreateDirectory folder |> ignore
    File.Delete(Path.Combine(folder, "about.csv"))
    Columns.write (path "models.csv") modelColumns results.Models
    Columns.write (path "table3.csv") table3Columns results.Table3
    Columns.write (path "distances.csv") distanceColumns results.Distances
    Columns.write (path "mds.csv") mapColumns results.Map
    Columns.write (path "interpolation.csv") interpolationColumns results.Interpolation
    Columns.write (path "about.csv") Columns.facts results.About

/// A barrier stands between the ends of a path.
let private requireEnds (source: string) (results: Results) =
    for (path, seed), rows in results.Interpolation |> Array.groupBy (fun row -> row.Path, row.Seed) do
        for place in [ 0.0; 1.0 ] do
            if not (rows |> Array.exists (fun row -> row.Alpha = place)) then
                Tables.fail source 1 $"alpha = {place} on the path {path} of seed {seed}" $"{rows.Length} other places"

    results

/// All groups are compared with the tickets.
let private requireTickets (source: string) (results: Results) =
    if not (results.Table3 |> Array.exists (fun row -> row.Model = ticketsName)) then
        Tables.fail source 1 $"a row of the model '{ticketsName}'" $"{results.Table3.Length} others"

    results

/// The facts; the stress of the map is a number.
let private readAbout (path: string) : (string * string) list =
    let table = Tables.read path
    let facts = Columns.ofTable Columns.facts table

    for row, (name, _) in Array.zip table.Rows facts do
        if name = "mds_stress1" then
            Tables.float "value" table row |> ignore

    List.ofArray facts

/// Reads what write wrote; refuses unknown models, stages and paths, and paths without ends.
let read (folder: string) =
    let path (name: string) = Path.Combine(folder, name)

    {
        Models = Columns.read (path "models.csv") modelColumns
        Table3 = Columns.read (path "table3.csv") table3Columns
        Distances = Columns.read (path "distances.csv") distanceColumns
        Map = Columns.read (path "mds.csv") mapColumns
        Interpolation = Columns.read (path "interpolation.csv") interpolationColumns
        About = readAbout (path "about.csv")
    }
    |> requireEnds (path "interpolation.csv")
    |> requireTickets (path "table3.csv")

/// Whether a folder already holds the tables of exactly these inputs and facts, and this machine's record says that exactly what is given made them: tables of
/// other runs, of another version of the analysis or of another machine are made again rather than shown as this one's.
let isCurrent
    (folder: string)
    (settings: Settings)
    (about: (string * string) list)
    (made: (string * string) list)
    (dataHash: string)
    (groups: Groups)
    =
    let holds (facts: (string * string) list) (known: (string * string) list) = facts |> List.forall (fun fact -> List.contains fact known)

    File.Exists(Path.Combine(folder, "about.csv"))
    && (try
            Lineage.readLocal folder |> Option.exists (fun record -> holds made record.Facts)
            && holds (("inputs", fingerprint settings dataHash groups) :: about) (read folder).About
        with
        | :? InvalidDataException
        | :? FileNotFoundException -> false)
