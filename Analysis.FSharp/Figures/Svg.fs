/// Draws a figure as a standalone SVG: readable in print and by the color-blind, the same bytes for the same figure.
module SparseCore.Analysis.Svg

open System
open System.Text
open SparseCore.Analysis.Figures
open SparseCore.Analysis.Markup
open SparseCore.Analysis.Typography

let private fontFamily = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
let private ink = "#222222"
let private faint = "#5a5a5a"
let private gridColor = "#e4e4e4"
let private padding = 16.0

let private num (value: float) = Math.Round(Math.Clamp(value, -1e6, 1e6), 2) |> Numbers.text "0.##"

let private textElement (x: float) (y: float) (size: float) (anchor: string) (extra: string) (content: string) =
    let anchor = if anchor = "start" then "" else $" text-anchor=\"{anchor}\""
    $"<text x=\"{num x}\" y=\"{num y}\" font-size=\"{num size}\"{anchor}{extra}>{content}</text>\n"

let private lineElement (x1: float) (y1: float) (x2: float) (y2: float) (stroke: string) (width: float) (extra: string) =
    $"<line x1=\"{num x1}\" y1=\"{num y1}\" x2=\"{num x2}\" y2=\"{num y2}\" stroke=\"{stroke}\" stroke-width=\"{num width}\"{extra}/>\n"

let private dashAttribute (dash: Dash) =
    match dash with
    | Solid -> ""
    | Dashed -> " stroke-dasharray=\"7 4\""
    | Dotted -> " stroke-dasharray=\"1.5 3.5\" stroke-linecap=\"round\""
    | DashDotted -> " stroke-dasharray=\"8 3 1.5 3\""
    | LongDashed -> " stroke-dasharray=\"14 5\""

let private marker (style: Style) (x: float) (y: float) =
    let r = style.Size
    let paint = color style
    // A white rim keeps points apart where they overlap.
    let filled =
        if style.Hollow then
            $"fill=\"#ffffff\" stroke=\"{paint}\" stroke-width=\"1.8\""
        else
            $"fill=\"{paint}\" stroke=\"#ffffff\" stroke-width=\"0.8\""

    let polygon (corners: (float * float) list) =
        let points = String.Join(" ", corners |> List.map (fun (dx, dy) -> $"{num (x + r * dx)},{num (y + r * dy)}"))
        $"<polygon points=\"{points}\" {filled}/>\n"

    let stroke (path: string) = $"<path d=\"{path}\" stroke=\"{paint}\" stroke-width=\"2\" fill=\"none\"/>\n"

    match style.Marker with
    | Circle -> $"<circle cx=\"{num x}\" cy=\"{num y}\" r=\"{num r}\" {filled}/>\n"
    | Square -> polygon [ -0.9, -0.9; 0.9, -0.9; 0.9, 0.9; -0.9, 0.9 ]
    | Triangle -> polygon [ 0.0, -1.2; 1.1, 0.8; -1.1, 0.8 ]
    | InvertedTriangle -> polygon [ 0.0, 1.2; 1.1, -0.8; -1.1, -0.8 ]
    | Diamond -> polygon [ 0.0, -1.25; 1.25, 0.0; 0.0, 1.25; -1.25, 0.0 ]
    | Cross -> stroke $"M{num (x - r)} {num (y - r)}L{num (x + r)} {num (y + r)}M{num (x - r)} {num (y + r)}L{num (x + r)} {num (y - r)}"
    | Plus -> stroke $"M{num (x - r)} {num y}L{num (x + r)} {num y}M{num x} {num (y - r)}L{num x} {num (y + r)}"
    | Star ->
        polygon
            [
                for corner in 0..9 ->
                    let radius = if corner % 2 = 0 then 1.5 else 0.62
                    let angle = Math.PI * (float corner / 5.0 - 0.5)
                    radius * Math.Cos angle, radius * Math.Sin angle
            ]

/// A panel with its pixel rectangle and the maps from values to pixels.
type private Frame =
    {
        Panel: Panel
        Left: float
        Top: float
        Width: float
        Height: float
        RangeX: float * float
        RangeY: float * float
    }

let private place (scale: Scale) (first: float, last: float) (value: float) =
    (along scale value - along scale first) / (along scale last - along scale first)

let private toX (frame: Frame) (value: float) = frame.Left + frame.Width * place frame.Panel.X.Scale frame.RangeX value

/// Values of 0 or less on a logarithmic axis (lower ends of intervals) lie below its foot.
let private toY (frame: Frame) (value: float) =
    if frame.Panel.Y.Scale = Logarithmic && value <= 0.0 then
        frame.Top + frame.Height
    else
        frame.Top + frame.Height * (1.0 - place frame.Panel.Y.Scale frame.RangeY value)

let private ranges (panel: Panel) =
    let margin = if panel.Series |> List.exists (fun series -> series.Drawing = Points) then 0.07 else 0.03
    let marks choose = panel.Annotations |> List.choose choose

    let xs =
        Seq.append
            (panel.Series |> Seq.collect _.X)
            (marks (function
                | VerticalLine(x, _)
                | Text(x, _, _) -> Some x
                | HorizontalLine _ -> None))

    let ys =
        Seq.append
            (panel.Series |> Seq.collect (fun series -> Seq.concat [ series.Y; series.Lower; series.Upper ]))
            (marks (function
                | HorizontalLine(y, _)
                | Text(_, y, _) -> Some y
                | VerticalLine _ -> None))

    Ticks.range panel.X margin xs, Ticks.range panel.Y (max 0.05 margin) ys

/// Widens one of two ranges until a unit is equally long on both axes.
let private equalUnits (width: float) (height: float) (firstX: float, lastX: float) (firstY: float, lastY: float) =
    let perPixel = max ((lastX - firstX) / width) ((lastY - firstY) / height)

    let widen (first: float) (last: float) (pixels: float) =
        let center = (first + last) / 2.0
        center - perPixel * pixels / 2.0, center + perPixel * pixels / 2.0

    widen firstX lastX width, widen firstY lastY height

/// Ticks with their texts, and minor marks without.
let private ticks (axis: Axis) (target: int) (first: float, last: float) =
    if axis.Categories.Length > 0 then
        axis.Categories |> Array.mapi (fun index name -> float index, (name, None)), [||]
    else
        match axis.Scale with
        | Linear ->
            let places = Ticks.linear target first last
            Array.zip places (Ticks.linearLabels places |> Array.map (fun label -> label, None)), [||]
        | Logarithmic ->
            let places, minor = Ticks.logarithmic target first last
            places |> Array.map (fun place -> place, Ticks.logarithmicLabel place), minor
        | SymmetricLogarithmic linear ->
            Ticks.symmetric target linear (first, last) |> Array.map (fun place -> place, Ticks.symmetricLabel place), [||]

let private tickText (label: string, exponent: string option) =
    match exponent with
    | None -> escape label
    | Some power -> $"{escape label}<tspan dy=\"-4\" font-size=\"8\">{escape power}</tspan>"

let private tickWidth (label: string, exponent: string option) = textWidth 11.0 label + textWidth 8.0 (Option.defaultValue "" exponent)

/// How many ticks fit; powers of ten are short and may stand closer.
let private tickTarget (axis: Axis) (pixels: float) (each: float) =
    max 3 (int (pixels / (if axis.Scale = Linear then each else min each 42.0)))

let private drawGrid (text: StringBuilder) (frame: Frame) =
    let append (element: string) = text.Append element |> ignore
    let bottom, right = frame.Top + frame.Height, frame.Left + frame.Width
    let panel = frame.Panel
    let ticksX, minorX = ticks panel.X (tickTarget panel.X frame.Width 75.0) frame.RangeX
    let ticksY, minorY = ticks panel.Y (tickTarget panel.Y frame.Height 45.0) frame.RangeY

    for value in minorX do
        append (lineElement (toX frame value) frame.Top (toX frame value) bottom "#f2f2f2" 1.0 "")

    for value in minorY do
        append (lineElement frame.Left (toY frame value) right (toY frame value) "#f2f2f2" 1.0 "")

    let slot = frame.Width / float (max 1 panel.X.Categories.Length)

    for value, label in ticksX do
        let x = toX frame value
        append (lineElement x frame.Top x bottom gridColor 1.0 "")
        append (lineElement x bottom x (bottom + 4.0) ink 1.0 "")

        if panel.X.Categories.Length > 0 then
            wrap 11.0 (slot - 6.0) (fst label)
            |> List.iteri (fun index part -> append (textElement x (bottom + 17.0 + 13.0 * float index) 11.0 "middle" "" (escape part)))
        else
            append (textElement x (bottom + 17.0) 11.0 "middle" "" (tickText label))

    for value, label in ticksY do
        let y = toY frame value
        append (lineElement frame.Left y right y gridColor 1.0 "")
        append (lineElement (frame.Left - 4.0) y frame.Left y ink 1.0 "")
        append (textElement (frame.Left - 7.0) (y + 4.0) 11.0 "end" "" (tickText label))

    append (lineElement frame.Left frame.Top frame.Left bottom ink 1.0 "")
    append (lineElement frame.Left bottom right bottom ink 1.0 "")

/// Colors of cells, from the least value to the largest: light to dark, which also tells in gray print.
let private ramp = [| 0xF7, 0xFB, 0xFF; 0xC6, 0xDB, 0xEF; 0x6B, 0xAE, 0xD6; 0x21, 0x71, 0xB5; 0x08, 0x30, 0x6B |]

let private shade (share: float) =
    let place = Math.Clamp(share, 0.0, 1.0) * float (ramp.Length - 1)
    let index = min (ramp.Length - 2) (int place)
    let (r0, g0, b0), (r1, g1, b1) = ramp[index], ramp[index + 1]
    let mixed (first: int) (last: int) = int (round (float first + (place - float index) * float (last - first)))
    $"#{mixed r0 r1:x2}{mixed g0 g1:x2}{mixed b0 b1:x2}"

/// The cells, and above them what their colors mean.
let private drawCells (text: StringBuilder) (frame: Frame) (cells: Cells) =
    let append (element: string) = text.Append element |> ignore
    let finite = cells.Values |> Seq.cast<float> |> Seq.filter Double.IsFinite |> Array.ofSeq

    if finite.Length > 0 then
        let least, largest = Array.min finite, Array.max finite
        let share (value: float) = if largest > least then (value - least) / (largest - least) else 0.5

        let rectangle left top width height fill =
            append $"<rect x=\"{num left}\" y=\"{num top}\" width=\"{num width}\" height=\"{num height}\" fill=\"{fill}\"/>\n"

        for row in 0 .. Array2D.length1 cells.Values - 1 do
            for column in 0 .. Array2D.length2 cells.Values - 1 do
                let value = cells.Values[row, column]

                if Double.IsFinite value then
                    let x (place: float) = toX frame (fst cells.Origin + (float column + place) * fst cells.Step)
                    let y (place: float) = toY frame (snd cells.Origin + (float row + place) * snd cells.Step)
                    let left, right, top, bottom = x -0.5, x 0.5, y 0.5, y -0.5
                    // Neighbors overlap by a hair, so that no gaps show between them.
                    rectangle left top (right - left + 0.3) (bottom - top + 0.3) (shade (share value))

        let steps, width, top = 24, 72.0, frame.Top - 13.0
        let texts = [| least; largest |] |> Array.map (Numbers.text "G3")
        let right = frame.Left + frame.Width - textWidth 10.0 texts[1] - 4.0

        for step in 0 .. steps - 1 do
            let part = width / float steps
            rectangle (right - width + part * float step) top (part + 0.3) 8.0 (shade (float step / float (steps - 1)))

        append (textElement (right - width - 4.0) (top + 8.0) 10.0 "end" $" fill=\"{faint}\"" (escape $"{cells.Label}  {texts[0]}"))
        append (textElement (right + 4.0) (top + 8.0) 10.0 "start" $" fill=\"{faint}\"" (escape texts[1]))

/// Runs of points whose values are finite.
let private segments (series: Series) =
    let runs = ResizeArray()
    let run = ResizeArray()

    let close () =
        if run.Count > 0 then
            runs.Add(run.ToArray())
            run.Clear()

    for index in 0 .. series.X.Length - 1 do
        let finite = Double.IsFinite series.X[index] && Double.IsFinite series.Y[index]
        if finite then run.Add index else close ()

    close ()
    runs.ToArray()

let private drawSeries (text: StringBuilder) (frame: Frame) (series: Series) =
    let append (element: string) = text.Append element |> ignore
    let paint = color series.Style
    let x index = toX frame series.X[index]
    let y index = toY frame series.Y[index]
    let coordinates (points: (float * float) seq) = String.Join(" ", points |> Seq.map (fun (x, y) -> $"{num x},{num y}"))
    let hasInterval = series.Lower.Length > 0 && series.Upper.Length > 0
    let runs = segments series

    for run in runs do
        if series.Drawing <> Points then
            if hasInterval then
                let finite = run |> Array.filter (fun index -> Double.IsFinite series.Lower[index] && Double.IsFinite series.Upper[index])
                let upper = finite |> Seq.map (fun index -> x index, toY frame series.Upper[index])
                let lower = finite |> Seq.rev |> Seq.map (fun index -> x index, toY frame series.Lower[index])

                append
                    $"<polygon points=\"{coordinates (Seq.append upper lower)}\" fill=\"{paint}\" fill-opacity=\"0.16\" stroke=\"none\"/>\n"

            append
                $"<polyline points=\"{coordinates (run |> Seq.map (fun index -> x index, y index))}\" fill=\"none\" stroke=\"{paint}\" stroke-width=\"2\" stroke-linejoin=\"round\"{dashAttribute series.Style.Dash}/>\n"

        if series.Drawing = Points && hasInterval then
            for index in run |> Array.filter (fun index -> Double.IsFinite series.Lower[index] && Double.IsFinite series.Upper[index]) do
                let low, high = toY frame series.Lower[index], toY frame series.Upper[index]
                append (lineElement (x index) low (x index) high paint 1.5 "")
                append (lineElement (x index - 4.0) low (x index + 4.0) low paint 1.5 "")
                append (lineElement (x index - 4.0) high (x index + 4.0) high paint 1.5 "")

        if series.Drawing <> Line then
            for index in run do
                append (marker series.Style (x index) (y index))

/// Rectangles (left, top, right, bottom) that overlap.
let private overlap (l1: float, t1: float, r1: float, b1: float) (l2: float, t2: float, r2: float, b2: float) =
    l1 < r2 && l2 < r1 && t1 < b2 && t2 < b1

/// Point labels: each goes to the first of eight places around its point that is free of points and earlier labels and inside the panel.
let private drawLabels (text: StringBuilder) (frame: Frame) =
    let taken = ResizeArray()

    for series in frame.Panel.Series do
        if series.Drawing <> Line then
            for index in segments series |> Array.concat do
                let x, y, r = toX frame series.X[index], toY frame series.Y[index], series.Style.Size
                taken.Add((x - r, y - r, x + r, y + r))

    for series in frame.Panel.Series do
        if series.Labels.Length > 0 then
            for index in segments series |> Array.concat do
                let label = series.Labels[index]

                if label <> "" then
                    let x, y = toX frame series.X[index], toY frame series.Y[index]
                    let width, gap = textWidth 11.0 label, series.Style.Size + 3.0

                    let candidates =
                        [
                            x + gap, y + 4.0
                            x - gap - width, y + 4.0
                            x - width / 2.0, y - gap - 1.0
                            x - width / 2.0, y + gap + 9.0
                            x + gap, y - gap
                            x - gap - width, y - gap
                            x + gap, y + gap + 8.0
                            x - gap - width, y + gap + 8.0
                        ]

                    let box (left: float, baseline: float) = left, baseline - 9.0, left + width, baseline + 2.5

                    let free (candidate: float * float) =
                        let left, top, right, bottom = box candidate

                        left >= frame.Left
                        && right <= frame.Left + frame.Width
                        && top >= frame.Top
                        && bottom <= frame.Top + frame.Height
                        && not (taken.Exists(fun other -> overlap (box candidate) other))

                    let chosen = candidates |> List.tryFind free |> Option.defaultValue candidates.Head
                    taken.Add(box chosen)

                    textElement
                        (fst chosen)
                        (snd chosen)
                        11.0
                        "start"
                        $" fill=\"{ink}\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\" stroke-linejoin=\"round\""
                        (escape label)
                    |> text.Append
                    |> ignore

let private drawAnnotations (text: StringBuilder) (frame: Frame) =
    let append (element: string) = text.Append element |> ignore
    let halo = $" fill=\"{faint}\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\" stroke-linejoin=\"round\""
    let right, bottom = frame.Left + frame.Width, frame.Top + frame.Height
    let dashed = " stroke-dasharray=\"4 3\""

    /// Keeps a text inside the panel.
    let beside (x: float) (label: string) = if x + 4.0 + textWidth 11.0 label > right then x - 4.0, "end" else x + 4.0, "start"

    if not (hasData frame.Panel) then
        append (textElement (frame.Left + frame.Width / 2.0) (frame.Top + frame.Height / 2.0) 12.0 "middle" halo noData)

    for annotation in frame.Panel.Annotations do
        match annotation with
        | Text(x, y, label) ->
            let place, anchor = beside (toX frame x) label
            append (textElement place (toY frame y - 4.0) 11.0 anchor halo (escape label))
        | VerticalLine(x, label) ->
            append (lineElement (toX frame x) frame.Top (toX frame x) bottom faint 1.0 dashed)
            let place, anchor = beside (toX frame x) label
            append (textElement place (frame.Top + 12.0) 11.0 anchor halo (escape label))
        | HorizontalLine(y, label) ->
            append (lineElement frame.Left (toY frame y) right (toY frame y) faint 1.0 dashed)
            append (textElement (right - 4.0) (toY frame y - 4.0) 11.0 "end" halo (escape label))

let private legendEntries (figure: Figure) =
    figure.Panels
    |> List.collect _.Series
    |> List.filter (fun series -> series.Name <> "" && series.X.Length > 0)
    |> List.distinctBy _.Name

let private drawKey (text: StringBuilder) (x: float) (y: float) (series: Series) =
    let append (element: string) = text.Append element |> ignore

    if series.Drawing <> Points then
        if series.Lower.Length > 0 then
            append
                $"<rect x=\"{num x}\" y=\"{num (y - 6.0)}\" width=\"30\" height=\"12\" fill=\"{color series.Style}\" fill-opacity=\"0.16\"/>\n"

        append (lineElement x y (x + 30.0) y (color series.Style) 2.0 (dashAttribute series.Style.Dash))

    if series.Drawing <> Line then
        if series.Drawing = Points && series.Lower.Length > 0 then
            append (lineElement (x + 15.0) (y - 7.0) (x + 15.0) (y + 7.0) (color series.Style) 1.5 "")

        append (marker series.Style (x + 15.0) y)

/// The height below the axis line that tick texts and the axis label need.
let private footHeight (panel: Panel) (width: float) =
    let lines =
        if panel.X.Categories.Length = 0 then
            1
        else
            let slot = width / float panel.X.Categories.Length
            panel.X.Categories |> Array.map (fun name -> (wrap 11.0 (slot - 6.0) name).Length) |> Array.max

    22.0 + 13.0 * float (lines - 1) + (if panel.X.Label = "" then 4.0 else 22.0)

/// The width left of the axis line that tick texts and the axis label need.
let private sideWidth (panel: Panel) (rangeY: float * float) (height: float) =
    let labels, _ = ticks panel.Y (tickTarget panel.Y height 45.0) rangeY
    let widest = if labels.Length = 0 then 0.0 else labels |> Array.map (snd >> tickWidth) |> Array.max
    12.0 + widest + (if panel.Y.Label = "" then 0.0 else 22.0)

/// The figure as the text of an SVG file.
let render (figure: Figure) =
    let figure = check figure
    let columns = min figure.Columns figure.Panels.Length
    let rows = (figure.Panels.Length + columns - 1) / columns
    let alone = figure.Panels.Length = 1
    let width = if alone then 760.0 else 380.0 * float columns + 2.0 * padding |> max 600.0
    let entries = legendEntries figure
    let legendText = 12.0

    // With one panel the legend stands to the right of it, otherwise below all panels: never over the data.
    let legendLines = entries |> List.map (fun series -> wrap legendText (if alone then 150.0 else 400.0) series.Name)

    let legendWidth =
        if alone && not entries.IsEmpty then
            44.0 + (legendLines |> List.concat |> List.map (textWidth legendText) |> List.max)
        else
            0.0

    let text = StringBuilder()
    let append (element: string) = text.Append element |> ignore
    let title = wrap 16.0 ((width - 2.0 * padding) / boldness) figure.Title
    let subtitle = wrap 12.0 (width - 2.0 * padding) figure.Subtitle
    let mutable top = padding + 2.0

    for part in title do
        append (textElement padding (top + 14.0) 16.0 "start" $" font-weight=\"bold\" fill=\"{ink}\"" (escape part))
        top <- top + 21.0

    for part in subtitle do
        append (textElement padding (top + 12.0) 12.0 "start" $" fill=\"{faint}\"" (escape part))
        top <- top + 16.0

    top <- top + 10.0
    let cell = (width - 2.0 * padding - legendWidth - (if legendWidth > 0.0 then 16.0 else 0.0)) / float columns
    let plotHeight = if alone then 330.0 else 220.0
    let panels = Array.ofList figure.Panels
    let measured = panels |> Array.map (fun panel -> ranges panel)
    // One width for all panels aligns their axes.
    let side = Array.map2 (fun panel (_, rangeY) -> sideWidth panel rangeY plotHeight) panels measured |> Array.max
    let plotWidth = cell - side - (if alone then 10.0 else 18.0)
    let foot = panels |> Array.map (fun panel -> footHeight panel plotWidth) |> Array.max
    let head = if panels |> Array.exists (fun panel -> panel.Title <> "") then 22.0 else 4.0
    let rowHeight = head + plotHeight + foot + (if rows > 1 then 12.0 else 0.0)

    panels
    |> Array.iteri (fun index panel ->
        let rangeX, rangeY = measured[index]
        let rangeX, rangeY = if panel.EqualUnits then equalUnits plotWidth plotHeight rangeX rangeY else rangeX, rangeY

        let frame =
            {
                Panel = panel
                Left = padding + cell * float (index % columns) + side
                Top = top + rowHeight * float (index / columns) + head
                Width = plotWidth
                Height = plotHeight
                RangeX = rangeX
                RangeY = rangeY
            }

        let bottom, middle = frame.Top + frame.Height, frame.Left + frame.Width / 2.0

        if panel.Title <> "" then
            append (textElement frame.Left (frame.Top - 8.0) 13.0 "start" $" font-weight=\"bold\" fill=\"{ink}\"" (escape panel.Title))

        drawGrid text frame
        panel.Cells |> Option.iter (drawCells text frame)
        let clip = $"{figure.Name}-clip{index}"

        append
            $"<clipPath id=\"{clip}\"><rect x=\"{num frame.Left}\" y=\"{num (frame.Top - 6.0)}\" width=\"{num frame.Width}\" height=\"{num (frame.Height + 12.0)}\"/></clipPath>\n"

        append $"<g clip-path=\"url(#{clip})\">\n"
        panel.Series |> List.iter (drawSeries text frame)
        append "</g>\n"
        drawLabels text frame
        drawAnnotations text frame

        if panel.X.Label <> "" then
            append (textElement middle (bottom + foot - 6.0) 12.0 "middle" $" fill=\"{ink}\"" (escape panel.X.Label))

        if panel.Y.Label <> "" then
            let x, y = frame.Left - side + 12.0, frame.Top + frame.Height / 2.0
            append (textElement x y 12.0 "middle" $" fill=\"{ink}\" transform=\"rotate(-90 {num x} {num y})\"" (escape panel.Y.Label)))

    let panelsBottom = top + rowHeight * float rows
    let mutable bottom = panelsBottom

    if alone then
        let left = width - padding - legendWidth + 4.0
        let mutable y = top + head + 8.0

        for series, lines in List.zip entries legendLines do
            drawKey text left y series

            lines
            |> List.iteri (fun index part ->
                append (textElement (left + 38.0) (y + 4.0 + 14.0 * float index) legendText "start" $" fill=\"{ink}\"" (escape part)))

            y <- y + 14.0 * float lines.Length + 8.0

        bottom <- max bottom y
    elif not entries.IsEmpty then
        let mutable x = padding + side
        let mutable y = panelsBottom + 12.0

        for series in entries do
            let need = 38.0 + textWidth legendText series.Name + 22.0

            if x > padding + side && x + need > width - padding then
                x <- padding + side
                y <- y + 20.0

            drawKey text x y series
            append (textElement (x + 38.0) (y + 4.0) legendText "start" $" fill=\"{ink}\"" (escape series.Name))
            x <- x + need

        bottom <- y + 10.0

    let height = Math.Ceiling(bottom + padding)

    String.Join(
        "",
        [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {num width} {num height}\" width=\"{num width}\" height=\"{num height}\" "
            $"role=\"img\" aria-labelledby=\"{figure.Name}-title {figure.Name}-desc\" font-family=\"{fontFamily}\" fill=\"{ink}\">\n"
            $"<title id=\"{figure.Name}-title\">{escape figure.Title}</title>\n"
            $"<desc id=\"{figure.Name}-desc\">{escape figure.Description}</desc>\n"
            if figure.Lineage = "" then "" else $"<metadata>{escape figure.Lineage}</metadata>\n"
            $"<rect width=\"{num width}\" height=\"{num height}\" fill=\"#ffffff\"/>\n"
            text.ToString()
            "</svg>\n"
        ]
    )

/// The figure as an svg element to put into an HTML page (no XML declaration).
let inlineElement (figure: Figure) =
    let text = render figure
    text.Substring(text.IndexOf("<svg", StringComparison.Ordinal))

/// Writes the figure as folder/<name>.svg and returns the path.
let write (folder: string) (figure: Figure) =
    let path = IO.Path.Combine(folder, figure.Name + ".svg")
    Files.writeText path (render figure)
    path
