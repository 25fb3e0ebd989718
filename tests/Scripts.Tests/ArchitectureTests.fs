module Scripts.Tests.ArchitectureTests

open System
open System.IO
open System.Reflection.Metadata
open System.Reflection.PortableExecutable
open Expecto

/// Full names of all types of other libraries that a library mentions.
let private referencedTypes library =
    use file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, library))
    use reader = new PEReader(file)
    let metadata = reader.GetMetadataReader()

    [
        for handle in metadata.TypeReferences do
            let reference = metadata.GetTypeReference handle
            metadata.GetString reference.Namespace + "." + metadata.GetString reference.Name
    ]

let private mentions library (prefixes: string list) =
    referencedTypes library
    |> List.filter (fun name -> prefixes |> List.exists (fun prefix -> name.StartsWith(prefix, StringComparison.Ordinal)))

[<Tests>]
let tests =
    testList
        "Architecture"
        [
            testCase "the analysis knows nothing of what trained the runs" (fun () ->
                let trainer = [ "SparseCore.Training."; "SparseCore.Scores."; "SparseCore.Connectivity."; "SparseCore.Recipes." ]

                Expect.isEmpty (mentions "SparseCore.Analysis.dll" trainer) "types mentioned")

            testCase "the libraries print nothing" (fun () ->
                Expect.isEmpty (mentions "SparseCore.dll" [ "System.Console" ]) "types mentioned"
                Expect.isEmpty (mentions "SparseCore.Cpu.dll" [ "System.Console" ]) "types mentioned"
                Expect.isEmpty (mentions "SparseCore.Analysis.dll" [ "System.Console" ]) "types mentioned")

            testCase "the metadata reader sees references" (fun () ->
                Expect.isNonEmpty (mentions "Scripting.dll" [ "System.Console" ]) "types mentioned")
        ]
