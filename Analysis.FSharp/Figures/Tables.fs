/// Tidy tables: written and read as CSV (RFC 4180, invariant culture), written as Markdown.
module SparseCore.Analysis.Tables

open System
open System.Globalization
open System.IO
open System.Text
open SparseCore

/// One line of a table.
type Row =
    {
        /// Line of the file on which the row starts, from 1 (the header is line 1).
        Line: int
        /// One text a column.
        Cells: string[]
    }

/// Named columns and rows of text. Numbers are kept as text so that reading and writing again changes nothing.
type Table =
    {
        /// Where the table comes from, for error messages: a path, or a name.
        Source: string
        /// Column names, all different.
        Columns: string[]
        /// The rows in order; each has one cell a column.
        Rows: Row[]
    }

/// Refuses a table: where, what was expected and what was found.
let fail (source: string) (line: int) (expected: string) (found: string) : 'a =
    raise (InvalidDataException(ForeignText.OneLine $"{source}, line {line}: expected {expected}, found {found}."))

/// Names of columns, for a message.
let private listed (names: string seq) = String.Join(",", names |> Seq.map ForeignText.Show)

/// The shortest text that reads back as the same number; 0 for the negative zero.
let number (value: float) = Numbers.text "R" value

/// As number; empty for None.
let optionalNumber (value: float option) = value |> Option.map number |> Option.defaultValue ""

/// An integer as text.
let integer (value: int) = value.ToString CultureInfo.InvariantCulture

/// A table from column names and rows of texts. Every row must have one cell a column.
let create (source: string) (columns: string seq) (rows: string[] seq) =
    let columns = Array.ofSeq columns

    if columns.Length = 0 || (Array.distinct columns).Length <> columns.Length then
        fail source 1 "at least one column, all with different names" $"'{listed columns}'"

    let rows = rows |> Seq.mapi (fun index cells -> { Line = index + 2; Cells = cells }) |> Array.ofSeq

    for row in rows do
        if row.Cells.Length <> columns.Length then
            fail source row.Line $"{columns.Length} cells" (string row.Cells.Length)

    { Source = source; Columns = columns; Rows = rows }

/// A table from records: for every column its name and the text of its cell.
let ofRecords (source: string) (columns: (string * ('record -> string)) list) (records: 'record seq) =
    create source (columns |> List.map fst) (records |> Seq.map (fun record -> [| for _, cell in columns -> cell record |]))

let private quote (cell: string) =
    // A byte order mark is among them: at the beginning of a file it would be taken for one.
    if cell.IndexOfAny [| ','; '"'; '\n'; '\r'; '\uFEFF' |] >= 0 || cell.StartsWith ' ' || cell.EndsWith ' ' then
        "\"" + cell.Replace("\"", "\"\"") + "\""
    else
        cell

/// The table as CSV: one header line, commas, LF line ends, quotes only where needed.
let toCsv (table: Table) =
    let text = StringBuilder()

    let append (cells: string[]) =
        // A lone empty cell is quoted: an empty line would be lost by most readers.
        let line = if cells = [| "" |] then "\"\"" else String.Join(',', Array.map quote cells)
        text.Append(line).Append('\n') |> ignore

    append table.Columns
    table.Rows |> Array.iter (fun row -> append row.Cells)
    text.ToString()

/// Splits CSV text into rows of cells with the line on which each starts.
let private split (source: string) (text: string) =
    let rows = ResizeArray()
    let cells = ResizeArray()
    let cell = StringBuilder()
    let mutable line = 1
    let mutable position = 0
    let mutable start = 1

    let endCell () =
        cells.Add(cell.ToString())
        cell.Clear() |> ignore

    let endRow () =
        endCell ()
        rows.Add { Line = start; Cells = cells.ToArray() }
        cells.Clear()
        line <- line + 1
        start <- line

    let at index = if index < text.Length then text[index] else '\000'

    while position < text.Length do
        if text[position] = '"' && cell.Length = 0 then
            let opened = line
            position <- position + 1

            while position < text.Length && not (text[position] = '"' && at (position + 1) <> '"') do
                if text[position] = '"' then
                    position <- position + 1
                elif text[position] = '\n' then
                    line <- line + 1

                cell.Append text[position] |> ignore
                position <- position + 1

            if position = text.Length then
                fail source opened "a closing quote" "the end of the file"

            position <- position + 1

            if position < text.Length && not (Seq.contains text[position] ",\r\n") then
                fail source line "a comma or the end of the line after a closing quote" $"'{ForeignText.Show(string text[position])}'"
        else
            while position < text.Length && not (Seq.contains text[position] ",\r\n") do
                if text[position] = '"' then
                    fail source line "a quote only around a whole cell" $"a quote inside '{ForeignText.Show(cell.ToString())}'"

                cell.Append text[position] |> ignore
                position <- position + 1

        if position < text.Length then
            match text[position] with
            | ',' ->
                endCell ()
                position <- position + 1

                if position = text.Length then
                    endRow ()
            | '\r' when at (position + 1) <> '\n' -> fail source line "a line feed after a carriage return" "none"
            | separator ->
                endRow ()
                position <- position + (if separator = '\r' then 2 else 1)
        else
            endRow ()

    rows.ToArray()

/// Reads a table from CSV text; refuses an empty text, repeated columns, ragged rows and stray quotes, naming the line.
let ofCsv (source: string) (text: string) =
    let rows = split source (text.TrimStart '\uFEFF')

    if rows.Length = 0 then
        fail source 1 "a header line" "an empty file"

    let columns = rows[0].Cells

    if (Array.distinct columns).Length <> columns.Length then
        fail source 1 "column names that are all different" $"'{listed columns}'"

    for row in rows[1..] do
        if row.Cells.Length <> columns.Length then
            fail source row.Line $"{columns.Length} cells ({listed columns})" (string row.Cells.Length)

    { Source = source; Columns = columns; Rows = rows[1..] }

/// Writes a table as CSV: temporary name, flush, rename.
let write (path: string) (table: Table) = Files.writeText path (toCsv table)

/// Most bytes of a CSV file that is read; all pairs of 500 networks have 30 million. Memory while reading is at most 100 times the file's length.
let longest = 1L <<< 26

/// Reads a CSV file, of at most 64 MiB.
let read (path: string) =
    if not (File.Exists path) then
        raise (
            FileNotFoundException(
                ForeignText.OneLine $"The table {path} does not exist; make it with the script that its folder's README names.",
                path
            )
        )

    ofCsv path (SparseCore.RegularFile.ReadAllText(path, longest))

/// Refuses a table whose columns are not exactly these, in this order.
let expect (columns: string list) (table: Table) =
    if List.ofArray table.Columns <> columns then
        fail table.Source 1 $"the columns '{listed columns}'" $"'{listed table.Columns}'"

    table

/// The text of a cell.
let text (column: string) (table: Table) (row: Row) =
    match Array.IndexOf(table.Columns, column) with
    | -1 -> fail table.Source 1 $"a column '{column}'" $"'{listed table.Columns}'"
    | index -> row.Cells[index]

/// The word in a cell, one of those that the column may hold.
let word (known: string list) (column: string) (table: Table) (row: Row) =
    let cell = text column table row

    if not (List.contains cell known) then
        fail table.Source row.Line $"one of {listed known} in column '{column}'" $"'{ForeignText.Show cell}'"

    cell

/// The number in a cell.
let float (column: string) (table: Table) (row: Row) =
    let cell = text column table row

    match Double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture) with
    | true, value -> value
    | _ -> fail table.Source row.Line $"a number in column '{column}'" $"'{ForeignText.Show cell}'"

/// The number in a cell; None where it is empty.
let optionalFloat (column: string) (table: Table) (row: Row) = if text column table row = "" then None else Some(float column table row)

/// The integer in a cell.
let int (column: string) (table: Table) (row: Row) =
    let cell = text column table row

    match Int32.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
    | true, value -> value
    | _ -> fail table.Source row.Line $"an integer in column '{column}'" $"'{ForeignText.Show cell}'"

/// The table as a Markdown table; the columns named in rightAligned (numbers) are aligned to the right.
let toMarkdown (rightAligned: string list) (table: Table) =
    let cells =
        [|
            yield table.Columns |> Array.map Markup.escapeMarkdown
            for row in table.Rows -> row.Cells |> Array.map Markup.escapeMarkdown
        |]

    let right = table.Columns |> Array.map (fun column -> List.contains column rightAligned)

    let widths =
        Array.init table.Columns.Length (fun column -> cells |> Array.map (fun row -> row[column].Length) |> Array.max |> max 3)

    let line (row: string[]) =
        let padded =
            row
            |> Array.mapi (fun column cell -> if right[column] then cell.PadLeft widths[column] else cell.PadRight widths[column])

        "| " + String.Join(" | ", padded) + " |\n"

    let rule =
        widths |> Array.mapi (fun column width -> if right[column] then String('-', width - 1) + ":" else String('-', width))

    line cells[0] + line rule + String.Join("", cells[1..] |> Array.map line)
