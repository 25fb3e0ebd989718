/// Deedle frames of tables and runs, and how the paper groups them.
///
/// Deedle takes NaN in a column of floats for a missing value. To tell them apart, a column with NaN among its numbers holds objects: there NaN is a value like
/// another, and reading the column as floats gives Deedle's usual view. An empty cell is a missing value, except in a column of text, where it is the empty text.
///
/// Keys of rows are no column of a table. Where they say something, the first column says it too: run, step, or the rows of a pivot.
module SparseCore.Analysis.Frames

open System
open System.Globalization
open Deedle
open SparseCore

/// The kind of a column by its cells: integers, else numbers, else text. Cells that are all empty are text.
let private kindOf (table: Tables.Table) (index: int) : Columns.Kind =
    let cells = table.Rows |> Array.map (fun row -> row.Cells[index]) |> Array.filter ((<>) "")
    let isInteger (cell: string) = Int32.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) |> fst
    let isNumber (cell: string) = Double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture) |> fst

    if cells.Length = 0 then Columns.Text
    elif Array.forall isInteger cells then Columns.Integer
    elif Array.forall isNumber cells then Columns.Number
    else Columns.Text

let private seriesOfOptions (values: 'value option[]) : ISeries<int> = Series.ofOptionalObservations (Seq.indexed values)

/// A column of floats, or of objects where there is NaN among them.
let private seriesOfNumbers (values: float option[]) : ISeries<int> =
    if values |> Array.exists (Option.exists Double.IsNaN) then
        values |> Array.map (Option.map box) |> seriesOfOptions
    else
        seriesOfOptions values

let private seriesOf (kind: Columns.Kind) (column: string) (table: Tables.Table) : ISeries<int> =
    let texts = table.Rows |> Array.map (Tables.text column table)

    let values (read: string -> Tables.Table -> Tables.Row -> 'value) =
        Array.map2 (fun cell row -> if cell = "" then None else Some(read column table row)) texts table.Rows

    match kind with
    | Columns.Text -> Series.ofValues texts
    | Columns.OptionalText -> values Tables.text |> seriesOfOptions
    | Columns.Integer -> values Tables.int |> seriesOfOptions
    | Columns.Number -> values Tables.float |> seriesOfNumbers

let private ofKinds (kinds: Columns.Kind seq) (table: Tables.Table) : Frame<int, string> =
    Frame(table.Columns, Seq.map2 (fun kind column -> seriesOf kind column table) kinds table.Columns)

/// The frame of records by the definition of their columns: int, float or string. Keys of rows count from 0.
let ofRecords (definition: Columns.Definition<'record, 'value>) (records: 'record seq) : Frame<int, string> =
    Columns.toTable "frame" definition records |> ofKinds (definition.Columns |> List.map _.Kind)

/// The frame of any table. Columns of integers are int, other columns of numbers float, all others string, whatever the culture. Keys of rows count from 0.
let ofTable (table: Tables.Table) : Frame<int, string> = table |> ofKinds (Seq.init table.Columns.Length (kindOf table))

/// The frame of a CSV file, as ofTable. Refuses what Tables.read refuses.
let read (path: string) : Frame<int, string> = Tables.read path |> ofTable

/// A value as a cell.
let private cellOf (value: obj) : string =
    match value with
    | :? float as number -> Tables.number number
    | :? bool as truth -> if truth then "1" else "0"
    | :? IFormattable as formattable -> formattable.ToString(null, CultureInfo.InvariantCulture)
    | other -> string other

/// Refuses a column that a frame does not have.
let private require (column: string) (frame: Frame<'row, string>) =
    if not (Seq.contains column frame.ColumnKeys) then
        let known = String.Join(", ", frame.ColumnKeys |> Seq.map ForeignText.Show)
        invalidArg (nameof column) $"The frame has no column '{ForeignText.Show column}'; its columns are {known}."

/// The values of a column, one a row; None for missing ones.
let private valuesOf (column: string) (frame: Frame<'row, string>) : obj option[] =
    require column frame
    frame.GetColumn<obj> column |> Series.valuesAll |> Array.ofSeq

/// The texts of a column, one a row, as they are written; empty for missing values.
let texts (column: string) (frame: Frame<'row, string>) : string[] =
    valuesOf column frame |> Array.map (Option.map cellOf >> Option.defaultValue "")

/// The numbers of a column, one a row. None for missing values; NaN is a number here. Refuses values that are no numbers.
let numbers (column: string) (frame: Frame<'row, string>) : float option[] =
    let number (value: obj) =
        try
            Convert.ToDouble(value, CultureInfo.InvariantCulture)
        with
        | :? FormatException
        | :? InvalidCastException ->
            invalidArg (nameof column) $"Expected numbers in column '{ForeignText.Show column}', found '{ForeignText.Show(cellOf value)}'."

    valuesOf column frame |> Array.map (Option.map number)

/// The rows whose cell in a column, as it is written, is accepted. All columns stay, with their types, and so do the keys of rows. Deedle's own filters lose the columns
/// with the last row. Refuses an unknown column.
let where (column: string) (accept: string -> bool) (frame: Frame<'row, string>) : Frame<'row, string> =
    let accepted = Array.zip (Array.ofSeq frame.RowKeys) (texts column frame) |> Array.filter (snd >> accept)
    Frame.realignRows (Array.map fst accepted) frame

/// The frame as a table: for Markdown, reports and the terminal. Missing values are empty cells. Refuses a frame without columns.
let toTable (source: string) (frame: Frame<'row, string>) : Tables.Table =
    let columns = frame.ColumnKeys |> Array.ofSeq
    let cells = columns |> Array.map (fun column -> texts column frame)
    Tables.create source columns (Array.init frame.RowCount (fun row -> cells |> Array.map (Array.item row)))

/// The records of a frame by the definition of their columns. Refuses what Columns.ofTable refuses; lines count the header.
let toRecords (definition: Columns.Definition<'record, 'value>) (frame: Frame<'row, string>) : 'value[] =
    toTable "frame" frame |> Columns.ofTable definition

/// Writes the columns of a frame as a CSV file, as Tables.write does.
let write (path: string) (frame: Frame<'row, string>) : unit = toTable path frame |> Tables.write path

/// All runs in a folder, with the columns of RunTable: unfinished, damaged and imported ones too. Keys of rows are the names of the runs.
let runs (folder: string) : Frame<string, string> =
    let rows = RunTable.all folder
    ofRecords RunTable.columns rows |> Frame.indexRowsWith (rows |> Array.map _.Run)

/// The metrics of a run: a row a step at which something was logged, ascending. After the column step there is a column a metric, in the order in which they were
/// first logged. Missing where a metric was not logged at a step; the last value where it was logged twice. Keys of rows are steps. Refuses a damaged table of metrics.
let metrics (run: Run) : Frame<int, string> =
    let rows = run.Folder.ReadMetrics() |> Array.ofSeq
    let steps = rows |> Array.map _.Step |> Array.distinct |> Array.sort
    let values = rows |> Seq.map (fun row -> (row.Metric, row.Step), row.Value) |> dict

    let cell (metric: string) (step: int) =
        match values.TryGetValue((metric, step)) with
        | true, value -> Tables.number value
        | false, _ -> ""

    let names = rows |> Array.map _.Metric |> Array.distinct

    Tables.create
        "metrics"
        [| "step"; yield! names |]
        [ for step in steps -> [| Tables.integer step; yield! names |> Array.map (fun name -> cell name step) |] ]
    |> ofKinds [ Columns.Integer; yield! names |> Array.map (fun _ -> Columns.Number) ]
    |> Frame.indexRowsWith steps

/// Groups rows that have the same cells in the columns by, and summarizes a column of numbers in each group. A row a group, in the order of first rows: the columns
/// by; count, of the values that are not missing; mean; deviation, which is the population's as in Statistics (Deedle's own is the sample's). Mean and deviation are
/// missing where all values are, and NaN where one of them is. Refuses unknown columns, and values that are no numbers.
let means (by: string list) (value: string) (frame: Frame<'row, string>) : Frame<int, string> =
    let keys = by |> List.map (fun column -> texts column frame)
    let values = numbers value frame

    let groups = Array.init frame.RowCount id |> Array.groupBy (fun row -> keys |> List.map (Array.item row)) |> Array.map snd

    let known = groups |> Array.map (Array.choose (Array.get values))
    let statistic (compute: float[] -> float) = known |> Array.map (fun values -> if values.Length = 0 then None else Some(compute values))

    let summary =
        frame
        |> Frame.indexRowsOrdinally
        |> Frame.sliceCols by
        |> Frame.realignRows (groups |> Array.map Array.head)
        |> Frame.indexRowsOrdinally

    summary.AddColumn("count", Series.ofValues (known |> Array.map Array.length))
    summary.AddColumn("mean", statistic Statistics.mean |> seriesOfNumbers)
    summary.AddColumn("deviation", statistic Statistics.populationDeviation |> seriesOfNumbers)
    summary

/// Adds a column to what means gives: mean and deviation of fractions in percent, as in "98.44 ± 0.07". Missing where they are.
let percent (column: string) (means: Frame<'row, string>) : Frame<'row, string> =
    let cells = Array.map2 (Option.map2 Numbers.percentWithDeviation) (numbers "mean" means) (numbers "deviation" means)
    means |> Frame.addCol column (Series.ofOptionalObservations (Seq.zip means.RowKeys cells))

/// Lays out a column as the paper's Table 1: the rows are the cells of one column, which comes first, and the columns those of another, both in the order of first
/// appearance. Missing where there is none; where there are several, they stand beside each other: "a; b". Refuses unknown columns, and a cell that would name a
/// column as the first.
let pivot (row: string) (column: string) (cell: string) (frame: Frame<'row, string>) : Frame<string, string> =
    let rows, columns, cells = texts row frame, texts column frame, texts cell frame
    let there = Array.zip3 rows columns cells |> Array.groupBy (fun (row, column, _) -> row, column) |> dict
    let names = Array.distinct rows

    let cellsOf (column: string) =
        names
        |> Array.map (fun name ->
            match there.TryGetValue((name, column)) with
            | true, found -> Some(String.Join("; ", found |> Array.map (fun (_, _, cell) -> cell)))
            | false, _ -> None)
        |> seriesOfOptions

    let columns = Array.distinct columns

    if Array.contains row columns then
        Tables.fail "pivot" 1 $"other names of columns than '{row}'" $"'{row}' in column '{column}'"

    Frame([| row; yield! columns |], [| Series.ofValues names :> ISeries<int>; yield! columns |> Array.map cellsOf |])
    |> Frame.indexRowsWith names
