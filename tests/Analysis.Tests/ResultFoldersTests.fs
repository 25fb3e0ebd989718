module Analysis.Tests.ResultFoldersTests

open System.IO
open Xunit
open Analysis

/// A folder of results: one run, and the facts.
let private results (folder: string) =
    ReproductionReport.write
        folder
        { ReproductionReport.nothing with
            About = [ "network", "lenet5" ]
            Runs =
                [|
                    {
                        Run = "a"
                        Method = "rigl"
                        Initializer = "dense"
                        Sparsity = 0.9
                        Seed = 1
                        LastAccuracy = 0.98
                        BestAccuracy = 0.98
                        Collapsed = false
                        TrainFlops = 1e12
                    }
                |]
        }

/// Reports that were drawn, relative to the folder, and the failures.
let private drawn (root: string) =
    let reports = ResizeArray<string>()

    let failures =
        ResultFolders.drawAll System.Threading.CancellationToken.None (fun path -> reports.Add(Path.GetRelativePath(root, path))) root

    List.ofSeq reports, failures |> List.map _.Message

[<Fact>]
let ``a folder that cannot be drawn keeps no other from being drawn`` () =
    SmallRuns.withFolder (fun root ->
        for name in [ "a"; "b"; "c" ] do
            results (Path.Combine(root, name))

        let damaged = Path.Combine(root, "b", "runs.csv")
        File.WriteAllText(damaged, "run\nx\n")
        let reports, failures = drawn root
        Assert.Equal<string list>([ "a/report.html"; "c/report.html" ], reports)
        Assert.StartsWith(damaged + ", line 1: expected the columns 'run,method,", Assert.Single failures))

[<Fact>]
let ``links are not followed, in circles or out of the folder`` () =
    SmallRuns.withFolder (fun root ->
        let inside, outside = Path.Combine(root, "results"), Path.Combine(root, "elsewhere")
        results outside
        results (Path.Combine(inside, "a"))

        for name, target in [ "up", ".."; "up-too", ".."; "out", outside; "here", "a" ] do
            Directory.CreateSymbolicLink(Path.Combine(inside, name), target) |> ignore

        Assert.Equal((([ "a/report.html" ]: string list), ([]: string list)), drawn inside)
        Assert.False(File.Exists(Path.Combine(outside, "report.html"))))

[<Fact>]
let ``a root that is a link is followed`` () =
    SmallRuns.withFolder (fun root ->
        results (Path.Combine(root, "results", "a"))
        let link = Path.Combine(root, "link")
        Directory.CreateSymbolicLink(link, "results") |> ignore
        Assert.Equal((([ "a/report.html" ]: string list), ([]: string list)), drawn link))

[<Fact>]
let ``folders within one another are bounded`` () =
    SmallRuns.withFolder (fun root ->
        let deep = Path.Combine(root, String.concat "/" (List.replicate 40 "d"))
        results deep
        results (Path.Combine(root, "e"))
        let reports, failures = drawn root
        Assert.Equal<string list>([ "e/report.html" ], reports)
        Assert.EndsWith("d: expected at most 16 folders within one another, found more.", Assert.Single failures))

[<Fact>]
let ``a folder that is not there is a failure`` () = Assert.Contains("/nowhere/at-all", Assert.Single(snd (drawn "/nowhere/at-all")))

[<Fact>]
let ``a pipe in the place of a table is refused without waiting for a writer`` () =
    SmallRuns.withFolder (fun root ->
        let folder = Path.Combine(root, "a")
        results folder
        File.Delete(Path.Combine(folder, "runs.csv"))
        use made = System.Diagnostics.Process.Start("mkfifo", Path.Combine(folder, "runs.csv"))
        made.WaitForExit()
        Assert.EndsWith("is a named pipe; expected a file", Assert.Single(snd (drawn root))))
