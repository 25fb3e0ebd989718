module Scripts.Tests.ArchitectureTests

open System
open System.IO
open System.Reflection.Metadata
open System.Reflection.PortableExecutable
open Xunit

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

[<Fact>]
let ``the analysis knows nothing of what trained the runs`` () =
    let trainer = [ "SparseCore.Training."; "SparseCore.Scores."; "SparseCore.Connectivity."; "SparseCore.Recipes." ]

    Assert.Empty(mentions "Analysis.FSharp.dll" trainer)

[<Fact>]
let ``the libraries print nothing`` () =
    Assert.Empty(mentions "SparseCore.dll" [ "System.Console" ])
    Assert.Empty(mentions "SparseCore.Cpu.dll" [ "System.Console" ])
    Assert.Empty(mentions "Analysis.FSharp.dll" [ "System.Console" ])

[<Fact>]
let ``the metadata reader sees references`` () = Assert.NotEmpty(mentions "Scripting.dll" [ "System.Console" ])
