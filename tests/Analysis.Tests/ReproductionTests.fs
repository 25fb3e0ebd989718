module Analysis.Tests.ReproductionTests

open System.IO
open Xunit
open Analysis
open Analysis.Reproduction

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

[<Fact>]
let ``cells count collapsed runs in the mean and beside it`` () =
    let cells = cells PaperValues.table1 runs
    Assert.Equal(3, cells.Length)
    Assert.Equal(2, cells[0].Seeds)
    Assert.Equal(1, cells[0].Collapsed)
    Assert.Equal(0.5468, cells[0].AccuracyMean, 12)
    Assert.Equal(0.4333, cells[0].AccuracyDeviation, 12)
    Assert.Equal(Some 0.9801, cells[0].AccuracyMeanTrained)
    Assert.Equal(Some 0.6299, cells[0].PaperMean)
    Assert.Equal(Some 0.4216, cells[0].PaperDeviation)
    Assert.Equal(None, cells[1].PaperMean)
    Assert.Equal(None, cells[2].AccuracyMeanTrained)

[<Fact>]
let ``insidePaper compares the mean with the paper's interval`` () =
    let cells = cells PaperValues.table1 runs
    Assert.Equal(Some true, insidePaper cells[0])
    Assert.Equal(None, insidePaper cells[1])
    Assert.Equal(Some false, insidePaper { cells[0] with AccuracyMean = 0.2 })

[<Fact>]
let ``shown writes per cent, collapsed runs and the paper's cell`` () =
    let table = cells PaperValues.table1 runs |> shown
    Assert.Equal<string[]>([| "scratch"; "dense"; "54.68 ± 43.33"; "1 of 2"; "98.01"; "62.99 ± 42.16"; "yes" |], table.Rows[0].Cells)

[<Fact>]
let ``every table reads back what was written`` () =
    SmallRuns.withFolder (fun folder ->
        let path name = Path.Combine(folder, name)
        writeRuns (path "runs.csv") runs
        Assert.Equal<RunRow[]>(runs, readRuns (path "runs.csv"))
        let cells = cells PaperValues.table1 runs
        writeCells (path "table1.csv") cells
        Assert.Equal<CellRow[]>(cells, readCells (path "table1.csv"))

        let signal = [| { Initializer = "dense"; Sparsity = 0.98; Repeat = 1; Deviation = 1e-7 } |]

        writeSignal (path "fig1c.csv") signal
        Assert.Equal<SignalRow[]>(signal, readSignal (path "fig1c.csv"))

        let gradients = [| { Method = "RigL+"; Seed = 1; Step = 100; GradientNorm = 0.1 } |]
        writeGradients (path "fig2.csv") gradients
        Assert.Equal<GradientRow[]>(gradients, readGradients (path "fig2.csv"))

        let updates = [| { Method = "SET+"; Seed = 1; Step = 100; Before = 0.1; After = 0.3 } |]
        writeUpdates (path "fig3.csv") updates
        Assert.Equal<UpdateRow[]>(updates, readUpdates (path "fig3.csv")))

[<Fact>]
let ``the tables have the promised columns`` () =
    SmallRuns.withFolder (fun folder ->
        let path = Path.Combine(folder, "table1.csv")
        writeCells path [||]

        Assert.Equal(
            "method,initialiser,sparsity,seeds,collapsed,accuracy_mean,accuracy_std,accuracy_mean_trained,paper_mean,paper_std\n",
            File.ReadAllText path
        )

        let path = Path.Combine(folder, "fig2.csv")
        writeGradients path [| { Method = "Scratch"; Seed = 2; Step = 200; GradientNorm = 0.25 } |]
        Assert.Equal("method,seed,step,gradient_norm,gradient_norm_squared\nScratch,2,200,0.25,0.0625\n", File.ReadAllText path))

[<Fact>]
let ``figure 2 has one band a method, its steps ascending, step 0 at 1`` () =
    let rows =
        [|
            for seed in 1..3 do
                for step in [ 200; 0; 100 ] -> { Method = "Lottery"; Seed = seed; Step = step; GradientNorm = float (step + seed) }
        |]

    let series = (figure2 "" rows).Panels.Head.Series
    Assert.Equal(1, series.Length)
    Assert.Equal<float[]>([| 1.0; 100.0; 200.0 |], series.Head.X)
    Assert.Equal<float[]>([| 2.0; 102.0; 202.0 |], series.Head.Y)
    Assert.True(series.Head.Lower[0] < 2.0 && series.Head.Upper[0] > 2.0)

[<Fact>]
let ``figure 3 shows after minus before`` () =
    let rows = [| { Method = "SET+"; Seed = 1; Step = 100; Before = 1.0; After = 1.25 } |]
    Assert.Equal<float[]>([| 0.25 |], (figure3 "" rows).Panels.Head.Series.Head.Y)

[<Fact>]
let ``figure 1c has one panel for every kind of mask`` () =
    let rows = [| { Initializer = "dense"; Sparsity = 0.5; Repeat = 1; Deviation = 0.5 } |]
    let figure = figure1c "" [ "random masks", rows; "heterogeneous masks", rows ]
    Assert.Equal(2, figure.Panels.Length)
    Assert.Contains("heterogeneous masks", Svg.render figure)

[<Fact>]
let ``the report of another problem than the paper's says so and gives no verdict`` () =
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
        Assert.Contains("Fashion-MNIST-32 is not ImageNet", html)
        Assert.Contains("These are different problems", html)
        Assert.Contains("74.41 ± 0.05", html)
        Assert.DoesNotContain("Within the paper", html)
        Assert.DoesNotContain("Within", File.ReadAllText(Path.Combine(folder, "table1.md"))))

[<Theory>]
[<InlineData("mnist", "Gradient flow in sparse networks on MNIST: the paper's numbers, made here", true)>]
[<InlineData("idx-12345678", "Gradient flow in sparse networks: LeNet5 on idx-12345678", false)>]
[<InlineData("idx-14410854", "Gradient flow in sparse networks: LeNet5 on Fashion-MNIST", false)>]
let ``the report of a LeNet on other data than MNIST is not called the paper's`` (data: string) (title: string) (isPapers: bool) =
    SmallRuns.withFolder (fun folder ->
        let contents =
            { ReproductionReport.nothing with
                About = [ "network", "lenet5"; "data", data; "sparsity", "95%"; "seeds", "2" ]
                Runs = [| run "rigl" "dense" 1 0.9 false |]
            }

        ReproductionReport.write folder contents
        let html = File.ReadAllText(ReproductionReport.draw folder)
        Assert.Contains(title, html)
        Assert.Equal(isPapers, html.Contains "11.35%"))

[<Theory>]
[<InlineData("resnet50", "32,64,128,256", "images224-0a1b2c3d", "80%", "ResNet-50 (widths 32,64,128,256) is not the paper&#39;s network")>]
[<InlineData("lenet5", "3,8,60,42", "mnist", "95%", "Gradient flow in sparse networks: LeNet5 (widths 3,8,60,42) on MNIST")>]
let ``the report of a narrowed network names its widths and is not called the paper's`` (network, widths, data, sparsity, text: string) =
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
        Assert.Contains(text, html.Replace("'", "&#39;"))
        Assert.DoesNotContain("made here", html)
        Assert.Equal((network = "resnet50"), html.Contains "Paper, other network (%)"))

[<Fact>]
let ``the report of the paper's ImageNet case is called the paper's and knows nothing of MNIST`` () =
    SmallRuns.withFolder (fun folder ->
        let runs = [| run "rigl" "dense" 1 0.744 false |]
        let about = [ "network", "resnet50"; "data", "images224-0a1b2c3d"; "classes", "1000"; "sparsity", "80%"; "seeds", "1" ]

        { ReproductionReport.nothing with
            About = about
            Runs = runs
            Table1 = cells PaperValues.table1ResNet50 runs
        }
        |> ReproductionReport.write folder

        let html = File.ReadAllText(ReproductionReport.draw folder)
        Assert.Contains("Gradient flow in sparse networks: the paper's ResNet-50 on ImageNet-2012, 80% sparse, made here", html)
        Assert.Contains("ResNet-50 on ImageNet (images224-0a1b2c3d), 80% sparse", html)
        Assert.Contains("Within the paper", html)
        Assert.DoesNotContain("11.35%", html)
        Assert.DoesNotContain("is not ImageNet", html))
