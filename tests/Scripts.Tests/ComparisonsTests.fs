module Scripts.Tests.ComparisonsTests

open System.IO
open SparseCore.Analysis
open SparseCore.Checkpoints
open SparseCore.Networks
open SparseCore.Parameters
open SparseCore.Randomness
open Scripting
open Scripts.Tests.Processes
open Scripts.Tests.Compiled
open Expecto
open Testing

/// A perceptron for MNIST in a file of another program, as plain safetensors.
let private file (folder: string) (seed: uint64) =
    let network = NetworkPlan("lenet300", [| 4; 3 |], Shape(1, 28, 28), 10).Build()
    let parameters, stream = ParameterBlock network, RandomStream(seed, "comparison", 0UL)

    for index in 0 .. parameters.Values.Length - 1 do
        parameters.Values[index] <- float32 (0.1 * stream.NextNormal())

    let path = Path.Combine(folder, $"net{seed}.safetensors")
    DenseExport.Write(path, Checkpoint(0, String.replicate 64 "a", [||], MaskSet.Full network, parameters, ParameterBlock network, 0L))

let private train (runs: string) (widths: string) (settings: string list) =
    let outcome =
        dotnet
            Paths.root
            (direct () @ [ "scripts/train.fsx"; "network=lenet300"; $"widths={widths}"; "steps=30"; $"runs={runs}" ] @ settings)

    Expect.equal outcome.Code 0 outcome.Errors

[<Tests>]
let tests =
    testList
        "Comparisons"
        [
            testCase "files of other programs are imported and compared" (fun () ->
                use scratch = new Scratch()
                let inScratch name = Path.Combine(scratch.Folder, name)
                [ 1UL; 2UL; 3UL ] |> List.iter (file scratch.Folder)

                let compare settings =
                    dotnet
                        Paths.root
                        (direct ()
                         @ [ "scripts/compare.fsx"; "network=lenet300"; "widths=4,3"; "examples=500"; "path-examples=200" ]
                         @ settings)

                let outcome = compare [ $"""files={inScratch "net*.safetensors"}"""; "by=network"; $"""out={inScratch "out"}""" ]
                Expect.equal outcome.Code 0 outcome.Errors
                let rows name columns = Columns.read (inScratch $"out/{name}.csv") columns
                Expect.equal (rows "networks" ComparisonTables.networkColumns).Length 3 "networks"
                Expect.equal (rows "pairs" ComparisonTables.columns).Length 3 "pairs"
                Expect.equal (rows "barriers" ComparisonTables.barrierColumns).Length 3 "lines"
                Expect.stringContains outcome.Output "lenet300: 3 networks" "output"
                let none = compare [ $"""files={inScratch "other*.safetensors"}"""; $"""out={inScratch "none"}""" ]
                Expect.equal none.Code 1 "exit code"
                Expect.stringContains none.Errors "No file is named by files=" "error stream")

            testCase "runs of several methods are compared in groups, and the loss is drawn on planes between them" (fun () ->
                use scratch = new Scratch()
                let inScratch name = Path.Combine(scratch.Folder, name)
                let runs = inScratch "runs"

                for seed in [ 1; 2 ] do
                    train runs "4,3" [ "method=scratch"; "sparsity=0.8"; $"seed={seed}" ]
                    train runs "4,3" [ "method=set"; "sparsity=0.8"; $"seed={seed}"; "update-interval=5" ]

                train runs "5,3" [ "method=set"; "sparsity=0.8"; "update-interval=5" ]

                let script name settings = dotnet Paths.root (direct () @ $"scripts/{name}.fsx" :: settings)

                let outcome =
                    script
                        "compare"
                        [
                            $"runs={runs}"
                            "where=sparsity=0.8 method=set,scratch"
                            "examples=500"
                            "path-examples=200"
                            $"""out={inScratch "out"}"""
                        ]

                Expect.equal outcome.Code 0 outcome.Errors
                let groups = Columns.read (inScratch "out/groups.csv") ComparisonTables.groupColumns
                Expect.equal (groups |> Array.map (fun row -> row.Group, row.Networks) |> Array.sort) [| "scratch", 2; "set", 2 |] "groups"

                Expect.stringContains
                    outcome.Output
                    "left out: 1 runs: where does not accept them"
                    "the pruning solution of both scratch runs"

                Expect.stringContains
                    outcome.Output
                    "it is another network, 'lenet300' with 3983 parameters; most are 'lenet300' with 3195 parameters"
                    "another network"

                Expect.stringContains (File.ReadAllText(inScratch "out/report.html")) "4 networks in 2 groups, 6 pairs" "report"

                let refusal settings =
                    let outcome = script "compare" ([ $"runs={runs}"; $"""out={inScratch "refused"}""" ] @ settings)
                    Expect.notEqual outcome.Code 0 $"exit code of {settings}"
                    outcome.Errors

                Expect.stringContains
                    (refusal [ "where=colour=red" ])
                    "No run has a field 'colour'. The fields: run, status"
                    "unknown field"

                Expect.stringContains (refusal [ "where=method=rigl" ]) "No network is left to compare" "none"
                Expect.stringContains (refusal [ "network=lenet5" ]) "expected only beside files=" "stranger"

                // Three of those that were compared: networks of one kind.
                let folders =
                    Columns.read (inScratch "out/networks.csv") ComparisonTables.networkColumns
                    |> Array.truncate 3
                    |> Array.map (fun row -> Path.Combine(runs, row.Run))

                let joined = String.concat "," folders

                let drawn = script "landscape" [ $"run={joined}"; "size=5"; "examples=200"; $"""out={inScratch "plane"}""" ]
                Expect.equal drawn.Code 0 drawn.Errors
                Expect.equal (Columns.read (inScratch "plane/landscape.csv") Landscape.columns).Length 25 "points"

                let random =
                    script
                        "landscape"
                        [ $"run={folders[0]}"; "plane=random"; "size=3"; "examples=100"; "space=all"; $"""out={inScratch "random"}""" ]

                Expect.equal random.Code 0 random.Errors
                let wrong = script "landscape" [ $"run={folders[0]}" ]

                Expect.stringContains
                    wrong.Errors
                    "expected 3 folders of runs for plane=through, separated by commas, found 1"
                    "number of runs")
        ]
