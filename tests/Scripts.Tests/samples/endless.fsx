// As work.fsx, but its cleaning up takes forever, and may take no longer than a moment.
#load "../../../scripts/prelude.fsx"

open System.Threading
open Scripting

Program.stopWithin (System.TimeSpan.FromSeconds 0.3)

Program.run (fun cancellation ->
    System.Console.WriteLine("working in " + string System.Environment.ProcessId)
    cancellation.WaitHandle.WaitOne() |> ignore
    Thread.Sleep Timeout.Infinite
    System.Console.WriteLine "cleaned up"
    cancellation.ThrowIfCancellationRequested())
