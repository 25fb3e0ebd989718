/// Curves of metrics, as a page shows them and as files.
module SparseCore.Analysis.RunCurves

open System
open System.Collections.Generic
open System.IO
open SparseCore
open SparseCore.RunFolders
open SparseCore.Analysis.Figures

/// Most points of one curve that a page is sent; of more, every second, third, ... is.
let private mostPoints = 2000

/// Confidence of bands, as in the paper's figures.
let private confidence = 0.8

/// The metrics of a run, however far it came.
let private metricsOf (path: string) : IReadOnlyList<MetricRow> =
    let run = Runs.load path
    if File.Exists run.Folder.MetricsPath then run.Folder.ReadMetricsSoFar() else [||]

let private ofMetric (name: string) (rows: IReadOnlyList<MetricRow>) =
    [|
        for row in rows do
            if row.Metric = name then
                row
    |]

/// Steps of mask updates: those that say how much they changed, and those at which the number of active weights did.
let updates (rows: IReadOnlyList<MetricRow>) : int[] =
    match ofMetric "mask_churn" rows with
    | [||] ->
        ofMetric "active_weights" rows
        |> Array.pairwise
        |> Array.filter (fun (before, after) -> before.Value <> after.Value)
        |> Array.map (fun (_, after) -> after.Step)
    | changes -> changes |> Array.map _.Step |> Array.distinct

/// So few of some items that there are at most so many: every k-th, and the last.
let private thinned (most: int) (items: 'item[]) : int * 'item[] =
    let every = max 1 ((items.Length + most - 1) / most)

    if every = 1 then
        1, items
    else
        every,
        [|
            for index in 0 .. items.Length - 1 do
                if index % every = 0 || index = items.Length - 1 then
                    items[index]
        |]

/// A curve of at most so many points; a sentence where there is none.
let private curve (most: int) (metric: string) (name: string) (rows: IReadOnlyList<MetricRow>) : Result<PageData.Curve, string> =
    match ofMetric metric rows with
    | [||] -> Error(if rows.Count = 0 then "nothing was measured yet" else "it has no such metric")
    | own ->
        let every, shown = thinned most own

        Ok
            {
                Run = name
                Steps = shown |> Array.map _.Step
                Values = shown |> Array.map _.Value
                Every = every
                Updates = updates rows
            }

/// Does something for each of some runs, side by side; what cannot be read is a sentence.
let private each (read: string -> Result<'value, string>) (runs: string[]) : (string * Result<'value, string>)[] =
    runs
    |> Array.Parallel.map (fun name ->
        name,
        try
            read name
        with
        | :? IOException
        | :? InvalidDataException
        | :? UnauthorizedAccessException
        | :? ArgumentException as error -> Error(ErrorText.Of error))

let private collect (metric: string) (found: (string * Result<PageData.Curve, string>)[]) : PageData.Curves =
    {
        Metric = metric
        Curves =
            [|
                for _, result in found do
                    yield! Result.toArray result
            |]
        Missing =
            [|
                for name, result in found do
                    match result with
                    | Ok _ -> ()
                    | Error reason -> { Run = name; Reason = reason }
            |]
    }

/// One metric of some runs of a folder.
let curves (root: string) (metric: string) (runs: string[]) : PageData.Curves =
    runs |> each (fun name -> Path.Combine(root, name) |> metricsOf |> curve mostPoints metric name) |> collect metric

/// All metrics of some runs, thinned to at most so many points a curve.
let all (root: string) (most: int) (runs: PageData.Run[]) : Map<string, PageData.Curves> =
    let metrics = runs |> Array.collect _.Metrics |> Array.distinct

    // A run at a time is held in memory.
    let found =
        runs
        |> Array.map _.Name
        |> each (fun name ->
            let rows = metricsOf (Path.Combine(root, name))
            Ok [| for metric in metrics -> curve most metric name rows |])

    Map
        [
            for index, metric in Array.indexed metrics do
                metric,
                found |> Array.map (fun (name, result) -> name, result |> Result.bind (fun curves -> curves[index])) |> collect metric
        ]

/// The exponential moving average of values; the first ones are not drawn toward 0. Values that are not finite stay as they are, and count for nothing.
let smoothed (weight: float) (values: float[]) : float[] =
    let mutable average = 0.0
    let mutable share = 0.0

    [|
        for value in values do
            if Double.IsFinite value then
                average <- weight * average + (1.0 - weight) * value
                share <- weight * share + (1.0 - weight)
                average / share
            else
                value
    |]

/// A line of a figure: where it is, its mean, the ends of its interval, and how many runs it is of.
type private Line = { Name: string; Steps: int[]; Bands: Statistics.Band[]; Counts: int[] }

/// The lines of a figure, of all rows, each run smoothed by itself. Runs that cannot be read are left out.
let private lines (root: string) (smoothing: float) (request: PageData.FigureRequest) : Line list =
    let values (name: string) =
        let rows = Path.Combine(root, name) |> metricsOf |> ofMetric request.Metric
        Array.zip (rows |> Array.map _.Step) (rows |> Array.map _.Value |> smoothed smoothing)

    [
        for group in request.Groups do
            let places =
                group.Runs
                |> each (values >> Ok)
                |> Array.collect (snd >> Result.defaultValue [||])
                |> Array.filter (snd >> Double.IsFinite)
                |> Array.groupBy fst
                |> Array.sortBy fst

            if places.Length > 0 then
                {
                    Name = group.Name
                    Steps = places |> Array.map fst
                    Bands = places |> Array.map (snd >> Array.map snd >> Statistics.band confidence)
                    Counts = places |> Array.map (snd >> Array.length)
                }
    ]

let private csv (lines: Line list) : string =
    [|
        for line in lines do
            for index in 0 .. line.Steps.Length - 1 do
                let band = line.Bands[index]

                [|
                    line.Name
                    Tables.integer line.Steps[index]
                    Tables.number band.Mean
                    Tables.number band.Lower
                    Tables.number band.Upper
                    Tables.integer line.Counts[index]
                |]
    |]
    |> Tables.create "curves" [| "group"; "step"; "mean"; "lower"; "upper"; "runs" |]
    |> Tables.toCsv

/// How a metric is called on an axis.
let private titleOf (metric: string) = metric.Replace('_', ' ')

/// `before` are the same lines without smoothing; none where there is none.
let private figure (request: PageData.FigureRequest) (before: Line list) (lines: Line list) : Figure =
    let hasPlace (step: int) (value: float) = (step > 0 || not request.LogX) && (value > 0.0 || not request.LogY)

    let series (style: Style) (name: string) (drawn: Line) =
        let places =
            [| 0 .. drawn.Steps.Length - 1 |] |> Array.filter (fun place -> hasPlace drawn.Steps[place] drawn.Bands[place].Mean)

        let values (part: Statistics.Band -> float) = places |> Array.map (fun place -> part drawn.Bands[place])
        let mean = line style name (places |> Array.map (fun place -> float drawn.Steps[place])) (values _.Mean)

        if drawn.Counts |> Array.exists (fun count -> count > 1) then
            mean |> withInterval (values _.Lower) (values _.Upper)
        else
            mean

    let raw =
        [
            for index, drawn in List.indexed before do
                let points = series { style index with Size = 2.5 } $"{drawn.Name}, not smoothed" drawn
                { points with Drawing = Points; Lower = [||]; Upper = [||] }
        ]

    let series = raw @ (lines |> List.mapi (fun index drawn -> series (style index) drawn.Name drawn))
    let axisOf isLog label = if isLog then logAxis label else axis label
    let runs = request.Groups |> Array.sumBy _.Runs.Length
    let isMean = lines |> List.exists (fun drawn -> drawn.Counts |> Array.exists (fun count -> count > 1))

    let notes =
        [
            $"{titleOf request.Metric} against training steps."
            if isMean then
                "Mean and 80% confidence interval over the runs of a group."
            if request.Smoothing > 0.0 then
                $"Exponential moving average with weight {Tables.number request.Smoothing}; points are the values themselves."
        ]

    panel (axisOf request.LogX "training step") (axisOf request.LogY (titleOf request.Metric)) series
    |> single "curves" $"{titleOf request.Metric} of {runs} runs" "" (String.Join(" ", notes))

/// The kinds of files, with their media types.
let forms = [ "svg", "image/svg+xml"; "page", "text/html"; "csv", "text/csv" ]

/// Most lines of a figure.
let private mostLines = 500

/// Refuses a request that no figure can be made of.
let private check (request: PageData.FigureRequest) =
    let fail (text: string) = raise (InvalidDataException text)

    if forms |> List.forall (fst >> (<>) request.Form) then
        fail $"form: expected svg, page or csv, found '{ForeignText.Show request.Form}'."

    if request.Groups.Length = 0 || request.Groups.Length > mostLines then
        fail $"groups: expected 1 to {mostLines}, found {request.Groups.Length}."

    if not (request.Smoothing >= 0.0 && request.Smoothing < 1.0) then
        fail $"smoothing: expected a number from 0 to below 1, found {Tables.number request.Smoothing}."

/// A figure as a file that stands by itself: our SVG, a page that can be explored, or the table behind it, of all rows.
let file (root: string) (request: PageData.FigureRequest) : string =
    check request
    let smooth = lines root request.Smoothing request
    let figure () = figure request (if request.Smoothing > 0.0 then lines root 0.0 request else []) smooth

    match request.Form with
    | "csv" -> csv smooth
    | "svg" -> figure () |> Svg.render
    | _ -> figure () |> Html.standalone
