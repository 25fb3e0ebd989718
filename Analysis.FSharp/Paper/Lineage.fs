/// Where results come from: a row for every run, from its plan and its parents to the checkpoint that was used.
module SparseCore.Analysis.Lineage

open System
open System.IO
open System.Security.Cryptography
open System.Text
open SparseCore
open SparseCore.Checkpoints
open SparseCore.RunFolders

/// What made one run.
type Row =
    {
        /// Name of its folder.
        Run: string
        /// SHA-256 of its plan, 64 hexadecimal digits.
        PlanHash: string
        /// SHA-256 of its last checkpoint's content.
        ContentHash: string
        /// The checkpoints it derives from: "mask: plan 0a1b2c3d step 500, content 4e5f6a7b", joined by "; "; empty for none.
        Parents: string
        /// Version of the library that trained it.
        CodeVersion: string
        /// Processor, cores and runtime.
        Machine: string
        /// When it was begun: ISO 8601, UTC.
        Started: string
        /// When it was finished; empty while it is under way.
        Finished: string
        /// Time spent.
        Seconds: float
    }

let private digits (hash: string) = hash.Substring(0, min 8 hash.Length)

/// The row of a run that has a checkpoint.
let ofRun (run: Run) : Row =
    let header: CheckpointHeader = run.Folder.ReadCheckpointHeader(Array.last (Runs.steps run))
    let record = run.Folder.ReadRecord() |> Option.ofObj
    let time (moment: DateTimeOffset) = moment.UtcDateTime.ToString "yyyy-MM-dd'T'HH:mm:ss'Z'"
    let recorded (text: RunRecord -> string) = record |> Option.map text |> Option.defaultValue ""

    let parents =
        header.Parents
        |> Seq.map (fun parent -> $"{parent.Role}: plan {digits parent.PlanHash} step {parent.Step}, content {digits parent.ContentHash}")

    {
        Run = run.Name
        PlanHash = header.PlanHash
        ContentHash = header.ContentHash
        Parents = String.Join("; ", parents)
        CodeVersion = recorded _.CodeVersion
        Machine = recorded (fun record -> $"{record.Machine.Processor}, {record.Machine.Cores} cores, {record.Machine.Runtime}")
        Started = recorded (fun record -> time record.Started)
        Finished = recorded (fun record -> record.Finished |> Option.ofNullable |> Option.map time |> Option.defaultValue "")
        Seconds = record |> Option.map _.Seconds |> Option.defaultValue nan
    }

/// The columns of lineage.csv.
let columns =
    Columns.ofRecord<Row> {
        let! run = Columns.text "run" _.Run
        and! planHash = Columns.text "plan_hash" _.PlanHash
        and! contentHash = Columns.text "content_hash" _.ContentHash
        and! parents = Columns.text "parents" _.Parents
        and! codeVersion = Columns.text "code_version" _.CodeVersion
        and! machine = Columns.text "machine" _.Machine
        and! started = Columns.text "started" _.Started
        and! finished = Columns.text "finished" _.Finished
        and! seconds = Columns.number "seconds" _.Seconds

        return
            {
                Run = run
                PlanHash = planHash
                ContentHash = contentHash
                Parents = parents
                CodeVersion = codeVersion
                Machine = machine
                Started = started
                Finished = finished
                Seconds = seconds
            }
    }

/// What made the tables of a folder of results: this machine and moment, on which the tables themselves do not depend.
type Record =
    {
        /// Names and values: command, code version, machine, times.
        Facts: (string * string) list
        /// A row for every run.
        Runs: Row[]
    }

/// A row for every run, in a folder of results (the committed record) or in its folder `local` (this machine's).
let fileName = "lineage.csv"

/// The facts, beside it.
let factsName = "provenance.csv"

/// The folder of this machine's record in a folder of results; git does not look there.
let localFolder = "local"

/// The fact that says which tables a record is of.
let private tablesFact = "tables"

/// SHA-256 over names and contents of all tables in a folder of results, 64 hexadecimal digits. The record is no part of it.
let tablesHash (folder: string) : string =
    use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256

    let tables =
        Directory.GetFiles(folder, "*.csv")
        |> Array.map (fun path -> FileInfo(path).Name)
        |> Array.filter (fun name -> name <> fileName && name <> factsName)

    Array.Sort(tables, StringComparer.Ordinal)

    for name in tables do
        let text = RegularFile.ReadAllText(Path.Combine(folder, name), Tables.longest)
        let content = Encoding.UTF8.GetBytes text
        let head = $"{name}\n{content.Length}\n"
        hash.AppendData(Encoding.UTF8.GetBytes head)
        hash.AppendData content

    Convert.ToHexStringLower(hash.GetHashAndReset())

/// Writes this machine's record of a folder whose tables are written.
let write (folder: string) (facts: (string * string) list) (runs: Row seq) : unit =
    let path (name: string) = Path.Combine(folder, localFolder, name)
    Columns.write (path fileName) columns runs
    Columns.write (path factsName) Columns.facts (facts @ [ tablesFact, tablesHash folder ])

/// The record in one place, if it is there and not of other tables than the folder's.
let private readAt (folder: string) (place: string) : Record option =
    let ifThere (name: string) (definition: Columns.Definition<'record, 'record>) : 'record[] option =
        let path = Path.Combine(place, name)
        if File.Exists path then Some(Columns.read path definition) else None

    let runs, facts = ifThere fileName columns, ifThere factsName Columns.facts
    let known = facts |> Option.map List.ofArray |> Option.defaultValue []

    let hash = lazy (tablesHash folder)
    let isOfOthers = known |> List.exists (fun (name, value) -> name = tablesFact && value <> hash.Value)

    if isOfOthers || (runs.IsNone && facts.IsNone) then
        None
    else
        Some { Facts = known |> List.filter (fst >> (<>) tablesFact); Runs = Option.defaultValue [||] runs }

/// This machine's record of a folder's tables; None where it made none, or other tables than those that are there.
let readLocal (folder: string) : Record option = Path.Combine(folder, localFolder) |> readAt folder

/// What made the tables of a folder: this machine's record, else the committed one; None where neither is of these tables.
let read (folder: string) : Record option = readLocal folder |> Option.orElseWith (fun () -> readAt folder folder)

/// A figure that carries what made it: the facts, and the names of the runs whose numbers it shows.
let carriedBy (facts: (string * string) list) (runs: string seq) (figure: Figures.Figure) =
    match Seq.distinct runs |> String.concat ", " with
    | "" -> Figures.withLineage facts figure
    | names -> Figures.withLineage (facts @ [ "made_of", names ]) figure

/// The last parts of a report: what made the tables, how they are made again, and every run with its plan, its parents, and what trained it. Nothing where
/// there is no record of these tables.
let blocks (folder: string) : Report.Block list =
    let facts, runs =
        match read folder with
        | Some record -> record.Facts, record.Runs
        | None -> [], [||]

    [
        if not facts.IsEmpty || runs.Length > 0 then
            Report.Heading "Where it comes from"

            Report.Paragraph
                "Under every figure stand the runs whose numbers it shows; here is what made each of them. A run's name ends with the first digits of its plan's hash. scripts/verify.fsx checks plans, checkpoints, metrics and derivations against the run folders, and with replay=true trains every run again. Code, machine and times are what a run says of itself."
        if not facts.IsEmpty then
            Report.TableBlock(
                "What made the tables.",
                [],
                Tables.create "provenance" [ "Fact"; "Value" ] [ for name, value in facts -> [| name; value |] ]
            )
        if runs.Length > 0 then
            Report.TableBlock(
                "Lineage of every run.",
                [ "Seconds" ],
                Tables.ofRecords
                    "lineage"
                    [
                        "Run", (fun (row: Row) -> row.Run)
                        "Plan", (fun row -> digits row.PlanHash)
                        "Last checkpoint", (fun row -> digits row.ContentHash)
                        "Derives from", _.Parents
                        "Code", _.CodeVersion
                        "Machine", _.Machine
                        "Started", _.Started
                        "Finished", _.Finished
                        "Seconds", (fun row -> Numbers.decimals 1 row.Seconds)
                    ]
                    runs
            )
        match List.tryFind (fst >> (=) "command") facts with
        | Some(_, command) ->
            Report.Heading "Make it again"
            Report.Code command
        | None -> ()
    ]
