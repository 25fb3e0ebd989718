// A figure as an XPlot chart: restyled, and saved as a page that opens offline. A script to copy.
// Inputs: the tables in results=. Outputs: results/examples/chart.html with plotly.js beside it.

#if !TOOLKIT_READY && !EDITING
#load "../bootstrap.fsx"
#else
#load "../prelude.fsx"
#r "XPlot.Plotly.dll"

open SparseCore.Analysis
open Scripting
open XPlot.Plotly

let settings =
    Settings.orExit "Draws Figure 5a as a chart of another look." fsi.CommandLineArgs (fun given ->
        {| Results = Settings.path "results" "results/analyze-lt" "folder of the tables" given |})

Program.run (fun _ ->
    let figure = LotteryTables.read settings.Results |> LotteryReport.figures |> List.head
    let layout = Charts.layout figure
    layout.plot_bgcolor <- "#f7f7f2"

    Chart.Plot(Charts.traces figure, layout)
    |> Chart.WithTitle "Tickets stay beside their pruning solution"
    |> Chart.WithHeight 480
    |> Html.save (Paths.fromRoot "results/examples") "chart"
    |> printfn "%s")
#endif
