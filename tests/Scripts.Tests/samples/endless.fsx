// As work.fsx, but its cleaning up takes forever, and may take no longer than a moment. Like libtorch, a library that it uses must not be cleaned up while it works.
#load "../../../scripts/prelude.fsx"

open System.Runtime.InteropServices
open System.Threading
open Scripting

Program.stopWithin (System.TimeSpan.FromSeconds 0.3)

/// Has a function of the C library called when the process cleans up at its end.
[<DllImport("libc.so.6")>]
extern int on_exit(nativeint call, nativeint argument)

on_exit (NativeLibrary.GetExport(NativeLibrary.Load "libc.so.6", "abort"), 0n) |> ignore

Program.run (fun cancellation ->
    System.Console.WriteLine("working in " + string System.Environment.ProcessId)
    cancellation.WaitHandle.WaitOne() |> ignore
    Thread.Sleep Timeout.Infinite
    System.Console.WriteLine "cleaned up"
    cancellation.ThrowIfCancellationRequested())
