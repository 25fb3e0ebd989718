/// Many processes for the runs of one script: on a cluster under Slurm, or side by side on this machine. The scripts share the folder of runs by themselves
/// (share=true); what is here writes the files that start them, hands those to Slurm, and says how far they came. The truth is in the run folders.
module Scripting.Sweeps

open System
open System.Collections.Generic
open System.Diagnostics
open System.Globalization
open System.IO
open System.Threading
open SparseCore
open SparseCore.RunFolders
open SparseCore.Training

/// Where workers are started.
type Place =
    /// Tasks of a Slurm array.
    | Slurm of tasks: int
    /// Processes on this machine.
    | Local of processes: int

/// What was chosen for the workers; all else belongs to the script.
type Choice =
    {
        /// Where workers are started, and how many.
        Place: Place
        /// Slurm's time limit of a worker; None for the partition's.
        Time: string option
        /// Further options of sbatch.
        Options: string
        /// Seconds before the time limit at which Slurm tells workers to stop.
        Signal: int
        /// Seconds that a worker waits for others before it ends.
        Wait: int
        /// Folder of the runs.
        Runs: string
    }

let private parsePlace (text: string) =
    let count (digits: string) =
        match Int32.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture) with
        | true, number when number >= 1 && number <= 100000 -> Some number
        | _ -> None

    if text.StartsWith "local:" then
        count (text.Substring 6) |> Option.map Local
    else
        count text |> Option.map Slurm

let private showPlace place =
    match place with
    | Slurm tasks -> string tasks
    | Local processes -> $"local:{processes}"

let private runsSetting given =
    Settings.path "runs" "results/runs" "folder of the runs, on a file system that all nodes share" given

/// Declares the settings of a new sweep.
let settings (given: Settings.Given) : Choice =
    let optionalText name description =
        Settings.custom "text, or nothing" Some id name "" description given
        |> fun text -> if text = "" then None else Some text

    let slurm = Settings.flag "slurm" true "whether Slurm starts the workers; false with workers=local:N" given

    let place =
        Settings.custom
            "a whole number from 1 to 100000, or local: and one"
            parsePlace
            showPlace
            "workers"
            (if slurm then Slurm 4 else Local Environment.ProcessorCount)
            "tasks of the Slurm array, or local:N for processes on this machine"
            given

    if not slurm && place.IsSlurm then
        given.Mistakes.Add $"workers: expected local:N with slurm=false, found {showPlace place}."

    {
        Place = place
        Time =
            optionalText
                "time"
                "Slurm's time limit of a worker, 4:00:00 for example, empty for the partition's; workers that reach it go on"
        Options =
            Settings.custom
                "text, or nothing"
                Some
                id
                "sbatch"
                ""
                "further options of sbatch, \"--partition=short --mem=4G\" for example"
                given
        Signal =
            Settings.integer 10 3600 "signal" 120 "seconds before the time limit at which runs are stopped and save where they are" given
        Wait = Settings.integer 0 Int32.MaxValue "wait" 120 "seconds that a worker waits while others make all that is left" given
        Runs = runsSetting given
    }

/// Names that `settings` declares: what else is typed is the script's.
let private own = set [ "slurm"; "workers"; "time"; "sbatch"; "signal"; "wait"; "runs" ]

/// Splits what was typed behind the script's name into the sweep's settings and the script's.
let split (typed: string list) : string list * string list =
    typed |> List.partition (fun argument -> own.Contains(argument.Split('=')[0]) || argument = "help")

/// What a program printed, and how it ended.
type private Outcome = { Code: int; Output: string; Errors: string }

let private tryRun (program: string) (arguments: string seq) : Outcome option =
    let start = ProcessStartInfo(program, arguments, RedirectStandardOutput = true, RedirectStandardError = true)

    try
        use running = nonNull (Process.Start start)
        let errors = running.StandardError.ReadToEndAsync()
        let output = running.StandardOutput.ReadToEnd()
        running.WaitForExit()
        Some { Code = running.ExitCode; Output = output; Errors = errors.Result }
    with :? ComponentModel.Win32Exception ->
        None

let private sentence (text: string) = ForeignText.OneLine(text.Trim())

/// Runs one of Slurm's programs; ends with a sentence where there is none, or with Slurm's own words and the command where it refuses.
let private slurm (program: string) (arguments: string list) : string =
    let command = String.concat " " (program :: arguments)

    match tryRun program arguments with
    | Some outcome when outcome.Code = 0 -> outcome.Output
    | Some outcome ->
        let words = (outcome.Errors + outcome.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        raise (TrainingException($"Slurm refused with exit code {outcome.Code}:", [| yield! words; $"The command was: {command}" |]))
    | None ->
        raise (
            TrainingException
                $"There is no '{program}' on the path: expected a machine from which jobs are submitted to Slurm. Log in to one, load its module, or start workers here with workers=local:N."
        )

/// A sweep's folder inside the folder of runs.
type private Sweep =
    {
        /// The folder.
        Path: string
        /// The folder of runs.
        Runs: string
    }

    member sweep.File(name: string) = Path.Combine(sweep.Path, name)

let private nameOf (runs: string) = Path.Combine(runs, "sweeps")
let private factsName, jobsName, listName, stopName = "sweep.csv", "jobs.csv", "runs.csv", "stop"

let private quote (text: string) = "'" + text.Replace("'", "'\\''") + "'"

let private quoted (arguments: string list) = arguments |> List.map quote |> String.concat " "

/// A command of a job that stops well, and begins anew unless it was cancelled.
let private stopping (sweep: Sweep) (command: string) =
    $"""# TERM comes before the time limit, and to this shell alone: it is handed on, once, and runs save where they are.
child='' asked=''
stop() {{
    [ -n "$asked" ] || [ -z "$child" ] || kill -TERM "$child" 2> /dev/null
    asked=yes
}}
trap stop TERM
{command} &
child=$!
[ -z "$asked" ] || kill -TERM "$child" 2> /dev/null # it came before the child was there
while kill -0 "$child" 2> /dev/null; do wait "$child"; done
wait "$child"
code=$?

if [ "$code" = 75 ]; then exit 0; fi # what is left is made by others
if [ "$code" = 143 ] && [ -n "${{SLURM_JOB_ID:-}}" ] && [ ! -f {quote (sweep.File stopName)} ]; then
    # Stopped: it begins anew when there is room. One that was cancelled is completing without its time limit, and stays so.
    job=${{SLURM_ARRAY_JOB_ID:+${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID}}
    job=${{job:-$SLURM_JOB_ID}}
    case $(squeue -h -j "$job" -o '%%T|%%r') in
    RUNNING* | *TimeLimit) scontrol requeue "$job" && exit 0 ;;
    esac
fi
exit "$code" """
        .TrimEnd()

let private workerText (sweep: Sweep) (choice: Choice) (script: string) (arguments: string list) =
    let isGpu = arguments |> List.exists (fun argument -> argument.StartsWith "device=cuda")
    let hasJobs = arguments |> List.exists (fun argument -> argument.StartsWith "jobs=" || argument.StartsWith "threads=")

    let cores =
        match choice.Place with
        | _ when isGpu || hasJobs -> ""
        | Slurm _ -> " jobs=\"${SLURM_CPUS_ON_NODE:-1}\" threads=1"
        | Local _ -> " jobs=1 threads=1"

    let command = $"dotnet fsi {quote script} {quoted arguments} share=true make=runs wait={choice.Wait}{cores}"

    $"""#!/bin/bash
# A worker: makes runs together with all others on this folder of runs, takes the next free one as often as there is one, and ends when none is left.
# Written by sweep.fsx; may be edited, and submitted by hand as often as wanted (submit.sh).
sweep={quote sweep.Path}
if [ ! -f "$sweep/{factsName}" ]; then
    echo "$(hostname): '$sweep' is not seen here: the folder of runs has to lie on a file system that all nodes share." >&2
    exit 1
fi
mkdir -p "$sweep/seen" && : > "$sweep/seen/${{SLURMD_NODENAME:-$(hostname)}}"
cd {quote (Directory.GetCurrentDirectory())} || exit 1

{stopping sweep command}
"""

let private reportText (sweep: Sweep) (script: string) (arguments: string list) =
    let command = $"dotnet fsi {quote script} {quoted arguments} share=true"

    $"""#!/bin/bash
# The last job: makes what is left, waits for runs that others still make, and draws the script's report. Written by sweep.fsx; may be edited.
cd {quote (Directory.GetCurrentDirectory())} || exit 1

{stopping sweep command}
"""

let private submitText (sweep: Sweep) (choice: Choice) (tasks: int) =
    let time = choice.Time |> Option.map (fun time -> $" --time={quote time}") |> Option.defaultValue ""
    let options = if choice.Options = "" then "" else $" {choice.Options}"

    $"""#!/bin/bash
# Submits the workers, and behind them the job that draws the report; prints the numbers of both jobs. Written by sweep.fsx; may be edited.
set -euo pipefail
sweep={quote sweep.Path}
workers=$(sbatch --parsable --job-name=sparse --array=1-{tasks} --requeue --open-mode=append --signal=B:TERM@{choice.Signal}{time} --output="$sweep/logs/%%A_%%a.log"{options} "$sweep/worker.sh")
report=$(sbatch --parsable --job-name=sparse-report --dependency="afterany:${{workers%%%%;*}}" --requeue --open-mode=append --signal=B:TERM@{choice.Signal}{time} --output="$sweep/logs/report-%%j.log"{options} "$sweep/report.sh") || {{
    scancel "${{workers%%%%;*}}"
    exit 1
}}
echo "${{workers%%%%;*}} ${{report%%%%;*}}"
"""

/// Makes a script executable, where systems know that.
let private writeScript (path: string) (text: string) =
    SparseCore.Analysis.Files.writeText path text

    if not (OperatingSystem.IsWindows()) then
        File.SetUnixFileMode(
            path,
            UnixFileMode.UserRead
            ||| UnixFileMode.UserWrite
            ||| UnixFileMode.UserExecute
            ||| UnixFileMode.GroupRead
            ||| UnixFileMode.GroupExecute
        )

/// How far a run came.
type private Standing =
    {
        Run: TrainingRuns.Listed
        Status: RunStatus option
        /// Steps saved.
        Saved: int
        /// Who makes it, and gave a sign of life lately.
        Holder: Worker option
        Error: string option
    }

let private standing (runs: string) (now: DateTime) (run: TrainingRuns.Listed) : Standing =
    let nothing = { Run = run; Status = None; Saved = 0; Holder = None; Error = None }

    if not (RunFolder.Exists(runs, run.Name)) then
        nothing
    else
        try
            use folder = RunFolder.Open(runs, run.Name)
            let record = folder.ReadRecord() |> Option.ofObj
            let isFinished = record |> Option.exists (fun record -> record.Status = RunStatus.Finished)
            let holder = folder.Holder |> Option.ofObj

            { nothing with
                Status = record |> Option.map _.Status
                Saved = if isFinished then run.Steps else folder.CheckpointSteps() |> Seq.fold max 0
                Holder = holder |> Option.filter (fun holder -> holder.IsAlive now) |> Option.map _.Worker
                Error = record |> Option.bind (fun record -> Option.ofObj record.Error)
            }
        with :? IOException as error ->
            { nothing with Error = Some(sentence error.Message) }

/// The time by the clock of a file system; by this machine's where it is full or cannot be written to.
let private timeIn (runs: string) : DateTime =
    try
        FolderClock(runs).Now
    with :? IOException ->
        DateTime.UtcNow

let private workDone (standings: Standing list) =
    standings |> List.sumBy (fun one -> one.Run.Work * float one.Saved / float (max 1 one.Run.Steps))

/// What is known of a sweep from its beginning.
type private Facts =
    {
        /// The script and its settings.
        Command: string
        /// Where workers were started, and how many.
        Workers: string
        /// Version of the toolkit.
        CodeVersion: string
        /// When it began, in seconds since 1970.
        Begun: float
        /// The work that was done before, in the unit of the list of runs.
        WorkDone: float
    }

let private factColumns =
    SparseCore.Analysis.Columns.ofRecord<Facts> {
        let! command = SparseCore.Analysis.Columns.text "command" _.Command
        and! workers = SparseCore.Analysis.Columns.text "workers" _.Workers
        and! version = SparseCore.Analysis.Columns.text "code_version" _.CodeVersion
        and! begun = SparseCore.Analysis.Columns.number "begun_unix" _.Begun
        and! work = SparseCore.Analysis.Columns.number "work_done_before" _.WorkDone

        return { Command = command; Workers = workers; CodeVersion = version; Begun = begun; WorkDone = work }
    }

let private readFacts (sweep: Sweep) : Facts =
    match SparseCore.Analysis.Columns.read (sweep.File factsName) factColumns with
    | [| facts |] -> facts
    | rows ->
        let path = sweep.File factsName
        raise (InvalidDataException $"{path}: expected one line below the header, found {rows.Length}. Begin the sweep again.")

let private unixSeconds () = float (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()) / 1000.0

/// Sweeps in a folder of runs, the oldest first.
let private sweepsIn (runs: string) : Sweep list =
    if not (Directory.Exists(nameOf runs)) then
        []
    else
        [
            for path in Directory.GetDirectories(nameOf runs) |> Array.sort do
                if File.Exists(Path.Combine(path, factsName)) then
                    { Path = path; Runs = runs }
        ]

let private requireSweeps (runs: string) =
    match sweepsIn runs with
    | [] ->
        raise (
            TrainingException $"There is no sweep in '{runs}': expected one that sweep.fsx has begun there. Begin one, or correct runs=."
        )
    | sweeps -> sweeps

/// Numbers of jobs that were submitted for a sweep, the workers' and the report's.
let private jobsOf (sweep: Sweep) : (string * string) list =
    if not (File.Exists(sweep.File jobsName)) then
        []
    else
        [
            for line in File.ReadAllLines(sweep.File jobsName) |> Seq.truncate 10000 do
                match line.Split ',' with
                | [| workers; report |] when Seq.forall Char.IsAsciiDigit (workers + report) && workers <> "" && report <> "" ->
                    workers, report
                | _ -> () // the header, or a line of somebody else: it names no jobs
        ]

let private submit (sweep: Sweep) : unit =
    if File.Exists(sweep.File stopName) then
        File.Delete(sweep.File stopName)

    let text = slurm "bash" [ sweep.File "submit.sh" ]

    match (sentence text).Split ' ' with
    | [| workers; report |] ->
        let earlier = jobsOf sweep @ [ workers, report ]

        "workers,report\n" + String.Join("", earlier |> List.map (fun (workers, report) -> $"{workers},{report}\n"))
        |> SparseCore.Analysis.Files.writeText (sweep.File jobsName)

        Console.Out.WriteLine $"submitted: workers {workers}, report {report}"
    | _ ->
        let command = sweep.File "submit.sh"
        raise (TrainingException $"sbatch printed '{sentence text}': expected the numbers of two jobs. The command was: bash {command}")

/// States of a sweep's tasks in Slurm, with how many there are of each; nothing where Slurm does not answer or has forgotten them.
let private queue (sweep: Sweep) : (string * int) list =
    match jobsOf sweep with
    | [] -> []
    | jobs ->
        let numbers = jobs |> List.collect (fun (workers, report) -> [ workers; report ]) |> String.concat ","

        match tryRun "squeue" [ "-h"; "-r"; "-t"; "all"; "-j"; numbers; "-o"; "%T" ] with
        | Some outcome when outcome.Code = 0 ->
            outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            |> Array.countBy _.Trim()
            |> Array.sort
            |> List.ofArray
        | _ -> []

/// Lines that say how far a sweep came.
let private report (sweep: Sweep) : string list =
    let facts = readFacts sweep
    let wanted = SparseCore.Analysis.Columns.read (sweep.File listName) TrainingRuns.listColumns |> List.ofArray
    let standings = wanted |> List.map (standing sweep.Runs (timeIn sweep.Runs))
    let count predicate = standings |> List.filter predicate |> List.length
    let isFinished one = one.Status = Some RunStatus.Finished
    let isFailed one = one.Status = Some RunStatus.Failed || (one.Error.IsSome && not (isFinished one))
    let isHeld one = one.Holder.IsSome && not (isFinished one)
    let total = wanted |> List.sumBy _.Work
    let now, before = workDone standings, facts.WorkDone
    let elapsed = unixSeconds () - facts.Begun
    let workers = standings |> List.choose _.Holder |> List.distinct
    let states = queue sweep
    let finished, held, failed = count isFinished, count isHeld, count isFailed
    let toCome = wanted.Length - count (fun one -> isFinished one || isHeld one || isFailed one)
    let command, logs = facts.Command, sweep.File "logs"

    [
        $"{Path.GetFileName sweep.Path}: {command}"
        $"  runs: {finished} of {wanted.Length} finished, {held} being made, {failed} failed, {toCome} to come; {100.0 * now / max 1.0 total:F0}%% of the work"

        if finished < wanted.Length && now > before && not workers.IsEmpty then
            $"  about {Progress.duration (elapsed * (total - now) / (now - before))} left at the pace so far"

        if not states.IsEmpty then
            let shown = states |> List.map (fun (state, tasks) -> $"{tasks} {state.ToLowerInvariant()}") |> String.concat ", "
            $"  Slurm: {shown}"

        for worker in workers do
            for one in standings do
                if isHeld one && one.Holder = Some worker then
                    $"  {worker}: {one.Run.Name}, step {one.Saved} of {one.Run.Steps} saved"

        for one in standings do
            if isFailed one then
                let reason = ForeignText.OneLine(one.Error |> Option.defaultValue "no reason was given")
                $"  failed: {one.Run.Name}: {reason}"

        let isBegun = states |> List.exists (fun (state, _) -> state <> "PENDING")

        if isBegun && not (Directory.Exists(sweep.File "seen")) && elapsed > 60.0 then
            $"  No worker has seen this folder, though Slurm has started some. Do the nodes share '{sweep.Runs}'? Their own words, if they could write any, are in {logs}."
    ]

/// Prints how far all sweeps of a folder of runs came.
let status (runs: string) : unit =
    for sweep in requireSweeps runs do
        report sweep |> List.iter Console.Out.WriteLine

/// Cancels the jobs of all sweeps of a folder of runs; runs save where they are.
let cancel (runs: string) : unit =
    for sweep in requireSweeps runs do
        try
            SparseCore.Analysis.Files.writeText (sweep.File stopName) "Workers that are stopped do not begin anew.\n"
        with :? IOException as error ->
            Console.Error.WriteLine $"note: workers cannot be told that they are cancelled: {sentence error.Message}"

        for workers, report in jobsOf sweep do
            // The batch shell hands TERM on; what does not end is killed by Slurm when the time that scancel gives has gone.
            slurm "scancel" [ workers; report ] |> ignore
            Console.Out.WriteLine $"cancelled: workers {workers}, report {report}"

/// Submits the jobs of all sweeps of a folder of runs again: finished runs are skipped, stopped ones go on.
let resubmit (runs: string) : unit =
    for sweep in requireSweeps runs do
        submit sweep

/// Starts workers on this machine, shows how far they came, and draws the report when they have ended.
let private runLocally (sweep: Sweep) (processes: int) (cancellation: CancellationToken) : unit =
    let started = List<Process>()

    let start (script: string) (log: string) =
        let command = $"exec {quote (sweep.File script)} >> {quote (sweep.File log)} 2>&1"
        started.Add(nonNull (Process.Start(ProcessStartInfo("bash", [ "-c"; command ]))))

    let stop () =
        for running in started do
            if not running.HasExited then
                tryRun "kill" [ "-TERM"; string running.Id ] |> ignore

    use _ = cancellation.Register stop

    for worker in 1..processes do
        start "worker.sh" $"logs/local-{worker}.log"

    let isAlive () = started.Exists(fun running -> not running.HasExited)
    let shown = Stopwatch.StartNew()

    while isAlive () do
        Thread.Sleep 200

        if shown.Elapsed.TotalSeconds >= 10.0 && not cancellation.IsCancellationRequested then
            shown.Restart()
            report sweep |> List.skip 1 |> List.iter Console.Error.WriteLine

    cancellation.ThrowIfCancellationRequested()
    let failed = started |> Seq.filter (fun running -> running.ExitCode <> 0) |> Seq.length
    started.Clear()

    if failed > 0 then
        report sweep |> List.iter Console.Error.WriteLine
        let logs = sweep.File "logs"
        raise (TrainingException $"{failed} of {processes} workers could not make all their runs; what they said is in {logs}.")

    let drawn = nonNull (Process.Start(ProcessStartInfo("bash", [ sweep.File "report.sh" ])))
    started.Add drawn
    drawn.WaitForExit()
    cancellation.ThrowIfCancellationRequested()

    if drawn.ExitCode <> 0 then
        raise (TrainingException $"The report could not be made (exit code {drawn.ExitCode}).")

/// The scripts that make runs: those that have make=.
let internal makers = [ "analyze-lt"; "hessian"; "reproduce-large"; "reproduce-mnist"; "train" ]

/// Begins a sweep: writes its files into the folder of runs, after the script itself has accepted its settings, and starts the workers.
let start (name: string) (arguments: string list) (choice: Choice) (cancellation: CancellationToken) : unit =
    let script = Path.Combine(Paths.fromRoot "scripts", name + ".fsx")

    if name.IndexOfAny [| '/'; '\\' |] >= 0 || not (File.Exists script) then
        let list = String.Join(", ", makers)
        raise (Program.UnavailableException $"There is no script '{ForeignText.Show name}': expected one that makes runs: {list}.")

    if choice.Place.IsSlurm then
        slurm "sbatch" [ "--version" ] |> ignore // before anything is written

    Writable.folder "runs" choice.Runs
    let arguments = arguments @ [ $"runs={choice.Runs}" ]

    // By the dotnet that workers find. This also compiles what they start, once, before they all would.
    let listed =
        tryRun "bash" [ "-c"; "exec dotnet \"$@\""; "bash"; "fsi"; script; yield! arguments; "share=true"; "make=list" ]
        |> Option.defaultWith (fun () -> raise (Program.UnavailableException "There is no 'bash' on the path."))

    if listed.Code <> 0 then
        raise (Program.UnavailableException $"{name}.fsx refuses its settings:\n{ForeignText.Lines(listed.Errors.Trim())}")

    let wanted =
        listed.Output
        |> SparseCore.Analysis.Tables.ofCsv $"what {name}.fsx make=list printed"
        |> SparseCore.Analysis.Columns.ofTable TrainingRuns.listColumns
        |> List.ofArray

    let command = String.concat " " ($"scripts/{name}.fsx" :: arguments)
    let path = Path.Combine(nameOf choice.Runs, $"{name}-{(RunFolder.HashOf command).Substring(0, 8)}")
    let sweep = { Path = path; Runs = choice.Runs }
    Directory.CreateDirectory(sweep.File "logs") |> ignore
    SparseCore.Analysis.Files.writeText (sweep.File listName) listed.Output
    let before = wanted |> List.map (standing choice.Runs (timeIn choice.Runs)) |> workDone

    [
        {
            Command = command
            Workers = showPlace choice.Place
            CodeVersion = RunRecord.CurrentCodeVersion
            Begun = unixSeconds ()
            WorkDone = before
        }
    ]
    |> SparseCore.Analysis.Columns.write (sweep.File factsName) factColumns

    writeScript (sweep.File "worker.sh") (workerText sweep choice script arguments)
    writeScript (sweep.File "report.sh") (reportText sweep script arguments)
    Console.Out.WriteLine $"{wanted.Length} runs wanted; files in {sweep.Path}"

    match choice.Place with
    | Slurm tasks ->
        writeScript (sweep.File "submit.sh") (submitText sweep choice tasks)
        submit sweep
        Console.Out.WriteLine $"how far they are: dotnet fsi scripts/sweep.fsx status runs={choice.Runs}"
    | Local processes -> runLocally sweep processes cancellation

/// The settings of status, cancel and resubmit.
let verbSettings (given: Settings.Given) : string = runsSetting given
