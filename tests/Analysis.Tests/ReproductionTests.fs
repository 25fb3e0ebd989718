module Analysis.Tests.ReproductionTests

open System.IO
open Expecto
open Testing
open SparseCore.Analysis
open SparseCore.Analysis.Reproduction

let private run (method: string) (initializer: string) (seed: int) (accuracy: float) (collapsed: bool) : RunRow =
    {
        Run = $"{method}-{seed}"
        Method = method
        Initializer = initializer
        Sparsity = 0.95
        Seed = seed
        LastAccuracy = accuracy
        BestAccuracy = accuracy + 0.001
        Collapsed = collapsed
        TrainFlops = 1.5e12
    }

let private runs =
    [|
        run "scratch" "dense" 1 0.9801 false
        run "scratch" "dense" 2 0.1135 true
        run "synflow" "dense" 1 0.97 false
        run "set" "dense" 1 0.1135 true
    |]

[<Tests>]
let tests =
    testList
        "Reproduction"
        [
            testCase "cells count collapsed runs in the mean and beside it" (fun () ->
                let cells = cells PaperValues.table1 runs
                Expect.equal cells.Length 3 "number of cells"
                Expect.equal cells[0].Seeds 2 "number of seeds"
                Expect.equal cells[0].Collapsed 1 "number of collapsed runs"
                Expect.floatClose (decimals 12) cells[0].AccuracyMean 0.5468 "mean accuracy"
                Expect.floatClose (decimals 12) cells[0].AccuracyDeviation 0.4333 "deviation of the accuracy"
                Expect.equal cells[0].AccuracyMeanTrained (Some 0.9801) "mean accuracy of the runs that learned"
                Expect.equal cells[0].PaperMean (Some 0.6299) "the paper's mean"
                Expect.equal cells[0].PaperDeviation (Some 0.4216) "the paper's deviation"
                Expect.equal cells[1].PaperMean None "the paper's mean"
                Expect.equal cells[2].AccuracyMeanTrained None "mean accuracy of the runs that learned")

            testCase "insidePaper compares the mean with the paper's interval" (fun () ->
                let cells = cells PaperValues.table1 runs
                Expect.equal (insidePaper cells[0]) (Some true) "verdict"
                Expect.equal (insidePaper cells[1]) None "verdict"
                Expect.equal (insidePaper { cells[0] with AccuracyMean = 0.2 }) (Some false) "verdict")

            testCase "shown writes per cent, collapsed runs and the paper's cell" (fun () ->
                let table = cells PaperValues.table1 runs |> shown

                Expect.equal
                    table.Rows[0].Cells
                    [| "scratch"; "dense"; "54.68 ± 43.33"; "1 of 2"; "98.01"; "62.99 ± 42.16"; "yes" |]
                    "cells")

            testCase "every table reads back what was written" (fun () ->
                SmallRuns.withFolder (fun folder ->
                    let path name = Path.Combine(folder, name)
                    writeRuns (path "runs.csv") runs
                    Expect.equal (readRuns (path "runs.csv")) runs "rows read"
                    let cells = cells PaperValues.table1 runs
                    writeCells (path "table1.csv") cells
                    Expect.equal (readCells (path "table1.csv")) cells "rows read"

                    let signal = [| { Initializer = "dense"; Sparsity = 0.98; Repeat = 1; Deviation = 1e-7 } |]

                    writeSignal (path "fig1c.csv") signal
                    Expect.equal (readSignal (path "fig1c.csv")) signal "rows read"

                    let gradients = [| { Method = "RigL+"; Seed = 1; Step = 100; GradientNorm = 0.1 } |]
                    writeGradients (path "fig2.csv") gradients
                    Expect.equal (readGradients (path "fig2.csv")) gradients "rows read"

                    let updates = [| { Method = "SET+"; Seed = 1; Step = 100; Before = 0.1; After = 0.3 } |]
                    writeUpdates (path "fig3.csv") updates
                    Expect.equal (readUpdates (path "fig3.csv")) updates "rows read"))

            testCase "the tables have the promised columns" (fun () ->
                SmallRuns.withFolder (fun folder ->
                    let path = Path.Combine(folder, "table1.csv")
                    writeCells path [||]

                    Expect.equal
                        (File.ReadAllText path)
                        "method,initialiser,sparsity,seeds,collapsed,accuracy_mean,accuracy_std,accuracy_mean_trained,paper_mean,paper_std\n"
                        "text of the file"

                    let path = Path.Combine(folder, "fig2.csv")
                    writeGradients path [| { Method = "Scratch"; Seed = 2; Step = 200; GradientNorm = 0.25 } |]

                    Expect.equal
                        (File.ReadAllText path)
                        "method,seed,step,gradient_norm,gradient_norm_squared\nScratch,2,200,0.25,0.0625\n"
                        "text of the file"))

            testCase "figure 2 has one band a method, its steps ascending, step 0 at 1" (fun () ->
                let rows =
                    [|
                        for seed in 1..3 do
                            for step in [ 200; 0; 100 ] ->
                                { Method = "Lottery"; Seed = seed; Step = step; GradientNorm = float (step + seed) }
                    |]

                let series = (figure2 "" rows).Panels.Head.Series
                Expect.equal series.Length 1 "number of series"
                Expect.equal series.Head.X [| 1.0; 100.0; 200.0 |] "positions"
                Expect.equal series.Head.Y [| 2.0; 102.0; 202.0 |] "values"
                Expect.isTrue (series.Head.Lower[0] < 2.0 && series.Head.Upper[0] > 2.0) "whether the band has a width")

            testCase "figure 3 shows after minus before" (fun () ->
                let rows = [| { Method = "SET+"; Seed = 1; Step = 100; Before = 1.0; After = 1.25 } |]
                Expect.equal (figure3 "" rows).Panels.Head.Series.Head.Y [| 0.25 |] "values")

            testCase "figure 1c has one panel for every kind of mask" (fun () ->
                let rows = [| { Initializer = "dense"; Sparsity = 0.5; Repeat = 1; Deviation = 0.5 } |]
                let figure = figure1c "" [ "random masks", rows; "heterogeneous masks", rows ]
                Expect.equal figure.Panels.Length 2 "number of panels"
                Expect.stringContains (Svg.render figure) "heterogeneous masks" "SVG")

            testCase "the report of another problem than the paper's says so and gives no verdict" (fun () ->
                SmallRuns.withFolder (fun folder ->
                    let runs = [| run "rigl" "dense" 1 0.9 false; run "rigl" "dense" 2 0.92 false |]

                    let contents =
                        { ReproductionReport.nothing with
                            About = [ "network", "resnet50-small"; "data", "fashion32"; "sparsity", "80%"; "seeds", "2" ]
                            Runs = runs
                            Table1 = cells PaperValues.table1ResNet50 runs
                        }

                    ReproductionReport.write folder contents
                    let html = File.ReadAllText(ReproductionReport.draw folder)
                    Expect.stringContains html "Fashion-MNIST-32 is not ImageNet" "page"
                    Expect.stringContains html "These are different problems" "page"
                    Expect.stringContains html "74.41 ± 0.05" "page"
                    Expect.stringLacks html "Within the paper" "page"
                    Expect.stringLacks (File.ReadAllText(Path.Combine(folder, "table1.md"))) "Within" "text of the file"))

            testEach
                "the report of a LeNet on other data than MNIST is not called the paper's"
                [
                    "mnist", "Gradient flow in sparse networks on MNIST: the paper's numbers, made here", true
                    "idx-12345678", "Gradient flow in sparse networks: LeNet5 on idx-12345678", false
                    "idx-14410854", "Gradient flow in sparse networks: LeNet5 on Fashion-MNIST", false
                ]
                (fun (data, title, isPapers) ->
                    SmallRuns.withFolder (fun folder ->
                        let contents =
                            { ReproductionReport.nothing with
                                About = [ "network", "lenet5"; "data", data; "sparsity", "95%"; "seeds", "2" ]
                                Runs = [| run "rigl" "dense" 1 0.9 false |]
                            }

                        ReproductionReport.write folder contents
                        let html = File.ReadAllText(ReproductionReport.draw folder)
                        Expect.stringContains html title "page"
                        Expect.equal (html.Contains "11.35%") isPapers "whether the page speaks of MNIST"))

            testEach
                "the report of a narrowed network names its widths and is not called the paper's"
                [
                    "resnet50",
                    "32,64,128,256",
                    "images224-0a1b2c3d",
                    "80%",
                    "ResNet-50 (widths 32,64,128,256) is not the paper&#39;s network"
                    "lenet5", "3,8,60,42", "mnist", "95%", "Gradient flow in sparse networks: LeNet5 (widths 3,8,60,42) on MNIST"
                ]
                (fun (network, widths, data, sparsity, text) ->
                    SmallRuns.withFolder (fun folder ->
                        let runs = [| run "rigl" "dense" 1 0.7 false |]

                        { ReproductionReport.nothing with
                            About =
                                [
                                    "network", network
                                    "widths", widths
                                    "data", data
                                    "classes", "1000"
                                    "sparsity", sparsity
                                    "seeds", "1"
                                    "command", "dotnet fsi"
                                ]
                            Runs = runs
                            Table1 = cells PaperValues.table1ResNet50 runs
                        }
                        |> ReproductionReport.write folder

                        let html = File.ReadAllText(ReproductionReport.draw folder)
                        Expect.stringContains (html.Replace("'", "&#39;")) text "page"
                        Expect.stringLacks html "made here" "page"

                        Expect.equal
                            (html.Contains "Paper, other network (%)")
                            (network = "resnet50")
                            "whether the page speaks of another network"))

            testCase "the report of the paper's ImageNet case is called the paper's and knows nothing of MNIST" (fun () ->
                SmallRuns.withFolder (fun folder ->
                    let runs = [| run "rigl" "dense" 1 0.744 false |]

                    let about =
                        [ "network", "resnet50"; "data", "images224-0a1b2c3d"; "classes", "1000"; "sparsity", "80%"; "seeds", "1" ]

                    { ReproductionReport.nothing with
                        About = about
                        Runs = runs
                        Table1 = cells PaperValues.table1ResNet50 runs
                    }
                    |> ReproductionReport.write folder

                    let html = File.ReadAllText(ReproductionReport.draw folder)

                    Expect.stringContains
                        html
                        "Gradient flow in sparse networks: the paper's ResNet-50 on ImageNet-2012, 80% sparse, made here"
                        "page"

                    Expect.stringContains html "ResNet-50 on ImageNet (images224-0a1b2c3d), 80% sparse" "page"
                    Expect.stringContains html "Within the paper" "page"
                    Expect.stringLacks html "11.35%" "page"
                    Expect.stringLacks html "is not ImageNet" "page"))
        ]
