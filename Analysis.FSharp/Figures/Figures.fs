/// A figure is data first: a description that is drawn as SVG (Svg) and shown as an interactive page (Html).
module SparseCore.Analysis.Figures

open System

/// How values are laid out along an axis.
type Scale =
    /// Equal distances for equal differences.
    | Linear
    /// Equal distances for equal ratios; for positive values.
    | Logarithmic
    /// Logarithmic on both sides of 0, and linear between minus and plus a magnitude.
    | SymmetricLogarithmic of linear: float

/// Where a value lies along an axis of a scale, in its own units: a straight line is drawn through these.
let along (scale: Scale) (value: float) : float =
    match scale with
    | Linear -> value
    | Logarithmic -> Math.Log10 value
    | SymmetricLogarithmic linear -> float (sign value) * Math.Log10(1.0 + abs value / linear)

/// The value that lies at a place: the inverse of `along`.
let valueAt (scale: Scale) (place: float) : float =
    match scale with
    | Linear -> place
    | Logarithmic -> Math.Pow(10.0, place)
    | SymmetricLogarithmic linear -> float (sign place) * linear * (Math.Pow(10.0, abs place) - 1.0)

/// One axis of a panel.
type Axis =
    {
        /// What is shown, with its unit.
        Label: string
        /// Linear or logarithmic.
        Scale: Scale
        /// First and last value; None fits the data.
        Range: (float * float) option
        /// Names of the positions 0, 1, 2, ...; empty for an axis of numbers.
        Categories: string[]
    }

/// Shape of a point, so that series can be told apart in gray print.
type Marker =
    /// A disc.
    | Circle
    /// A square on its side.
    | Square
    /// A triangle that points up.
    | Triangle
    /// A square on its corner.
    | Diamond
    /// A triangle that points down.
    | InvertedTriangle
    /// Two diagonal strokes.
    | Cross
    /// A horizontal and a vertical stroke.
    | Plus
    /// A star of five points.
    | Star

/// Pattern of a line, so that series can be told apart in gray print.
type Dash =
    /// Without gaps.
    | Solid
    /// Dashes.
    | Dashed
    /// Dots.
    | Dotted
    /// A dash and a dot in turn.
    | DashDotted
    /// Dashes of twice the length.
    | LongDashed

/// How a series looks.
type Style =
    {
        /// Index into the palette.
        Color: int
        /// Shape of its points.
        Marker: Marker
        /// Pattern of its line.
        Dash: Dash
        /// Draws points as outlines.
        Hollow: bool
        /// Radius of the points, in pixels.
        Size: float
    }

/// What is drawn for a series.
type Drawing =
    /// A line; lower and upper values become a translucent band.
    | Line
    /// A line with a marker at every point.
    | LineAndPoints
    /// Markers; lower and upper values become error bars.
    | Points

/// Values to draw.
type Series =
    {
        /// Name in the legend; empty for none. Series of one name share a legend entry.
        Name: string
        /// Horizontal positions.
        X: float[]
        /// Values, one a position; a value that is not finite leaves a gap.
        Y: float[]
        /// Lower ends of an interval, one a position; empty for none.
        Lower: float[]
        /// Upper ends of an interval, one a position; empty for none.
        Upper: float[]
        /// Texts beside the points, one a position; empty for none.
        Labels: string[]
        /// Line, points or both.
        Drawing: Drawing
        /// Color, marker and dash.
        Style: Style
    }

/// Something that explains a panel.
type Annotation =
    /// A text at a place of the panel.
    | Text of x: float * y: float * text: string
    /// A thin line across the panel at a horizontal position.
    | VerticalLine of x: float * text: string
    /// A thin line across the panel at a height.
    | HorizontalLine of y: float * text: string

/// A matrix as colored cells. Cells that are not finite are left out.
type Cells =
    {
        /// Shape [rows, columns].
        Values: float[,]
        /// Where the middle of row 0 and column 0 lies.
        Origin: float * float
        /// From one column to the next, and from one row to the next.
        Step: float * float
        /// What the colors show, with its unit.
        Label: string
    }

/// One system of axes with its series.
type Panel =
    {
        /// Short heading; empty for none.
        Title: string
        /// Horizontal axis.
        X: Axis
        /// Vertical axis.
        Y: Axis
        /// In drawing order.
        Series: Series list
        /// Drawn above the series.
        Annotations: Annotation list
        /// One unit is equally long on both axes (maps, embeddings).
        EqualUnits: bool
        /// Drawn below the series; SVG only.
        Cells: Cells option
    }

/// One or several panels under one title, with one legend.
type Figure =
    {
        /// File name without extension: letters, digits, '-' and '_'.
        Name: string
        /// Says what is seen.
        Title: string
        /// Setting: network, data, seeds, what a band is; empty for none.
        Subtitle: string
        /// A sentence or two for those who cannot see the figure; also its caption.
        Description: string
        /// What made it: command, versions, machine, hash of its inputs; carried by the files, not drawn; empty for none.
        Lineage: string
        /// Panels, row by row.
        Panels: Panel list
        /// Panels in a row.
        Columns: int
    }

/// Colors of Okabe and Ito that stay apart under all common forms of color blindness; their yellow is too pale for a white ground.
let palette =
    [|
        "#0072B2" // blue
        "#D55E00" // vermillion
        "#009E73" // bluish green
        "#CC79A7" // reddish purple
        "#E69F00" // orange
        "#56B4E9" // sky blue
        "#000000" // black
    |]

/// The color of a style.
let color (style: Style) = palette[style.Color % palette.Length]

/// The look of the index-th series: color, marker and dash all differ from its neighbors'.
let style (index: int) =
    let markers = [| Circle; Square; Triangle; Diamond; InvertedTriangle; Cross; Plus; Star |]
    let dashes = [| Solid; Dashed; DashDotted; Dotted; LongDashed |]

    {
        Color = index % palette.Length
        Marker = markers[index % markers.Length]
        Dash = dashes[index % dashes.Length]
        Hollow = false
        Size = 4.0
    }

/// A linear axis of numbers that fits the data.
let axis (label: string) = { Label = label; Scale = Linear; Range = None; Categories = [||] }

/// A logarithmic axis that fits the data.
let logAxis (label: string) = { axis label with Scale = Logarithmic }

/// An axis that is logarithmic on both sides of 0, and linear between minus and plus a magnitude; it fits the data.
let symmetricLogAxis (linear: float) (label: string) = { axis label with Scale = SymmetricLogarithmic linear }

/// An axis of named positions 0, 1, 2, ...
let categories (label: string) (names: string seq) = { axis label with Categories = Array.ofSeq names }

let private series (drawing: Drawing) (style: Style) (name: string) (xs: float[]) (ys: float[]) =
    {
        Name = name
        X = xs
        Y = ys
        Lower = [||]
        Upper = [||]
        Labels = [||]
        Drawing = drawing
        Style = style
    }

/// A line through the points.
let line (style: Style) (name: string) (xs: float[]) (ys: float[]) = series Line style name xs ys

/// Points without a line.
let points (style: Style) (name: string) (xs: float[]) (ys: float[]) = series Points style name xs ys

/// Adds an interval to every value: a band around a line, error bars at points.
let withInterval (lower: float[]) (upper: float[]) (series: Series) = { series with Lower = lower; Upper = upper }

/// Adds a text beside every point.
let withLabels (labels: string[]) (series: Series) = { series with Labels = labels }

/// A panel without heading and annotations.
let panel (x: Axis) (y: Axis) (series: Series list) =
    { Title = ""; X = x; Y = y; Series = series; Annotations = []; EqualUnits = false; Cells = None }

/// Most rows and columns of cells that are drawn.
let private mostCells = 120

/// How many neighbors become one cell.
let private neighbors (values: float[,]) = (max (Array2D.length1 values) (Array2D.length2 values) + mostCells - 1) / mostCells |> max 1

/// A matrix with so few rows that they can be told apart: means of neighbors where there are more.
let private thinned (every: int) (values: float[,]) =
    if every = 1 then
        values
    else
        let rows, columns = Array2D.length1 values, Array2D.length2 values

        Array2D.init ((rows + every - 1) / every) ((columns + every - 1) / every) (fun row column ->
            let own =
                [|
                    for i in row * every .. min rows ((row + 1) * every) - 1 do
                        for j in column * every .. min columns ((column + 1) * every) - 1 do
                            if Double.IsFinite values[i, j] then
                                values[i, j]
                |]

            if own.Length = 0 then nan else Array.average own)

/// A panel of cells, the first row below; axes count rows and columns from 0. More than 120 of them are drawn as means of neighbors, in their places.
let heatMap (title: string) (axes: string) (label: string) (values: float[,]) =
    let every = neighbors values
    let cells = thinned every values
    let first, step = float (every - 1) / 2.0, float every
    let ends (count: int) = Some(-0.5, float (every * max 1 count) - 0.5)

    {
        Title = title
        X = { axis axes with Range = ends (Array2D.length2 cells) }
        Y = { axis "" with Range = ends (Array2D.length1 cells) }
        Series = []
        Annotations = []
        EqualUnits = false
        Cells = Some { Values = cells; Origin = (first, first); Step = (step, step); Label = label }
    }

/// A figure of one panel.
let single (name: string) (title: string) (subtitle: string) (description: string) (panel: Panel) =
    {
        Name = name
        Title = title
        Subtitle = subtitle
        Description = description
        Lineage = ""
        Panels = [ panel ]
        Columns = 1
    }

/// A figure of one curve.
let curve (name: string) (title: string) (x: string) (y: string) (xs: float[]) (ys: float[]) =
    panel (axis x) (axis y) [ line (style 0) "" xs ys ] |> single name title "" $"{y} against {x}."

/// A figure that carries what made it, as names and values.
let withLineage (facts: (string * string) list) (figure: Figure) =
    { figure with
        Lineage = facts |> List.map (fun (name, value) -> $"{name}: {value}") |> String.concat "; "
    }

/// Whether a panel has a value to show.
let hasData (panel: Panel) =
    panel.Cells |> Option.exists (fun cells -> cells.Values |> Seq.cast<float> |> Seq.exists Double.IsFinite)
    || panel.Series
       |> List.exists (fun series -> Array.exists2 (fun x y -> Double.IsFinite x && Double.IsFinite y) series.X series.Y)

/// What a panel without values says.
let noData = "no data"

/// Whether a text can name a figure and its files: letters, digits, '-' and '_'.
let isName (text: string) =
    text <> "" && text |> Seq.forall (fun letter -> Char.IsAsciiLetterOrDigit letter || letter = '-' || letter = '_')

/// Refuses a figure that cannot be drawn, naming what is wrong: lengths that differ, a logarithmic axis with values of 0 or less, a range without width,
/// an annotation that is nowhere.
let check (figure: Figure) =
    let fail (reason: string) = invalidArg (nameof figure) $"Figure '{figure.Name}' cannot be drawn: {reason}"

    if not (isName figure.Name) then
        fail "its name must be made of letters, digits, '-' and '_'."

    if figure.Panels.IsEmpty || figure.Columns < 1 then
        fail $"it needs at least one panel and one column, found {figure.Panels.Length} and {figure.Columns}."

    /// Whether an axis has a place for a value.
    let hasPlace (axis: Axis) (value: float) = Double.IsFinite value && (axis.Scale <> Logarithmic || value > 0.0)

    for panel in figure.Panels do
        for axis in [ panel.X; panel.Y ] do
            match axis.Scale with
            | SymmetricLogarithmic linear when not (linear > 0.0 && Double.IsFinite linear) ->
                fail $"the axis '{axis.Label}' must be linear up to a magnitude above 0, found {Tables.number linear}."
            | _ -> ()

            match axis.Range with
            | Some(first, last) when not (first < last && hasPlace axis first && hasPlace axis last) ->
                fail
                    $"the range of the axis '{axis.Label}' must rise between finite values (above 0 on a logarithmic axis), found {Tables.number first} to {Tables.number last}; set Range = None to fit the data."
            | _ -> ()

        for annotation in panel.Annotations do
            let text, places =
                match annotation with
                | Text(x, y, text) -> text, [ panel.X, x; panel.Y, y ]
                | VerticalLine(x, text) -> text, [ panel.X, x ]
                | HorizontalLine(y, text) -> text, [ panel.Y, y ]

            for axis, value in places do
                if not (hasPlace axis value) then
                    fail $"the annotation '{text}' lies at {Tables.number value}, where the axis '{axis.Label}' has no place; leave it out."

        for series in panel.Series do
            for what, values in
                [
                    "values", series.Y.Length
                    "lower ends", series.Lower.Length
                    "upper ends", series.Upper.Length
                    "labels", series.Labels.Length
                ] do
                if values <> series.X.Length && not (values = 0 && what <> "values") then
                    fail $"series '{series.Name}' has {series.X.Length} positions but {values} {what}."

            for axis, values in [ panel.X, series.X; panel.Y, series.Y ] do
                if axis.Scale = Logarithmic then
                    match values |> Array.tryFind (fun value -> value <= 0.0) with
                    | Some value ->
                        fail
                            $"series '{series.Name}' has the value {Tables.number value} on the logarithmic axis '{axis.Label}', which needs values above 0."
                    | None -> ()

    figure
