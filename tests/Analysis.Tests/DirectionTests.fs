module Analysis.Tests.DirectionTests

open System.IO
open System.Reflection.Metadata
open System.Reflection.PortableExecutable
open Xunit

/// Namespaces of all types that the compiled analysis refers to.
let private referred () =
    use stream = File.OpenRead(typeof<Analysis.Run>.Assembly.Location)
    use assembly = new PEReader(stream)
    let reader = assembly.GetMetadataReader()

    [| for handle in reader.TypeReferences -> reader.GetString(reader.GetTypeReference(handle).Namespace) |]
    |> Array.distinct

[<Fact>]
let ``the analysis knows run folders and engines but not what trained them`` () =
    let namespaces = referred ()
    // Finding what it does use shows that the test can see references at all.
    Assert.Contains("SparseCore.RunFolders", namespaces)
    Assert.Contains("SparseCore.Engine", namespaces)

    for forbidden in
        [
            "SparseCore.Training"
            "SparseCore.Scores"
            "SparseCore.Connectivity"
            "SparseCore.Recipes"
            "SparseCore.Initialization"
        ] do
        Assert.DoesNotContain(forbidden, namespaces)
