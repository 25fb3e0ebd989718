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
        ]
