/// Multidimensional scaling: points in the plane whose distances resemble given ones.
/// Classical (Torgerson 1952), metric by SMACOF (de Leeuw 1977) and non-metric (Kruskal 1964).
module SparseCore.Analysis.Mds

open System
open MathNet.Numerics.LinearAlgebra
open SparseCore.Randomness

/// A point of the plane.
type Point =
    {
        /// First principal axis of the configuration.
        X: float
        /// Second principal axis.
        Y: float
    }

/// A configuration with the measures of its fit.
type Embedding =
    {
        /// One point for every given object, in order; oriented (see orient).
        Points: Point[]
        /// Sum over pairs of (target - distance in the plane)^2; the target is the given distance, or Kruskal's disparity (non-metric).
        RawStress: float
        /// Kruskal's stress-1: sqrt(raw stress / sum over pairs of the squared distances in the plane); 0 is a perfect fit.
        Stress1: float
        /// Iterations until convergence; 0 for the classical solution.
        Iterations: int
    }

/// When to stop, and from where to start.
type Options =
    {
        /// At most this many iterations from each start.
        MaxIterations: int
        /// Stop when an iteration lowers the raw stress by less than this fraction of the sum of squared targets.
        Tolerance: float
        /// Further starts from random configurations; the best final stress wins, the classical start on ties. At least 8 where the classical start is
        /// arbitrary, as for equal distances.
        Restarts: int
        /// Seed of the random configurations.
        Seed: uint64
    }

/// From the classical solution alone unless it is arbitrary, at most 1,000 iterations.
let defaults = { MaxIterations = 1000; Tolerance = 1e-12; Restarts = 0; Seed = 0UL }

/// Two distances of one pair may differ by this fraction, and a point may be this fraction of the largest distance away from itself: rounding.
let private roundingTolerance = 1e-9

/// Distances in a unit that is a power of two, so that squares neither overflow nor vanish and no digit of ordinary distances changes.
type private Problem =
    {
        /// Number of points.
        Count: int
        /// Symmetric, 0 on the diagonal, the largest in [1, 2) unless all are 0.
        Distances: float[,]
        /// The unit is 2 to this power.
        Exponent: int
    }

/// The power of two that brings the largest of these values into [1, 2); 0 if all are 0.
let private exponentOf (values: float seq) =
    match Seq.fold max 0.0 values with
    | 0.0 -> 0
    | largest -> Math.ILogB largest

let private problem (distances: float[,]) =
    let n = Array2D.length1 distances

    if n <> Array2D.length2 distances then
        invalidArg (nameof distances) $"A square matrix of distances is needed, found {n} x {Array2D.length2 distances}."

    if n = 0 then
        invalidArg (nameof distances) "At least one point is needed, found none."

    for row in 1 .. n - 1 do
        for column in 0 .. row - 1 do
            for value in [ distances[row, column]; distances[column, row] ] do
                if not (value >= 0.0 && Double.IsFinite value) then
                    invalidArg
                        (nameof distances)
                        $"The distance of points {row} and {column} must be finite and not negative, found {value}."

    let exponent = [| for row in 1 .. n - 1 -> Array.max distances[row, .. row - 1] |] |> exponentOf
    let scaled = distances |> Array2D.map (fun value -> Math.ScaleB(value, -exponent))

    let between (row: int) (column: int) =
        let value, mirrored = scaled[row, column], scaled[column, row]

        if row = column then
            if not (abs value <= roundingTolerance) then
                invalidArg (nameof distances) $"The distance of point {row} to itself must be 0, found {distances[row, row]}."

            0.0
        else
            if not (abs (value - mirrored) <= roundingTolerance * max value mirrored) then
                let first, second = max row column, min row column

                invalidArg
                    (nameof distances)
                    $"The matrix must be symmetric, found {distances[first, second]} at ({first}, {second}) and {distances[second, first]} at ({second}, {first})."

            (value + mirrored) / 2.0

    { Count = n; Distances = Array2D.init n n between; Exponent = exponent }

/// The pairs below the diagonal as one array: (1,0), (2,0), (2,1), (3,0), ...
let private pairs (problem: Problem) =
    [|
        for row in 1 .. problem.Count - 1 do
            for column in 0 .. row - 1 -> problem.Distances[row, column]
    |]

let private planar (xs: float[]) (ys: float[]) (destination: float[]) =
    let mutable pair = 0

    for row in 1 .. xs.Length - 1 do
        for column in 0 .. row - 1 do
            let dx = xs[row] - xs[column]
            let dy = ys[row] - ys[column]
            destination[pair] <- sqrt (dx * dx + dy * dy)
            pair <- pair + 1

let private sumOfSquares (values: float[]) =
    let mutable sum = 0.0

    for value in values do
        sum <- sum + value * value

    sum

let private rawStress (targets: float[]) (distances: float[]) =
    let mutable sum = 0.0

    for pair in 0 .. targets.Length - 1 do
        let difference = targets[pair] - distances[pair]
        sum <- sum + difference * difference

    sum

/// The point in a unit that is smaller by this power of two.
let private scale (exponent: int) (point: Point) = { X = Math.ScaleB(point.X, exponent); Y = Math.ScaleB(point.Y, exponent) }

/// Fixes what distances leave open, by rule. The centroid moves to the origin; the direction of largest variance becomes x (when all directions have
/// equal variance, the first point off the center gets y = 0); then each axis is mirrored so that its coordinate of largest magnitude (the lowest
/// index among equals) is positive.
let orient (points: Point[]) =
    match points |> Array.tryFindIndex (fun point -> not (Double.IsFinite point.X && Double.IsFinite point.Y)) with
    | Some index -> invalidArg (nameof points) $"Point {index} must have finite coordinates, found {points[index].X} and {points[index].Y}."
    | None -> ()

    // Squares of very large or small coordinates would leave the range of a double.
    let exponent = points |> Seq.collect (fun point -> [ abs point.X; abs point.Y ]) |> exponentOf
    let points = points |> Array.map (scale -exponent)
    let n = float points.Length
    let centerX = (points |> Array.sumBy _.X) / n
    let centerY = (points |> Array.sumBy _.Y) / n
    let centered = points |> Array.map (fun point -> { X = point.X - centerX; Y = point.Y - centerY })
    let xx = centered |> Array.sumBy (fun point -> point.X * point.X)
    let yy = centered |> Array.sumBy (fun point -> point.Y * point.Y)
    let xy = centered |> Array.sumBy (fun point -> point.X * point.Y)
    let total = xx + yy

    let angle =
        if sqrt ((xx - yy) * (xx - yy) + 4.0 * xy * xy) > 1e-9 * total then
            0.5 * atan2 (2.0 * xy) (xx - yy)
        else
            centered
            |> Array.tryFind (fun point -> point.X * point.X + point.Y * point.Y > 1e-9 * total)
            |> Option.map (fun point -> atan2 point.Y point.X)
            |> Option.defaultValue 0.0

    let cosine, sine = cos angle, sin angle

    let rotated =
        centered |> Array.map (fun point -> { X = cosine * point.X + sine * point.Y; Y = cosine * point.Y - sine * point.X })

    let sign (coordinate: Point -> float) =
        let largest = rotated |> Array.map (coordinate >> abs) |> Array.fold max 0.0
        let isLargest (point: Point) = abs (coordinate point) >= largest * (1.0 - 1e-9)

        if rotated |> Array.tryFind isLargest |> Option.exists (fun first -> coordinate first < 0.0) then
            -1.0
        else
            1.0

    let signX, signY = sign _.X, sign _.Y
    rotated |> Array.map (fun point -> scale exponent { X = signX * point.X; Y = signY * point.Y })

let private finish (iterations: int) (raw: float) (planarSquares: float) (xs: float[]) (ys: float[]) =
    {
        Points = Array.map2 (fun x y -> { X = x; Y = y }) xs ys |> orient
        RawStress = raw
        Stress1 = if planarSquares > 0.0 then sqrt (raw / planarSquares) else 0.0
        Iterations = iterations
    }

/// The embedding in the unit of the given distances.
let private inGivenUnit (problem: Problem) (embedding: Embedding) =
    { embedding with
        Points = embedding.Points |> Array.map (scale problem.Exponent)
        RawStress = Math.ScaleB(embedding.RawStress, 2 * problem.Exponent)
    }

/// Eigenvalues whose relative difference is smaller are taken for equal.
let private eigenvalueTolerance = 1e-9

/// Coordinates from the two largest eigenvalues of -1/2 J D^2 J, J = I - 1/n, and whether the plane is arbitrary: where the third eigenvalue equals the
/// second (all distances equal, for one), rounding decides which plane of many it is.
let private torgerson (problem: Problem) =
    let n = problem.Count
    let squared = problem.Distances |> Array2D.map (fun value -> value * value)
    let means = Array.init n (fun row -> Array.average squared[row, *])
    let grand = Array.average means
    let gram = Array2D.init n n (fun row column -> -0.5 * (squared[row, column] - means[row] - means[column] + grand))
    let decomposition = Matrix<float>.Build.DenseOfArray(gram).Evd Symmetricity.Symmetric

    let axis (rank: int) =
        if rank > n then
            Array.zeroCreate n
        else
            // Eigenvalues come in ascending order.
            let scale = sqrt (max 0.0 decomposition.EigenValues[n - rank].Real)
            decomposition.EigenVectors.Column(n - rank).ToArray() |> Array.map (fun value -> scale * value)

    let eigenvalue (rank: int) = if rank > n then 0.0 else decomposition.EigenValues[n - rank].Real

    let isArbitrary =
        eigenvalue 2 > eigenvalueTolerance * eigenvalue 1 && eigenvalue 2 - eigenvalue 3 <= eigenvalueTolerance * eigenvalue 2

    struct (axis 1, axis 2, isArbitrary)

/// Classical scaling: exact when the distances are those of points in the plane.
let classical (distances: float[,]) =
    let problem = problem distances
    let struct (xs, ys, _) = torgerson problem
    let targets = pairs problem
    let inPlane = Array.zeroCreate targets.Length
    planar xs ys inPlane
    finish 0 (rawStress targets inPlane) (sumOfSquares inPlane) xs ys |> inGivenUnit problem

/// The direction in which the points of a pair part where they coincide, another one for every pair: multiples of the golden angle.
let private parting (pair: int) =
    let angle = Math.PI * (3.0 - sqrt 5.0) * float pair
    struct (cos angle, sin angle)

/// One Guttman transform: moves every point to where the majorizing function of the raw stress is least. The stress never grows.
/// Points that coincide have no direction, and stay together in the usual transform. Any unit vector majorizes too (a subgradient of their distance),
/// and lowers the stress: at no minimum do points coincide whose target is above 0 (de Leeuw 1984).
let private guttman (targets: float[]) (inPlane: float[]) (xs: float[]) (ys: float[]) (nextX: float[]) (nextY: float[]) =
    let n = xs.Length
    Array.Clear nextX
    Array.Clear nextY
    let mutable pair = 0

    for row in 1 .. n - 1 do
        for column in 0 .. row - 1 do
            if inPlane[pair] > 0.0 then
                let ratio = targets[pair] / inPlane[pair]
                let dx = ratio * (xs[row] - xs[column])
                let dy = ratio * (ys[row] - ys[column])
                nextX[row] <- nextX[row] + dx
                nextX[column] <- nextX[column] - dx
                nextY[row] <- nextY[row] + dy
                nextY[column] <- nextY[column] - dy
            elif targets[pair] > 0.0 then
                let struct (ux, uy) = parting pair
                nextX[row] <- nextX[row] + targets[pair] * ux
                nextX[column] <- nextX[column] - targets[pair] * ux
                nextY[row] <- nextY[row] + targets[pair] * uy
                nextY[column] <- nextY[column] - targets[pair] * uy

            pair <- pair + 1

    for index in 0 .. n - 1 do
        xs[index] <- nextX[index] / float n
        ys[index] <- nextY[index] / float n

/// Iterates Guttman transforms. `refit` writes the values to fit, given the present distances, and returns the stress they leave, on the scale of
/// `total`.
let private iterate (options: Options) (total: float) (refit: float[] -> float[] -> float) (xs: float[]) (ys: float[]) =
    let n = xs.Length
    let inPlane = Array.zeroCreate (n * (n - 1) / 2)
    let targets = Array.zeroCreate inPlane.Length
    let nextX, nextY = Array.zeroCreate n, Array.zeroCreate n
    planar xs ys inPlane
    let mutable stress = refit inPlane targets
    let mutable iterations = 0
    let mutable converged = false

    while not converged && iterations < options.MaxIterations do
        guttman targets inPlane xs ys nextX nextY
        planar xs ys inPlane
        let next = refit inPlane targets
        converged <- stress - next <= options.Tolerance * total
        stress <- next
        iterations <- iterations + 1

    inPlane, stress, iterations

/// Random starts at least, where the classical one is arbitrary.
let private startsBesideArbitrary = 8

/// The classical start, then the random ones: normal coordinates with the given root-mean-square distance.
let private starts (options: Options) (problem: Problem) (rootMeanSquare: float) =
    let struct (xs, ys, isArbitrary) = torgerson problem
    let restarts = if isArbitrary then max startsBesideArbitrary options.Restarts else options.Restarts

    seq {
        yield xs, ys

        for restart in 1..restarts do
            let stream = RandomStream(options.Seed, "mds", uint64 restart)
            let coordinate _ = rootMeanSquare / 2.0 * stream.NextNormal()
            let xs = Array.init problem.Count coordinate
            yield xs, Array.init problem.Count coordinate
    }

let private validate (options: Options) =
    if options.MaxIterations < 0 || options.Restarts < 0 || not (options.Tolerance >= 0.0) then
        invalidArg
            (nameof options)
            $"Iterations, restarts and tolerance must not be negative, found {options.MaxIterations}, {options.Restarts} and {options.Tolerance}."

/// Metric scaling: least squares on the distances themselves, by SMACOF.
let metric (options: Options) (distances: float[,]) =
    validate options
    let problem = problem distances
    let given = pairs problem
    let total = sumOfSquares given

    let refit (inPlane: float[]) (targets: float[]) =
        Array.blit given 0 targets 0 given.Length
        rawStress given inPlane

    starts options problem (sqrt (total / float (max 1 given.Length)))
    |> Seq.map (fun (xs, ys) ->
        let inPlane, stress, iterations = iterate options total refit xs ys
        finish iterations stress (sumOfSquares inPlane) xs ys)
    |> Seq.reduce (fun best other -> if other.RawStress < best.RawStress then other else best)
    |> inGivenUnit problem

/// The non-decreasing sequence nearest to the values in least squares: neighbors that are out of order are pooled.
let isotonic (values: float[]) =
    let means: float[] = Array.zeroCreate values.Length
    let counts: int[] = Array.zeroCreate values.Length
    let mutable blocks = 0

    for value in values do
        means[blocks] <- value
        counts[blocks] <- 1
        blocks <- blocks + 1

        while blocks > 1 && means[blocks - 2] > means[blocks - 1] do
            let left, right = float counts[blocks - 2], float counts[blocks - 1]
            means[blocks - 2] <- (left * means[blocks - 2] + right * means[blocks - 1]) / (left + right)
            counts[blocks - 2] <- counts[blocks - 2] + counts[blocks - 1]
            blocks <- blocks - 1

    let fitted = Array.zeroCreate values.Length
    let mutable first = 0

    for block in 0 .. blocks - 1 do
        Array.Fill(fitted, means[block], first, counts[block])
        first <- first + counts[block]

    fitted

/// Makes the function that writes Kruskal's disparities: the values nearest to the distances in the plane among those that rise with the
/// given distances. Pairs of equal given distance may differ (Kruskal's primary approach to ties): they are ordered by their distances in the plane.
let private disparities (sorted: int[]) (ties: struct (int * int)[]) =
    let order = Array.copy sorted

    fun (inPlane: float[]) (destination: float[]) ->
        for struct (first, count) in ties do
            let tied = Array.sub sorted first count
            Array.Sort(tied |> Array.map (fun pair -> struct (inPlane[pair], pair)), tied)
            Array.blit tied 0 order first count

        let fitted = order |> Array.map (fun pair -> inPlane[pair]) |> isotonic

        for rank in 0 .. order.Length - 1 do
            destination[order[rank]] <- fitted[rank]

/// Runs of equal values among sorted pairs, as (first rank, count), those of one pair left out.
let private tieBlocks (targets: float[]) (order: int[]) =
    let blocks = ResizeArray()
    let mutable first = 0

    for rank in 1 .. order.Length do
        if rank = order.Length || targets[order[rank]] <> targets[order[first]] then
            if rank - first > 1 then
                blocks.Add(struct (first, rank - first))

            first <- rank

    blocks.ToArray()

/// Non-metric scaling (Kruskal 1964): only the order of the given distances counts, and stress-1 is made small. The scale, which the order
/// leaves open, is set so that the squared distances in the plane have the same sum as the given ones.
let nonMetric (options: Options) (distances: float[,]) =
    validate options
    let problem = problem distances
    let given = pairs problem
    let total = sumOfSquares given
    let order = Array.init given.Length id |> Array.sortBy (fun pair -> struct (given[pair], pair))
    let ties = tieBlocks given order

    let rising = disparities order ties

    // The disparities are scaled to a fixed sum of squares: otherwise the configuration would shrink to one point. The stress reported to the
    // iteration is stress-1 squared, times the total so that the tolerance means the same as in the metric case.
    let refit (inPlane: float[]) (targets: float[]) =
        rising inPlane targets
        let squares = sumOfSquares inPlane
        let stress = if squares > 0.0 then total * rawStress targets inPlane / squares else 0.0
        let length = sumOfSquares targets
        let scale = if length > 0.0 then sqrt (total / length) else 0.0

        for pair in 0 .. targets.Length - 1 do
            targets[pair] <- scale * targets[pair]

        stress

    starts options problem (sqrt (total / float (max 1 given.Length)))
    |> Seq.map (fun (xs, ys) ->
        let inPlane, stress, iterations = iterate options total refit xs ys
        let squares = sumOfSquares inPlane
        let scale = if squares > 0.0 then sqrt (total / squares) else 0.0
        finish iterations stress total (xs |> Array.map ((*) scale)) (ys |> Array.map ((*) scale)))
    |> Seq.reduce (fun best other -> if other.Stress1 < best.Stress1 then other else best)
    |> inGivenUnit problem
