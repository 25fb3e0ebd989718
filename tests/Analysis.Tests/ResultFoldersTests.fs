module Analysis.Tests.ResultFoldersTests

open System.IO
open Expecto
open Testing
open SparseCore.Analysis

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

[<Tests>]
let tests =
    testList
        "ResultFolders"
        [
            testCase "a folder that cannot be drawn keeps no other from being drawn" (fun () ->
                SmallRuns.withFolder (fun root ->
                    for name in [ "a"; "b"; "c" ] do
                        results (Path.Combine(root, name))

                    let damaged = Path.Combine(root, "b", "runs.csv")
                    File.WriteAllText(damaged, "run\nx\n")
                    let reports, failures = drawn root
                    Expect.equal reports [ "a/report.html"; "c/report.html" ] "reports"

                    Expect.stringStarts
                        (Expect.single failures "failures")
                        (damaged + ", line 1: expected the columns 'run,method,")
                        "message"))

            testCase "links are not followed, in circles or out of the folder" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let inside, outside = Path.Combine(root, "results"), Path.Combine(root, "elsewhere")
                    results outside
                    results (Path.Combine(inside, "a"))

                    for name, target in [ "up", ".."; "up-too", ".."; "out", outside; "here", "a" ] do
                        Directory.CreateSymbolicLink(Path.Combine(inside, name), target) |> ignore

                    Expect.equal (drawn inside) (([ "a/report.html" ]: string list), ([]: string list)) "reports and failures"
                    Expect.isFalse (File.Exists(Path.Combine(outside, "report.html"))) "whether the file is there"))

            testCase "a root that is a link is followed" (fun () ->
                SmallRuns.withFolder (fun root ->
                    results (Path.Combine(root, "results", "a"))
                    let link = Path.Combine(root, "link")
                    Directory.CreateSymbolicLink(link, "results") |> ignore
                    Expect.equal (drawn link) (([ "a/report.html" ]: string list), ([]: string list)) "reports and failures"))

            testCase "folders within one another are bounded" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let deep = Path.Combine(root, String.concat "/" (List.replicate 40 "d"))
                    results deep
                    results (Path.Combine(root, "e"))
                    let reports, failures = drawn root
                    Expect.equal reports [ "e/report.html" ] "reports"

                    Expect.stringEnds
                        (Expect.single failures "failures")
                        "d: expected at most 16 folders within one another, found more."
                        "message"))

            testCase "a folder that is not there is a failure" (fun () ->
                Expect.stringContains (Expect.single (snd (drawn "/nowhere/at-all")) "failures") "/nowhere/at-all" "single")

            testCase "a pipe in the place of a table is refused without waiting for a writer" (fun () ->
                SmallRuns.withFolder (fun root ->
                    let folder = Path.Combine(root, "a")
                    results folder
                    File.Delete(Path.Combine(folder, "runs.csv"))
                    use made = System.Diagnostics.Process.Start("mkfifo", Path.Combine(folder, "runs.csv"))
                    made.WaitForExit()
                    Expect.stringEnds (Expect.single (snd (drawn root)) "failures") "is a named pipe; expected a file" "single"))
        ]
