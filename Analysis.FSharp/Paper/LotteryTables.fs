/// The tables of the lottery-ticket analysis: models.csv, table3.csv, distances.csv, mds.csv, interpolation.csv and about.csv.
module Analysis.LotteryTables

open System.IO
open Analysis.LotteryAnalysis

let private modelColumns: (string * (ModelRow -> string)) list =
    [
        "model", _.Model
        "seed", (fun row -> Tables.integer row.Seed)
        "run", _.Run
        "test_accuracy", (fun row -> Tables.number row.TestAccuracy)
        "collapsed_to", (fun row -> row.CollapsedTo |> Option.map Tables.integer |> Option.defaultValue "")
    ]

let private table3Columns: (string * (Table3Row -> string)) list =
    [
        "model", _.Model
        "accuracy_mean", (fun row -> Tables.number row.AccuracyMean)
        "accuracy_std", (fun row -> Tables.optionalNumber row.AccuracyDeviation)
        "ensemble_accuracy", (fun row -> Tables.optionalNumber row.EnsembleAccuracy)
        "disagreement_mean", (fun row -> Tables.optionalNumber row.DisagreementMean)
        "disagreement_std", (fun row -> Tables.optionalNumber row.DisagreementDeviation)
        "disagreement_with_pruned_mean", (fun row -> Tables.optionalNumber row.DisagreementWithPrunedMean)
        "disagreement_with_pruned_std", (fun row -> Tables.optionalNumber row.DisagreementWithPrunedDeviation)
        "kl_mean", (fun row -> Tables.optionalNumber row.KlMean)
        "jsd_mean", (fun row -> Tables.optionalNumber row.JsdMean)
        "kl_with_pruned_mean", (fun row -> Tables.optionalNumber row.KlWithPrunedMean)
        "jsd_with_pruned_mean", (fun row -> Tables.optionalNumber row.JsdWithPrunedMean)
    ]

let private distanceColumns: (string * (DistanceRow -> string)) list =
    [
        "model", _.Model
        "seed", (fun row -> Tables.integer row.Seed)
        "d_init", (fun row -> Tables.number row.Start)
        "d_final", (fun row -> Tables.number row.End)
    ]

let private mapColumns: (string * (MapRow -> string)) list =
    [
        "model", _.Model
        "stage", _.Stage
        "seed", (fun row -> Tables.integer row.Seed)
        "x", (fun row -> Tables.number row.X)
        "y", (fun row -> Tables.number row.Y)
    ]

let private interpolationColumns: (string * (InterpolationRow -> string)) list =
    [
        "path", _.Path
        "seed", (fun row -> Tables.integer row.Seed)
        "alpha", (fun row -> Tables.number row.Alpha)
        "train_loss", (fun row -> Tables.number row.TrainLoss)
        "train_accuracy", (fun row -> Tables.number row.TrainAccuracy)
        "test_loss", (fun row -> Tables.number row.TestLoss)
        "test_accuracy", (fun row -> Tables.number row.TestAccuracy)
    ]

/// Writes models.csv, table3.csv, distances.csv, mds.csv, interpolation.csv and about.csv. The last one is written last: where it is, all are.
let write (folder: string) (results: Results) =
    let write (name: string) columns rows = Tables.ofRecords name columns rows |> Tables.write (Path.Combine(folder, name))

    Directory.CreateDirectory folder |> ignore
    File.Delete(Path.Combine(folder, "about.csv"))
    write "models.csv" modelColumns results.Models
    write "table3.csv" table3Columns results.Table3
    write "distances.csv" distanceColumns results.Distances
    write "mds.csv" mapColumns results.Map
    write "interpolation.csv" interpolationColumns results.Interpolation
    write "about.csv" [ "name", fst; "value", snd ] results.About

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

/// Reads what write wrote; refuses unknown models, stages and paths, and paths without ends.
let read (folder: string) =
    let path (name: string) = Path.Combine(folder, name)

    let read (name: string) (columns: (string * ('row -> string)) list) (row: Tables.Table -> Tables.Row -> 'row) =
        let table = Tables.read (path name) |> Tables.expect (List.map fst columns)
        table.Rows |> Array.map (row table)

    {
        Models =
            read "models.csv" modelColumns (fun table row ->
                {
                    Model = Tables.word modelNames "model" table row
                    Seed = Tables.int "seed" table row
                    Run = Tables.text "run" table row
                    TestAccuracy = Tables.float "test_accuracy" table row
                    CollapsedTo =
                        if Tables.text "collapsed_to" table row = "" then
                            None
                        else
                            Some(Tables.int "collapsed_to" table row)
                })
        Table3 =
            read "table3.csv" table3Columns (fun table row ->
                {
                    Model = Tables.word modelNames "model" table row
                    AccuracyMean = Tables.float "accuracy_mean" table row
                    AccuracyDeviation = Tables.optionalFloat "accuracy_std" table row
                    EnsembleAccuracy = Tables.optionalFloat "ensemble_accuracy" table row
                    DisagreementMean = Tables.optionalFloat "disagreement_mean" table row
                    DisagreementDeviation = Tables.optionalFloat "disagreement_std" table row
                    DisagreementWithPrunedMean = Tables.optionalFloat "disagreement_with_pruned_mean" table row
                    DisagreementWithPrunedDeviation = Tables.optionalFloat "disagreement_with_pruned_std" table row
                    KlMean = Tables.optionalFloat "kl_mean" table row
                    JsdMean = Tables.optionalFloat "jsd_mean" table row
                    KlWithPrunedMean = Tables.optionalFloat "kl_with_pruned_mean" table row
                    JsdWithPrunedMean = Tables.optionalFloat "jsd_with_pruned_mean" table row
                })
        Distances =
            read "distances.csv" distanceColumns (fun table row ->
                {
                    Model = Tables.word modelNames "model" table row
                    Seed = Tables.int "seed" table row
                    Start = Tables.float "d_init" table row
                    End = Tables.float "d_final" table row
                })
        Map =
            read "mds.csv" mapColumns (fun table row ->
                {
                    Model = Tables.word modelNames "model" table row
                    Stage = Tables.word [ "start"; "end" ] "stage" table row
                    Seed = Tables.int "seed" table row
                    X = Tables.float "x" table row
                    Y = Tables.float "y" table row
                })
        Interpolation =
            read "interpolation.csv" interpolationColumns (fun table row ->
                {
                    Path = Tables.word pathNames "path" table row
                    Seed = Tables.int "seed" table row
                    Alpha = Tables.float "alpha" table row
                    TrainLoss = Tables.float "train_loss" table row
                    TrainAccuracy = Tables.float "train_accuracy" table row
                    TestLoss = Tables.float "test_loss" table row
                    TestAccuracy = Tables.float "test_accuracy" table row
                })
        About =
            read "about.csv" [ "name", fst; "value", snd ] (fun table row ->
                let name = Tables.text "name" table row

                if name = "mds_stress1" then
                    Tables.float "value" table row |> ignore

                name, Tables.text "value" table row)
            |> List.ofArray
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
