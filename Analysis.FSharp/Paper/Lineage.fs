/// Where results come from: a row for every run, from its plan and its parents to the checkpoint that was used.
module Analysis.Lineage

open System
open System.IO
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

let private columns: (string * (Row -> string)) list =
    [
        "run", _.Run
        "plan_hash", _.PlanHash
        "content_hash", _.ContentHash
        "parents", _.Parents
        "code_version", _.CodeVersion
        "machine", _.Machine
        "started", _.Started
        "finished", _.Finished
        "seconds", (fun row -> Tables.number row.Seconds)
    ]

/// The table's name in a folder of results.
let fileName = "lineage.csv"

/// Writes lineage.csv into a folder.
let write (folder: string) (rows: Row seq) =
    Directory.CreateDirectory folder |> ignore
    Tables.ofRecords fileName columns rows |> Tables.write (Path.Combine(folder, fileName))

/// Reads what write wrote; empty where there is no lineage.csv.
let read (folder: string) : Row[] =
    let path = Path.Combine(folder, fileName)

    if not (File.Exists path) then
        [||]
    else
        let table = Tables.read path |> Tables.expect (List.map fst columns)

        table.Rows
        |> Array.map (fun row ->
            {
                Run = Tables.text "run" table row
                PlanHash = Tables.text "plan_hash" table row
                ContentHash = Tables.text "content_hash" table row
                Parents = Tables.text "parents" table row
                CodeVersion = Tables.text "code_version" table row
                Machine = Tables.text "machine" table row
                Started = Tables.text "started" table row
                Finished = Tables.text "finished" table row
                Seconds = Tables.float "seconds" table row
            })

/// A figure that carries what made it: the facts, and the names of the runs whose numbers it shows.
let carriedBy (facts: (string * string) list) (runs: string seq) (figure: Figures.Figure) =
    match Seq.distinct runs |> String.concat ", " with
    | "" -> Figures.withLineage facts figure
    | names -> Figures.withLineage (facts @ [ "made_of", names ]) figure

/// The last part of a report: every run with its plan, its parents, and what trained it. Nothing where there is no lineage.csv.
let blocks (folder: string) : Report.Block list =
    let rows = read folder

    if rows.Length = 0 then
        []
    else
        [
            Report.Heading "Where it comes from"
            Report.Paragraph
                "Under every figure stand the runs whose numbers it shows; here is what made each of them. A run's name ends with the first digits of its plan's hash. scripts/verify.fsx checks plans, checkpoints, metrics and derivations against the run folders, and with replay=true trains every run again. Code, machine and times are what a run says of itself."
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
                    rows
            )
        ]
