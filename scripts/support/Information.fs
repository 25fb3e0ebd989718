/// What the toolkit finds on a machine.
module Scripting.Information

open System
open System.Reflection
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open System.Threading
open SparseCore
open SparseCore.Data

let private version (assembly: Assembly) =
    assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
    |> Option.ofObj
    |> Option.map _.InformationalVersion
    |> Option.defaultValue "unknown"

let private vectors =
    if Vector512.IsHardwareAccelerated then "512 bits"
    elif Vector256.IsHardwareAccelerated then "256 bits"
    elif Vector128.IsHardwareAccelerated then "128 bits"
    else "none"

/// Names and values: toolkit, runtime, machine, memory, decoder, libtorch, GPUs, with engine=torch the engine itself, and the data, which is loaded. They come as they are found.
let facts (engine: Engines.Choice) (data: Datasets.Choice) (cancellation: CancellationToken) : (string * string) seq =
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
        yield! Engines.facts engine

        if engine.Name = "torch" then
            let identity = (Engines.single engine).Identity
            "engine", $"{identity.Library} on {identity.Device}, numbers {identity.Numerics}"

        let found = Datasets.load cancellation data
        "data", $"{ForeignText.Show found.Name}: {found.Train.Count} training and {found.Test.Count} test images"
    }
