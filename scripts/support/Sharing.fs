/// How scripts share a folder of runs with other processes, on this machine and on the nodes of a cluster, and how they stop.
module Scripting.Sharing

open System
open SparseCore.RunFolders
open SparseCore.Training

/// What was chosen.
type Choice =
    {
        /// Whether others work on the folder of runs at the same time.
        Share: bool
        /// Seconds to wait while only others are at work; None for as long as it takes.
        Wait: int option
        /// all, runs or list.
        Make: string
        /// Seconds that runs get to save where they are, once the script is told to stop; None for as long as their step takes.
        Grace: int option
    }

/// Names of the settings.
let names = "share wait make grace".Split ' '

/// Declares share=, wait=, make= and grace=.
let settings (given: Settings.Given) : Choice =
    {
        Share = Settings.flag "share" false "other processes, here or on other machines, may work on the same folder of runs" given
        Wait =
            Settings.optionalInteger
                0
                Int32.MaxValue
                "wait"
                "with share=true: seconds to wait while others make all that is left, empty for as long as it takes"
                given
        Make =
            Settings.choice
                [ "all"; "runs"; "list" ]
                "make"
                "all"
                "all: runs, and what the script makes of them; runs: those alone; list: nothing, print which runs it needs"
                given
        Grace =
            Settings.optionalInteger
                0
                Int32.MaxValue
                "grace"
                "seconds that runs get to save where they are when the script is stopped, empty for as long as a step takes"
                given
    }

/// A script that shares nothing.
let alone: Choice = { Share = false; Wait = None; Make = "all"; Grace = None }

/// A clock that is further off is worth a sentence.
let private clockTolerance = TimeSpan.FromMinutes 5.0

/// Joins the work on a folder of runs, if it is shared. Raises a RunFolderException where its locks do not hold.
let join (runs: string) (choice: Choice) : SharedWork | null =
    if not choice.Share then
        null
    else
        let work = SharedWork(runs, choice.Wait |> Option.map (float >> TimeSpan.FromSeconds) |> Option.toNullable)

        if work.ClockAhead.Duration() > clockTolerance then
            let minutes = abs (round work.ClockAhead.TotalMinutes)
            let side = if work.ClockAhead > TimeSpan.Zero then "behind" else "ahead of"

            Console.Error.WriteLine
                $"note: this machine's clock is {minutes:F0} minutes {side} the file system's; the times in records are off, nothing else depends on it"

        work
