module Scripts.Tests.PathsTests

open System
open System.IO
open Scripting
open Xunit

[<Fact>]
let ``root is the folder of the solution`` () = Assert.True(File.Exists(Path.Combine(Paths.root, "Toolkit.sln")))

[<Fact>]
let ``fromRoot does not depend on the current directory`` () =
    Assert.Equal(Path.Combine(Paths.root, "results", "runs"), Paths.fromRoot "results/runs")

[<Fact>]
let ``display shortens what lies below the current directory only`` () =
    let here = Environment.CurrentDirectory
    Assert.Equal(Path.Combine("a", "b"), Paths.display (Path.Combine(here, "a", "b")))
    Assert.Equal(Path.GetFullPath "/elsewhere/b", Paths.display (Path.GetFullPath "/elsewhere/b"))
