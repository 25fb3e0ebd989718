/// A report: one HTML file with text, tables and inline figures that opens offline and prints well.
module SparseCore.Analysis.Report

open System
open System.Text

/// A piece of a report.
type Block =
    /// A heading of the second level.
    | Heading of string
    /// Prose.
    | Paragraph of string
    /// Prose that must not be overlooked.
    | Notice of string
    /// Items, one a line.
    | Items of string list
    /// A table with its caption; columns of numbers are named, to align them to the right.
    | TableBlock of caption: string * rightAligned: string list * table: Tables.Table
    /// A figure, drawn inline with its description as caption and what made it; interactive is the page to link to, if there is one.
    | FigureBlock of figure: Figures.Figure * interactive: string option
    /// Commands or other text to be copied.
    | Code of string

/// What a report shows, from top to bottom.
type Report =
    {
        /// The heading of the page.
        Title: string
        /// One paragraph: what was asked, and what came out.
        Lead: string
        /// Everything else.
        Blocks: Block list
    }

let private css =
    """
:root{color-scheme:light}
body{font-family:Georgia,'Times New Roman','Liberation Serif',serif;color:#1d1d1d;background:#fff;line-height:1.5;margin:0 auto;max-width:960px;padding:28px 20px 60px}
h1,h2,th,figcaption,nav{font-family:Helvetica,Arial,'Liberation Sans',sans-serif}
h1{font-size:1.65em;line-height:1.2;margin:.2em 0 .5em}
h2{font-size:1.2em;margin:2em 0 .5em;padding-top:.6em;border-top:1px solid #ddd}
p,ul{max-width:46em}
.lead{font-size:1.1em}
.notice{border-left:4px solid #D55E00;background:#fdf4ee;padding:.5em .9em;margin:1em 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.8em;margin:.3em 0 .8em;font-variant-numeric:tabular-nums}
.table figcaption{color:#1d1d1d;font-weight:bold}
th{font-weight:600;text-align:left;border-bottom:1.5px solid #444;vertical-align:bottom}
th,td{padding:.28em .7em .28em 0}
td{border-bottom:1px solid #e6e6e6}
.right{text-align:right}
td.right,td:first-child{white-space:nowrap}
figure{margin:1.2em 0;break-inside:avoid}
figure svg{max-width:100%;height:auto;display:block}
figcaption{font-size:.85em;color:#444}
details{font-size:.75em;color:#666;overflow-wrap:anywhere}
pre{background:#f5f5f5;border:1px solid #e2e2e2;padding:.7em .9em;overflow-x:auto;font-size:.85em}
a{color:#0072B2}
@media print{body{max-width:none;padding:0;font-size:10.5pt}a{color:inherit}h2{break-after:avoid}tr{break-inside:avoid}}
"""

/// Turns a heading into an anchor: letters and digits, joined by hyphens.
let private anchor (heading: string) =
    let letters =
        heading.ToLowerInvariant() |> String.map (fun letter -> if Char.IsAsciiLetterOrDigit letter then letter else '-')

    String.Join('-', letters.Split('-', StringSplitOptions.RemoveEmptyEntries))

let private tableHtml (caption: string) (rightAligned: string list) (table: Tables.Table) =
    let text = StringBuilder()

    let cell (tag: string) (column: int) (content: string) =
        let aligned = if List.contains table.Columns[column] rightAligned then " class=\"right\"" else ""
        text.Append $"<{tag}{aligned}>{Markup.escape content}</{tag}>" |> ignore

    text.Append($"<figure class=\"table\">\n<figcaption>{Markup.escape caption}</figcaption>\n<div class=\"scroll\"><table>\n<thead><tr>")
    |> ignore

    table.Columns |> Array.iteri (cell "th")
    text.Append "</tr></thead>\n<tbody>\n" |> ignore

    for row in table.Rows do
        text.Append "<tr>" |> ignore
        row.Cells |> Array.iteri (cell "td")
        text.Append "</tr>\n" |> ignore

    text.Append("</tbody>\n</table></div>\n</figure>\n").ToString()

let private blockHtml (block: Block) =
    match block with
    | Heading heading -> $"<h2 id=\"{anchor heading}\">{Markup.escape heading}</h2>\n"
    | Paragraph prose -> $"<p>{Markup.escape prose}</p>\n"
    | Notice prose -> $"<p class=\"notice\">{Markup.escape prose}</p>\n"
    | Items items ->
        let lines = items |> List.map (fun item -> $"<li>{Markup.escape item}</li>\n")
        "<ul>\n" + String.Join("", lines) + "</ul>\n"
    | TableBlock(caption, rightAligned, table) -> tableHtml caption rightAligned table
    | FigureBlock(figure, interactive) ->
        let link =
            match interactive with
            | Some address -> $" <a href=\"{Markup.escape address}\">Interactive version.</a>"
            | None -> ""

        let lineage =
            if figure.Lineage = "" then
                ""
            else
                $"<details><summary>What made it</summary>{Markup.escape figure.Lineage}</details>\n"

        $"<figure>\n{Svg.inlineElement figure}<figcaption>{Markup.escape figure.Description}{link}</figcaption>\n{lineage}</figure>\n"
    | Code code -> $"<pre>{Markup.escape code}</pre>\n"

/// The report as one HTML page; nothing is loaded from elsewhere.
let render (report: Report) =
    let headings =
        report.Blocks
        |> List.choose (function
            | Heading heading -> Some $"<a href=\"#{anchor heading}\">{Markup.escape heading}</a>"
            | _ -> None)

    String.Join(
        "",
        [
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            $"<title>{Markup.escape report.Title}</title>\n<style>{css}</style>\n</head>\n<body>\n"
            $"<h1>{Markup.escape report.Title}</h1>\n<p class=\"lead\">{Markup.escape report.Lead}</p>\n"
            if headings.Length > 2 then
                "<nav>" + String.Join(" · ", headings) + "</nav>\n"
            yield! report.Blocks |> List.map blockHtml
            "</body>\n</html>\n"
        ]
    )

/// Writes the report to a file: temporary name, flush, rename.
let write (path: string) (report: Report) = Files.writeText path (render report)
