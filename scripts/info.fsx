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

let facts cancellation =
    seq {
        "toolkit", $"{version typeof<SparseCore.Networks.Shape>.Assembly} in {Paths.root}"
        "runtime", $"{RuntimeInformation.FrameworkDescription}, F# {typeof<list<int>>.Assembly.GetName().Version}"
        "machine", $"{RuntimeInformation.RuntimeIdentifier}, {Environment.ProcessorCount} processors, vectors {vectors}"
        "memory", sprintf "%.1f GB available" (float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) / 1e9)

        let jpeg =
            if ImageFolder.CanDecode then
                "found"
            else
                "missing (apt-get install libturbojpeg0); only dataset=imagenet needs it"

        "JPEG", $"libjpeg-turbo {jpeg}"
        let data = Datasets.load cancellation settings.Data
        "data", $"{SparseCore.ForeignText.Show data.Name}: {data.Train.Count} training and {data.Test.Count} test images"
    }

Program.run (fun cancellation ->
    facts cancellation
    |> Terminal.print [] (fun (name, value) -> [ name; value ]) (fun (name, value) -> $"{name, -11} {value}"))
#endif
