/// A display of runs side by side: bars on a terminal, plain lines now and then anywhere else.
/// It goes to the error stream, so that what a script prints can be piped on.
module Scripting.Progress

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open System.Threading
open Spectre.Console
open Spectre.Console.Rendering
open SparseCore

/// A run that is under way.
type internal Active =
    {
        /// Readable name.
        Name: string
        /// Seconds on the display's clock when it was first heard of.
        Since: float
        /// Step at that moment; not 0 where a run goes on from a checkpoint.
        FirstStep: int
        /// Last reported step.
        Step: int
        /// Step at which it ends.
        Steps: int
        /// Work of its first steps.
        Work: int -> float
    }

/// What is known at a moment; everything shown is computed from this.
type internal Snapshot =
    {
        /// Seconds since the display started.
        Elapsed: float
        /// Runs to do in all.
        Runs: int
        /// Runs that ended, those that failed included.
        Ended: int
        /// Runs that failed.
        Failed: int
        /// Work done by the runs that ended, as far as it was done while the display was on.
        EndedWork: float
        /// Runs whose work that is.
        EndedWorked: int
        /// Work of the runs not begun; None where it is not known.
        NotBegun: float option
        /// Runs under way, oldest first.
        Active: Active list
    }

let private invariant (text: FormattableString) = FormattableString.Invariant text

/// A duration in words: "8 s", "3 min 05 s", "2 h 10 min".
let internal duration (seconds: float) =
    let whole = int64 (Math.Ceiling(max 0.0 seconds))

    if whole < 60L then invariant $"{whole} s"
    elif whole < 3600L then invariant $"{whole / 60L} min {whole % 60L:D2} s"
    else invariant $"{whole / 3600L} h {whole / 60L % 60L:D2} min"

/// Work between two steps of a run.
let private work first last (run: Active) = max 0.0 (run.Work last - run.Work first)

/// Seconds until the last run ends, if the rest goes as fast as what was done; runs not begun whose work is not known are taken to be as
/// long as the others.
let internal secondsLeft snapshot =
    let sum work = snapshot.Active |> List.sumBy work
    let made = snapshot.EndedWork + sum (fun run -> work run.FirstStep run.Step run)
    let toMakeActive = sum (fun run -> work run.Step run.Steps run)
    let known = snapshot.EndedWorked + snapshot.Active.Length

    if made <= 0.0 || known = 0 then
        None
    else
        let mean = (made + toMakeActive) / float known
        let notBegun = max 0 (snapshot.Runs - snapshot.Ended - snapshot.Active.Length)
        Some((toMakeActive + (snapshot.NotBegun |> Option.defaultValue (mean * float notBegun))) * snapshot.Elapsed / made)

let private count (value: int) = invariant $"{value:N0}"

let private rate (elapsed: float) (run: Active) =
    let made, seconds = run.Step - run.FirstStep, elapsed - run.Since
    if made > 0 && seconds > 0.0 then invariant $"{float made / seconds:N0} steps/s" else ""

let private share (run: Active) = if run.Steps > 0 then 100L * int64 run.Step / int64 run.Steps else 0L

/// The first line of the block: runs done, failures, time.
let internal headline snapshot =
    let failed = if snapshot.Failed > 0 then invariant $", {snapshot.Failed} failed" else ""

    let left =
        match secondsLeft snapshot with
        | Some seconds when snapshot.Ended < snapshot.Runs -> $", about {duration seconds} left"
        | _ -> ""

    invariant $"runs {snapshot.Ended}/{snapshot.Runs} done{failed}, {duration snapshot.Elapsed} so far{left}"

/// The display on a terminal: the headline, then a row for each run under way: name, bar, step, rate.
let private block (console: IAnsiConsole) snapshot : IRenderable =
    let options, bar = RenderOptions.Create console, ProgressBarColumn()
    let runs = Grid()

    for justify in [ Justify.Left; Justify.Left; Justify.Right; Justify.Right; Justify.Right ] do
        runs.AddColumn(GridColumn(NoWrap = true, Alignment = Nullable justify)) |> ignore

    for index, run in List.indexed snapshot.Active do
        let task = ProgressTask(index, "run", float (max 1 run.Steps), false, Value = float run.Step)
        let text (text: string) : IRenderable = Text(text, Overflow = Nullable Overflow.Ellipsis)

        let cells =
            [|
                text run.Name
                bar.Render(options, task, TimeSpan.Zero)
                text $"{count run.Step}/{count run.Steps}"
                text (invariant $"{share run}%%")
                text (rate snapshot.Elapsed run)
            |]

        runs.AddRow cells |> ignore

    let head = Text(headline snapshot, Overflow = Nullable Overflow.Ellipsis)

    if snapshot.Active.IsEmpty then head else Rows [| head :> IRenderable; runs |]

/// The same in one line, for logs.
let internal plainLine snapshot =
    let runs = snapshot.Active |> List.truncate 4 |> List.map (fun run -> invariant $"{run.Name} {share run}%%")

    let more = if snapshot.Active.Length > 4 then [ "..." ] else []
    let under = if runs.IsEmpty then "" else "; under way: " + String.Join(", ", runs @ more)
    headline snapshot + under

/// What is known of a run before it begins.
type Planned =
    {
        /// The name that its reports will have.
        Name: string
        /// Its length.
        Steps: int
        /// Work of its first steps, in any unit that is the same for all runs of a display.
        Work: int -> float
    }

/// A display that is on. All functions on it may be called from any thread.
type Progress =
    internal
        {
            Runs: int
            /// Runs not begun by name; empty where nothing is known of them.
            Planned: Dictionary<string, Planned>
            /// Whether something was known of the runs.
            IsPlanned: bool
            /// Where plain lines go.
            Writer: TextWriter
            /// The terminal; None where plain lines are wanted.
            Terminal: IAnsiConsole option
            /// Seconds; starts anywhere, never goes back.
            Clock: unit -> float
            Started: float
            ActiveRuns: List<Active>
            /// Ended, failed, ended with work done while the display was on.
            Counts: int array
            /// Work done by ended runs.
            mutable EndedWork: float
            /// The block on the terminal; None before and after.
            mutable Live: LiveDisplayContext option
            /// When the last plain line was written.
            mutable LastLine: float
            Gate: obj
        }

let private secondsBetweenLines = 10.0

let internal snapshot progress =
    {
        Elapsed = progress.Clock() - progress.Started
        Runs = progress.Runs
        Ended = progress.Counts[0]
        Failed = progress.Counts[1]
        EndedWork = progress.EndedWork
        EndedWorked = progress.Counts[2]
        NotBegun =
            if progress.IsPlanned then
                Some(progress.Planned.Values |> Seq.sumBy (fun run -> run.Work run.Steps))
            else
                None
        Active = List.ofSeq progress.ActiveRuns
    }

/// A line in the place of the block, which the terminal shows again below it.
let private instead (text: string) : IRenderable =
    let eraseBelow, line = "\027[J", Text text :> IRenderable

    { new IRenderable with
        member _.Measure(options, width) = line.Measure(options, width)

        member _.Render(options, width) =
            seq {
                Segment.Control eraseBelow
                yield! line.Render(options, width)
                Segment.LineBreak
            }
    }

/// Writes lines that stay, above the block.
let private write (lines: string list) progress =
    for line in lines do
        match progress.Terminal with
        | Some console -> console.Write(instead line)
        | None -> progress.Writer.WriteLine line

    progress.Writer.Flush()

/// Draws the block as it is now.
let private redraw progress =
    match progress.Terminal, progress.Live with
    | Some console, Some live -> live.UpdateTarget(block console (snapshot progress))
    | _ -> ()

let internal tick progress =
    lock progress.Gate (fun () ->
        if progress.Terminal.IsSome then
            redraw progress
        elif progress.Clock() - progress.LastLine >= secondsBetweenLines then
            progress.LastLine <- progress.Clock()
            write [ plainLine (snapshot progress) ] progress)

/// A display of so many runs, of which more may be known.
let internal start writer terminal clock runs (planned: Planned seq) =
    let now = clock ()
    let planned = Dictionary(planned |> Seq.map (fun run -> KeyValuePair(ForeignText.OneLine run.Name, run)))

    {
        Runs = runs
        Planned = planned
        IsPlanned = planned.Count > 0
        Writer = writer
        Terminal = terminal
        Clock = clock
        Started = now
        ActiveRuns = List()
        Counts = Array.zeroCreate 3
        EndedWork = 0.0
        Live = None
        LastLine = now
        Gate = obj ()
    }

/// Strikes a run off those not begun.
let private takePlanned (name: string) progress =
    match progress.Planned.TryGetValue name with
    | true, run ->
        progress.Planned.Remove name |> ignore
        Some run
    | false, _ -> None

/// Says where a run is; the first report puts it on the display. Cheap enough to be called at every step.
let report (name: string) (step: int) (steps: int) progress =
    let name = ForeignText.OneLine name

    lock progress.Gate (fun () ->
        let index = progress.ActiveRuns.FindIndex(fun run -> run.Name = name)

        if index >= 0 then
            progress.ActiveRuns[index] <- { progress.ActiveRuns[index] with Step = step; Steps = steps }
        else
            progress.ActiveRuns.Add
                {
                    Name = name
                    Since = progress.Clock() - progress.Started
                    FirstStep = step
                    Step = step
                    Steps = steps
                    Work = takePlanned name progress |> Option.map _.Work |> Option.defaultValue float
                })

let private conclude (name: string) isFailure (outcome: (float -> string) option) progress =
    let name = ForeignText.OneLine name

    lock progress.Gate (fun () ->
        let index = progress.ActiveRuns.FindIndex(fun run -> run.Name = name)
        progress.Counts[0] <- progress.Counts[0] + 1

        if isFailure then
            progress.Counts[1] <- progress.Counts[1] + 1

        let seconds =
            if index < 0 then
                takePlanned name progress |> ignore
                0.0
            else
                let run = progress.ActiveRuns[index]
                progress.ActiveRuns.RemoveAt index
                progress.EndedWork <- progress.EndedWork + work run.FirstStep run.Step run
                progress.Counts[2] <- progress.Counts[2] + 1
                progress.Clock() - progress.Started - run.Since

        match outcome with
        | Some said -> write [ invariant $"[{progress.Counts[0]}/{progress.Runs}] {name}: {said seconds}" ] progress
        | None -> ()

        redraw progress)

/// Takes a run that reached its end off the display, with a line that says so.
let finish name progress = conclude name false (Some(fun seconds -> $"done in {duration seconds}")) progress

/// Counts a run whose results were there already.
let skip name progress = conclude name false (Some(fun _ -> "found finished")) progress

/// Counts what ended and is reported elsewhere.
let pass name progress = conclude name false None progress

/// Takes a run that failed off the display, with a line that says why.
let fail name (reason: string) progress = conclude name true (Some(fun _ -> $"FAILED: {ForeignText.OneLine reason}")) progress

/// Writes a line that stays, above the block.
let note (line: string) progress = lock progress.Gate (fun () -> write [ ForeignText.OneLine line ] progress)

/// Works with the block on the terminal, whose cursor comes back however the work or the process ends.
let private withBlock (console: IAnsiConsole) progress (body: Progress -> 'result) : 'result =
    let showCursor = EventHandler(fun _ _ -> console.Cursor.Show true)
    AppDomain.CurrentDomain.ProcessExit.AddHandler showCursor

    try
        let display =
            LiveDisplay(console, block console (snapshot progress), AutoClear = true, Overflow = VerticalOverflow.Ellipsis)

        let work (live: LiveDisplayContext) =
            lock progress.Gate (fun () -> progress.Live <- Some live)

            try
                body progress
            finally
                lock progress.Gate (fun () -> progress.Live <- None)

        display.Start<'result>(Func<LiveDisplayContext, 'result> work)
    finally
        AppDomain.CurrentDomain.ProcessExit.RemoveHandler showCursor

/// Works with a display that was started, and leaves one closing line.
let internal showOn progress (body: Progress -> 'result) : 'result =
    try
        match progress.Terminal with
        | Some console -> withBlock console progress body
        | None -> body progress
    finally
        lock progress.Gate (fun () -> write [ headline (snapshot progress) ] progress)

let private display runs planned (body: Progress -> 'result) : 'result =
    let watch = Diagnostics.Stopwatch.StartNew()
    let progress = start Console.Error (Terminal.errors ()) (fun () -> watch.Elapsed.TotalSeconds) runs planned
    use timer = new Timer((fun _ -> tick progress), null, 250, 250)

    showOn progress (fun progress ->
        try
            body progress
        finally
            timer.Change(Timeout.Infinite, Timeout.Infinite) |> ignore)

/// Shows the progress of `runs` runs while `body` works, and leaves one closing line. The display is taken down however `body` ends.
let show (runs: int) (body: Progress -> 'result) : 'result = display runs [] body

/// As show, for runs whose work is known before they begin: the time that is left follows from it.
let showPlanned (runs: Planned list) (body: Progress -> 'result) : 'result = display runs.Length runs body
