/// Which networks of a folder of runs are compared, and why others are not.
module SparseCore.Analysis.Selection

open System
open System.Globalization
open System.IO
open SparseCore
open SparseCore.Data
open SparseCore.RunFolders

/// What a condition accepts.
type Accepted =
    /// A word, or a number to the digits that are given: 0.95 accepts 0.9496.
    | Exactly of string
    /// Numbers from one to another, both included.
    | Between of float * float

/// A field and what it may be: any of these.
type Condition =
    {
        /// Name of a column of the table of runs, or path of a setting.
        Field: string
        /// What it may be.
        Accepted: Accepted list
    }

/// The moment of a run.
type At =
    /// The last checkpoint of a finished run.
    | End
    /// The first checkpoint.
    | Start
    /// The checkpoint after so many steps.
    | Step of int
    /// All checkpoints.
    | All

/// A network that is compared.
type Taken =
    {
        /// Its run.
        Run: Run
        /// What the run's folder tells.
        Row: RunTable.Row
        /// Training steps done.
        Step: int
        /// What it is grouped by.
        Group: string
    }

/// A run, or some, that is not compared.
type Left =
    {
        /// Name of the run, or how many.
        Name: string
        /// Why.
        Reason: string
    }

let private number (text: string) =
    match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
    | true, value when Double.IsFinite value -> Some value
    | _ -> None

let private acceptedBy (condition: string) (text: string) =
    match text.Split ".." with
    | [| low; high |] ->
        match number low, number high with
        | Some low, Some high when low <= high -> Between(low, high)
        | _ ->
            invalidArg
                (nameof condition)
                $"where: expected a range of numbers from small to large in '{ForeignText.Show condition}', found '{ForeignText.Show text}'."
    | _ when text = "" -> invalidArg (nameof condition) $"where: expected a value in '{ForeignText.Show condition}', found none."
    | _ -> Exactly text

/// Reads conditions: "method=rigl,set sparsity=0.9..0.98"; all must hold. Refuses what is none.
let parse (text: string) : Condition list =
    [
        for part in text.Split([| ' '; ';' |], StringSplitOptions.RemoveEmptyEntries) do
            match part.Split('=', 2) with
            | [| field; values |] when field <> "" ->
                { Field = field; Accepted = [ for value in values.Split ',' -> acceptedBy part value ] }
            | _ ->
                invalidArg
                    (nameof text)
                    $"where: expected field=value, field=value,value or field=low..high, separated by blanks, found '{ForeignText.Show part}'."
    ]

/// Half a unit of the last digit that is given.
let private tolerance (text: string) =
    match text.IndexOf '.', text.IndexOfAny [| 'e'; 'E' |] with
    | -1, _ -> 0.0
    | _, exponent when exponent >= 0 -> 0.0
    | point, _ -> 0.5 * Math.Pow(10.0, -float(text.Length - point - 1))

let private accepts (value: string) (accepted: Accepted) =
    match accepted, number value with
    | Between(low, high), Some value -> value >= low && value <= high
    | Between _, None -> false
    | Exactly wanted, Some value when (number wanted).IsSome -> abs (value - (number wanted).Value) <= tolerance wanted + 1e-12
    | Exactly wanted, _ -> String.Equals(wanted, value, StringComparison.OrdinalIgnoreCase)

let private unquoted (text: string) = if text.Length > 1 && text[0] = '"' then text.Trim '"' else text

/// The settings of a run's plan, ordered by their paths; words without their quotes.
let settingsOf (run: Run) : (string * string) list =
    PlanDifferences.settingsOf run |> List.map (fun (path, value) -> path, unquoted value) |> List.sortBy fst

/// The fields of a run: the columns of its row, then the settings of its plan.
let private fields (row: RunTable.Row) (run: Run option) : (string * string) list =
    [
        for column in RunTable.columns.Columns do
            column.Name, column.Cell row
        match run with
        | Some run -> yield! settingsOf run
        | None -> ()
    ]

/// The field that is a network's own: the others are those of its run.
let private stepField = "step"

/// The values of a field: of its own name, or of the settings whose path ends with it.
let valuesOf (field: string) (fields: (string * string) list) : string list =
    let field = if field = "initializer" then "initialiser" else field // as tables of runs spell it

    match fields |> List.filter (fst >> (=) field) with
    | [] -> fields |> List.filter (fun (name, _) -> name.EndsWith("." + field, StringComparison.Ordinal)) |> List.map snd
    | own -> List.map snd own

/// Refuses a field that no run has.
let requireField (all: (string * string) list list) (field: string) =
    if all |> List.forall (fun fields -> (valuesOf field fields).IsEmpty) then
        let known = all |> List.collect (List.map fst) |> List.distinct |> List.map ForeignText.Show |> String.concat ", "
        invalidArg (nameof field) $"No run has a field '{ForeignText.Show field}'. The fields: {known}."

/// A run, if its folder is whole. A plan that names what this program does not know may be read all the same.
let opened (path: string) : Run option =
    try
        Some(Runs.load path)
    with
    | :? IOException
    | :? InvalidDataException
    | :? UnauthorizedAccessException
    | :? ArgumentException -> None

let private isFinished (row: RunTable.Row) (run: Run) =
    row.Status = "finished"
    || row.Status = "imported"
    || (run.Folder.ReadRecord() |> Option.ofObj |> Option.exists (fun record -> record.Status = RunStatus.Finished))

/// The steps that are looked at, or why there are none.
let private stepsOf (at: At) (row: RunTable.Row) (run: Run) : Result<int list, string> =
    let saved = Runs.steps run |> List.ofArray

    match at, saved with
    | _, [] -> Error "it has no checkpoint yet"
    | End, _ when not (isFinished row run) -> Error $"it is not finished ({row.Status}); at=all takes what is there"
    | End, _ -> Ok [ List.last saved ]
    | Start, _ -> Ok [ List.head saved ]
    | Step step, _ when not (List.contains step saved) -> Error $"it has no checkpoint at step {step}"
    | Step step, _ -> Ok [ step ]
    | All, _ -> Ok saved

/// A run that the conditions accept and that can be compared, as far as it alone tells.
type private Candidate =
    {
        Run: Run
        Row: RunTable.Row
        Steps: int list
        /// The group of the network after so many steps.
        Group: int -> string
        Network: Networks.Network
    }

/// What must be the same of networks whose weights are compared.
let private shape (network: Networks.Network) = [ for tensor in network.Tensors -> string tensor.Node, tensor.Tensor.Count ]

/// The network, if it fits the data.
let private fitting (data: DataSplit) (run: Run) : Result<Networks.Network, string> =
    let network = Runs.network run

    if network.Input <> data.Test.Shape || network.Output.Count <> data.Test.Classes then
        Error
            $"it takes {network.Input} and has {network.Output.Count} classes; the data '{data.Name}' has {data.Test.Shape} and {data.Test.Classes}"
    else
        match Runs.data run with
        | Some planned when planned.ContentHash <> data.ContentHash -> Error $"it was trained on other data, '{planned.Name}'"
        | _ -> Ok network

/// Whether a run with these fields, by name, is accepted by all conditions.
let isAccepted (conditions: Condition list) (fields: (string * string) list) : bool =
    conditions
    |> List.forall (fun condition ->
        valuesOf condition.Field fields |> List.exists (fun value -> condition.Accepted |> List.exists (accepts value)))

/// All runs of a folder with their fields. Refuses conditions on fields that no run has.
let private known (root: string) (wanted: string list) =
    let all =
        [
            for row in RunTable.all root do
                let run = opened (Path.Combine(root, row.Run))
                row, run, fields row run
        ]

    if not all.IsEmpty then
        wanted |> List.iter (requireField (all |> List.map (fun (_, _, fields) -> fields)))

    all

/// Names of the runs in a folder that the conditions accept, whatever state they are in. Refuses fields that no run has.
let accepted (root: string) (conditions: Condition list) : string list =
    known root (conditions |> List.map _.Field)
    |> List.filter (fun (_, _, fields) -> isAccepted conditions fields)
    |> List.map (fun (row, _, _) -> row.Run)

/// Selects networks of one architecture, the most frequent among those that the conditions accept, on some data. Refuses fields that no run has, and a selection without a
/// network.
let select (root: string) (conditions: Condition list) (at: At) (by: string list) (data: DataSplit) : Taken list * Left list =
    let all = known root ((conditions |> List.map _.Field) @ by)
    let wanted, others = all |> List.partition (fun (_, _, fields) -> isAccepted conditions fields)

    // The step of the row is that of the run's last checkpoint; a network's is its own.
    let group fields (step: int) =
        [
            for field in by do
                if field = stepField then
                    string step
                else
                    valuesOf field fields |> List.tryHead |> Option.defaultValue "-"
        ]
        |> String.concat " "

    let candidate (row: RunTable.Row) (run: Run option) fields : Result<Candidate, Left> =
        match run with
        | None -> Error row.Status
        | Some run ->
            stepsOf at row run
            |> Result.bind (fun steps ->
                fitting data run
                |> Result.map (fun network -> { Run = run; Row = row; Steps = steps; Group = group fields; Network = network }))
        |> Result.mapError (fun reason -> { Name = row.Run; Reason = reason })

    let found = wanted |> List.map (fun (row, run, fields) -> candidate row run fields)
    let candidates = found |> List.choose Result.toOption

    let refused =
        found
        |> List.choose (function
            | Error left -> Some left
            | Ok _ -> None)

    if candidates.IsEmpty then
        let reasons =
            refused
            |> List.truncate 5
            |> List.map (fun left -> $" '{ForeignText.Show left.Name}': {left.Reason}.")
            |> String.concat ""

        invalidArg
            (nameof conditions)
            $"No network is left to compare: {all.Length} runs in {root}, {wanted.Length} that the conditions accept.{reasons}"

    let usual = candidates |> List.countBy (fun one -> shape one.Network) |> List.maxBy snd |> fst
    let taken, strangers = candidates |> List.partition (fun one -> shape one.Network = usual)

    let described (network: Networks.Network) = $"'{network.Name}' with {network.ParameterCount} parameters"

    [
        for one in taken do
            for step in one.Steps do
                { Run = one.Run; Row = one.Row; Step = step; Group = one.Group step }
    ],
    [
        for one in strangers do
            {
                Name = one.Row.Run
                Reason = $"it is another network, {described one.Network}; most are {described taken.Head.Network}: choose with where"
            }
        yield! refused
        if not others.IsEmpty then
            { Name = $"{others.Length} runs"; Reason = "where does not accept them" }
    ]
