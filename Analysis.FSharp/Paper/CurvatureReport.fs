/// What spectra say of the paper's claim that mask updates create negative curvature: figures and report, from the tables of a folder alone.
module SparseCore.Analysis.CurvatureReport

open System
open System.IO
open SparseCore.Analysis.Figures
open SparseCore.Analysis.SpectrumTable

/// The methods in their order in figures, by the plan's name and that of the paper.
let methods =
    [ "rigl", "RigL+"; "set", "SET+"; "rigl-inverted", "RigL inverted"; "scratch", "Scratch+"; "lottery", "Lottery ticket" ]

/// The tables of a folder.
type Results =
    {
        /// What every spectrum over the first training examples says.
        Summaries: Summary[]
        /// The same of some mask updates, over more examples.
        Whole: Summary[]
        /// The eigenvalues of a few.
        Eigenvalues: Row[]
        /// Facts, a name and a value each.
        About: (string * string)[]
    }

/// Reads summary.csv, spectrum.csv and about.csv.
let read (folder: string) : Results =
    let path name = Path.Combine(folder, name)
    let summaries = Columns.read (path "summary.csv") summaryColumns
    let fewest = summaries |> Array.fold (fun fewest summary -> min fewest summary.Examples) Int32.MaxValue
    let first, whole = summaries |> Array.partition (fun summary -> summary.Examples = fewest)

    {
        Summaries = first
        Whole = whole
        Eigenvalues = Columns.read (path "spectrum.csv") columns
        About = Columns.read (path "about.csv") Columns.facts
    }

/// A number of a spectrum that figures and tables follow, and the digits that its changes are written with.
type private Measure = { Name: string; Digits: int; Of: Summary -> float }

let private mass: Measure = { Name = "negative mass (%)"; Digits = 2; Of = fun summary -> 100.0 * summary.NegativeMass }

let private count: Measure =
    {
        Name = "eigenvalues below -1e-6 of the largest"
        Digits = 1
        Of = fun summary -> float summary.Negative
    }

/// All others.
let private others: Measure list =
    [
        {
            Name = "eigenvalues below -1e-8 of the largest"
            Digits = 1
            Of = fun summary -> float summary.NegativeFine
        }
        {
            Name = "eigenvalues below -1e-4 of the largest"
            Digits = 1
            Of = fun summary -> float summary.NegativeCoarse
        }
        { Name = "largest eigenvalue"; Digits = 3; Of = _.Largest }
        { Name = "smallest eigenvalue"; Digits = 3; Of = _.Smallest }
        { Name = "trace"; Digits = 2; Of = _.Trace }
        { Name = "Frobenius norm"; Digits = 2; Of = _.FrobeniusNorm }
        { Name = "effective rank"; Digits = 2; Of = _.EffectiveRank }
        { Name = "curvature along the gradient"; Digits = 3; Of = _.AlongGradient }
        {
            Name = "largest weights in the leading space (1: chance)"
            Digits = 3
            Of = fun summary -> summary.LeadingOverlap / summary.LeadingChance
        }
    ]

/// A step between two moments of a run: what it is called, and the moments.
type private Change =
    {
        Name: string
        Pick: Map<Side, Summary> -> Map<Side, Summary> option -> (Summary * Summary) option
    }

let private between (first: Side) (second: Side) (update: Map<Side, Summary>) (_: Map<Side, Summary> option) =
    Option.map2 (fun one other -> one, other) (Map.tryFind first update) (Map.tryFind second update)

let private wholeUpdate = "the update as a whole"

let private changes: Change list =
    [
        { Name = "dropping"; Pick = between Before Dropped }
        { Name = "growing"; Pick = between Dropped After }
        { Name = wholeUpdate; Pick = between Before After }
        {
            Name = "training until the next update shown"
            Pick =
                fun update next ->
                    Option.map2 (fun one other -> one, other) (Map.tryFind After update) (Option.bind (Map.tryFind Before) next)
        }
    ]

/// The runs of a method: of each, its updates in their order.
let private updatesIn (summaries: Summary[]) (method: string) : Map<Side, Summary> list list =
    summaries
    |> Array.filter (fun summary -> summary.Moment.Method = Some method && summary.Moment.Side.IsSome)
    |> Array.groupBy _.Moment.Run
    |> Array.map (fun (_, rows) ->
        rows
        |> Array.groupBy _.Moment.Step
        |> Array.sortBy fst
        |> Array.map (fun (_, rows) -> rows |> Seq.choose (fun row -> row.Moment.Side |> Option.map (fun side -> side, row)) |> Map.ofSeq)
        |> List.ofArray)
    |> List.ofArray

let private updatesOf (results: Results) (method: string) = updatesIn results.Summaries method

/// The mean change of a measure over a run's updates, a value a run; a measure that is not a number somewhere has no change there.
let private changeOf (measure: Measure) (change: Change) (runs: Map<Side, Summary> list list) : float[] =
    [|
        for updates in runs do
            let nexts = (updates |> List.skip (min 1 updates.Length) |> List.map Some) @ [ None ]
            let pairs = List.map2 change.Pick updates (nexts |> List.truncate updates.Length) |> List.choose id

            match pairs |> List.map (fun (first, second) -> measure.Of second - measure.Of first) |> List.filter Double.IsFinite with
            | [] -> ()
            | differences -> List.average differences
    |]

let private growing (results: Results) = methods |> List.filter (fun (method, _) -> not (updatesOf results method).IsEmpty)

/// A measure over training, a line a method: every run's checkpoints, and its updates as they leave the masks.
let private lines (measure: Measure) (results: Results) : Series list =
    [
        for index, (method, title) in List.indexed methods do
            let values =
                [|
                    for summary in results.Summaries do
                        if summary.Moment.Method = Some method && List.contains summary.Moment.Side [ None; Some After ] then
                            let value = measure.Of summary

                            if Double.IsFinite value then
                                float summary.Moment.Step, value
                |]

            if values.Length > 0 then
                Curves.meanLine 0.8 (style index) title values
    ]

let private overTraining (name: string) (measure: Measure) (results: Results) =
    lines measure results
    |> panel (axis "training step") (axis measure.Name)
    |> single
        name
        $"Curvature while training: {measure.Name}"
        ""
        $"{measure.Name} while training; mean and 80%% confidence interval over the seeds."

/// The other measures, a panel each.
let private allOverTraining (results: Results) =
    let panels =
        [
            for measure in others -> { panel (axis "training step") (axis "") (lines measure results) with Title = measure.Name }
        ]

    { overTraining "measures" count results with
        Title = "Curvature while training: other measures"
        Description = "Mean and 80% confidence interval over the seeds."
        Panels = panels
        Columns = 2
    }

/// Before, dropped and after for every update of a method, and what the update as a whole changes: means and intervals over the seeds.
let private pairs (results: Results) (method: string, title: string) =
    let updates = updatesOf results method |> List.concat
    let steps = axis "training step of the mask update"

    let sides =
        Updates.sides
        |> List.mapi (fun index side ->
            updates
            |> Seq.choose (Map.tryFind side)
            |> Seq.map (fun summary -> float summary.Moment.Step, mass.Of summary)
            |> Curves.meanLine 0.8 (style index) (Updates.nameOf side))
        |> panel steps (axis mass.Name)

    let difference =
        [
            updates
            |> Seq.choose (fun update -> between Before After update None)
            |> Seq.map (fun (before, after) -> float before.Moment.Step, mass.Of after - mass.Of before)
            |> Curves.meanLine 0.8 (style 3) "after - before"
        ]
        |> panel steps (axis "change of the negative mass (points)")

    { single
          $"update-{method}"
          $"{title}: negative mass on the sides of its mask updates"
          ""
          "Before: what the update sees. Dropped: the kept coordinates alone, with what is dropped at 0. After: what the update leaves. Mean and 80% confidence interval over the seeds."
          sides with
        Panels = [ sides; { difference with Annotations = [ HorizontalLine(0.0, "") ] } ]
        Columns = 2
    }

/// Magnitudes below this share of the largest have no certain sign.
let private floorShare = 1e-6

let private largestOf (rows: Row[]) = rows |> Array.fold (fun largest row -> max largest (abs row.Eigenvalue)) 0.0

/// A run's method as file names have it, and as titles have it.
let private titleOf (run: string) (rows: Row[]) =
    let method = rows[0].Moment.Method |> Option.defaultValue ""
    method, methods |> List.tryFind (fun (name, _) -> name = method) |> Option.map snd |> Option.defaultValue run

/// The negative eigenvalues on the sides of one update, as magnitudes by rank.
let private spectra (results: Results) =
    [
        for (run, step), rows in results.Eigenvalues |> Array.groupBy (fun row -> row.Moment.Run, row.Moment.Step) do
            let method, title = titleOf run rows
            let least = floorShare * largestOf rows

            Updates.sides
            |> List.mapi (fun index side ->
                let negative =
                    rows
                    |> Array.filter (fun row -> row.Moment.Side = Some side && row.Eigenvalue < -least)
                    |> Array.map (fun row -> -row.Eigenvalue)
                    |> Array.sortDescending

                line (style index) (Updates.nameOf side) (Array.init negative.Length (fun rank -> float (rank + 1))) negative)
            |> panel (axis "rank") (logAxis "magnitude of the negative eigenvalue")
            |> single
                $"spectrum-{method}-{step}"
                $"{title}: negative eigenvalues on the sides of the mask update after step {step}"
                ""
                $"One seed. Eigenvalues above -{Tables.number floorShare} of the largest are left out: their sign is not certain."
    ]

/// How many eigenvalues lie where, on the sides of one update. Those too small for a sign to be certain are left out.
let private densities (results: Results) =
    [
        for (run, step), rows in results.Eigenvalues |> Array.groupBy (fun row -> row.Moment.Run, row.Moment.Step) do
            let method, title = titleOf run rows

            let valuesOf side =
                rows |> Array.filter (fun row -> row.Moment.Side = Some side) |> Array.map (fun row -> row.Eigenvalue, 1.0)

            [ for side in Updates.sides -> Updates.nameOf side, valuesOf side ]
            |> Curves.densities (floorShare * largestOf rows)
            |> single
                $"density-{method}-{step}"
                $"{title}: density of the eigenvalues on the sides of the mask update after step {step}"
                ""
                $"One seed; {Curves.placesPerDecade} places a power of ten. Eigenvalues within {Tables.number floorShare} of the largest around 0 are left out: their sign is not certain."
    ]

/// All figures.
let figures (results: Results) : Figure list =
    [ overTraining "negative-mass" mass results; overTraining "negative-count" count results ]
    @ (growing results |> List.map (pairs results))
    @ [ allOverTraining results ]
    @ spectra results
    @ densities results
    |> List.map (Lineage.carriedBy (List.ofArray results.About) [])

/// "+1.25 ± 0.50": the mean and half its interval; "+1.25" for a single value.
let private interval (digits: int) (values: float[]) =
    let band = Statistics.band 0.8 values
    let signed value = (if value > 0.0 then "+" else "") + Numbers.decimals digits value

    if values.Length < 2 then
        signed band.Mean
    else
        $"{signed band.Mean} ± {Numbers.decimals digits (band.Upper - band.Mean)}"

/// Whether an 80% interval leaves 0 out, in words.
let private verdict (values: float[]) =
    let band = Statistics.band 0.8 values

    if values.Length < 2 then "shows (one seed only) a mean change of"
    elif band.Lower > 0.0 then "adds"
    elif band.Upper < 0.0 then "takes away"
    else "changes by an amount whose interval holds 0,"

/// Masks change most until this step: the authors' code looks there most often.
let private early = 2000

/// The updates of runs that come early, and those that come late; nothing where there are none of one kind.
let private parts (runs: Map<Side, Summary> list list) : (string * Map<Side, Summary> list list) list =
    let isEarly (update: Map<Side, Summary>) = update |> Map.forall (fun _ summary -> summary.Moment.Step <= early)
    let first, last = runs |> List.map (List.filter isEarly), runs |> List.map (List.filter (isEarly >> not))

    if List.forall List.isEmpty first || List.forall List.isEmpty last then
        []
    else
        [ $"{wholeUpdate}, to step {early}", first; $"{wholeUpdate}, after step {early}", last ]

let private table (results: Results) =
    let whole = changes |> List.find (fun change -> change.Name = wholeUpdate)

    let row title name change runs = [| title; name; interval 2 (changeOf mass change runs); interval 1 (changeOf count change runs) |]

    let rows =
        [
            for method, title in growing results do
                let runs = updatesOf results method

                for change in changes do
                    row title change.Name change runs

                for name, part in parts runs do
                    row title name whole part
        ]

    Report.TableBlock(
        "Mean change over the updates of a run; mean over the seeds and half its 80% confidence interval.",
        [ "negative mass, points"; "negative eigenvalues" ],
        Tables.create "changes" [ "Method"; "What happens"; "negative mass, points"; "negative eigenvalues" ] rows
    )

/// What an update as a whole changes: every measure, a column a method.
let private measuresTable (results: Results) =
    let titles = growing results |> List.map snd
    let whole = changes |> List.find (fun change -> change.Name = wholeUpdate)

    let rows =
        [
            for measure in mass :: count :: others ->
                [|
                    measure.Name
                    for method, _ in growing results do
                        updatesOf results method |> changeOf measure whole |> interval measure.Digits
                |]
        ]

    Report.TableBlock(
        "What the update as a whole changes: mean over the updates of a run; mean over the seeds and half its 80% confidence interval.",
        titles,
        Tables.create "measures" ("Measure" :: titles) rows
    )

/// The updates that were also taken over more examples, beside the same updates of the same run over the first ones.
let private wholeBlocks (results: Results) =
    let whole = changes |> List.find (fun change -> change.Name = wholeUpdate)

    let rows =
        [
            for method, title in growing results do
                let more = updatesIn results.Whole method

                let isThere (update: Map<Side, Summary>) (summary: Summary) =
                    update |> Map.exists (fun _ other -> (other.Moment.Run, other.Moment.Step) = (summary.Moment.Run, summary.Moment.Step))

                let few =
                    updatesIn
                        (results.Summaries
                         |> Array.filter (fun summary -> more |> List.concat |> List.exists (fun update -> isThere update summary)))
                        method

                for updates in [ few; more ] do
                    match List.concat updates with
                    | [] -> ()
                    | all ->
                        let examples = all |> List.pick (Map.tryFind Before >> Option.map _.Examples)
                        let mean (of': Summary -> float) = all |> List.choose (Map.tryFind Before) |> List.averageBy of'
                        let change (measure: Measure) = changeOf measure whole updates |> interval measure.Digits

                        [|
                            title
                            Numbers.text "N0" (float examples)
                            string all.Length
                            Numbers.decimals 1 (mean count.Of)
                            change count
                            Numbers.decimals 2 (mean mass.Of)
                            change mass
                        |]
        ]

    let columns =
        [
            "Method"
            "examples"
            "updates"
            "negative eigenvalues before"
            "change"
            "negative mass before (%)"
            "change (points)"
        ]

    [
        if results.Whole.Length > 0 then
            Report.TableBlock(
                "Updates of one run, over the first training examples and over all of them: means over the updates.",
                List.tail columns,
                Tables.create "examples" columns rows
            )
    ]

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

/// The name of the fact that holds the test accuracies of a method's runs, in percent, separated by commas.
let accuracyFact (method: string) = "test_accuracy_" + method

/// How many of a method's runs do hardly better than a guess, in words; nothing where none does, or where the facts do not tell.
let private collapsed (results: Results) (method: string) =
    let fact name = results.About |> Array.tryFind (fst >> (=) name) |> Option.map snd
    let number (text: string) = Double.Parse(text, Globalization.CultureInfo.InvariantCulture)

    match fact "classes", fact (accuracyFact method) with
    | Some classes, Some accuracies ->
        let all = accuracies.Split ", " |> Array.map number
        let guesses = all |> Array.filter (fun accuracy -> accuracy < 150.0 / number classes)

        if guesses.Length = 0 then
            ""
        else
            $" {guesses.Length} of {all.Length} runs have collapsed ({Numbers.decimals 2 (Array.average guesses)}%% on test images): what is seen of them is the curvature of networks that guess."
    | _ -> ""

/// What early updates change, and late ones, in words; nothing where there are none of one kind.
let private inParts (runs: Map<Side, Summary> list list) =
    let whole = changes |> List.find (fun change -> change.Name = wholeUpdate)

    match parts runs |> List.map (fun (_, part) -> interval 1 (changeOf count whole part), interval 2 (changeOf mass whole part)) with
    | [ firstCount, firstMass; lastCount, lastMass ] ->
        $" To step {early} it is {firstCount} eigenvalues and {firstMass} points of negative mass an update, after it {lastCount} and {lastMass}."
    | _ -> ""

/// A sentence a method: whether its updates create negative eigenvalues, by which half, and what becomes of them.
let private sentences (results: Results) =
    [
        for method, title in growing results do
            let runs = updatesOf results method
            let of' name = changes |> List.find (fun change -> change.Name = name) |> fun change -> changeOf count change runs

            let whole, dropped, grown, later =
                of' wholeUpdate, of' "dropping", of' "growing", of' "training until the next update shown"

            $"{title}: an update as a whole {verdict whole} {interval 1 whole} negative eigenvalues (dropping {interval 1 dropped}, growing {interval 1 grown}); training until the next update shown {verdict later} {interval 1 later}.{inParts runs}{collapsed results method}"
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
                    measuresTable results
                    alongCoordinates results

                    for block in wholeBlocks results do
                        block

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
    let report = report results
    Report.write path { report with Blocks = report.Blocks @ Lineage.blocks folder }
    path
