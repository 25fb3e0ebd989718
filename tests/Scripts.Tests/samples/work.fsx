// A script as a user's: says its process id, works until it is cancelled, and needs a moment to clean up.
#load "../../../scripts/prelude.fsx"

open System.Threading
open Scripting

Program.run (fun cancellation ->
    System.Console.WriteLine("working in " + string System.Environment.ProcessId)
    cancellation.WaitHandle.WaitOne() |> ignore
    Thread.Sleep 300
    System.Console.WriteLine "cleaned up"
    cancellation.ThrowIfCancellationRequested())
