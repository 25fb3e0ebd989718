module Scripts.Tests.SignalTests

open System
open System.Diagnostics
open Scripting
open Scripts.Tests.Processes
open Expecto
open Testing

// A script as a user's: says its process id, works until it is cancelled, and needs a moment to clean up.
let private text =
    $"""
#load @"{Paths.fromRoot "scripts/prelude.fsx"}"
open System.Threading
open Scripting

Program.run (fun cancellation ->
    System.Console.WriteLine("working in " + string System.Environment.ProcessId)
    cancellation.WaitHandle.WaitOne() |> ignore
    Thread.Sleep 300
    System.Console.WriteLine "cleaned up"
    cancellation.ThrowIfCancellationRequested())
"""

let private signal (name: string) (processId: string) = Process.Start("sh", [ "-c"; $"kill -{name} {processId}" ]).WaitForExit()

[<Tests>]
let tests =
    testList
        "Signal"
        [
            testEach
                "a signal lets the script clean up, then ends it with its own code"
                [ "INT", 130; "TERM", 143; "HUP", 129 ]
                (fun (name, code) ->
                    use scratch = new Scratch()
                    let script = scratch.Write("work.fsx", text)

                    let watch (line: string) =
                        if line.StartsWith "working in " then
                            signal name (line.Substring 11)

                    let outcome = dotnetWatched watch scratch.Folder (direct @ [ script ])
                    Expect.stringContains outcome.Output "cleaned up" "output"
                    Expect.stringContains outcome.Errors "stopping:" "error stream"
                    Expect.equal outcome.Code code "exit code")
            testCase "TERM that comes twice at once is one signal, as when a job's shell hands it on" (fun () ->
                use scratch = new Scratch()
                let script = scratch.Write("work.fsx", text)

                let watch (line: string) =
                    if line.StartsWith "working in " then
                        signal "TERM" (line.Substring 11)
                        signal "TERM" (line.Substring 11)

                let outcome = dotnetWatched watch scratch.Folder (direct @ [ script ])
                Expect.stringContains outcome.Output "cleaned up" "output"
                Expect.equal outcome.Code 143 "exit code")

            testCase "a script that cannot stop in time is ended" (fun () ->
                use scratch = new Scratch()
                let forever = text.Replace("Thread.Sleep 300", "Thread.Sleep Timeout.Infinite")

                let script =
                    scratch.Write(
                        "work.fsx",
                        forever.Replace("Program.run", "Program.stopWithin (System.TimeSpan.FromSeconds 0.3)\nProgram.run")
                    )

                let watch (line: string) =
                    if line.StartsWith "working in " then
                        signal "TERM" (line.Substring 11)

                let outcome = dotnetWatched watch scratch.Folder (direct @ [ script ])
                Expect.isFalse (outcome.Output.Contains "cleaned up") "output"
                Expect.equal outcome.Code 143 "exit code")
        ]
