module Analysis.Tests.CommittedResultsTests

open System.IO
open SparseCore.Analysis
open Expecto
open Testing

let private results = Path.Combine(Repository.root, "results")

/// Draws a committed folder's figures and Markdown tables from a copy of its tables and answers the names of those that are not the committed bytes.
let private redrawnDifferently (draw: string -> string) (folder: string) =
    let copy = Directory.CreateTempSubdirectory "sparse-redrawn-"

    try
        for table in DirectoryInfo(folder).GetFiles "*.csv" do
            table.CopyTo(Path.Combine(copy.FullName, table.Name)) |> ignore

        draw copy.FullName |> ignore
        let committed = [| "*.svg"; "table*.md" |] |> Array.collect (fun kind -> DirectoryInfo(folder).GetFiles kind)
        Expect.isNonEmpty committed "committed"

        [
            for figure in committed do
                let redrawn = Path.Combine(copy.FullName, figure.Name)

                if not (File.Exists redrawn) || File.ReadAllBytes redrawn <> File.ReadAllBytes figure.FullName then
                    figure.Name
        ]
    finally
        copy.Delete true

[<Tests>]
let tests =
    testList
        "CommittedResults"
        [
            testEach
                "Lottery figures drawn from the committed tables are the committed bytes"
                [ "analyze-lt"; "reproduce-mnist/lottery-tickets"; "reproduce-large/lottery-tickets" ]
                (fun folder ->
                    Expect.isEmpty (Path.Combine(results, folder) |> redrawnDifferently LotteryReport.draw) "figures that differ")

            testEach
                "Reproduction figures drawn from the committed tables are the committed bytes"
                [ "reproduce-mnist"; "reproduce-large" ]
                (fun folder ->
                    Expect.isEmpty (Path.Combine(results, folder) |> redrawnDifferently ReproductionReport.draw) "figures that differ")

            testCase "Curvature figures drawn from the committed tables are the committed bytes" (fun () ->
                Expect.isEmpty (Path.Combine(results, "hessian") |> redrawnDifferently CurvatureReport.draw) "figures that differ")

            testCase "A comparison's figures drawn from the committed tables are the committed bytes" (fun () ->
                Expect.isEmpty (Path.Combine(results, "compare") |> redrawnDifferently ComparisonReport.draw) "figures that differ")

            testCase "The landscape drawn from the committed tables is the committed bytes" (fun () ->
                Expect.isEmpty (Path.Combine(results, "landscape") |> redrawnDifferently Landscape.draw) "figures that differ")

            testEach
                "The committed record is of the committed tables"
                [
                    "analyze-lt"
                    "reproduce-mnist"
                    "reproduce-mnist/lottery-tickets"
                    "reproduce-large"
                    "reproduce-large/lottery-tickets"
                    "hessian"
                ]
                (fun folder ->
                    let folder = Path.Combine(results, folder)
                    let facts = Path.Combine(folder, Lineage.factsName) |> Tables.read

                    let recorded =
                        facts.Rows |> Array.find (fun row -> Tables.text "name" facts row = "tables") |> Tables.text "value" facts

                    Expect.equal recorded (Lineage.tablesHash folder) "recorded")
        ]
