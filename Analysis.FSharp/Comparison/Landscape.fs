/// The loss over a plane: a grid of points, evaluated row by row and kept, and its figure.
module SparseCore.Analysis.Landscape

open System
open System.Diagnostics
open System.IO
open System.Security.Cryptography
open System.Text
open SparseCore.Data
open SparseCore.Engine
open SparseCore.Analysis.Figures
open SparseCore.Analysis.Planes

/// One point of the grid: a row of landscape.csv.
type Cell =
    {
        /// Along the first direction.
        X: float
        /// Along the second.
        Y: float
        /// Mean cross-entropy on training examples, nats.
        TrainLoss: float
        /// Fraction of them classified rightly.
        TrainAccuracy: float
        /// The same on test examples.
        TestLoss: float
        /// The same on test examples.
        TestAccuracy: float
    }

/// The columns of landscape.csv.
let columns =
    Columns.ofRecord<Cell> {
        let! x = Columns.number "x" _.X
        and! y = Columns.number "y" _.Y
        and! trainLoss = Columns.number "train_loss" _.TrainLoss
        and! trainAccuracy = Columns.number "train_accuracy" _.TrainAccuracy
        and! testLoss = Columns.number "test_loss" _.TestLoss
        and! testAccuracy = Columns.number "test_accuracy" _.TestAccuracy

        return
            {
                X = x
                Y = y
                TrainLoss = trainLoss
                TrainAccuracy = trainAccuracy
                TestLoss = testLoss
                TestAccuracy = testAccuracy
            }
    }

/// The columns of places.csv.
let placeColumns =
    Columns.ofRecord<Place> {
        let! name = Columns.text "name" _.Name
        and! x = Columns.number "x" _.X
        and! y = Columns.number "y" _.Y
        and! beside = Columns.number "distance_from_plane" _.Beside
        return { Name = name; X = x; Y = y; Beside = beside }
    }

/// How a plane is looked at.
type Settings =
    {
        /// Makes the engines that evaluate.
        Engines: IEngineFactory
        /// Threads at work.
        Jobs: int
        /// The data.
        Data: DataSplit
        /// How the networks see their pixels.
        Inputs: InputNormalization option
        /// Examples of each data set, evenly spaced.
        Examples: int
        /// Statistics of batch normalizations.
        Statistics: Evaluation.BatchNormStatistics
        /// Points of a row, and rows.
        Size: int
        /// How far the grid goes beyond the places, as a share of their extent; for a single place, in its units.
        Margin: float
        /// Longest work that is begun, in hours.
        MostHours: float
        /// A folder that keeps rows for the next time.
        Kept: string
        /// Hears how many rows are done, and of how many.
        Report: int -> int -> unit
    }

/// The positions of a grid along one axis: those of the places lie within, with a margin.
let private positions (settings: Settings) (values: float list) =
    let first, last = List.min values, List.max values
    let extent = last - first
    let room = if extent > 0.0 then settings.Margin * extent else settings.Margin
    Interpolation.spaced (first - room) (last + room) settings.Size

/// The positions of a plane's grid.
let grid (settings: Settings) (plane: Plane) : float[] * float[] =
    positions settings (plane.Places |> List.map _.X), positions settings (plane.Places |> List.map _.Y)

/// Everything that a row's losses depend on.
let private keyOf (settings: Settings) (plane: Plane) (xs: float[]) : string =
    use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256
    let bytes (text: string) = hash.AppendData(Encoding.UTF8.GetBytes(text + "\n"))
    let numbers (values: 'number[]) = hash.AppendData(Runtime.InteropServices.MemoryMarshal.AsBytes(ReadOnlySpan values))
    bytes "landscape-1"
    bytes settings.Data.ContentHash
    bytes (string settings.Inputs)
    bytes (string settings.Examples)
    bytes (Evaluation.arithmetic settings.Engines)
    bytes (Evaluation.described settings.Statistics)
    numbers plane.Origin.Values
    numbers plane.First
    numbers plane.Second
    numbers xs

    for layer in 0 .. plane.Masks.Count - 1 do
        hash.AppendData(plane.Masks[layer].ToBytes())

    Convert.ToHexStringLower(hash.GetHashAndReset()).Substring(0, 24)

/// The losses of one row of points.
let private row (settings: Settings) (plane: Plane) (xs: float[]) (y: float) : Cell[] =
    let sample (data: Dataset) = SpreadDataset.Of(Evaluation.seen settings.Inputs data, Nullable settings.Examples)
    let data = [ sample settings.Data.Train; sample settings.Data.Test ]

    xs
    |> Array.map (fun x -> fun () -> point x y plane)
    |> Evaluation.performances
        settings.Engines
        settings.Jobs
        ignore
        (Evaluation.statisticsSeen settings.Inputs settings.Statistics)
        plane.Masks
        data
    |> Array.map2
        (fun x results ->
            {
                X = x
                Y = y
                TrainLoss = results[0].Loss
                TrainAccuracy = results[0].Accuracy
                TestLoss = results[1].Loss
                TestAccuracy = results[1].Accuracy
            })
        xs

/// The losses over a plane, from below to above. Rows that are kept are not computed again. Refuses a grid that would take too long, once the first new row has shown how long.
let evaluate (settings: Settings) (plane: Plane) : Cell[] =
    let xs, ys = grid settings plane
    let key = keyOf settings plane xs
    let path (y: float) = Path.Combine(settings.Kept, $"{key}-{BitConverter.DoubleToInt64Bits y:x16}.csv")

    let kept (y: float) =
        match Columns.kept (path y) columns with
        | cells when cells.Length = xs.Length -> Some cells
        | _ -> None

    let known = ys |> Array.map kept
    let missing = known |> Array.filter _.IsNone |> Array.length
    let clock = Stopwatch.StartNew()
    let mutable made = 0

    [|
        for index in 0 .. ys.Length - 1 do
            settings.Report index ys.Length

            match known[index] with
            | Some cells -> yield! cells
            | None ->
                let cells = row settings plane xs ys[index]
                Directory.CreateDirectory settings.Kept |> ignore
                Columns.write (path ys[index]) columns cells
                made <- made + 1
                let hours = clock.Elapsed.TotalHours / float made * float missing

                if made = 1 && hours > settings.MostHours then
                    invalidArg
                        (nameof settings)
                        $"The grid of {settings.Size} x {settings.Size} points would take {hours:F1} hours, by its first row, which is kept; expected at most {settings.MostHours:F1}. Take fewer points (size=) or examples (examples=), or allow more (hours=)."

                yield! cells
    |]

/// Levels of contours: about this many.
let private levels = 9

/// One panel: a loss in colors and contours, and the places.
let private panelOf (title: string) (units: string) (isWay: bool) (cells: Cell[]) (places: Place[]) (lossOf: Cell -> float) : Panel =
    let xs, ys = cells |> Array.map _.X |> Array.distinct |> Array.sort, cells |> Array.map _.Y |> Array.distinct |> Array.sort
    let lookup = cells |> Array.map (fun cell -> (cell.X, cell.Y), lossOf cell) |> dict
    // Losses spread over powers of ten.
    let values = Array2D.init ys.Length xs.Length (fun row column -> Math.Log10(max 1e-12 lookup[xs[column], ys[row]]))
    let finite = values |> Seq.cast<float> |> Seq.filter Double.IsFinite |> Array.ofSeq
    let step (positions: float[]) = (positions[positions.Length - 1] - positions[0]) / float (positions.Length - 1)
    let gray = { style 6 with Dash = Solid }

    let contours =
        if finite.Length = 0 then
            []
        else
            [
                for level in Ticks.linear levels (Array.min finite) (Array.max finite) do
                    let x, y = Contours.line xs ys values level
                    line { gray with Size = 1.0 } "" x y
            ]

    let own =
        [
            if isWay then
                { points (style 1) "checkpoints" (places |> Array.map _.X) (places |> Array.map _.Y) with
                    Drawing = LineAndPoints
                }
            else
                points (style 1) "networks" (places |> Array.map _.X) (places |> Array.map _.Y)
                |> withLabels (places |> Array.map _.Name)
        ]

    let range (positions: float[]) = Some(positions[0] - step positions / 2.0, positions[positions.Length - 1] + step positions / 2.0)

    { panel { axis $"first direction ({units})" with Range = range xs } { axis "second direction" with Range = range ys } (contours @ own) with
        Title = title
        Cells = Some { Values = values; Origin = (xs[0], ys[0]); Step = (step xs, step ys); Label = "log10 of the loss" }
    }

/// The figure of a folder's tables.
let figure (cells: Cell[]) (places: Place[]) (about: (string * string)[]) : Figure =
    let fact name = about |> Array.tryFind (fst >> (=) name) |> Option.map snd |> Option.defaultValue ""
    let isWay = fact "places_are_a_way" = "true"
    let panelFor title lossOf = panelOf title (fact "units") isWay cells places lossOf
    let train = panelFor "Training loss" _.TrainLoss
    let beside = places |> Array.map _.Beside |> Array.fold max 0.0

    let note =
        if beside > 0.0 then
            let farthest = Numbers.text "G3" beside
            $" Networks lie up to {farthest} (L2) beside the plane; they are drawn where they are nearest to it."
        else
            ""

    { single
          "landscape"
          "The loss on a plane of parameters"
          (fact "plane")
          ("Mean cross-entropy in nats, by its logarithm; lines of equal loss." + note)
          train with
        Panels = [ train; panelFor "Test loss" _.TestLoss ]
        Columns = 2
    }
    |> withLineage (List.ofArray about)

/// Writes the tables.
let write (folder: string) (about: (string * string) list) (plane: Plane) (cells: Cell[]) : unit =
    let path name = Path.Combine(folder, name)
    Columns.write (path "landscape.csv") columns cells
    Columns.write (path "places.csv") placeColumns plane.Places

    Columns.write
        (path "about.csv")
        Columns.facts
        (about @ plane.Facts @ [ "units", plane.Units; "places_are_a_way", (if plane.IsWay then "true" else "false") ])

/// Draws a folder's tables, and answers the figure's path.
let draw (folder: string) : string =
    let path name = Path.Combine(folder, name)

    figure
        (Columns.read (path "landscape.csv") columns)
        (Columns.read (path "places.csv") placeColumns)
        (Columns.read (path "about.csv") Columns.facts)
    |> Svg.write folder
