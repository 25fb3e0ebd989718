// A result table drawn with XPlot alone, without the toolkit: `dotnet fsi scripts/examples/plain-chart.fsx`. A script to copy.
// Inputs: results/analyze-lt/interpolation.csv. Outputs: results/examples/plain-chart.html, which shows plotly.js from the repository, offline.

#r "nuget: XPlot.Plotly, 4.1.0"

open System.IO
open XPlot.Plotly

let root = Path.Combine(__SOURCE_DIRECTORY__, "..", "..")

let losses =
    [
        for line in File.ReadLines(Path.Combine(root, "results", "analyze-lt", "interpolation.csv")) |> Seq.skip 1 do
            match line.Split ',' with
            | [| path; "1"; alpha; trainLoss; _; _; _ |] -> path, (float alpha, float trainLoss)
            | _ -> ()
    ]

let chart =
    [
        for path, points in List.groupBy fst losses ->
            Scatter(name = path, x = (points |> List.map (snd >> fst)), y = (points |> List.map (snd >> snd)))
    ]
    |> Chart.Plot
    |> Chart.WithTitle "Loss along lines between networks, seed 1"
    |> Chart.WithXTitle "alpha"
    |> Chart.WithYTitle "training loss (nats)"
    |> Chart.WithId "plain-chart"
    |> Chart.WithPlotlySrc "../../Analysis.FSharp/assets/plotly-basic.min.js"

let folder = Directory.CreateDirectory(Path.Combine(root, "results", "examples")).FullName
File.WriteAllText(Path.Combine(folder, "plain-chart.html"), chart.GetHtml())
