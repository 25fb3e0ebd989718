module Scripts.Tests.SignalTests

open System
open System.Diagnostics
open Scripting
open Scripts.Tests.Processes
open Scripts.Tests.Compiled
open Expecto
open Testing

let private signal (name: string) (processId: string) = Process.Start("sh", [ "-c"; $"kill -{name} {processId}" ]).WaitForExit()

/// Starts a script and sends it signals once it works.
let private start (script: string list) (signals: string list) =
    let watch (line: string) =
        if line.StartsWith "working in " then
            for name in signals do
                signal name (line.Substring 11)

    dotnetWatched watch Paths.root script

let private work, private endless = sample "work", sample "endless"

let private ends (signal: string) (code: int) (script: string list) =
    let outcome = start script [ signal ]
    Expect.stringContains outcome.Output "cleaned up" "output"
    Expect.stringContains outcome.Errors "stopping:" "error stream"
    Expect.equal outcome.Code code "exit code"

[<Tests>]
let tests =
    testList
        "Signal"
        [
            testEach
                "a signal lets the script clean up, then ends it with its own code"
                [ "INT", 130; "TERM", 143; "HUP", 129 ]
                (fun (name, code) -> direct () @ [ work ] |> ends name code)

            testCase "a signal does the same to a script that is interpreted" (fun () -> interpreted @ [ work ] |> ends "INT" 130)

            testCase "TERM that comes twice at once is one signal, as when a job's shell hands it on" (fun () ->
                let outcome = start (direct () @ [ work ]) [ "TERM"; "TERM" ]
                Expect.stringContains outcome.Output "cleaned up" "output"
                Expect.equal outcome.Code 143 "exit code")

            testEach
                "a script that cannot stop in time, or is told twice, is ended before libraries clean up under its threads"
                [ [ "TERM" ], 143; [ "INT"; "INT" ], 130 ]
                (fun (signals, code) ->
                    let outcome = start (direct () @ [ endless ]) signals
                    Expect.isFalse (outcome.Output.Contains "cleaned up") "output"
                    Expect.equal outcome.Code code "exit code")
        ]
