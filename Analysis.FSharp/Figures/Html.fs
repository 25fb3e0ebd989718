/// Interactive pages: a chart drawn by plotly.js, which lies beside the page, so that nothing is loaded from elsewhere.
module SparseCore.Analysis.Html

open System
open System.IO
open System.Reflection
open XPlot.Plotly
open SparseCore.Analysis.Figures

/// Name of the script that every interactive page loads from its own folder.
let scriptName = "plotly-basic.min.js"

/// The pinned plotly.js bundle (see assets/README.md), as UTF-8 text.
let script () =
    match Assembly.GetExecutingAssembly().GetManifestResourceStream scriptName with
    | null -> invalidOp $"The resource {scriptName} is missing from the assembly; build Analysis.FSharp again."
    | stream ->
        use stream = stream
        use memory = new MemoryStream()
        stream.CopyTo memory
        memory.ToArray()

let private css =
    """
body{font-family:Helvetica,Arial,sans-serif;color:#222;background:#fff;margin:0 auto;max-width:1100px;padding:12px}
h1{font-size:1.25em;line-height:1.3;margin:.3em 0}
p{line-height:1.45;max-width:60em;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
details{font-size:.8em;color:#555;line-height:1.45;max-width:60em;overflow-wrap:anywhere}
"""

/// A script inside of a page: nothing in it ends the element.
let inlineScript (text: string) = "<script>" + text.Replace("</script", "<\\/script") + "</script>"

/// A page that shows a chart `height` pixels high, at least `width` wide, with a heading and paragraphs of markup around it. `bundle` is the element that loads plotly.js.
let private shell
    (bundle: string)
    (title: string)
    (heading: string list)
    (notes: string list)
    (width: int)
    (height: int)
    (chart: PlotlyChart)
    =
    // Texts of a chart may hold anything: none may end the script.
    let plot = chart.GetPlottingJS().Replace("</", "<\\/")

    String.Join(
        "\n",
        [
            "<!DOCTYPE html>"
            "<html lang=\"en\">"
            "<head>"
            "<meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
            $"<title>{title}</title>"
            $"<style>{css}</style>"
            bundle
            "</head>"
            "<body>"
            yield! heading
            $"<div class=\"scroll\"><div id=\"{chart.Id}\" style=\"height:{Tables.integer height}px;min-width:{Tables.integer width}px\"></div></div>"
            yield! notes
            "<script>"
            $"const place = document.getElementById(\"{chart.Id}\");"
            "if (window.Plotly) {"
            plot
            "addEventListener(\"resize\", () => Plotly.Plots.resize(place));"
            // A sheet of paper is narrower than most windows.
            "addEventListener(\"beforeprint\", () => Plotly.relayout(place, {width: 680}));"
            "addEventListener(\"afterprint\", () => Plotly.relayout(place, {width: null, autosize: true}));"
            "} else {"
            $"place.textContent = \"The file {scriptName} must lie beside this page.\";"
            "}"
            "</script>"
            "</body>"
            "</html>"
            ""
        ]
    )

/// The element that loads plotly.js from the page's folder.
let private beside = $"<script src=\"{scriptName}\"></script>"

let private pageOf (bundle: string) (figure: Figure) =
    let columns = min figure.Columns figure.Panels.Length
    let rows = (figure.Panels.Length + columns - 1) / max 1 columns
    let title = Markup.escape figure.Title
    let paragraph (text: string) = if text = "" then [] else [ $"<p>{Markup.escape text}</p>" ]
    // The heading is the page's, which breaks lines where the window ends.
    let chart = Charts.ofFigure { figure with Title = "" }

    let notes =
        [
            yield! paragraph figure.Subtitle
            yield! paragraph figure.Description
            if figure.Lineage <> "" then
                $"<details><summary>What made it</summary>{Markup.escape figure.Lineage}</details>"
        ]

    shell
        bundle
        title
        [ $"<h1>{title}</h1>" ]
        notes
        (if columns = 1 then 280 else 420 * columns)
        (if rows = 1 then 560 else 380 * rows)
        chart

/// The interactive page of a figure; it needs plotly-basic.min.js in its folder and nothing else.
let page (figure: Figure) = pageOf beside figure

/// The interactive page of a figure as a file that needs nothing besides.
let standalone (figure: Figure) = pageOf (inlineScript (Text.Encoding.UTF8.GetString(script ()))) figure

/// Whether a file, or what a link leads to, holds these bytes. A folder from elsewhere may hold another script of that name, as long as ours.
let private holds (content: byte[]) (path: string) =
    try
        use file = SparseCore.RegularFile.OpenRead path

        file.Length = content.LongLength
        && (let found: byte[] = Array.zeroCreate content.Length
            file.ReadExactly(found, 0, found.Length)
            found.AsSpan().SequenceEqual content)
    with :? IOException ->
        false

/// Writes a page and, where it is not there, plotly.js beside it; returns the page's path.
let private writePage (folder: string) (name: string) (page: string) =
    let bundle, content = Path.Combine(folder, scriptName), script ()

    if not (holds content bundle) then
        Files.writeBytes bundle content

    let path = Path.Combine(folder, name + ".html")
    Files.writeText path page
    path

/// Writes the interactive page of a figure as folder/<name>.html, with plotly.js beside it, and returns the page's path.
let write (folder: string) (figure: Figure) = writePage folder figure.Name (page figure)

/// Writes a chart that a script has made or restyled as folder/<name>.html, with plotly.js beside it, and returns the page's path. Its height is the chart's own.
let save (folder: string) (name: string) (chart: PlotlyChart) =
    if not (isName name) then
        invalidArg (nameof name) $"A page's name must be made of letters, digits, '-' and '_', found '{SparseCore.ForeignText.Show name}'."

    chart.WithId name
    writePage folder name (shell beside name [] [] 280 chart.Height chart)
