/// The runs of a folder as a page shows them: read once, then again only where something of a run was written.
module SparseCore.Analysis.RunIndex

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.IO
open System.Threading
open System.Threading.Tasks
open SparseCore
open SparseCore.RunFolders

/// Seconds since 1970.
let private unix (time: DateTime) = float (DateTimeOffset(time, TimeSpan.Zero).ToUnixTimeMilliseconds()) / 1000.0

let private unixOf (time: DateTimeOffset) = float (time.ToUnixTimeMilliseconds()) / 1000.0

/// How many of the last checkpoints tell how fast a run is.
let private checkpointsOfSpeed = 5

/// Seconds that a run needs for the rest, by the times of its last checkpoints.
let private secondsLeft (run: Run) (holder: RunHolder) (step: int) (steps: int) : float option =
    let times =
        [
            for saved in run.Folder.CheckpointSteps() |> Seq.rev |> Seq.truncate checkpointsOfSpeed do
                let time = File.GetLastWriteTimeUtc(run.Folder.CheckpointPath saved)

                if time >= holder.Since.UtcDateTime then
                    saved, time
        ]

    match times with
    | (last, lastTime) :: (_ :: _ as earlier) ->
        let first, firstTime = List.last earlier
        let seconds = (lastTime - firstTime).TotalSeconds

        if seconds > 0.0 && last > first then
            Some(float (steps - step) * seconds / float (last - first))
        else
            None
    | _ -> None

/// Accuracies up to so many times that of guessing are called collapsed.
let private collapseFactor = 1.2

let private isCollapsed (look: RunTable.Look) =
    match look.Network, look.Row.TestAccuracy with
    | Some network, Some accuracy -> accuracy <= collapseFactor / float network.Output.Count
    | _ -> false

let private unreadablePrefix = "unreadable: "

/// What the list shows of a run, and its holder.
let private itemOf (now: DateTime) (path: string) (written: DateTime) : PageData.Run * RunHolder option =
    let look = RunTable.look path
    let row = look.Row
    let holder = look.Run |> Option.bind (fun run -> Option.ofObj run.Folder.Holder)
    let atWork = holder |> Option.filter _.IsAtWork(now)

    let problem =
        if row.Status.StartsWith(unreadablePrefix, StringComparison.Ordinal) then
            Some(row.Status.Substring unreadablePrefix.Length)
        else
            None

    let status, sentence =
        match look.Record |> Option.map _.Status with
        | _ when row.Status = "finished" || row.Status = "imported" -> row.Status, None
        | _ when atWork.IsSome -> "running", problem
        | _ when problem.IsSome -> "unreadable", problem
        | Some RunStatus.Failed ->
            "failed", look.Record |> Option.bind (fun record -> Option.ofObj record.Error) |> Option.map ForeignText.OneLine
        | _ -> "stopped", None

    let step =
        match row.Step, Option.ofNullable look.Metrics.LastStep with
        | step, None -> step
        | step, Some logged -> Some(max (Option.defaultValue 0 step) logged)

    let parents =
        match look.Run |> Option.map _.Plan with
        | Some(Trained plan) -> plan.Parents |> Seq.map _.Folder |> Seq.distinct |> Array.ofSeq
        | _ -> [||]

    {
        Name = row.Run
        Status = status
        Sentence = sentence
        Method = row.Method
        Initialiser = row.Initializer
        Network = row.Network
        Data = row.Data
        Sparsity = row.Sparsity
        Seed = row.Seed
        Steps = row.Steps
        Step = step
        Left =
            match look.Run, atWork, step, row.Steps with
            | Some run, Some holder, Some step, Some steps -> secondsLeft run holder step steps
            | _ -> None
        TestAccuracy = row.TestAccuracy
        BestTestAccuracy = row.BestTestAccuracy
        TestLoss = row.TestLoss
        BestTestLoss = row.BestTestLoss
        ActiveWeights = row.ActiveWeights
        Weights = row.Weights
        Seconds = row.Seconds
        Started = look.Record |> Option.map (fun record -> unixOf record.Started)
        Changed = if written = DateTime.MinValue then None else Some(unix written)
        Code = look.Record |> Option.map _.CodeVersion
        Machine =
            look.Record
            |> Option.map (fun record -> $"{record.Machine.Processor}, {record.Machine.Cores} cores, {record.Machine.OperatingSystem}")
        Engine =
            look.Record
            |> Option.bind (fun record -> Option.ofObj record.Engine)
            |> Option.map (fun engine -> $"{engine.Library} on {engine.Device}")
        Holder =
            atWork
            |> Option.map (fun holder ->
                {
                    Host = holder.Worker.Host
                    Process = holder.Worker.Process
                    Job = Option.ofObj holder.Worker.Job
                    Here = holder.IsHere
                    Since = unixOf holder.Since
                })
        Collapsed = status = "finished" && isCollapsed look
        Parents = parents
        Metrics = [| for metric in look.Metrics.Metrics -> String.Intern metric.Metric |]
        Cells = Map [ for column in RunTable.columns.Columns -> column.Name, column.Cell row ]
        Settings =
            look.Run
            |> Option.map (Selection.settingsOf >> List.map (fun (path, value) -> String.Intern path, value) >> Map)
            |> Option.defaultValue Map.empty
    },
    holder

/// A folder that was looked at.
type private Entry =
    {
        Stamp: RunStamp
        /// None where the folder holds no run.
        Run: PageData.Run option
        /// Whether the conditions accept the run.
        IsAccepted: bool
        /// Who holds it, or did when it died.
        Holder: RunHolder option
        /// The version since which it is as it is.
        Since: int
    }

    /// What of it is shown.
    member entry.Shown = entry.Run |> Option.filter (fun _ -> entry.IsAccepted)

/// The fields of a run that conditions are about.
let fieldsOf (run: PageData.Run) : (string * string) list = Map.toList run.Cells @ Map.toList run.Settings

/// Most folders of runs that are finished, or of something else, that one refresh asks about.
let private settledAtOnce = 4000

/// Refreshes after which a folder of runs is listed again although its time did not change: some shared file systems are late with it.
let private refreshesToListing = 20

/// The runs of a folder that the conditions accept; all where there are none. Members may be used by several threads. Nothing is written.
type Index(root: string, conditions: Selection.Condition list) =
    let entries = Dictionary<string, Entry>()
    let removed = Dictionary<string, int>()
    let gate = obj ()
    let mutable version = 0
    let mutable listed = DateTime.MinValue
    let mutable refreshes = 0
    let mutable next = 0
    let mutable settled: string[] = [||]

    let nameOf (path: string) = string (Path.GetFileName path)

    /// Looks at a folder; what vanishes meanwhile holds no run.
    let look (path: string) : Entry =
        let stamp = RunFolder.StampOf path

        if RunFolder.MayBeRun path then
            let run, holder = itemOf DateTime.UtcNow path stamp.Written

            {
                Stamp = stamp
                Run = Some run
                IsAccepted = Selection.isAccepted conditions (fieldsOf run)
                Holder = holder
                Since = 0
            }
        else
            { Stamp = stamp; Run = None; IsAccepted = false; Holder = None; Since = 0 }

    let isSettled (entry: Entry) =
        match entry.Run with
        | Some run -> run.Status = "finished" || run.Status = "imported" || run.Status = "failed"
        | None -> true

    let isAsBefore (path: string) (entry: Entry) =
        if isSettled entry then
            Directory.GetLastWriteTimeUtc path = entry.Stamp.Folder
        else
            let isRunning = entry.Run |> Option.exists _.Holder.IsSome

            RunFolder.StampOf path = entry.Stamp && isRunning = (entry.Holder |> Option.exists _.IsAtWork(DateTime.UtcNow))

    let folders () = if Directory.Exists root then Directory.GetDirectories root else [||]

    /// Looks at these folders, side by side, and keeps what is not as before.
    let read (cancellation: CancellationToken) (paths: string seq) =
        let found = ConcurrentBag<string * Entry>()
        let options = ParallelOptions(MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation)
        Parallel.ForEach(paths, options, (fun path -> found.Add((nameOf path, look path)))) |> ignore

        lock gate (fun () ->
            let isNew (name: string, entry: Entry) =
                match entries.TryGetValue name with
                | true, before -> before.Shown <> entry.Shown
                | false, _ -> entry.Shown.IsSome

            let isChange = found |> Seq.exists isNew

            if isChange then
                version <- version + 1

            for name, entry in found do
                match entries.TryGetValue name with
                | true, before when before.Shown = entry.Shown -> entries[name] <- { entry with Since = before.Since }
                | _ ->
                    entries[name] <- { entry with Since = version }

                    if entry.Shown.IsSome then removed.Remove name |> ignore else removed[name] <- version

            isChange)

    /// Forgets folders that are no longer there.
    let forget (names: string seq) =
        lock gate (fun () ->
            let gone = names |> Seq.filter entries.ContainsKey |> Array.ofSeq
            let shown = gone |> Array.filter (fun name -> entries[name].Shown.IsSome)

            if shown.Length > 0 then
                version <- version + 1

            for name in gone do
                entries.Remove name |> ignore

            for name in shown do
                removed[name] <- version

            shown.Length > 0)

    let snapshot () = lock gate (fun () -> [| for pair in entries -> pair.Key, pair.Value |])

    /// The folder of runs.
    member _.Root = root

    /// Reads all runs. To be called once, before anything else. Refuses conditions on fields that no run has.
    member _.Scan(cancellation: CancellationToken) : unit =
        listed <- Directory.GetLastWriteTimeUtc root
        read cancellation (folders ()) |> ignore

        match
            [
                for _, entry in snapshot () do
                    yield! Option.toList entry.Run
            ]
        with
        | [] -> ()
        | runs ->
            let fields = runs |> List.map fieldsOf
            conditions |> List.iter (_.Field >> Selection.requireField fields)

    /// Looks for what was written since the last time; true where something is not as before. One thread at a time.
    member _.Refresh(cancellation: CancellationToken) : bool =
        let known = snapshot ()
        refreshes <- refreshes + 1
        let time = Directory.GetLastWriteTimeUtc root

        let fresh, gone =
            if time <> listed || refreshes % refreshesToListing = 0 then
                listed <- time
                let there = folders () |> Array.map nameOf |> HashSet
                let names = known |> Array.map fst |> HashSet

                [|
                    for name in there do
                        if not (names.Contains name) then
                            name
                |],
                [|
                    for name in names do
                        if not (there.Contains name) then
                            name
                |]
            else
                [||], [||]

        if next >= settled.Length then
            next <- 0
            settled <- known |> Array.filter (snd >> isSettled) |> Array.map fst

        let turn = settled |> Seq.skip next |> Seq.truncate settledAtOnce |> HashSet
        next <- next + settledAtOnce

        let written =
            [|
                for name, entry in known do
                    let path = Path.Combine(root, name)

                    if (not (isSettled entry) || turn.Contains name) && not (isAsBefore path entry) then
                        name
            |]

        let isRead = read cancellation (Seq.append fresh written |> Seq.map (fun name -> Path.Combine(root, name)))
        let isForgotten = forget gone
        isRead || isForgotten

    /// How networks are compared on the command line; the page writes it before the settings.
    member val CompareCommand = "dotnet fsi scripts/compare.fsx" with get, set

    /// All runs, by name.
    member index.List: PageData.RunList =
        lock gate (fun () ->
            {
                Root = root
                Compare = index.CompareCommand
                Version = version
                Runs =
                    [|
                        for pair in entries do
                            yield! Option.toArray pair.Value.Shown
                    |]
                    |> Array.sortWith (fun one other -> String.CompareOrdinal(one.Name, other.Name))
                Fields = [| for column in RunTable.columns.Columns -> column.Name |]
                Quantiles = Statistics.quantiles
            })

    /// The version now.
    member _.Version = lock gate (fun () -> version)

    /// What is not as it was in a version.
    member _.ChangesSince(before: int) : PageData.RunChanges =
        lock gate (fun () ->
            {
                Version = version
                Changed =
                    [|
                        for pair in entries do
                            if pair.Value.Since > before then
                                yield! Option.toArray pair.Value.Shown
                    |]
                Removed =
                    [|
                        for pair in removed do
                            if pair.Value > before then
                                pair.Key
                    |]
            })

    /// A run by its name; None where the index has none.
    member _.TryFind(name: string) : PageData.Run option =
        lock gate (fun () ->
            match entries.TryGetValue name with
            | true, entry -> entry.Shown
            | false, _ -> None)
