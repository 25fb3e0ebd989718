module Analysis.Tests.FiguresTests

open System
open System.IO
open System.Text.Json
open System.Xml.Linq
open Expecto
open Testing
open SparseCore.Analysis
open SparseCore.Analysis.Figures

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

/// What a chart hands to plotly: { data, layout }.
let private plotted (chart: XPlot.Plotly.PlotlyChart) =
    let assigned (variable: string) =
        Text.RegularExpressions.Regex.Match(chart.GetPlottingJS(), $"var {variable} = (.*);\r?\n").Groups[1].Value

    let data, layout = assigned "data", assigned "layout"
    JsonDocument.Parse $"{{\"data\":{data},\"layout\":{layout}}}"

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

[<Tests>]
let tests =
    testList
        "Figures"
        [
            testEach
                "linear ticks are multiples of 1, 2 or 5 inside the range"
                [
                    0.0, 1.0, "0 0.2 0.4 0.6 0.8 1"
                    -0.2, 1.2, "-0.2 0 0.2 0.4 0.6 0.8 1 1.2"
                    -3.0, 47.0, "0 10 20 30 40"
                    1234.0, 1290.0, "1240 1250 1260 1270 1280 1290"
                    0.00012, 0.00034, "0.00015 0.0002 0.00025 0.0003"
                ]
                (fun (first, last, expected) ->
                    Expect.equal (String.Join(' ', Ticks.linear 6 first last |> Array.map Tables.number)) expected "ticks")

            testCase "logarithmic ticks are powers of ten with marks between" (fun () ->
                let major, minor = Ticks.logarithmic 6 0.5 2000.0
                Expect.equal major [| 1.0; 10.0; 100.0; 1000.0 |] "major"
                Expect.contains minor 0.5 "minor"
                Expect.contains minor 900.0 "minor")

            testCase "logarithmic ticks over less than two decades are 1, 2 and 5" (fun () ->
                Expect.equal (fst (Ticks.logarithmic 6 4.0 70.0)) [| 5.0; 10.0; 20.0; 50.0 |] "ticks")

            testCase "logarithmic ticks over many decades are thinned evenly" (fun () ->
                let major, _ = Ticks.logarithmic 5 1e-12 1e3
                Expect.inRange major.Length (3, 5) "number of ticks"

                Expect.equal
                    (Array.distinct (Array.pairwise major |> Array.map (fun (a, b) -> Math.Round(Math.Log10(b / a)))))
                    [| Math.Round(Math.Log10(major[1] / major[0])) |]
                    "pairwise")

            testCase "linear labels share their decimals and use a true minus sign" (fun () ->
                Expect.equal (Ticks.linearLabels [| -0.5; 0.0; 0.5; 1.0 |]) [| "\u22120.5"; "0"; "0.5"; "1.0" |] "linear labels"
                Expect.equal (Ticks.linearLabels [| 0.0; 10000.0; 20000.0 |]) [| "0"; "10,000"; "20,000" |] "linear labels")

            testCase "ticks on both sides of 0 are 0 and powers of ten, thinned alike" (fun () ->
                let ticks = Ticks.symmetric 8 1e-3 (-2.0, 30.0)
                Expect.equal ticks [| -0.1; -0.001; 0.0; 0.001; 0.1; 10.0 |] "every second power"
                Expect.equal (Ticks.symmetric 20 1e-3 (-0.5, 5.0)) [| -0.1; -0.01; -0.001; 0.0; 0.001; 0.01; 0.1; 1.0 |] "every power"
                Expect.equal (Ticks.symmetricLabel -1e-7) ("\u221210", Some "\u22127") "label"
                Expect.equal (Ticks.symmetricLabel 0.0) ("0", None) "label of 0")

            testCase "an axis that is logarithmic on both sides of 0 is odd, rises and has an inverse" (fun () ->
                let scale = SymmetricLogarithmic 0.01

                for value in [ 0.0; 1e-9; 0.01; 0.5; 1e6 ] do
                    Expect.equal (along scale -value) -(along scale value) "odd"
                    Expect.floatClose Accuracy.high (valueAt scale (along scale value)) value "inverse"

                Expect.floatClose Accuracy.high (along scale 10.0 - along scale 1.0) (Math.Log10(10.01 / 1.01)) "a power of ten"
                let axis = symmetricLogAxis 0.01 "x"
                let first, last = Ticks.range axis 0.05 [ -1.0; 100.0 ]
                Expect.isTrue (first < -1.0 && last > 100.0) $"{first} to {last}"
                let panel = panel axis (symmetricLogAxis 0.0 "y") [ line (style 0) "" [| -1.0; 0.0; 100.0 |] [| -3.0; 0.0; 2.0 |] ]
                let wrong = single "f" "t" "" "" panel
                let error = Expect.thrown<ArgumentException>(fun () -> check wrong |> ignore)
                Expect.stringContains error.Message "the axis 'y' must be linear up to a magnitude above 0, found 0" "message"
                let figure = single "f" "t" "" "" { panel with Y = axis }

                use json = plotted (Charts.ofFigure figure)
                let trace = json.RootElement.GetProperty("data").[0]

                Expect.equal
                    [| for place in trace.GetProperty("x").EnumerateArray() -> place.GetDouble() |]
                    [| along scale -1.0; 0.0; along scale 100.0 |]
                    "places, which plotly takes for values"

                Expect.stringContains (Svg.render figure) "100" "tick")

            testCase "logarithmic labels turn to powers where zeros get many" (fun () ->
                Expect.equal (Ticks.logarithmicLabel 0.001) ("0.001", None) "logarithmic label"
                Expect.equal (Ticks.logarithmicLabel 1e-7) ("10", Some "\u22127") "logarithmic label")

            testCase "range of equal values is not empty" (fun () ->
                let first, last = Ticks.range (axis "x") 0.05 [ 3.0; 3.0 ]
                Expect.isTrue (first < 3.0 && last > 3.0) "whether the range has a width")

            testCase "render is well-formed, carries title and description and has a view box" (fun () ->
                for figure in [ figure; many; grouped ] do
                    let root = (elements figure)[0]
                    let child name = root.Elements() |> Seq.find (fun element -> element.Name.LocalName = name)
                    Expect.equal (child "title").Value figure.Title "title"
                    Expect.equal (child "desc").Value figure.Description "desc"
                    Expect.stringStarts (attribute "viewBox" root) "0 0 " "view box")

            testCase "render carries what made the figure" (fun () ->
                let made = figure |> withLineage [ "command", "a <b>"; "runs", "3" ]
                let root = (elements made)[0]
                let metadata = root.Elements() |> Seq.find (fun element -> element.Name.LocalName = "metadata")
                Expect.equal metadata.Value "command: a <b>; runs: 3" "metadata")

            testCase "render gives the same bytes for the same figure" (fun () ->
                Expect.equal (Svg.render figure) (Svg.render figure) "SVG")

            testCase "render keeps every coordinate on the canvas" (fun () ->
                for figure in [ figure; many; grouped ] do
                    let all = elements figure
                    let size name = float (attribute name all[0])

                    for element in all do
                        for attribute in element.Attributes() do
                            let inside limit =
                                Expect.inRange
                                    (Double.Parse(attribute.Value, Globalization.CultureInfo.InvariantCulture))
                                    (0.0, limit)
                                    "coordinate"

                            match attribute.Name.LocalName with
                            | "x"
                            | "x1"
                            | "x2"
                            | "cx" -> inside (size "width")
                            | "y"
                            | "y1"
                            | "y2"
                            | "cy" -> inside (size "height")
                            | _ -> ())

            testCase "a value that is not finite splits the line" (fun () ->
                let lines = elements figure |> Array.filter (fun element -> element.Name.LocalName = "polyline")
                Expect.equal lines.Length 2 "number of lines")

            testCase "the legend names each series once over all panels" (fun () ->
                let texts = elements many |> Array.filter (fun element -> element.Name.LocalName = "text" && element.Value = "norm")
                // Three axis labels and one legend entry.
                Expect.equal texts.Length 4 "number of texts")

            testCase "style gives neighbors different colors, markers and dashes" (fun () ->
                for index in 0..5 do
                    let a, b = style index, style (index + 1)
                    Expect.notEqual b.Color a.Color "color"
                    Expect.notEqual b.Marker a.Marker "marker"
                    Expect.notEqual b.Dash a.Dash "dash")

            testCase "meanLine averages the values at every position, in the order of positions" (fun () ->
                let series = Curves.meanLine 0.8 (style 0) "set" [ 10.0, 5.0; 0.0, 1.0; 0.0, 3.0; 10.0, 5.0 ]
                Expect.equal series.X [| 0.0; 10.0 |] "positions"
                Expect.equal series.Y [| 2.0; 5.0 |] "values"
                // t(0.9, 1) = 3.077684, sample deviation sqrt 2, over sqrt 2.
                Expect.floatClose (decimals 5) series.Upper[0] (2.0 + 3.077684) "upper"
                Expect.equal series.Lower[1] 5.0 "lower")

            testCase "a figure of curves has a line for every group, through the means of its seeds" (fun () ->
                let groups = [ "set", [| [| 0, 1.0; 10, 4.0 |]; [| 0, 3.0; 10, 6.0 |] |]; "rigl", [| [| 0, 2.0; 10, 7.0 |] |] ]
                let series = (Curves.figure "f" "t" "s" "accuracy" groups).Panels.Head.Series
                Expect.equal (series |> List.map _.Name) [ "set"; "rigl" ] "names of the series"
                Expect.equal series[0].Y [| 2.0; 5.0 |] "values"
                Expect.equal series[1].Y [| 2.0; 7.0 |] "values"
                Expect.notEqual series[1].Style series[0].Style "style"
                Expect.equal (Curves.ends groups) [ "set", 5.0, 1.0; "rigl", 7.0, 0.0 ] "ends")

            testCase "a figure of one curve can be drawn and has no legend" (fun () ->
                let figure = Figures.curve "line" "A line" "alpha" "loss" [| 0.0; 1.0 |] [| 2.0; 1.0 |]
                Expect.equal figure.Panels.Head.Series.Head.Name "" "name of the series"
                Expect.stringContains (Svg.render figure) "A line" "SVG")

            testCase "check refuses zeros on a logarithmic axis and names the series" (fun () ->
                let wrong = single "f" "t" "" "" (panel (logAxis "step") (axis "y") [ line (style 0) "norm" [| 0.0 |] [| 1.0 |] ])
                let error = Expect.thrown<ArgumentException>(fun () -> Svg.render wrong |> ignore)
                Expect.stringContains error.Message "series 'norm' has the value 0 on the logarithmic axis 'step'" "message")

            testCase "check refuses lengths that differ" (fun () ->
                let wrong = single "f" "t" "" "" (panel (axis "x") (axis "y") [ line (style 0) "s" [| 0.0; 1.0 |] [| 1.0 |] ])
                let error = Expect.thrown<ArgumentException>(fun () -> Html.page wrong |> ignore)
                Expect.stringContains error.Message "2 positions but 1 values" "message")

            testCase "a chart has a trace for every series, and one more for a band" (fun () ->
                use json = plotted (Charts.ofFigure figure)
                let data = json.RootElement.GetProperty "data"
                Expect.equal (data.GetArrayLength()) 3 "number of traces"
                Expect.equal (data[0].GetProperty("fill").GetString()) "toself" "fill"
                Expect.equal (data[1].GetProperty("mode").GetString()) "lines" "mode"
                Expect.equal (data[1].GetProperty("y").[2].ValueKind) JsonValueKind.Null "kind of the value that is not finite"
                Expect.equal (data[2].GetProperty("mode").GetString()) "markers+text" "mode"
                Expect.equal (json.RootElement.GetProperty("layout").GetProperty("xaxis").GetProperty("title").GetString()) "step" "title")

            testCase "a chart gives every panel its own axes" (fun () ->
                use json = plotted (Charts.ofFigure many)
                let layout = json.RootElement.GetProperty "layout"
                Expect.equal (layout.GetProperty("xaxis3").GetProperty("type").GetString()) "log" "type of the third axis"
                Expect.equal (json.RootElement.GetProperty("data").[2].GetProperty("xaxis").GetString()) "x3" "axis of the trace")

            testCase "Html.write puts plotly.js beside the page and loads nothing from the network" (fun () ->
                let folder = Directory.CreateTempSubdirectory("figures-").FullName

                try
                    let page = File.ReadAllText(Html.write folder figure)
                    Expect.isGreaterThan (FileInfo(Path.Combine(folder, Html.scriptName)).Length) 1_000_000L "bytes of plotly.js"
                    Expect.stringLacks page "http" "page"
                    Expect.stringLacks page "</b>" "page"
                finally
                    Directory.Delete(folder, true))

            testCase "Html.write keeps a linked plotly.js that is whole and replaces one that is not" (fun () ->
                let folder = Directory.CreateTempSubdirectory("figures-").FullName

                try
                    let bundle, kept = Path.Combine(folder, Html.scriptName), Path.Combine(folder, "kept.js")
                    Html.write folder figure |> ignore
                    File.Move(bundle, kept)
                    File.CreateSymbolicLink(bundle, kept) |> ignore
                    Html.write folder figure |> ignore
                    Expect.isNotNull (FileInfo(bundle).LinkTarget) "target of the link"
                    File.Delete kept
                    Html.write folder figure |> ignore
                    Expect.isNull (FileInfo(bundle).LinkTarget) "target of the link"
                    Expect.isGreaterThan (FileInfo(bundle).Length) 1_000_000L "bytes of plotly.js"
                finally
                    Directory.Delete(folder, true))

            testCase "a report escapes prose, holds its figures inline and loads nothing" (fun () ->
                let report: Report.Report =
                    {
                        Title = "Why <tickets> win"
                        Lead = "a & b"
                        Blocks =
                            [
                                Report.Heading "First part"
                                Report.Notice "1 of 5 < all"
                                Report.TableBlock(
                                    "Table 3",
                                    [ "accuracy" ],
                                    Tables.create "t" [ "model"; "accuracy" ] [ [| "<LT>"; "98.5" |] ]
                                )
                                Report.FigureBlock(figure, Some "sample-1.html")
                                Report.Code "dotnet fsi x.fsx"
                            ]
                    }

                let html = Report.render report
                Expect.stringContains html "<h1>Why &lt;tickets&gt; win</h1>" "page"
                Expect.stringContains html "<td class=\"right\">98.5</td>" "page"
                Expect.stringContains html "<h2 id=\"first-part\">" "page"
                Expect.stringContains html "<svg " "page"
                Expect.stringContains html "href=\"sample-1.html\"" "page"
                Expect.stringLacks html "<?xml" "page"
                Expect.stringLacks html "<script" "page"
                Expect.stringLacks html "src=" "page")

            testEach
                "linear ticks of huge, tiny and narrow ranges differ and so do their labels"
                [ 1e-20, 5e-20; 1e9, 1.000005e9; 1.0, 1.0000005; -4e12, 4e12; -4e307, 4e307; 1e-299, 9e-299 ]
                (fun (first, last) ->
                    let ticks = Ticks.linear 6 first last
                    Expect.inRange ticks.Length (3, 12) "number of ticks"
                    Expect.equal ticks (Array.distinct ticks) "ticks"
                    let labels = Ticks.linearLabels ticks
                    Expect.equal labels (Array.distinct labels) "labels")

            testEach
                "any finite values can be drawn, on either scale"
                [ -1e-320, 1e-320; -1e308, 1.7e308; -5e-324, 1e308; 7.0, 7.0000000000000009; -1e-9, -1e-9 ]
                (fun (first, last) ->
                    let ys = [| first; (first + last) / 2.0; last |]
                    let linear = panel (axis "x") (axis "y") [ line (style 0) "s" ys ys ]
                    let above = ys |> Array.map (abs >> max 5e-324)
                    let logarithmic = panel (logAxis "x") (logAxis "y") [ line (style 0) "s" above above ]

                    for panel in [ linear; logarithmic ] do
                        let figure = single "f" "t" "" "" panel
                        let text = Svg.render figure
                        Expect.stringLacks text "NaN" "text"
                        Expect.stringLacks text "Infinity" "text"
                        (plotted (Charts.ofFigure figure)).Dispose())

            testCase "error bars without finite ends are left out" (fun () ->
                let bars =
                    points (style 0) "s" [| 0.0; 1.0; 2.0 |] [| 1.0; 2.0; 3.0 |]
                    |> withInterval [| 0.5; nan; 2.5 |] [| 1.5; nan; infinity |]

                Expect.stringLacks (Svg.render (single "f" "t" "" "" (panel (axis "x") (axis "y") [ bars ]))) "NaN" "SVG")

            testCase "check refuses a range without width and names the axis" (fun () ->
                let wrong = single "f" "t" "" "" (panel (axis "x") { axis "loss" with Range = Some(0.0, 0.0) } [])
                let error = Expect.thrown<ArgumentException>(fun () -> check wrong |> ignore)
                Expect.stringContains error.Message "the range of the axis 'loss' must rise between finite values" "message")

            testCase "check refuses an annotation that is nowhere and names it" (fun () ->
                for wrong in [ VerticalLine(nan, "prune"); HorizontalLine(0.0, "prune"); Text(1.0, -1.0, "prune") ] do
                    let figure = single "f" "t" "" "" { panel (axis "x") (logAxis "norm") [] with Annotations = [ wrong ] }
                    let error = Expect.thrown<ArgumentException>(fun () -> check figure |> ignore)
                    Expect.stringContains error.Message "the annotation 'prune' lies at" "message")

            testCase "no figure holds a negative zero" (fun () ->
                let figure =
                    { panel (axis "x") (axis "y") [ line (style 0) "s" [| -0.0; 1.0 |] [| -0.0; 1.0 |] ] with
                        Annotations = [ VerticalLine(-0.0, "here") ]
                    }
                    |> single "f" "t" "" ""

                let isZero (text: string) = Text.RegularExpressions.Regex.IsMatch(text, "[-\u2212]0(\\.0+)?(?![\\d.])")
                Expect.isTrue (isZero "[-0,1]") "whether a zero has a minus"
                Expect.isFalse (isZero (Svg.render figure)) "whether a zero has a minus"
                Expect.isFalse (isZero ((Charts.ofFigure figure).GetPlottingJS())) "whether a zero has a minus"
                Expect.equal (Ticks.linearLabels [| -0.0 |]) [| "0" |] "linear labels")

            testCase "no ticks have no labels" (fun () -> Expect.isEmpty (Ticks.linearLabels [||]) "linear labels")

            testCase "ends refuses a run without values and names its group" (fun () ->
                let error = Expect.thrown<ArgumentException>(fun () -> Curves.ends [ "rigl", [| [| 0, 1.0 |]; [||] |] ] |> ignore)
                Expect.stringContains error.Message "Every run of 'rigl' needs at least one value" "message")

            testCase "a figure is well-formed and shows every text whatever the texts hold" (fun () ->
                let settings = Xml.XmlReaderSettings(DtdProcessing = Xml.DtdProcessing.Prohibit)
                use reader = Xml.XmlReader.Create(new StringReader(Svg.render hostileFigure), settings)
                let document = XDocument.Load reader
                let texts = document.Descendants() |> Seq.filter (fun element -> element.Name.LocalName = "text") |> Seq.map _.Value
                let named (name: string) = document.Descendants() |> Seq.find (fun element -> element.Name.LocalName = name) |> _.Value
                Expect.equal (named "desc") shown "desc"
                Expect.equal (named "metadata") $"{shown}: {shown}" "metadata"
                Expect.equal (texts |> Seq.filter (fun text -> text = shown) |> Seq.length) 11 "number of times the text is shown" // headings (3), axes (2), tick, legend, label, annotations (3)

                Expect.isEmpty
                    (document.Descendants() |> Seq.filter (fun element -> element.Name.LocalName = "b" || element.Name.LocalName = "a"))
                    "elements made by foreign text")

            testCase "names, labels and ticks of an interactive figure are text to plotly" (fun () ->
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
                    Expect.equal (text.GetString()) escaped "text")

            testCase "no text of a figure ends the script or begins an element of its page" (fun () ->
                let page = Html.page hostileFigure
                Expect.equal (page.Split("</script>").Length - 1) 2 "number of scripts on the page"
                Expect.stringLacks page "<b>x" "page"
                Expect.stringLacks page "<a/" "page")

            testCase "Html.write replaces another script of the same name and length" (fun () ->
                let folder = Directory.CreateTempSubdirectory("figures-").FullName

                try
                    let bundle = Path.Combine(folder, Html.scriptName)
                    File.WriteAllBytes(bundle, Array.create (Html.script ()).Length 32uy)
                    Html.write folder figure |> ignore
                    Expect.equal (File.ReadAllBytes bundle) (Html.script ()) "bytes of the file"
                finally
                    Directory.Delete(folder, true))

            testCase "a chart is restyled with XPlot's functions, and its page shows that" (fun () ->
                let folder = Directory.CreateTempSubdirectory("figures-").FullName

                try
                    let chart =
                        Charts.ofFigure figure
                        |> XPlot.Plotly.Chart.WithTitle "Another </script> title"
                        |> XPlot.Plotly.Chart.WithHeight 321

                    let page = File.ReadAllText(Html.save folder "restyled" chart)
                    Expect.stringContains page "Another <\\/script> title" "page"
                    Expect.stringContains page "height:321px" "page"
                    Expect.equal (page.Split("</script>").Length - 1) 2 "number of scripts on the page"
                    Expect.isTrue (File.Exists(Path.Combine(folder, Html.scriptName))) "whether the file is there"
                    let error = Expect.thrown<ArgumentException>(fun () -> Html.save folder "../x" chart |> ignore)
                    Expect.stringContains error.Message "found '../x'" "message"
                finally
                    Directory.Delete(folder, true))

            testCase "the same figure gives the same page" (fun () -> Expect.equal (Html.page figure) (Html.page figure) "page")

            testCase "a panel without a finite value says that it has no data" (fun () ->
                let figure (y: float) = single "f" "t" "" "" (panel (axis "x") (axis "y") [ line (style 0) "s" [| 0.0 |] [| y |] ])
                Expect.stringContains (Svg.render (figure nan)) noData "SVG"
                Expect.stringContains ((Charts.ofFigure (figure nan)).GetPlottingJS()) noData "chart"
                Expect.isFalse ((Svg.render (figure 1.0)).Contains noData) "SVG with data"
                Expect.isFalse ((Charts.ofFigure (figure 1.0)).GetPlottingJS().Contains noData) "chart with data")
        ]
