module Analysis.Tests.CommittedResultsTests

open System.IO
open Analysis
open Xunit

let private results = Path.Combine(Repository.root, "results")

/// Draws a committed folder's figures and Markdown tables from a copy of its tables and answers the names of those that are not the committed bytes.
let private redrawnDifferently (draw: string -> string) (folder: string) =
    let copy = Directory.CreateTempSubdirectory "sparse-redrawn-"

    try
        for table in DirectoryInfo(folder).GetFiles "*.csv" do
            table.CopyTo(Path.Combine(copy.FullName, table.Name)) |> ignore

        draw copy.FullName |> ignore
        let committed = [| "*.svg"; "table*.md" |] |> Array.collect (fun kind -> DirectoryInfo(folder).GetFiles kind)
        Assert.NotEmpty committed

        [
            for figure in committed do
                let redrawn = Path.Combine(copy.FullName, figure.Name)

                if not (File.Exists redrawn) || File.ReadAllBytes redrawn <> File.ReadAllBytes figure.FullName then
                    figure.Name
        ]
    finally
        copy.Delete true

[<Theory>]
[<InlineData("analyze-lt")>]
[<InlineData("reproduce-mnist/lottery-tickets")>]
[<InlineData("reproduce-large/lottery-tickets")>]
let ``Lottery figures drawn from the committed tables are the committed bytes`` (folder: string) =
    Assert.Empty(Path.Combine(results, folder) |> redrawnDifferently LotteryReport.draw)

[<Theory>]
[<InlineData("reproduce-mnist")>]
[<InlineData("reproduce-large")>]
let ``Reproduction figures drawn from the committed tables are the committed bytes`` (folder: string) =
    Assert.Empty(Path.Combine(results, folder) |> redrawnDifferently ReproductionReport.draw)

[<Theory>]
[<InlineData("analyze-lt")>]
[<InlineData("reproduce-mnist")>]
[<InlineData("reproduce-mnist/lottery-tickets")>]
[<InlineData("reproduce-large")>]
[<InlineData("reproduce-large/lottery-tickets")>]
let ``The committed record is of the committed tables`` (folder: string) =
    let folder = Path.Combine(results, folder)
    let facts = Path.Combine(folder, Lineage.factsName) |> Tables.read
    let recorded = facts.Rows |> Array.find (fun row -> Tables.text "name" facts row = "tables") |> Tables.text "value" facts
    Assert.Equal(Lineage.tablesHash folder, recorded)
