module Analysis.Tests.MdsTests

open System
open Xunit
open FsCheck
open FsCheck.FSharp
open Analysis
open Analysis.Mds

let private distancesOf (points: (float * float)[]) =
    Array2D.init points.Length points.Length (fun i j ->
        let (ax, ay), (bx, by) = points[i], points[j]
        sqrt ((ax - bx) * (ax - bx) + (ay - by) * (ay - by)))

let private planeDistances (embedding: Embedding) = distancesOf (embedding.Points |> Array.map (fun point -> point.X, point.Y))

let private assertClose (tolerance: float) (expected: float[,]) (actual: float[,]) =
    expected |> Array2D.iteri (fun i j value -> Assert.InRange(actual[i, j], value - tolerance, value + tolerance))

let private square = distancesOf [| 0.0, 0.0; 1.0, 0.0; 1.0, 1.0; 0.0, 1.0 |]
let private triangle = distancesOf [| 0.0, 0.0; 4.0, 0.0; 0.0, 3.0 |]

let private scattered = Reference.matrix (Reference.table "mds-distances.csv")

let private longRun = { defaults with MaxIterations = 100000; Tolerance = 1e-16 }

[<Fact>]
let ``classical recovers a square exactly`` () =
    let embedding = classical square
    assertClose 1e-12 square (planeDistances embedding)
    Assert.InRange(embedding.RawStress, 0.0, 1e-20)

[<Fact>]
let ``metric recovers a right triangle exactly`` () =
    let embedding = metric defaults triangle
    assertClose 1e-12 triangle (planeDistances embedding)
    Assert.InRange(embedding.Stress1, 0.0, 1e-10)

[<Fact>]
let ``nonMetric keeps a square a square`` () =
    let embedding = nonMetric defaults square
    assertClose 1e-9 square (planeDistances embedding)
    Assert.InRange(embedding.Stress1, 0.0, 1e-9)

[<Fact>]
let ``orientation centers, turns the longest direction to x and makes the largest coordinates positive`` () =
    // Three points on a line of slope -1: the far end must become the positive x direction.
    let points = orient [| { X = 1.0; Y = 5.0 }; { X = 2.0; Y = 4.0 }; { X = 6.0; Y = 0.0 } |]
    let expected = [| -2.0; -1.0; 3.0 |] |> Array.map (fun value -> value * sqrt 2.0)

    Array.zip expected points
    |> Array.iter (fun (x, point) ->
        Assert.Equal(x, point.X, 12)
        Assert.Equal(0.0, point.Y, 12))

[<Fact>]
let ``orientation of a square puts the first corner on the positive x axis`` () =
    let first = (classical square).Points[0]
    Assert.Equal(sqrt 0.5, first.X, 9)
    Assert.Equal(0.0, first.Y, 9)

[<Fact>]
let ``orient gives one answer for a configuration turned, mirrored and moved`` () =
    let points = (classical scattered).Points
    let turned = points |> Array.map (fun p -> { X = 0.6 * p.Y + 0.8 * p.X - 3.0; Y = 0.8 * p.Y - 0.6 * p.X + 11.0 })
    let mirrored = turned |> Array.map (fun p -> { X = -p.X; Y = p.Y })

    for other in [ orient turned; orient mirrored ] do
        Array.iter2
            (fun a b ->
                Assert.Equal(a.X, b.X, 9)
                Assert.Equal(a.Y, b.Y, 9))
            points
            other

[<Fact>]
let ``classical agrees with scikit-learn's start`` () =
    let stress = Reference.table "mds-stress.csv" |> Reference.column "classical_raw"
    Assert.Equal(stress[0], (classical scattered).RawStress, 8)

[<Fact>]
let ``metric agrees with scikit-learn from the same start`` () =
    let reference = Reference.table "mds-stress.csv"
    let embedding = metric longRun scattered
    Assert.Equal((Reference.column "metric_raw" reference)[0], embedding.RawStress, 6)
    Assert.Equal((Reference.column "metric_stress1" reference)[0], embedding.Stress1, 8)
    assertClose 1e-4 (Reference.matrix (Reference.table "mds-metric-distances.csv")) (planeDistances embedding)

/// Stress-1 of a configuration, written down directly from Kruskal's definition (no ties among the given distances).
let private stress1 (given: float[,]) (inPlane: float[,]) =
    let pairs =
        [|
            for i in 1 .. Array2D.length1 given - 1 do
                for j in 0 .. i - 1 -> given[i, j], inPlane[i, j]
        |]
        |> Array.sortBy fst
        |> Array.map snd

    let misfit = Array.map2 (fun d fitted -> (d - fitted) ** 2.0) pairs (isotonic pairs) |> Array.sum
    sqrt (misfit / (pairs |> Array.sumBy (fun d -> d * d)))

[<Fact>]
let ``nonMetric is not worse than scikit-learn from the same start`` () =
    let theirs = (Reference.table "mds-stress.csv" |> Reference.column "nonmetric_stress1")[0]
    Assert.InRange((nonMetric longRun scattered).Stress1, 0.0, theirs)

[<Fact>]
let ``nonMetric reports the stress of its configuration, which small moves do not lower`` () =
    let embedding = nonMetric longRun scattered
    Assert.Equal(stress1 scattered (planeDistances embedding), embedding.Stress1, 10)
    let random = SparseCore.Randomness.RandomStream(3UL, "test", 0UL)

    for _ in 1..200 do
        let moved = embedding.Points |> Array.map (fun p -> p.X + 0.01 * random.NextNormal(), p.Y + 0.01 * random.NextNormal())
        Assert.True(stress1 scattered (distancesOf moved) >= embedding.Stress1)

[<Fact>]
let ``nonMetric keeps the sum of the squared distances`` () =
    let squares (matrix: float[,]) = matrix |> Seq.cast<float> |> Seq.sumBy (fun d -> d * d)
    Assert.Equal(squares scattered, squares (planeDistances (nonMetric defaults scattered)), 6)

[<Fact>]
let ``nonMetric sees only the order of the distances`` () =
    let grown = scattered |> Array2D.map (fun value -> value * value * value)
    let ours, other = nonMetric { longRun with Restarts = 4 } scattered, nonMetric { longRun with Restarts = 4 } grown
    Assert.Equal(ours.Stress1, other.Stress1, 2)

[<Fact>]
let ``restarts never make the fit worse and repeat exactly`` () =
    let options = { defaults with Restarts = 3; Seed = 5UL }
    let embedding = metric options scattered
    Assert.True(embedding.RawStress <= (metric defaults scattered).RawStress)
    Assert.Equal<Point[]>(embedding.Points, (metric options scattered).Points)

[<Fact>]
let ``isotonic agrees with scikit-learn`` () =
    let table = Reference.table "isotonic.csv"
    let fitted = isotonic (Reference.column "value" table)
    Array.iter2 (fun (a: float) b -> Assert.Equal(a, b, 12)) (Reference.column "fitted" table) fitted

[<Fact>]
let ``isotonic pools 3 1 2 into their mean`` () =
    Assert.Equal<float[]>([| 0.0; 2.0; 2.0; 2.0; 5.0 |], isotonic [| 0.0; 3.0; 1.0; 2.0; 5.0 |])

[<Fact>]
let ``a single point and coinciding points lie at the origin`` () =
    Assert.Equal<Point[]>([| { X = 0.0; Y = 0.0 } |], (metric defaults (Array2D.zeroCreate 1 1)).Points)

    for point in (nonMetric defaults (Array2D.zeroCreate 3 3)).Points do
        Assert.Equal({ X = 0.0; Y = 0.0 }, point)

[<Fact>]
let ``metric refuses a matrix that is not symmetric and names the entries`` () =
    let error = Assert.Throws<ArgumentException>(fun () -> metric defaults (array2D [ [ 0.0; 1.0 ]; [ 2.0; 0.0 ] ]) |> ignore)
    Assert.Contains("found 2 at (1, 0) and 1 at (0, 1)", error.Message)

[<Fact>]
let ``metric refuses a distance that is not finite`` () =
    let error = Assert.Throws<ArgumentException>(fun () -> metric defaults (array2D [ [ 0.0; nan ]; [ nan; 0.0 ] ]) |> ignore)
    Assert.Contains("points 1 and 0", error.Message)

let private equal (n: int) (distance: float) = Array2D.init n n (fun i j -> if i = j then 0.0 else distance)

[<Fact>]
let ``metric of equal distances reaches the least stress that scikit-learn finds`` () =
    let table = Reference.table "mds-equal-distances.csv"

    for row in table.Rows do
        let embedding = metric defaults (equal (Tables.int "points" table row) 1.0)
        let theirs = Tables.float "raw_stress" table row
        Assert.InRange(embedding.RawStress, theirs - 1e-9, theirs + 1e-9)

[<Fact>]
let ``metric parts points that start on each other`` () =
    // In the classical solution points 0 and 1 coincide, 3 apart though they should be: a raw stress of 10.49 if they stay.
    let given =
        array2D
            [
                [ 0.0; 3.0; 2.0; 2.0; 2.0; 0.0 ]
                [ 3.0; 0.0; 2.0; 2.0; 2.0; 0.0 ]
                [ 2.0; 2.0; 0.0; 0.0; 3.0; 3.0 ]
                [ 2.0; 2.0; 0.0; 0.0; 2.0; 3.0 ]
                [ 2.0; 2.0; 3.0; 2.0; 0.0; 3.0 ]
                [ 0.0; 0.0; 3.0; 3.0; 3.0; 0.0 ]
            ]

    let coinciding, embedding = planeDistances (classical given), metric defaults given
    Assert.InRange(coinciding[1, 0], 0.0, 1e-12)
    Assert.InRange((planeDistances embedding)[1, 0], 1.0, 3.0)
    Assert.InRange(embedding.RawStress, 0.0, 6.0)

[<Fact>]
let ``metric leaves no points of positive distance on each other`` () =
    // Two groups of points with one distance within and one between: many classical solutions put points on each other.
    let distance = Gen.choose (1, 3) |> Gen.map float

    let groups =
        Gen.choose (3, 8) |> Gen.bind (fun n -> Gen.zip3 (Gen.arrayOfLength n (Gen.elements [ true; false ])) distance distance)

    Check.QuickThrowOnFailure(
        Prop.forAll (Arb.fromGen groups) (fun (group, within, between) ->
            let given =
                Array2D.init group.Length group.Length (fun i j ->
                    if i = j then 0.0
                    elif group[i] = group[j] then within
                    else between)

            let inPlane = planeDistances (metric defaults given)
            Seq.forall2 (fun target distance -> target = 0.0 || distance > 1e-3) (Seq.cast<float> given) (Seq.cast<float> inPlane))
    )

[<Theory>]
[<InlineData(1e100)>]
[<InlineData(1e300)>]
[<InlineData(1.7e308)>]
[<InlineData(1e-200)>]
[<InlineData(1e-300)>]
let ``maps of very large and very small distances are those of ordinary ones`` (unit: float) =
    for scale in [ metric defaults; nonMetric defaults; classical ] do
        let ordinary = scale triangle
        let extreme = scale (triangle |> Array2D.map (fun value -> value / 5.0 * unit))
        Assert.Equal(ordinary.Stress1, extreme.Stress1, 9)

        Array.iter2
            (fun (expected: Point) (point: Point) ->
                Assert.Equal(expected.X, 5.0 * (point.X / unit), 9)
                Assert.Equal(expected.Y, 5.0 * (point.Y / unit), 9))
            ordinary.Points
            extreme.Points

[<Fact>]
let ``maps of doubled distances have the same digits`` () =
    let doubled = scattered |> Array2D.map (fun value -> 2.0 * value)

    for scale in [ metric { defaults with Restarts = 2 }; nonMetric { defaults with Restarts = 2 }; classical ] do
        let once, twice = scale scattered, scale doubled
        Assert.Equal<Point[]>(once.Points |> Array.map (fun point -> { X = 2.0 * point.X; Y = 2.0 * point.Y }), twice.Points)
        Assert.Equal(4.0 * once.RawStress, twice.RawStress)

[<Fact>]
let ``orient places points of any size`` () =
    for unit in [ 1e200; 1e-200 ] do
        let points = orient [| { X = 0.0; Y = 0.0 }; { X = 0.0; Y = 2.0 * unit } |]
        Assert.Equal(1.0, points[0].X / unit, 12)
        Assert.Equal(0.0, points[0].Y / unit, 12)

[<Fact>]
let ``metric takes rounded distances: nearly symmetric, nearly 0 on the diagonal`` () =
    let rounded = Array2D.copy triangle
    rounded[1, 0] <- Math.BitIncrement rounded[1, 0]
    rounded[2, 2] <- 2e-16
    assertClose 1e-12 triangle (planeDistances (metric defaults rounded))

[<Fact>]
let ``metric takes the mean of two distances that differ by rounding`` () =
    let rounded = array2D [ [ 0.0; 1.0 + 4e-10 ]; [ 1.0; 0.0 ] ]
    Assert.Equal(1.0 + 2e-10, (planeDistances (metric defaults rounded))[0, 1], 13)

[<Fact>]
let ``metric refuses an asymmetry beyond rounding however small the distances`` () =
    let wrong = array2D [ [ 0.0; 1e-200 ]; [ 1.00001e-200; 0.0 ] ]
    let error = Assert.Throws<ArgumentException>(fun () -> metric defaults wrong |> ignore)
    Assert.Contains("must be symmetric", error.Message)

[<Fact>]
let ``metric refuses a point that is away from itself`` () =
    let wrong = array2D [ [ 0.0; 1.0 ]; [ 1.0; 0.1 ] ]
    let error = Assert.Throws<ArgumentException>(fun () -> metric defaults wrong |> ignore)
    Assert.Contains("point 1 to itself must be 0, found 0.1", error.Message)

[<Fact>]
let ``orient of no points is no points, and a point that is nowhere is refused by its index`` () =
    Assert.Empty(orient [||])
    let error = Assert.Throws<ArgumentException>(fun () -> orient [| { X = 1.0; Y = 2.0 }; { X = nan; Y = 0.0 } |] |> ignore)
    Assert.Contains("Point 1 must have finite coordinates, found NaN and 0", error.Message)
