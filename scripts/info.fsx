// What is this machine, and is the toolkit complete? Prints versions, processor, vector width and the data that is found.
// Inputs: none but the repository. Outputs: lines on the terminal. Takes a second.

#if !TOOLKIT_READY && !EDITING
#load "bootstrap.fsx"
#else
#load "prelude.fsx"

open System
open System.Reflection
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Scripting
open SparseCore.Data

let settings =
    Settings.orExit "Prints what the toolkit finds on this machine." fsi.CommandLineArgs (fun given ->
        {| Data = Datasets.smallSettings given |})

let version (assembly: Assembly) = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>().InformationalVersion

let vectors =
    if Vector512.IsHardwareAccelerated then "512 bits"
    elif Vector256.IsHardwareAccelerated then "256 bits"
    elif Vector128.IsHardwareAccelerated then "128 bits"
    else "none"

Program.run (fun cancellation ->
    printfn "toolkit     %s in %s" (version typeof<SparseCore.Networks.Shape>.Assembly) Paths.root
    printfn "runtime     %s, F# %O" RuntimeInformation.FrameworkDescription (typeof<list<int>>.Assembly.GetName().Version)
    printfn "machine     %s, %d processors, vectors %s" RuntimeInformation.RuntimeIdentifier Environment.ProcessorCount vectors
    printfn "memory      %.1f GB available" (float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / 1e9)

    let isThere =
        if ImageFolder.CanDecode then
            "found"
        else
            "missing (apt-get install libturbojpeg0); only dataset=imagenet needs it"

    printfn "JPEG        libjpeg-turbo %s" isThere

    let data = Datasets.load cancellation settings.Data
    printfn "data        %s: %d training and %d test images" (SparseCore.ForeignText.Show data.Name) data.Train.Count data.Test.Count)
#endif
