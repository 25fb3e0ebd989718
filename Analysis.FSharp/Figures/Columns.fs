/// Columns of tables of records. One definition of a column, its name, its cell and its type, serves writing, reading and frames.
module SparseCore.Analysis.Columns

/// What the cells of a column are in a frame.
type Kind =
    /// Text; an empty cell is the empty text.
    | Text
    /// Text; an empty cell is a missing value.
    | OptionalText
    /// An integer; an empty cell is a missing value.
    | Integer
    /// A number; an empty cell is a missing value, NaN is not.
    | Number

/// A column as it is written.
type Column<'record> =
    {
        /// Its name in the header.
        Name: string
        /// What its cells are.
        Kind: Kind
        /// The cell of a record.
        Cell: 'record -> string
    }

/// Columns that are written from a record and read back as a value: a part of the record, or the record.
type Definition<'record, 'value> =
    {
        /// The columns in their order.
        Columns: Column<'record> list
        /// The value in a row. Refuses a cell that a column cannot hold, naming line and column.
        Read: Tables.Table -> Tables.Row -> 'value
    }

/// Puts definitions together, in a computation expression: see ofRecord.
type Builder<'record>() =
    /// Two definitions beside each other.
    member _.MergeSources(first: Definition<'record, 'a>, second: Definition<'record, 'b>) : Definition<'record, 'a * 'b> =
        {
            Columns = first.Columns @ second.Columns
            Read =
                fun table row ->
                    let value = first.Read table row
                    value, second.Read table row
        }

    /// The same columns, read as another value.
    member _.BindReturn(definition: Definition<'record, 'a>, make: 'a -> 'b) : Definition<'record, 'b> =
        { Columns = definition.Columns; Read = fun table row -> make (definition.Read table row) }

/// All columns of a record, in the order of the table:
///
///     Columns.ofRecord<Row> {
///         let! name = Columns.text "name" _.Name
///         and! loss = Columns.number "loss" _.Loss
///         return { Name = name; Loss = loss }
///     }
let ofRecord<'record> = Builder<'record>()

let private single
    (kind: Kind)
    (write: 'value -> string)
    (read: string -> Tables.Table -> Tables.Row -> 'value)
    (name: string)
    (value: 'record -> 'value)
    : Definition<'record, 'value> =
    { Columns = [ { Name = name; Kind = kind; Cell = value >> write } ]; Read = read name }

/// Reads an empty cell as None.
let private optional (read: string -> Tables.Table -> Tables.Row -> 'value) (name: string) (table: Tables.Table) (row: Tables.Row) =
    if Tables.text name table row = "" then None else Some(read name table row)

/// A text; any cell is one.
let text (name: string) (value: 'record -> string) : Definition<'record, string> = single Text id Tables.text name value

/// A text, or an empty cell for None. The empty text is written as None is, and read as None.
let optionalText (name: string) (value: 'record -> string option) : Definition<'record, string option> =
    single OptionalText (Option.defaultValue "") (optional Tables.text) name value

/// One of the words that the column may hold.
let word (known: string list) (name: string) (value: 'record -> string) : Definition<'record, string> =
    single Text id (Tables.word known) name value

/// As word, or an empty cell for None.
let optionalWord (known: string list) (name: string) (value: 'record -> string option) : Definition<'record, string option> =
    single OptionalText (Option.defaultValue "") (optional (Tables.word known)) name value

/// An integer.
let integer (name: string) (value: 'record -> int) : Definition<'record, int> = single Integer Tables.integer Tables.int name value

/// An integer, or an empty cell for None.
let optionalInteger (name: string) (value: 'record -> int option) : Definition<'record, int option> =
    single Integer (Option.map Tables.integer >> Option.defaultValue "") (optional Tables.int) name value

/// A number, in the shortest text that reads back as the same one; NaN is written "NaN".
let number (name: string) (value: 'record -> float) : Definition<'record, float> = single Number Tables.number Tables.float name value

/// A number, or an empty cell for None.
let optionalNumber (name: string) (value: 'record -> float option) : Definition<'record, float option> =
    single Number Tables.optionalNumber Tables.optionalFloat name value

/// 1 for true and 0 for false; any other integer is read as true.
let truth (name: string) (value: 'record -> bool) : Definition<'record, bool> =
    single Integer (fun value -> if value then "1" else "0") (fun name table row -> Tables.int name table row <> 0) name value

/// A number that follows from the other columns. It is written for readers of the table; what stands there is not read.
let derived (name: string) (value: 'record -> float) : Definition<'record, unit> =
    {
        Columns = [ { Name = name; Kind = Number; Cell = value >> Tables.number } ]
        Read = fun _ _ -> ()
    }

/// Facts, a name and a value each: about.csv, provenance.csv.
let facts: Definition<string * string, string * string> =
    ofRecord<string * string> {
        let! name = text "name" fst
        and! value = text "value" snd
        return name, value
    }

/// The table of records.
let toTable (source: string) (definition: Definition<'record, 'value>) (records: 'record seq) : Tables.Table =
    Tables.ofRecords source [ for column in definition.Columns -> column.Name, column.Cell ] records

/// The values of a table's rows. Refuses other columns than the definition's, in another order too, and cells that they cannot hold.
let ofTable (definition: Definition<'record, 'value>) (table: Tables.Table) : 'value[] =
    let table = table |> Tables.expect (definition.Columns |> List.map _.Name)
    table.Rows |> Array.map (definition.Read table)

/// Writes records as a CSV file, as Tables.write does.
let write (path: string) (definition: Definition<'record, 'value>) (records: 'record seq) : unit =
    toTable path definition records |> Tables.write path

/// Reads a CSV file of records. Refuses what Tables.read and ofTable refuse.
let read (path: string) (definition: Definition<'record, 'value>) : 'value[] = Tables.read path |> ofTable definition

/// The records of a CSV file that is kept to spare work: none where it is not there, is damaged, or is of another version.
let kept (path: string) (definition: Definition<'record, 'value>) : 'value[] =
    try
        if System.IO.File.Exists path then read path definition else [||]
    with :? System.IO.InvalidDataException ->
        [||]
