/// A figure as an XPlot chart: what the interactive pages show, and what a script restyles with XPlot's own functions.
module SparseCore.Analysis.Charts

open System
open System.Collections.Generic
open System.Globalization
open Newtonsoft.Json
open Newtonsoft.Json.Linq
open XPlot.Plotly
open SparseCore.Analysis.Figures

/// XPlot names the first two axes of each kind; those of further panels are settings of plotly.js all the same.
type private PanelLayout() =
    inherit Layout.Layout()

    [<JsonExtensionData>]
    member val Further = Dictionary<string, JToken>() with get, set

/// What plotly.js knows about an axis and XPlot does not name.
type private PanelXaxis() =
    inherit Xaxis()

    [<JsonExtensionData>]
    member val Further = Dictionary<string, JToken>() with get, set

type private PanelYaxis() =
    inherit Yaxis()

    [<JsonExtensionData>]
    member val Further = Dictionary<string, JToken>() with get, set

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

/// The palette's color as rgba(...) with an opacity.
let private translucent (style: Style) (opacity: string) =
    let channel (start: int) =
        Int32.Parse((color style).AsSpan(start, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString
            CultureInfo.InvariantCulture

    $"rgba({channel 1},{channel 3},{channel 5},{opacity})"

/// Numbers for plotly; null, a gap, where a value is not finite.
let private numbers (values: float seq) =
    [| for value in values -> if Double.IsFinite value then box (Numbers.withoutNegativeZero value) else null |]

/// "x", "x2", "x3", ...: how plotly names the axes of the panels.
let private axisName (letter: string) (panel: int) = if panel = 0 then letter else letter + Tables.integer (panel + 1)

/// Plotly places annotations and shapes on a logarithmic axis by the logarithm of the value; one that is logarithmic on both sides of 0 it does not know at all, so that
/// everything on it is placed by us on a linear one.
let private onAxis (axis: Axis) (value: float) = Numbers.withoutNegativeZero (along axis.Scale value)

let private isSymmetric (axis: Axis) =
    match axis.Scale with
    | SymmetricLogarithmic _ -> true
    | Linear
    | Logarithmic -> false

/// A trace's coordinate.
let private onUnits (axis: Axis) (value: float) = if isSymmetric axis then along axis.Scale value else value

/// Coordinates of a trace.
let private coordinates (axis: Axis) (values: float seq) = values |> Seq.map (onUnits axis) |> numbers

let private hasInterval (series: Series) = series.Lower.Length > 0 && series.Upper.Length > 0

let private trace (panel: int) (isInLegend: bool) (series: Series) =
    Scatter(
        name = Markup.escapePlotly series.Name,
        legendgroup = Markup.escapePlotly series.Name,
        showlegend = (isInLegend && series.Name <> ""),
        xaxis = axisName "x" panel,
        yaxis = axisName "y" panel
    )

/// A closed outline filled with a translucent color: along the upper ends and back along the lower ones. A logarithmic axis has no place for lower ends of
/// 0 or less; they go to the smallest value that is shown.
let private band (index: int) (panel: Panel) (series: Series) =
    let lowest =
        if panel.Y.Scale <> Logarithmic then
            Double.NegativeInfinity
        else
            panel.Series |> Seq.collect _.Y |> Seq.filter Double.IsFinite |> Seq.fold min Double.PositiveInfinity

    let there =
        [| 0 .. series.X.Length - 1 |]
        |> Array.filter (fun place -> Double.IsFinite series.Lower[place] && Double.IsFinite series.Upper[place])

    let back = Array.rev there
    let band = trace index false series
    band.mode <- "lines"
    band.fill <- "toself"
    band.fillcolor <- translucent series.Style "0.16"
    band.hoverinfo <- "skip"
    band.line <- XPlot.Plotly.Line(width = 0)
    band.x <- coordinates panel.X [ for place in Array.append there back -> series.X[place] ]

    band.y <-
        coordinates
            panel.Y
            [
                for place in there -> series.Upper[place]
                for place in back -> if series.Lower[place] > 0.0 then series.Lower[place] else max lowest series.Lower[place]
            ]

    band

let private values (index: int) (panel: Panel) (isInLegend: bool) (series: Series) =
    let hasLabels = series.Labels |> Array.exists (fun label -> label <> "")
    let values = trace index isInLegend series

    let mode =
        match series.Drawing with
        | Line -> "lines"
        | LineAndPoints -> "lines+markers"
        | Points -> "markers"

    values.mode <- if hasLabels then mode + "+text" else mode
    values.x <- coordinates panel.X series.X
    values.y <- coordinates panel.Y series.Y

    // What plotly would show are places, not values.
    if isSymmetric panel.X || isSymmetric panel.Y then
        values.text <- Array.map2 (fun x y -> $"{Tables.number x}, {Tables.number y}") series.X series.Y
        values.hoverinfo <- "text+name"

    if hasLabels then
        values.text <- series.Labels |> Array.map Markup.escapePlotly
        values.textposition <- "top center"

    if series.Drawing <> Points then
        values.line <- XPlot.Plotly.Line(color = color series.Style, dash = dashName series.Style.Dash, width = 2)

    if series.Drawing <> Line then
        let outline = XPlot.Plotly.Line(width = if (symbol series.Style).EndsWith "-open" then 1.8 else 0.0)
        values.marker <- Marker(color = color series.Style, symbol = symbol series.Style, size = 2.4 * series.Style.Size, line = outline)

    if hasInterval series && series.Drawing = Points then
        values.error_y <-
            Error_y(
                ``type`` = "data",
                symmetric = false,
                array = numbers (Array.map2 (fun upper y -> onUnits panel.Y upper - onUnits panel.Y y) series.Upper series.Y),
                arrayminus = numbers (Array.map2 (fun y lower -> onUnits panel.Y y - onUnits panel.Y lower) series.Y series.Lower)
            )

    values

/// The traces of a figure, in drawing order: one a series, before it one for the band around a line. Series of one name share a legend entry. Refuses cells, which the
/// plotly that is shipped cannot draw.
let traces (figure: Figure) : Trace list =
    if figure.Panels |> List.exists _.Cells.IsSome then
        invalidArg (nameof figure) $"Figure '{figure.Name}' has cells, which are drawn as SVG only."

    let named = HashSet()

    [
        for index, panel in List.indexed (check figure).Panels do
            for series in panel.Series do
                if hasInterval series && series.Drawing <> Points then
                    band index panel series

                values index panel (series.X.Length > 0 && named.Add series.Name) series
    ]

let private axisRange (axis: Axis) =
    match axis.Range, axis.Scale with
    | Some(first, last), scale -> Some [| along scale first; along scale last |]
    | None, _ when axis.Categories.Length > 0 -> Some [| -0.5; float axis.Categories.Length - 0.5 |]
    | None, _ -> None

let private gridColor = "#e4e4e4"
let private lineColor = "#222222"
let private noteColor = "#5a5a5a"

let private scaleName (axis: Axis) = if axis.Scale = Logarithmic then "log" else "linear"

let private categoryPlaces (axis: Axis) = numbers [ 0.0 .. float (axis.Categories.Length - 1) ]

/// About so many ticks of an axis that plotly does not know: places and texts.
let private symmetricTicks (axis: Axis) (values: float seq) =
    match axis.Scale with
    | SymmetricLogarithmic linear ->
        let ticks = Ticks.range axis 0.05 values |> Ticks.symmetric 12 linear

        let text (head: string, exponent: string option) =
            match exponent with
            | None -> head
            | Some power -> $"{head}<sup>{power}</sup>"

        Some(numbers (ticks |> Seq.map (along axis.Scale)), ticks |> Array.map (Ticks.symmetricLabel >> text))
    | Linear
    | Logarithmic -> None

let private xAxis (axis: Axis) (values: float seq) (first: float, last: float) (anchor: string) =
    let drawn =
        PanelXaxis(
            title = Markup.escapePlotly axis.Label,
            ``type`` = scaleName axis,
            domain = [| first; last |],
            anchor = anchor,
            gridcolor = gridColor,
            linecolor = lineColor,
            ticks = "outside",
            zeroline = false
        )

    drawn.Further["automargin"] <- JValue true
    axisRange axis |> Option.iter (fun range -> drawn.range <- range)

    symmetricTicks axis values
    |> Option.iter (fun (places, texts) ->
        drawn.tickvals <- places
        drawn.ticktext <- texts)

    if axis.Categories.Length > 0 then
        drawn.tickvals <- categoryPlaces axis
        drawn.ticktext <- axis.Categories |> Array.map Markup.escapePlotly

    drawn

let private yAxis (axis: Axis) (values: float seq) (first: float, last: float) (anchor: string) (equalTo: string option) =
    let drawn =
        PanelYaxis(
            title = Markup.escapePlotly axis.Label,
            ``type`` = scaleName axis,
            domain = [| first; last |],
            anchor = anchor,
            gridcolor = gridColor,
            linecolor = lineColor,
            ticks = "outside",
            zeroline = false
        )

    drawn.Further["automargin"] <- JValue true
    axisRange axis |> Option.iter (fun range -> drawn.range <- range)

    symmetricTicks axis values
    |> Option.iter (fun (places, texts) ->
        drawn.tickvals <- places
        drawn.ticktext <- texts)

    if axis.Categories.Length > 0 then
        drawn.tickvals <- categoryPlaces axis
        drawn.ticktext <- axis.Categories |> Array.map Markup.escapePlotly

    equalTo
    |> Option.iter (fun other ->
        drawn.Further["scaleanchor"] <- JValue other
        drawn.Further["scaleratio"] <- JValue 1)

    drawn

let private note (x: float) (xref: string) (y: float) (yref: string) (text: string) =
    Annotation(x = x, xref = xref, y = y, yref = yref, text = text, xanchor = "left", yanchor = "bottom", showarrow = false)

let private line (x0: float, x1: float) (xref: string) (y0: float, y1: float) (yref: string) =
    Shape(
        ``type`` = "line",
        x0 = x0,
        x1 = x1,
        xref = xref,
        y0 = y0,
        y1 = y1,
        yref = yref,
        line = XPlot.Plotly.Line(color = noteColor, dash = "dash", width = 1)
    )

/// Headings of the panels and what explains them: texts, and lines across.
let private explanations (index: int) (panel: Panel) (left: float, top: float) =
    let x, y = axisName "x" index, axisName "y" index

    let notes =
        [
            if panel.Title <> "" then
                note left "paper" top "paper" $"<b>{Markup.escapePlotly panel.Title}</b>"

            if not (hasData panel) then
                note 0.5 (x + " domain") 0.5 (y + " domain") noData

            for annotation in panel.Annotations do
                match annotation with
                | Text(atX, atY, text) -> note (onAxis panel.X atX) x (onAxis panel.Y atY) y (Markup.escapePlotly text)
                | VerticalLine(at, text) -> note (onAxis panel.X at) x 0.93 (y + " domain") (Markup.escapePlotly text)
                | HorizontalLine(at, text) -> note 0.0 (x + " domain") (onAxis panel.Y at) y (Markup.escapePlotly text)
        ]

    let lines =
        [
            for annotation in panel.Annotations do
                match annotation with
                | Text _ -> ()
                | VerticalLine(at, _) -> line (onAxis panel.X at, onAxis panel.X at) x (0.0, 1.0) (y + " domain")
                | HorizontalLine(at, _) -> line (0.0, 1.0) (x + " domain") (onAxis panel.Y at, onAxis panel.Y at) y
        ]

    notes, lines

/// The part of the whole that the position-th of so many panels in a row takes.
let private part (position: int) (count: int) (gap: float) =
    let size = (1.0 - gap * float (count - 1)) / float count
    let start = float position * (size + gap)
    Math.Round(start, 4), Math.Round(start + size, 4)

/// Title, axes, annotations and legend of a figure: what a script changes before it plots the traces itself.
let layout (figure: Figure) : Layout.Layout =
    let panels = Array.ofList (check figure).Panels
    let columns = min figure.Columns panels.Length
    let rows = (panels.Length + columns - 1) / columns
    let notes, lines = ResizeArray(), ResizeArray()

    let layout =
        PanelLayout(
            font = Font(family = "Helvetica, Arial, sans-serif"),
            hovermode = "closest",
            paper_bgcolor = "#ffffff",
            plot_bgcolor = "#ffffff",
            // Below the panels, so that they keep their width on a narrow screen.
            legend = Legend(orientation = "h", yref = "container", y = 0.0, yanchor = "bottom"),
            margin = Margin(t = (if figure.Title = "" then 40.0 else 80.0), r = 20.0)
        )

    if figure.Title <> "" then
        layout.title <- Markup.escapePlotly figure.Title

    for index in 0 .. panels.Length - 1 do
        let panel = panels[index]
        let x, y = axisName "x" index, axisName "y" index
        let across = part (index % columns) columns 0.09
        let up = part (rows - 1 - index / columns) rows 0.18
        let horizontal = xAxis panel.X (panel.Series |> Seq.collect _.X) across y
        let vertical = yAxis panel.Y (panel.Series |> Seq.collect _.Y) up x (if panel.EqualUnits then Some x else None)

        if index = 0 then
            layout.xaxis <- horizontal
            layout.yaxis <- vertical
        else
            layout.Further["xaxis" + x.Substring 1] <- JObject.FromObject horizontal
            layout.Further["yaxis" + y.Substring 1] <- JObject.FromObject vertical

        let panelNotes, panelLines = explanations index panel (fst across, snd up)
        notes.AddRange panelNotes
        lines.AddRange panelLines

    layout.annotations <- notes
    layout.shapes <- lines
    layout

/// The figure as a chart with a fixed id, the figure's name, so that the same figure gives the same page.
let ofFigure (figure: Figure) =
    let chart = Chart.Plot(traces figure, layout figure)
    chart.WithId figure.Name
    chart
