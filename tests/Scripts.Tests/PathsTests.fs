module Scripts.Tests.PathsTests

open System.IO
open Scripting
open Expecto

[<Tests>]
let tests =
    testList
        "Paths"
        [
            testCase "root is the folder of the solution" (fun () ->
                Expect.isTrue (File.Exists(Path.Combine(Paths.root, "Toolkit.sln"))) "whether the file is there")

            testCase "fromRoot does not depend on the current directory" (fun () ->
                Expect.equal (Paths.fromRoot "results/runs") (Path.Combine(Paths.root, "results", "runs")) "path")
        ]
