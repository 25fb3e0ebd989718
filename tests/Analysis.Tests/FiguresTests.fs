module Analysis.Tests.FiguresTests

open System
open System.IO
open System.Text.Json
open System.Xml.Linq
open Xunit
open Analysis
open Analysis.Figures

let private curve =
    line (style 0) "rises & falls <b>" [| 1.0; 2.0; 3.0; 4.0 |] [| 1.0; 4.0; nan; 2.0 |]
    |> withInterval [| 0.5; 3.0; nan; 1.0 |] [| 1.5; 5.0; nan; 3.0 |]

let private dots =
    points { style 1 with Hollow = true } "paper" [| 1.0; 2.5 |] [| 2.0; 3.0 |]
    |> withInterval [| 1.5; 2.5 |] [| 2.5; 3.5 |]
    |> withLabels [| "a"; "" |]

let private figure =
    { panel (axis "step") (axis "loss (nats)") [ curve; dots ] with
        Annotations = [ VerticalLine(2.0, "prune"); HorizontalLine(2.3, "chance"); Text(1.5, 1.0, "here") ]
    }
    |> single "sample-1" "Loss < 3 & more" "two seeds" "What is seen."

let private many =
    { figure with
        Columns = 2
        Panels =
            [
                for name in [ "one"; "two"; "three" ] ->
                    { panel (logAxis "step") (logAxis "norm") [ line (style 2) "norm" [| 1.0; 100.0; 10000.0 |] [| 0.1; 1e-7; 3.0 |] ] with
                        Title = name
                    }
            ]
    }

let private grouped =
    panel (categories "" [ "LT"; "Scratch (Diff. Init.)" ]) (axis "accuracy") [ points (style 0) "" [| 0.0; 1.0 |] [| 0.5; 0.6 |] ]
    |> single "grouped" "Groups" "" ""

let private attribute (name: string) (element: XElement) =
    element.Attributes() |> Seq.find (fun attribute -> attribute.Name.LocalName = name) |> _.Value

let private elements (figure: Figure) = XDocument.Parse(Svg.render figure).Descendants() |> Array.ofSeq

[<Theory>]
[<InlineData(0.0, 1.0, "0 0.2 0.4 0.6 0.8 1")>]
[<InlineData(-0.2, 1.2, "-0.2 0 0.2 0.4 0.6 0.8 1 1.2")>]
[<InlineData(-3.0, 47.0, "0 10 20 30 40")>]
[<InlineData(1234.0, 1290.0, "1240 1250 1260 1270 1280 1290")>]
[<InlineData(0.00012, 0.00034, "0.00015 0.0002 0.00025 0.0003")>]
let ``linear ticks are multiples of 1, 2 or 5 inside the range`` (first: float, last: float, expected: string) =
    Assert.Equal(expected, String.Join(' ', Ticks.linear 6 first last |> Array.map Tables.number))

[<Fact>]
let ``logarithmic ticks are powers of ten with marks between`` () =
    let major, minor = Ticks.logarithmic 6 0.5 2000.0
    Assert.Equal<float[]>([| 1.0; 10.0; 100.0; 1000.0 |], major)
    Assert.Contains(0.5, minor)
    Assert.Contains(900.0, minor)

[<Fact>]
let ``logarithmic ticks over less than two decades are 1, 2 and 5`` () =
    Assert.Equal<float[]>([| 5.0; 10.0; 20.0; 50.0 |], fst (Ticks.logarithmic 6 4.0 70.0))

[<Fact>]
let ``logarithmic ticks over many decades are thinned evenly`` () =
    let major, _ = Ticks.logarithmic 5 1e-12 1e3
    Assert.InRange(major.Length, 3, 5)

    Assert.Equal<float[]>(
        Array.distinct (Array.pairwise major |> Array.map (fun (a, b) -> Math.Round(Math.Log10(b / a)))),
        [| Math.Round(Math.Log10(major[1] / major[0])) |]
    )

[<Fact>]
let ``linear labels share their decimals and use a true minus sign`` () =
    Assert.Equal<string[]>([| "\u22120.5"; "0"; "0.5"; "1.0" |], Ticks.linearLabels [| -0.5; 0.0; 0.5; 1.0 |])
    Assert.Equal<string[]>([| "0"; "10,000"; "20,000" |], Ticks.linearLabels [| 0.0; 10000.0; 20000.0 |])

[<Fact>]
let ``logarithmic labels turn to powers where zeros get many`` () =
    Assert.Equal(("0.001", None), Ticks.logarithmicLabel 0.001)
    Assert.Equal(("10", Some "\u22127"), Ticks.logarithmicLabel 1e-7)

[<Fact>]
let ``range of equal values is not empty`` () =
    let first, last = Ticks.range (axis "x") 0.05 [ 3.0; 3.0 ]
    Assert.True(first < 3.0 && last > 3.0)

[<Fact>]
let ``render is well-formed, carries title and description and has a view box`` () =
    for figure in [ figure; many; grouped ] do
        let root = (elements figure)[0]
        let child name = root.Elements() |> Seq.find (fun element -> element.Name.LocalName = name)
        Assert.Equal(figure.Title, (child "title").Value)
        Assert.Equal(figure.Description, (child "desc").Value)
        Assert.StartsWith("0 0 ", attribute "viewBox" root)

[<Fact>]
let ``render carries what made the figure`` () =
    let made = figure |> withLineage [ "command", "a <b>"; "runs", "3" ]
    let root = (elements made)[0]
    let metadata = root.Elements() |> Seq.find (fun element -> element.Name.LocalName = "metadata")
    Assert.Equal("command: a <b>; runs: 3", metadata.Value)

[<Fact>]
let ``render gives the same bytes for the same figure`` () = Assert.Equal(Svg.render figure, Svg.render figure)

[<Fact>]
let ``render keeps every coordinate on the canvas`` () =
    for figure in [ figure; many; grouped ] do
        let all = elements figure
        let size name = float (attribute name all[0])

        for element in all do
            for attribute in element.Attributes() do
                let inside limit =
                    Assert.InRange(Double.Parse(attribute.Value, Globalization.CultureInfo.InvariantCulture), 0.0, limit)

                match attribute.Name.LocalName with
                | "x"
                | "x1"
                | "x2"
                | "cx" -> inside (size "width")
                | "y"
                | "y1"
                | "y2"
                | "cy" -> inside (size "height")
                | _ -> ()

[<Fact>]
let ``a value that is not finite splits the line`` () =
    let lines = elements figure |> Array.filter (fun element -> element.Name.LocalName = "polyline")
    Assert.Equal(2, lines.Length)

[<Fact>]
let ``the legend names each series once over all panels`` () =
    let texts = elements many |> Array.filter (fun element -> element.Name.LocalName = "text" && element.Value = "norm")
    // Three axis labels and one legend entry.
    Assert.Equal(4, texts.Length)

[<Fact>]
let ``style gives neighbors different colors, markers and dashes`` () =
    for index in 0..5 do
        let a, b = style index, style (index + 1)
        Assert.NotEqual(a.Color, b.Color)
        Assert.NotEqual(a.Marker, b.Marker)
        Assert.NotEqual(a.Dash, b.Dash)

[<Fact>]
let ``meanLine averages the values at every position, in the order of positions`` () =
    let series = Curves.meanLine 0.8 (style 0) "set" [ 10.0, 5.0; 0.0, 1.0; 0.0, 3.0; 10.0, 5.0 ]
    Assert.Equal<float[]>([| 0.0; 10.0 |], series.X)
    Assert.Equal<float[]>([| 2.0; 5.0 |], series.Y)
    // t(0.9, 1) = 3.077684, sample deviation sqrt 2, over sqrt 2.
    Assert.Equal(2.0 + 3.077684, series.Upper[0], 5)
    Assert.Equal(5.0, series.Lower[1])

[<Fact>]
let ``a figure of curves has a line for every group, through the means of its seeds`` () =
    let groups = [ "set", [| [| 0, 1.0; 10, 4.0 |]; [| 0, 3.0; 10, 6.0 |] |]; "rigl", [| [| 0, 2.0; 10, 7.0 |] |] ]
    let series = (Curves.figure "f" "t" "s" "accuracy" groups).Panels.Head.Series
    Assert.Equal<string list>([ "set"; "rigl" ], series |> List.map _.Name)
    Assert.Equal<float[]>([| 2.0; 5.0 |], series[0].Y)
    Assert.Equal<float[]>([| 2.0; 7.0 |], series[1].Y)
    Assert.NotEqual(series[0].Style, series[1].Style)
    Assert.Equal<(string * float * float) list>([ "set", 5.0, 1.0; "rigl", 7.0, 0.0 ], Curves.ends groups)

[<Fact>]
let ``a figure of one curve can be drawn and has no legend`` () =
    let figure = Figures.curve "line" "A line" "alpha" "loss" [| 0.0; 1.0 |] [| 2.0; 1.0 |]
    Assert.Equal("", figure.Panels.Head.Series.Head.Name)
    Assert.Contains("A line", Svg.render figure)

[<Fact>]
let ``check refuses zeros on a logarithmic axis and names the series`` () =
    let wrong = single "f" "t" "" "" (panel (logAxis "step") (axis "y") [ line (style 0) "norm" [| 0.0 |] [| 1.0 |] ])
    let error = Assert.Throws<ArgumentException>(fun () -> Svg.render wrong |> ignore)
    Assert.Contains("series 'norm' has the value 0 on the logarithmic axis 'step'", error.Message)

[<Fact>]
let ``check refuses lengths that differ`` () =
    let wrong = single "f" "t" "" "" (panel (axis "x") (axis "y") [ line (style 0) "s" [| 0.0; 1.0 |] [| 1.0 |] ])
    let error = Assert.Throws<ArgumentException>(fun () -> Html.page wrong |> ignore)
    Assert.Contains("2 positions but 1 values", error.Message)

/// What a chart hands to plotly: { data, layout }.
let private plotted (chart: XPlot.Plotly.PlotlyChart) =
    let assigned (variable: string) =
        Text.RegularExpressions.Regex.Match(chart.GetPlottingJS(), $"var {variable} = (.*);\r?\n").Groups[1].Value

    let data, layout = assigned "data", assigned "layout"
    JsonDocument.Parse $"{{\"data\":{data},\"layout\":{layout}}}"

[<Fact>]
let ``a chart has a trace for every series, and one more for a band`` () =
    use json = plotted (Charts.ofFigure figure)
    let data = json.RootElement.GetProperty "data"
    Assert.Equal(3, data.GetArrayLength())
    Assert.Equal("toself", data[0].GetProperty("fill").GetString())
    Assert.Equal("lines", data[1].GetProperty("mode").GetString())
    Assert.Equal(JsonValueKind.Null, data[1].GetProperty("y").[2].ValueKind)
    Assert.Equal("markers+text", data[2].GetProperty("mode").GetString())
    Assert.Equal("step", json.RootElement.GetProperty("layout").GetProperty("xaxis").GetProperty("title").GetString())

[<Fact>]
let ``a chart gives every panel its own axes`` () =
    use json = plotted (Charts.ofFigure many)
    let layout = json.RootElement.GetProperty "layout"
    Assert.Equal("log", layout.GetProperty("xaxis3").GetProperty("type").GetString())
    Assert.Equal("x3", json.RootElement.GetProperty("data").[2].GetProperty("xaxis").GetString())

[<Fact>]
let ``Html.write puts plotly.js beside the page and loads nothing from the network`` () =
    let folder = Directory.CreateTempSubdirectory("figures-").FullName

    try
        let page = File.ReadAllText(Html.write folder figure)
        Assert.True(FileInfo(Path.Combine(folder, Html.scriptName)).Length > 1_000_000L)
        Assert.DoesNotContain("http", page)
        Assert.DoesNotContain("</b>", page)
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``Html.write keeps a linked plotly.js that is whole and replaces one that is not`` () =
    let folder = Directory.CreateTempSubdirectory("figures-").FullName

    try
        let bundle, kept = Path.Combine(folder, Html.scriptName), Path.Combine(folder, "kept.js")
        Html.write folder figure |> ignore
        File.Move(bundle, kept)
        File.CreateSymbolicLink(bundle, kept) |> ignore
        Html.write folder figure |> ignore
        Assert.NotNull(FileInfo(bundle).LinkTarget)
        File.Delete kept
        Html.write folder figure |> ignore
        Assert.Null(FileInfo(bundle).LinkTarget)
        Assert.True(FileInfo(bundle).Length > 1_000_000L)
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``a report escapes prose, holds its figures inline and loads nothing`` () =
    let report: Report.Report =
        {
            Title = "Why <tickets> win"
            Lead = "a & b"
            Blocks =
                [
                    Report.Heading "First part"
                    Report.Notice "1 of 5 < all"
                    Report.TableBlock("Table 3", [ "accuracy" ], Tables.create "t" [ "model"; "accuracy" ] [ [| "<LT>"; "98.5" |] ])
                    Report.FigureBlock(figure, Some "sample-1.html")
                    Report.Code "dotnet fsi x.fsx"
                ]
        }

    let html = Report.render report
    Assert.Contains("<h1>Why &lt;tickets&gt; win</h1>", html)
    Assert.Contains("<td class=\"right\">98.5</td>", html)
    Assert.Contains("<h2 id=\"first-part\">", html)
    Assert.Contains("<svg ", html)
    Assert.Contains("href=\"sample-1.html\"", html)
    Assert.DoesNotContain("<?xml", html)
    Assert.DoesNotContain("<script", html)
    Assert.DoesNotContain("src=", html)

[<Theory>]
[<InlineData(1e-20, 5e-20)>]
[<InlineData(1e9, 1.000005e9)>]
[<InlineData(1.0, 1.0000005)>]
[<InlineData(-4e12, 4e12)>]
[<InlineData(-4e307, 4e307)>]
[<InlineData(1e-299, 9e-299)>]
let ``linear ticks of huge, tiny and narrow ranges differ and so do their labels`` (first: float, last: float) =
    let ticks = Ticks.linear 6 first last
    Assert.InRange(ticks.Length, 3, 12)
    Assert.Equal<float[]>(Array.distinct ticks, ticks)
    let labels = Ticks.linearLabels ticks
    Assert.Equal<string[]>(Array.distinct labels, labels)

[<Theory>]
[<InlineData(-1e-320, 1e-320)>]
[<InlineData(-1e308, 1.7e308)>]
[<InlineData(-5e-324, 1e308)>]
[<InlineData(7.0, 7.0000000000000009)>]
[<InlineData(-1e-9, -1e-9)>]
let ``any finite values can be drawn, on either scale`` (first: float, last: float) =
    let ys = [| first; (first + last) / 2.0; last |]
    let linear = panel (axis "x") (axis "y") [ line (style 0) "s" ys ys ]
    let above = ys |> Array.map (abs >> max 5e-324)
    let logarithmic = panel (logAxis "x") (logAxis "y") [ line (style 0) "s" above above ]

    for panel in [ linear; logarithmic ] do
        let figure = single "f" "t" "" "" panel
        let text = Svg.render figure
        Assert.DoesNotContain("NaN", text)
        Assert.DoesNotContain("Infinity", text)
        (plotted (Charts.ofFigure figure)).Dispose()

[<Fact>]
let ``error bars without finite ends are left out`` () =
    let bars =
        points (style 0) "s" [| 0.0; 1.0; 2.0 |] [| 1.0; 2.0; 3.0 |]
        |> withInterval [| 0.5; nan; 2.5 |] [| 1.5; nan; infinity |]

    Assert.DoesNotContain("NaN", Svg.render (single "f" "t" "" "" (panel (axis "x") (axis "y") [ bars ])))

[<Fact>]
let ``check refuses a range without width and names the axis`` () =
    let wrong = single "f" "t" "" "" (panel (axis "x") { axis "loss" with Range = Some(0.0, 0.0) } [])
    let error = Assert.Throws<ArgumentException>(fun () -> check wrong |> ignore)
    Assert.Contains("the range of the axis 'loss' must rise between finite values", error.Message)

[<Fact>]
let ``check refuses an annotation that is nowhere and names it`` () =
    for wrong in [ VerticalLine(nan, "prune"); HorizontalLine(0.0, "prune"); Text(1.0, -1.0, "prune") ] do
        let figure = single "f" "t" "" "" { panel (axis "x") (logAxis "norm") [] with Annotations = [ wrong ] }
        let error = Assert.Throws<ArgumentException>(fun () -> check figure |> ignore)
        Assert.Contains("the annotation 'prune' lies at", error.Message)

[<Fact>]
let ``no figure holds a negative zero`` () =
    let figure =
        { panel (axis "x") (axis "y") [ line (style 0) "s" [| -0.0; 1.0 |] [| -0.0; 1.0 |] ] with
            Annotations = [ VerticalLine(-0.0, "here") ]
        }
        |> single "f" "t" "" ""

    let isZero (text: string) = Text.RegularExpressions.Regex.IsMatch(text, "[-\u2212]0(\\.0+)?(?![\\d.])")
    Assert.True(isZero "[-0,1]")
    Assert.False(isZero (Svg.render figure))
    Assert.False(isZero ((Charts.ofFigure figure).GetPlottingJS()))
    Assert.Equal<string[]>([| "0" |], Ticks.linearLabels [| -0.0 |])

[<Fact>]
let ``no ticks have no labels`` () = Assert.Empty(Ticks.linearLabels [||])

[<Fact>]
let ``ends refuses a run without values and names its group`` () =
    let error = Assert.Throws<ArgumentException>(fun () -> Curves.ends [ "rigl", [| [| 0, 1.0 |]; [||] |] ] |> ignore)
    Assert.Contains("Every run of 'rigl' needs at least one value", error.Message)

/// What ends a script or an element, what is a link to plotly, what XML has no place for, and what turns the direction of writing.
let private hostile =
    "</script><b>x</b><a/href=\"javascript:alert(1)\">&lt;]]>\u0000\u0001\u001B[2J\u0085\u2028\u202E\uFFFE"
    + String(char 0xD800, 1)

let private shown =
    "</script><b>x</b><a/href=\"javascript:alert(1)\">&lt;]]>\\u{0}\\u{1}\\u{1B}[2J\\u{85}\\u{2028}\\u{202E}\\u{FFFE}\\u{D800}"

let private hostileFigure =
    { panel (categories hostile [ hostile ]) (axis hostile) [ points (style 0) hostile [| 0.0 |] [| 1.0 |] |> withLabels [| hostile |] ] with
        Title = hostile
        Annotations = [ Text(0.0, 1.0, hostile); VerticalLine(0.0, hostile); HorizontalLine(1.0, hostile) ]
    }
    |> single "sample-2" hostile hostile hostile
    |> withLineage [ hostile, hostile ]

[<Fact>]
let ``a figure is well-formed and shows every text whatever the texts hold`` () =
    let settings = Xml.XmlReaderSettings(DtdProcessing = Xml.DtdProcessing.Prohibit)
    use reader = Xml.XmlReader.Create(new StringReader(Svg.render hostileFigure), settings)
    let document = XDocument.Load reader
    let texts = document.Descendants() |> Seq.filter (fun element -> element.Name.LocalName = "text") |> Seq.map _.Value
    let named (name: string) = document.Descendants() |> Seq.find (fun element -> element.Name.LocalName = name) |> _.Value
    Assert.Equal(shown, named "desc")
    Assert.Equal($"{shown}: {shown}", named "metadata")
    Assert.Equal(11, texts |> Seq.filter (fun text -> text = shown) |> Seq.length) // headings (3), axes (2), tick, legend, label, annotations (3)
    Assert.Empty(document.Descendants() |> Seq.filter (fun element -> element.Name.LocalName = "b" || element.Name.LocalName = "a"))

[<Fact>]
let ``names, labels and ticks of an interactive figure are text to plotly`` () =
    use json = plotted (Charts.ofFigure hostileFigure)
    let layout, trace = json.RootElement.GetProperty "layout", json.RootElement.GetProperty("data").[0]
    let escaped = shown.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

    for text in
        [
            trace.GetProperty "name"
            trace.GetProperty "legendgroup"
            trace.GetProperty("text").[0]
            layout.GetProperty "title"
            layout.GetProperty("xaxis").GetProperty "title"
            layout.GetProperty("xaxis").GetProperty("ticktext").[0]
            layout.GetProperty("yaxis").GetProperty "title"
            layout.GetProperty("annotations").[1].GetProperty "text"
        ] do
        Assert.Equal(escaped, text.GetString())

[<Fact>]
let ``no text of a figure ends the script or begins an element of its page`` () =
    let page = Html.page hostileFigure
    Assert.Equal(2, page.Split("</script>").Length - 1)
    Assert.DoesNotContain("<b>x", page)
    Assert.DoesNotContain("<a/", page)

[<Fact>]
let ``Html.write replaces another script of the same name and length`` () =
    let folder = Directory.CreateTempSubdirectory("figures-").FullName

    try
        let bundle = Path.Combine(folder, Html.scriptName)
        File.WriteAllBytes(bundle, Array.create (Html.script ()).Length 32uy)
        Html.write folder figure |> ignore
        Assert.Equal<byte[]>(Html.script (), File.ReadAllBytes bundle)
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``a chart is restyled with XPlot's functions, and its page shows that`` () =
    let folder = Directory.CreateTempSubdirectory("figures-").FullName

    try
        let chart = Charts.ofFigure figure |> XPlot.Plotly.Chart.WithTitle "Another </script> title" |> XPlot.Plotly.Chart.WithHeight 321
        let page = File.ReadAllText(Html.save folder "restyled" chart)
        Assert.Contains("Another <\\/script> title", page)
        Assert.Contains("height:321px", page)
        Assert.Equal(2, page.Split("</script>").Length - 1)
        Assert.True(File.Exists(Path.Combine(folder, Html.scriptName)))
        let error = Assert.Throws<ArgumentException>(fun () -> Html.save folder "../x" chart |> ignore)
        Assert.Contains("found '../x'", error.Message)
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``the same figure gives the same page`` () = Assert.Equal(Html.page figure, Html.page figure)
