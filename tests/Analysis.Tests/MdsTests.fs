module Analysis.Tests.MdsTests

open System
open Expecto
open Testing
open FsCheck
open FsCheck.FSharp
open SparseCore.Analysis
open SparseCore.Analysis.Mds

let private distancesOf (points: (float * float)[]) =
    Array2D.init points.Length points.Length (fun i j ->
        let (ax, ay), (bx, by) = points[i], points[j]
        sqrt ((ax - bx) * (ax - bx) + (ay - by) * (ay - by)))

let private planeDistances (embedding: Embedding) = distancesOf (embedding.Points |> Array.map (fun point -> point.X, point.Y))

let private assertClose (tolerance: float) (expected: float[,]) (actual: float[,]) =
    expected
    |> Array2D.iteri (fun i j value -> Expect.inRange actual[i, j] (value - tolerance, value + tolerance) "distance")

let private square = distancesOf [| 0.0, 0.0; 1.0, 0.0; 1.0, 1.0; 0.0, 1.0 |]

let private triangle = distancesOf [| 0.0, 0.0; 4.0, 0.0; 0.0, 3.0 |]

let private scattered = Reference.matrix (Reference.table "mds-distances.csv")

let private longRun = { defaults with MaxIterations = 100000; Tolerance = 1e-16 }

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

let private equal (n: int) (distance: float) = Array2D.init n n (fun i j -> if i = j then 0.0 else distance)

/// Groups of points with one distance within and one between: many classical solutions put points on each other.
let private twoGroups =
    let distance = Gen.choose (1, 3) |> Gen.map float
    Gen.choose (3, 8) |> Gen.bind (fun n -> Gen.zip3 (Gen.arrayOfLength n (Gen.elements [ true; false ])) distance distance)

[<Tests>]
let tests =
    testList
        "Mds"
        [
            testCase "classical recovers a square exactly" (fun () ->
                let embedding = classical square
                assertClose 1e-12 square (planeDistances embedding)
                Expect.inRange embedding.RawStress (0.0, 1e-20) "raw stress")

            testCase "metric recovers a right triangle exactly" (fun () ->
                let embedding = metric defaults triangle
                assertClose 1e-12 triangle (planeDistances embedding)
                Expect.inRange embedding.Stress1 (0.0, 1e-10) "stress-1")

            testCase "nonMetric keeps a square a square" (fun () ->
                let embedding = nonMetric defaults square
                assertClose 1e-9 square (planeDistances embedding)
                Expect.inRange embedding.Stress1 (0.0, 1e-9) "stress-1")

            testCase "orientation centers, turns the longest direction to x and makes the largest coordinates positive" (fun () ->
                // Three points on a line of slope -1: the far end must become the positive x direction.
                let points = orient [| { X = 1.0; Y = 5.0 }; { X = 2.0; Y = 4.0 }; { X = 6.0; Y = 0.0 } |]
                let expected = [| -2.0; -1.0; 3.0 |] |> Array.map (fun value -> value * sqrt 2.0)

                Array.zip expected points
                |> Array.iter (fun (x, point) ->
                    Expect.floatClose (decimals 12) point.X x "x"
                    Expect.floatClose (decimals 12) point.Y 0.0 "y"))

            testCase "orientation of a square puts the first corner on the positive x axis" (fun () ->
                let first = (classical square).Points[0]
                Expect.floatClose (decimals 9) first.X (sqrt 0.5) "positions"
                Expect.floatClose (decimals 9) first.Y 0.0 "values")

            testCase "orient gives one answer for a configuration turned, mirrored and moved" (fun () ->
                let points = (classical scattered).Points
                let turned = points |> Array.map (fun p -> { X = 0.6 * p.Y + 0.8 * p.X - 3.0; Y = 0.8 * p.Y - 0.6 * p.X + 11.0 })
                let mirrored = turned |> Array.map (fun p -> { X = -p.X; Y = p.Y })

                for other in [ orient turned; orient mirrored ] do
                    Array.iter2
                        (fun a b ->
                            Expect.floatClose (decimals 9) b.X a.X "positions"
                            Expect.floatClose (decimals 9) b.Y a.Y "values")
                        points
                        other)

            testCase "classical agrees with scikit-learn's start" (fun () ->
                let stress = Reference.table "mds-stress.csv" |> Reference.column "classical_raw"
                Expect.floatClose (decimals 8) (classical scattered).RawStress stress[0] "raw stress")

            testCase "metric agrees with scikit-learn from the same start" (fun () ->
                let reference = Reference.table "mds-stress.csv"
                let embedding = metric longRun scattered
                Expect.floatClose (decimals 6) embedding.RawStress ((Reference.column "metric_raw" reference)[0]) "raw stress"
                Expect.floatClose (decimals 8) embedding.Stress1 ((Reference.column "metric_stress1" reference)[0]) "stress-1"
                assertClose 1e-4 (Reference.matrix (Reference.table "mds-metric-distances.csv")) (planeDistances embedding))

            testCase "nonMetric is not worse than scikit-learn from the same start" (fun () ->
                let theirs = (Reference.table "mds-stress.csv" |> Reference.column "nonmetric_stress1")[0]
                Expect.inRange (nonMetric longRun scattered).Stress1 (0.0, theirs) "stress-1")

            testCase "nonMetric reports the stress of its configuration, which small moves do not lower" (fun () ->
                let embedding = nonMetric longRun scattered
                Expect.floatClose (decimals 10) embedding.Stress1 (stress1 scattered (planeDistances embedding)) "stress-1"
                let random = SparseCore.Randomness.RandomStream(3UL, "test", 0UL)

                for _ in 1..200 do
                    let moved = embedding.Points |> Array.map (fun p -> p.X + 0.01 * random.NextNormal(), p.Y + 0.01 * random.NextNormal())
                    Expect.isGreaterThanOrEqual (stress1 scattered (distancesOf moved)) embedding.Stress1 "stress-1 after a move")

            testCase "nonMetric keeps the sum of the squared distances" (fun () ->
                let squares (matrix: float[,]) = matrix |> Seq.cast<float> |> Seq.sumBy (fun d -> d * d)

                Expect.floatClose
                    (decimals 6)
                    (squares (planeDistances (nonMetric defaults scattered)))
                    (squares scattered)
                    "sum of the squared distances")

            testCase "nonMetric sees only the order of the distances" (fun () ->
                let grown = scattered |> Array2D.map (fun value -> value * value * value)
                let ours, other = nonMetric { longRun with Restarts = 4 } scattered, nonMetric { longRun with Restarts = 4 } grown
                Expect.floatClose (decimals 2) other.Stress1 ours.Stress1 "stress-1")

            testCase "restarts never make the fit worse and repeat exactly" (fun () ->
                let options = { defaults with Restarts = 3; Seed = 5UL }
                let embedding = metric options scattered
                Expect.isLessThanOrEqual embedding.RawStress (metric defaults scattered).RawStress "raw stress with restarts"
                Expect.equal (metric options scattered).Points embedding.Points "points")

            testCase "isotonic agrees with scikit-learn" (fun () ->
                let table = Reference.table "isotonic.csv"
                let fitted = isotonic (Reference.column "value" table)
                Array.iter2 (fun (a: float) b -> Expect.floatClose (decimals 12) b a "value") (Reference.column "fitted" table) fitted)

            testCase "isotonic pools 3 1 2 into their mean" (fun () ->
                Expect.equal (isotonic [| 0.0; 3.0; 1.0; 2.0; 5.0 |]) [| 0.0; 2.0; 2.0; 2.0; 5.0 |] "fitted values")

            testCase "a single point and coinciding points lie at the origin" (fun () ->
                Expect.equal (metric defaults (Array2D.zeroCreate 1 1)).Points [| { X = 0.0; Y = 0.0 } |] "points"

                for point in (nonMetric defaults (Array2D.zeroCreate 3 3)).Points do
                    Expect.equal point { X = 0.0; Y = 0.0 } "point")

            testCase "metric refuses a matrix that is not symmetric and names the entries" (fun () ->
                let error = Expect.thrown<ArgumentException>(fun () -> metric defaults (array2D [ [ 0.0; 1.0 ]; [ 2.0; 0.0 ] ]) |> ignore)
                Expect.stringContains error.Message "found 2 at (1, 0) and 1 at (0, 1)" "message")

            testCase "metric refuses a distance that is not finite" (fun () ->
                let error = Expect.thrown<ArgumentException>(fun () -> metric defaults (array2D [ [ 0.0; nan ]; [ nan; 0.0 ] ]) |> ignore)
                Expect.stringContains error.Message "points 1 and 0" "message")

            testCase "metric of equal distances reaches the least stress that scikit-learn finds" (fun () ->
                let table = Reference.table "mds-equal-distances.csv"

                for row in table.Rows do
                    let embedding = metric defaults (equal (Tables.int "points" table row) 1.0)
                    let theirs = Tables.float "raw_stress" table row
                    Expect.inRange embedding.RawStress (theirs - 1e-9, theirs + 1e-9) "raw stress")

            testCase "metric parts points that start on each other" (fun () ->
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
                Expect.inRange coinciding[1, 0] (0.0, 1e-12) "distance in the classical solution"
                Expect.inRange ((planeDistances embedding)[1, 0]) (1.0, 3.0) "distance in the plane"
                Expect.inRange embedding.RawStress (0.0, 6.0) "raw stress")

            testProperty
                "metric leaves no points of positive distance on each other"
                (Prop.forAll (Arb.fromGen twoGroups) (fun (group, within, between) ->
                    let given =
                        Array2D.init group.Length group.Length (fun i j ->
                            if i = j then 0.0
                            elif group[i] = group[j] then within
                            else between)

                    let inPlane = planeDistances (metric defaults given)
                    Seq.forall2 (fun target distance -> target = 0.0 || distance > 1e-3) (Seq.cast<float> given) (Seq.cast<float> inPlane)))

            testEach
                "maps of very large and very small distances are those of ordinary ones"
                [ 1e100; 1e300; 1.7e308; 1e-200; 1e-300 ]
                (fun unit ->
                    for scale in [ metric defaults; nonMetric defaults; classical ] do
                        let ordinary = scale triangle
                        let extreme = scale (triangle |> Array2D.map (fun value -> value / 5.0 * unit))
                        Expect.floatClose (decimals 9) extreme.Stress1 ordinary.Stress1 "stress-1"

                        Array.iter2
                            (fun (expected: Point) (point: Point) ->
                                Expect.floatClose (decimals 9) (5.0 * (point.X / unit)) expected.X "x"
                                Expect.floatClose (decimals 9) (5.0 * (point.Y / unit)) expected.Y "y")
                            ordinary.Points
                            extreme.Points)

            testCase "maps of doubled distances have the same digits" (fun () ->
                let doubled = scattered |> Array2D.map (fun value -> 2.0 * value)

                for scale in [ metric { defaults with Restarts = 2 }; nonMetric { defaults with Restarts = 2 }; classical ] do
                    let once, twice = scale scattered, scale doubled
                    Expect.equal twice.Points (once.Points |> Array.map (fun point -> { X = 2.0 * point.X; Y = 2.0 * point.Y })) "points"
                    Expect.equal twice.RawStress (4.0 * once.RawStress) "raw stress")

            testCase "orient places points of any size" (fun () ->
                for unit in [ 1e200; 1e-200 ] do
                    let points = orient [| { X = 0.0; Y = 0.0 }; { X = 0.0; Y = 2.0 * unit } |]
                    Expect.floatClose (decimals 12) (points[0].X / unit) 1.0 "positions"
                    Expect.floatClose (decimals 12) (points[0].Y / unit) 0.0 "values")

            testCase "metric takes rounded distances: nearly symmetric, nearly 0 on the diagonal" (fun () ->
                let rounded = Array2D.copy triangle
                rounded[1, 0] <- Math.BitIncrement rounded[1, 0]
                rounded[2, 2] <- 2e-16
                assertClose 1e-12 triangle (planeDistances (metric defaults rounded)))

            testCase "metric takes the mean of two distances that differ by rounding" (fun () ->
                let rounded = array2D [ [ 0.0; 1.0 + 4e-10 ]; [ 1.0; 0.0 ] ]
                Expect.floatClose (decimals 13) ((planeDistances (metric defaults rounded))[0, 1]) (1.0 + 2e-10) "distance in the plane")

            testCase "metric refuses an asymmetry beyond rounding however small the distances" (fun () ->
                let wrong = array2D [ [ 0.0; 1e-200 ]; [ 1.00001e-200; 0.0 ] ]
                let error = Expect.thrown<ArgumentException>(fun () -> metric defaults wrong |> ignore)
                Expect.stringContains error.Message "must be symmetric" "message")

            testCase "metric refuses a point that is away from itself" (fun () ->
                let wrong = array2D [ [ 0.0; 1.0 ]; [ 1.0; 0.1 ] ]
                let error = Expect.thrown<ArgumentException>(fun () -> metric defaults wrong |> ignore)
                Expect.stringContains error.Message "point 1 to itself must be 0, found 0.1" "message")

            testCase "orient of no points is no points, and a point that is nowhere is refused by its index" (fun () ->
                Expect.isEmpty (orient [||]) "points"
                let error = Expect.thrown<ArgumentException>(fun () -> orient [| { X = 1.0; Y = 2.0 }; { X = nan; Y = 0.0 } |] |> ignore)
                Expect.stringContains error.Message "Point 1 must have finite coordinates, found NaN and 0" "message")
        ]
