/// Shows a figure as an interactive page: the same data in the Plotly figure schema ({ data, layout }), drawn by plotly.js beside the page.
module Analysis.Html

open System
open System.Globalization
open System.IO
open System.Reflection
open System.Text
open System.Text.Json
open Analysis.Figures

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

let private symbol (style: Style) =
    let name =
        match style.Marker with
        | Circle -> "circle"
        | Square -> "square"
        | Triangle -> "triangle-up"
        | Diamond -> "diamond"
        | InvertedTriangle -> "triangle-down"
        | Cross -> "x-thin-open"
        | Plus -> "cross-thin-open"
        | Star -> "star"

    if style.Hollow && not (name.EndsWith "-open") then name + "-open" else name

let private dashName (dash: Dash) =
    match dash with
    | Solid -> "solid"
    | Dashed -> "dash"
    | Dotted -> "dot"
    | DashDotted -> "dashdot"
    | LongDashed -> "longdash"

/// The palette's colour as rgba(...) with an opacity.
let private translucent (style: Style) (opacity: string) =
    let channel (start: int) =
        Int32.Parse((color style).AsSpan(start, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString
            CultureInfo.InvariantCulture

    $"rgba({channel 1},{channel 3},{channel 5},{opacity})"

let private numbers (json: Utf8JsonWriter) (name: string) (values: float seq) =
    json.WriteStartArray name

    for value in values do
        if Double.IsFinite value then
            json.WriteNumberValue(Numbers.withoutNegativeZero value)
        else
            json.WriteNullValue()

    json.WriteEndArray()

let private nested (json: Utf8JsonWriter) (name: string) (write: unit -> unit) =
    json.WriteStartObject name
    write ()
    json.WriteEndObject()

/// "x", "x2", "x3", ...: how Plotly names the axes of the panels.
let private axisName (letter: string) (panel: int) = if panel = 0 then letter else letter + Tables.integer (panel + 1)

let private writeTrace (json: Utf8JsonWriter) (panelIndex: int) (panel: Panel) (isFirst: bool) (series: Series) =
    let hasInterval = series.Lower.Length > 0 && series.Upper.Length > 0

    let common (legend: bool) =
        json.WriteString("type", "scatter")
        json.WriteString("name", Markup.escapePlotly series.Name)
        json.WriteString("legendgroup", Markup.escapePlotly series.Name)
        json.WriteBoolean("showlegend", legend && series.Name <> "")
        json.WriteString("xaxis", axisName "x" panelIndex)
        json.WriteString("yaxis", axisName "y" panelIndex)

    if hasInterval && series.Drawing <> Points then
        // A closed outline filled with a translucent colour: along the upper ends and back along the lower ones. A logarithmic axis has no place
        // for lower ends of 0 or less; they go to the smallest value that is shown.
        let lowest =
            if panel.Y.Scale = Linear then
                Double.NegativeInfinity
            else
                panel.Series |> Seq.collect _.Y |> Seq.filter Double.IsFinite |> Seq.fold min Double.PositiveInfinity

        let finite =
            [| 0 .. series.X.Length - 1 |]
            |> Array.filter (fun index -> Double.IsFinite series.Lower[index] && Double.IsFinite series.Upper[index])

        json.WriteStartObject()
        common false
        json.WriteString("mode", "lines")
        json.WriteString("fill", "toself")
        json.WriteString("fillcolor", translucent series.Style "0.16")
        json.WriteString("hoverinfo", "skip")
        nested json "line" (fun () -> json.WriteNumber("width", 0))
        let back = Array.rev finite
        numbers json "x" [| for index in Array.append finite back -> series.X[index] |]

        numbers
            json
            "y"
            [|
                for index in finite -> series.Upper[index]
                for index in back -> (if series.Lower[index] > 0.0 then series.Lower[index] else max lowest series.Lower[index])
            |]

        json.WriteEndObject()

    json.WriteStartObject()
    common isFirst

    let mode =
        match series.Drawing with
        | Line -> "lines"
        | LineAndPoints -> "lines+markers"
        | Points -> "markers"

    let labelled = series.Labels |> Array.exists (fun label -> label <> "")
    json.WriteString("mode", (if labelled then mode + "+text" else mode))
    numbers json "x" series.X
    numbers json "y" series.Y

    if labelled then
        json.WriteStartArray "text"
        series.Labels |> Array.iter (Markup.escapePlotly >> json.WriteStringValue)
        json.WriteEndArray()
        json.WriteString("textposition", "top center")

    if series.Drawing <> Points then
        nested json "line" (fun () ->
            json.WriteString("color", color series.Style)
            json.WriteString("dash", dashName series.Style.Dash)
            json.WriteNumber("width", 2))

    if series.Drawing <> Line then
        nested json "marker" (fun () ->
            json.WriteString("color", color series.Style)
            json.WriteString("symbol", symbol series.Style)
            json.WriteNumber("size", 2.4 * series.Style.Size)
            nested json "line" (fun () -> json.WriteNumber("width", (if (symbol series.Style).EndsWith "-open" then 1.8 else 0.0))))

    if hasInterval && series.Drawing = Points then
        nested json "error_y" (fun () ->
            json.WriteString("type", "data")
            json.WriteBoolean("symmetric", false)
            numbers json "array" (Array.map2 (-) series.Upper series.Y)
            numbers json "arrayminus" (Array.map2 (-) series.Y series.Lower))

    json.WriteEndObject()

let private writeAxis (json: Utf8JsonWriter) (name: string) (axis: Axis) (domain: float * float) (anchor: string) (equalTo: string option) =
    nested json name (fun () ->
        nested json "title" (fun () -> json.WriteString("text", Markup.escapePlotly axis.Label))
        json.WriteString("type", (if axis.Scale = Logarithmic then "log" else "linear"))
        numbers json "domain" [ fst domain; snd domain ]
        json.WriteString("anchor", anchor)
        json.WriteString("gridcolor", "#e4e4e4")
        json.WriteString("linecolor", "#222222")
        json.WriteString("ticks", "outside")
        json.WriteBoolean("zeroline", false)
        json.WriteBoolean("automargin", true)

        match axis.Range, axis.Scale with
        | Some(first, last), Linear -> numbers json "range" [ first; last ]
        | Some(first, last), Logarithmic -> numbers json "range" [ Math.Log10 first; Math.Log10 last ]
        | None, _ when axis.Categories.Length > 0 -> numbers json "range" [ -0.5; float axis.Categories.Length - 0.5 ]
        | None, _ -> ()

        if axis.Categories.Length > 0 then
            numbers json "tickvals" [ 0.0 .. float (axis.Categories.Length - 1) ]
            json.WriteStartArray "ticktext"
            axis.Categories |> Array.iter (Markup.escapePlotly >> json.WriteStringValue)
            json.WriteEndArray()

        equalTo
        |> Option.iter (fun other ->
            json.WriteString("scaleanchor", other)
            json.WriteNumber("scaleratio", 1)))

/// Plotly places annotations and shapes on a logarithmic axis by the logarithm of the value.
let private onAxis (axis: Axis) (value: float) = Numbers.withoutNegativeZero (if axis.Scale = Logarithmic then Math.Log10 value else value)

let private writeAnnotations (json: Utf8JsonWriter) (panels: Panel[]) (domains: ((float * float) * (float * float))[]) =
    json.WriteStartArray "annotations"

    let text (x: float) (y: float) (xref: string) (yref: string) (content: string) (bold: bool) =
        json.WriteStartObject()
        json.WriteNumber("x", x)
        json.WriteNumber("y", y)
        json.WriteString("xref", xref)
        json.WriteString("yref", yref)
        json.WriteString("text", (if bold then "<b>" + Markup.escapePlotly content + "</b>" else Markup.escapePlotly content))
        json.WriteString("xanchor", "left")
        json.WriteString("yanchor", "bottom")
        json.WriteBoolean("showarrow", false)
        json.WriteEndObject()

    panels
    |> Array.iteri (fun index panel ->
        let x, y = axisName "x" index, axisName "y" index

        if panel.Title <> "" then
            text (fst (fst domains[index])) (snd (snd domains[index])) "paper" "paper" panel.Title true

        for annotation in panel.Annotations do
            match annotation with
            | Text(atX, atY, content) -> text (onAxis panel.X atX) (onAxis panel.Y atY) x y content false
            | VerticalLine(at, content) -> text (onAxis panel.X at) 0.93 x (y + " domain") content false
            | HorizontalLine(at, content) -> text 0.0 (onAxis panel.Y at) (x + " domain") y content false)

    json.WriteEndArray()
    json.WriteStartArray "shapes"

    panels
    |> Array.iteri (fun index panel ->
        let x, y = axisName "x" index, axisName "y" index

        let shape (x0: float) (x1: float) (y0: float) (y1: float) (xref: string) (yref: string) =
            json.WriteStartObject()
            json.WriteString("type", "line")
            json.WriteNumber("x0", x0)
            json.WriteNumber("x1", x1)
            json.WriteNumber("y0", y0)
            json.WriteNumber("y1", y1)
            json.WriteString("xref", xref)
            json.WriteString("yref", yref)

            nested json "line" (fun () ->
                json.WriteString("color", "#5a5a5a")
                json.WriteString("dash", "dash")
                json.WriteNumber("width", 1))

            json.WriteEndObject()

        for annotation in panel.Annotations do
            match annotation with
            | Text _ -> ()
            | VerticalLine(at, _) -> shape (onAxis panel.X at) (onAxis panel.X at) 0.0 1.0 x (y + " domain")
            | HorizontalLine(at, _) -> shape 0.0 1.0 (onAxis panel.Y at) (onAxis panel.Y at) (x + " domain") y)

    json.WriteEndArray()

/// The figure in the Plotly figure schema: a JSON object with data and layout.
let figureJson (figure: Figure) =
    let figure = check figure
    let panels = Array.ofList figure.Panels
    let columns = min figure.Columns panels.Length
    let rows = (panels.Length + columns - 1) / columns
    let round3 (value: float) = Math.Round(value, 4)

    let domains =
        panels
        |> Array.mapi (fun index _ ->
            let part (position: int) (count: int) (gap: float) =
                let size = (1.0 - gap * float (count - 1)) / float count
                round3 (float position * (size + gap)), round3 (float position * (size + gap) + size)

            part (index % columns) columns 0.09, part (rows - 1 - index / columns) rows 0.18)

    use memory = new MemoryStream()

    using (new Utf8JsonWriter(memory)) (fun json ->
        json.WriteStartObject()
        json.WriteStartArray "data"
        let named = Collections.Generic.HashSet()

        panels
        |> Array.iteri (fun index panel ->
            for series in panel.Series do
                writeTrace json index panel (named.Add series.Name) series)

        json.WriteEndArray()

        nested json "layout" (fun () ->
            nested json "title" (fun () -> json.WriteString("text", Markup.escapePlotly figure.Title))

            panels
            |> Array.iteri (fun index panel ->
                let x, y = axisName "x" index, axisName "y" index
                let full (letter: string) = letter + "axis" + (axisName letter index).Substring 1
                writeAxis json (full "x") panel.X (fst domains[index]) y None
                writeAxis json (full "y") panel.Y (snd domains[index]) x (if panel.EqualUnits then Some x else None))

            writeAnnotations json panels domains
            nested json "font" (fun () -> json.WriteString("family", "Helvetica, Arial, sans-serif"))
            json.WriteString("hovermode", "closest")
            json.WriteString("paper_bgcolor", "#ffffff")
            json.WriteString("plot_bgcolor", "#ffffff"))

        json.WriteEndObject())

    Encoding.UTF8.GetString(memory.ToArray())

/// The interactive page; it needs plotly-basic.min.js in its folder and nothing else.
let page (figure: Figure) =
    let title, description = Markup.escape figure.Title, Markup.escape figure.Description

    let height =
        Tables.integer (
            if figure.Panels.Length = 1 then
                560
            else
                380 * ((figure.Panels.Length + figure.Columns - 1) / figure.Columns)
        )

    String.Join(
        "\n",
        [
            "<!DOCTYPE html>"
            "<html lang=\"en\">"
            "<head>"
            "<meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
            $"<title>{title}</title>"
            "<style>body{font-family:Helvetica,Arial,sans-serif;color:#222;background:#fff;margin:0 auto;max-width:1100px;padding:12px}p{line-height:1.45}</style>"
            $"<script src=\"{scriptName}\"></script>"
            "</head>"
            "<body>"
            $"<div id=\"figure\" style=\"height:{height}px\"></div>"
            $"<p>{Markup.escape figure.Subtitle}</p>"
            $"<p>{description}</p>"
            $"<p><small>{Markup.escape figure.Lineage}</small></p>"
            "<script>"
            $"const figure = {figureJson figure};"
            "const place = document.getElementById(\"figure\");"
            "if (window.Plotly) {"
            "  Plotly.newPlot(place, figure.data, figure.layout, {responsive: true, displaylogo: false});"
            "} else {"
            $"  place.textContent = \"The file {scriptName} must lie beside this page.\";"
            "}"
            "</script>"
            "</body>"
            "</html>"
            ""
        ]
    )

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

/// Writes the interactive page as folder/<name>.html, with plotly.js beside it, and returns the page's path.
let write (folder: string) (figure: Figure) =
    let bundle, content = Path.Combine(folder, scriptName), script ()

    if not (holds content bundle) then
        Files.writeBytes bundle content

    let path = Path.Combine(folder, figure.Name + ".html")
    Files.writeText path (page figure)
    path
