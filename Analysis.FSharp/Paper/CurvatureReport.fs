/// What spectra say of the paper's claim that mask updates create negative curvature: figures and report, from the tables of a folder alone.
module Analysis.CurvatureReport

open System.IO
open Analysis.Figures
open Analysis.SpectrumTable

/// The methods in their order in figures, by the plan's name and that of the paper.
let methods =
    [ "rigl", "RigL+"; "set", "SET+"; "rigl-inverted", "RigL inverted"; "scratch", "Scratch+"; "lottery", "Lottery ticket" ]

/// The tables of a folder.
type Results =
    {
        /// What every spectrum says.
        Summaries: Summary[]
        /// The eigenvalues of a few.
        Eigenvalues: Row[]
        /// Facts, a name and a value each.
        About: (string * string)[]
    }

/// Reads summary.csv, spectrum.csv and about.csv.
let read (folder: string) : Results =
    let path name = Path.Combine(folder, name)

    {
        Summaries = Columns.read (path "summary.csv") summaryColumns
        Eigenvalues = Columns.read (path "spectrum.csv") columns
        About = Columns.read (path "about.csv") Columns.facts
    }

/// A number of a spectrum that figures and tables follow.
type private Measure = { Name: string; Of: Summary -> float }

let private mass: Measure = { Name = "negative mass (%)"; Of = fun summary -> 100.0 * summary.NegativeMass }
let private count: Measure = { Name = "eigenvalues below -1e-6 of the largest"; Of = fun summary -> float summary.Negative }

/// A step between two moments of a run: what it is called, and the moments.
type private Change =
    {
        Name: string
        Pick: Map<Side, Summary> -> Map<Side, Summary> option -> (Summary * Summary) option
    }

let private between (first: Side) (second: Side) (update: Map<Side, Summary>) (_: Map<Side, Summary> option) =
    Option.map2 (fun one other -> one, other) (Map.tryFind first update) (Map.tryFind second update)

let private changes: Change list =
    [
        { Name = "dropping"; Pick = between Before Dropped }
        { Name = "growing"; Pick = between Dropped After }
        { Name = "the update as a whole"; Pick = between Before After }
        {
            Name = "training until the next update shown"
            Pick =
                fun update next ->
                    Option.map2 (fun one other -> one, other) (Map.tryFind After update) (Option.bind (Map.tryFind Before) next)
        }
    ]

/// The runs of a method: of each, its updates in their order.
let private updatesOf (results: Results) (method: string) : Map<Side, Summary> list list =
    results.Summaries
    |> Array.filter (fun summary -> summary.Moment.Method = Some method && summary.Moment.Side.IsSome)
    |> Array.groupBy _.Moment.Run
    |> Array.map (fun (_, rows) ->
        rows
        |> Array.groupBy _.Moment.Step
        |> Array.sortBy fst
        |> Array.map (fun (_, rows) -> rows |> Seq.choose (fun row -> row.Moment.Side |> Option.map (fun side -> side, row)) |> Map.ofSeq)
        |> List.ofArray)
    |> List.ofArray

/// The mean change of a measure over a run's updates, a value a run.
let private changeOf (measure: Measure) (change: Change) (runs: Map<Side, Summary> list list) : float[] =
    [|
        for updates in runs do
            let nexts = (updates |> List.skip (min 1 updates.Length) |> List.map Some) @ [ None ]
            let pairs = List.map2 change.Pick updates (nexts |> List.truncate updates.Length) |> List.choose id

            if not pairs.IsEmpty then
                pairs |> List.averageBy (fun (first, second) -> measure.Of second - measure.Of first)
    |]

let private growing (results: Results) = methods |> List.filter (fun (method, _) -> not (updatesOf results method).IsEmpty)

/// A measure over training: every run's checkpoints, and its updates as they leave the masks.
let private overTraining (name: string) (measure: Measure) (results: Results) =
    [
        for method, title in methods do
            let runs =
                results.Summaries
                |> Array.filter (fun summary ->
                    summary.Moment.Method = Some method && List.contains summary.Moment.Side [ None; Some After ])
                |> Array.groupBy _.Moment.Run
                |> Array.map (fun (_, rows) -> rows |> Array.map (fun row -> row.Moment.Step, measure.Of row) |> Array.sortBy fst)

            if runs.Length > 0 then
                title, runs
    ]
    |> Curves.figure name $"Curvature while training: {measure.Name}" "" measure.Name

/// Before, dropped and after for every update of a method: means and intervals over the seeds.
let private pairs (results: Results) (method: string, title: string) =
    let updates = updatesOf results method |> List.concat

    Updates.sides
    |> List.mapi (fun index side ->
        updates
        |> Seq.choose (Map.tryFind side)
        |> Seq.map (fun summary -> float summary.Moment.Step, mass.Of summary)
        |> Curves.meanLine 0.8 (style index) (Updates.nameOf side))
    |> panel (axis "training step of the mask update") (axis mass.Name)
    |> single
        $"update-{method}"
        $"{title}: negative mass on the sides of its mask updates"
        ""
        "Before: what the update sees. Dropped: the kept coordinates alone, with what is dropped at 0. After: what the update leaves. Mean and 80% confidence interval over the seeds."

/// The negative eigenvalues on the sides of one update, as magnitudes by rank.
let private spectra (results: Results) =
    [
        for (run, step), rows in results.Eigenvalues |> Array.groupBy (fun row -> row.Moment.Run, row.Moment.Step) do
            let method = rows[0].Moment.Method |> Option.defaultValue ""
            let title = methods |> List.tryFind (fun (name, _) -> name = method) |> Option.map snd |> Option.defaultValue run
            let largest = rows |> Array.fold (fun largest row -> max largest (abs row.Eigenvalue)) 0.0

            Updates.sides
            |> List.mapi (fun index side ->
                let negative =
                    rows
                    |> Array.filter (fun row -> row.Moment.Side = Some side && row.Eigenvalue < -1e-6 * largest)
                    |> Array.map (fun row -> -row.Eigenvalue)
                    |> Array.sortDescending

                line (style index) (Updates.nameOf side) (Array.init negative.Length (fun rank -> float (rank + 1))) negative)
            |> panel (axis "rank") (logAxis "magnitude of the negative eigenvalue")
            |> single
                $"spectrum-{method}-{step}"
                $"{title}: negative eigenvalues on the sides of the mask update after step {step}"
                ""
                "One seed. Eigenvalues above -1e-6 of the largest are left out: their sign is not certain."
    ]

/// All figures.
let figures (results: Results) : Figure list =
    [ overTraining "negative-mass" mass results; overTraining "negative-count" count results ]
    @ (growing results |> List.map (pairs results))
    @ spectra results

/// "+1.25 ± 0.50": the mean and half its interval.
let private interval (digits: int) (values: float[]) =
    let band = Statistics.band 0.8 values
    let signed value = (if value > 0.0 then "+" else "") + Numbers.decimals digits value
    $"{signed band.Mean} ± {Numbers.decimals digits (band.Upper - band.Mean)}"

/// Whether an 80% interval leaves 0 out, in words.
let private verdict (values: float[]) =
    let band = Statistics.band 0.8 values

    if values.Length < 2 then "shows (one seed only) a mean change of"
    elif band.Lower > 0.0 then "adds"
    elif band.Upper < 0.0 then "takes away"
    else "changes by an amount whose interval holds 0,"

let private table (results: Results) =
    let rows =
        [
            for method, title in growing results do
                let runs = updatesOf results method

                for change in changes do
                    [| title; change.Name; interval 2 (changeOf mass change runs); interval 1 (changeOf count change runs) |]
        ]

    Report.TableBlock(
        "Mean change over the updates of a run; mean over the seeds and half its 80% confidence interval.",
        [ "negative mass, points"; "negative eigenvalues" ],
        Tables.create "changes" [ "Method"; "What happens"; "negative mass, points"; "negative eigenvalues" ] rows
    )

/// The mean curvature along single coordinates that an update grows, and along those that it keeps: diagonal entries of the Hessian after it. Grown weights are 0, so
/// that the network with what is dropped at 0 is the one after the update, and its Hessian a block of that one's: the traces differ by the grown coordinates' entries.
let private alongCoordinates (results: Results) =
    let rows =
        [
            for method, title in growing results do
                let perRun (entry: Summary -> Summary -> float) =
                    [|
                        for updates in updatesOf results method do
                            let pairs = updates |> List.choose (fun update -> between Dropped After update None)

                            if not pairs.IsEmpty then
                                pairs |> List.averageBy (fun (dropped, after) -> entry dropped after)
                    |]

                let text (values: float[]) =
                    let band = Statistics.band 0.8 values
                    let number format value = Numbers.text format value
                    number "G3" band.Mean + " ± " + number "G2" (band.Upper - band.Mean)

                let grown = perRun (fun dropped after -> (after.Trace - dropped.Trace) / float (max 1 (after.Rows - dropped.Rows)))
                let kept = perRun (fun dropped _ -> dropped.Trace / float dropped.Rows)
                [| title; text grown; text kept |]
        ]

    Report.TableBlock(
        "Curvature along single coordinates after an update: mean diagonal entry of the Hessian.",
        [ "grown"; "kept" ],
        Tables.create "coordinates" [ "Method"; "grown"; "kept" ] rows
    )

/// A sentence a method: whether its updates create negative eigenvalues, by which half, and what becomes of them.
let private sentences (results: Results) =
    [
        for method, title in growing results do
            let runs = updatesOf results method
            let of' name = changes |> List.find (fun change -> change.Name = name) |> fun change -> changeOf count change runs

            let whole, dropped, grown, later =
                of' "the update as a whole", of' "dropping", of' "growing", of' "training until the next update shown"

            $"{title}: an update as a whole {verdict whole} {interval 1 whole} negative eigenvalues (dropping {interval 1 dropped}, growing {interval 1 grown}); training until the next update shown {verdict later} {interval 1 later}."
    ]

/// The report.
let report (results: Results) : Report.Report =
    {
        Title = "Curvature of sparse networks, and what mask updates do to it"
        Lead =
            "The paper says that the mask updates of dynamic sparse training create new negative eigenvalues in the Hessian. Here are the exact spectra over all active weights and biases, along training and on the sides of mask updates."
        Blocks =
            [
                Report.Heading "Is the claim seen?"
                if (growing results).IsEmpty then
                    Report.Notice "No mask update was measured."
                else
                    Report.Items(sentences results)
                    table results
                    alongCoordinates results
                Report.Heading "Figures"
                for figure in figures results do
                    Report.FigureBlock(figure, Some(figure.Name + ".html"))
                Report.Heading "What was measured"
                Report.Items [ for name, value in results.About -> $"{name}: {value}" ]
            ]
    }

/// Draws figures and report of a folder's tables, and answers the report's path.
let draw (folder: string) : string =
    let results = read folder

    for figure in figures results do
        Svg.write folder figure |> ignore
        Html.write folder figure |> ignore

    let path = Path.Combine(folder, "report.html")
    Report.write path (report results)
    path
