module Scripts.Tests.PathsTests

open System.IO
open Scripting
open Xunit

[<Fact>]
let ``root is the folder of the solution`` () = Assert.True(File.Exists(Path.Combine(Paths.root, "Toolkit.sln")))

[<Fact>]
let ``fromRoot does not depend on the current directory`` () =
    Assert.Equal(Path.Combine(Paths.root, "results", "runs"), Paths.fromRoot "results/runs")
