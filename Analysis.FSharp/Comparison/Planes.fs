/// Planes in the space of parameters: through three networks, along random directions, and along a trajectory.
module SparseCore.Analysis.Planes

open System
open SparseCore.Numerics
open SparseCore.Parameters
open SparseCore.Randomness

/// Which weights a direction may move.
type Space =
    /// Those in the masks of the networks.
    | InMasks
    /// All.
    | Everywhere

/// A point of a plane that has a name.
type Place =
    {
        /// What it is.
        Name: string
        /// Along the first direction.
        X: float
        /// Along the second.
        Y: float
        /// Its distance from the plane, L2.
        Beside: float
    }

/// A plane: every point is the origin and multiples of two directions.
type Plane =
    {
        /// The weights that exist on it.
        Masks: MaskSet
        /// Where x and y are 0.
        Origin: ParameterBlock
        /// The first direction. Shape [ParameterCount].
        First: float[]
        /// The second.
        Second: float[]
        /// What x and y say, for the axes.
        Units: string
        /// Networks on it, or near.
        Places: Place list
        /// Whether the places are a way, in their order.
        IsWay: bool
        /// Facts about it, a name and a value each.
        Facts: (string * string) list
    }

let private trained (snapshot: Snapshot) : float[] =
    let values = Snapshots.trained snapshot
    Array.init values.Length (fun index -> float values.Span[index])

let private dot (one: float[]) (other: float[]) =
    let mutable sum = 0.0

    for index in 0 .. one.Length - 1 do
        sum <- sum + one[index] * other[index]

    sum

let private minus (one: float[]) (other: float[]) = Array.map2 (-) one other
let private times (factor: float) (vector: float[]) = Array.map (fun value -> factor * value) vector
let private length (vector: float[]) = sqrt (dot vector vector)

/// How far a direction must be from zero, or from another direction, as a share of what it is compared with: beyond the rounding of parameters to float32.
let private least = 1e-6

let private union (snapshots: Snapshot seq) = snapshots |> Seq.map _.Masks |> Seq.reduce Snapshots.unionOfMasks

let private requireSame (snapshots: Snapshot list) =
    let shape (snapshot: Snapshot) = [ for tensor in snapshot.Parameters.Network.Tensors -> tensor.Node, tensor.Tensor.Count ]

    match snapshots |> List.tryFind (fun other -> shape other <> shape snapshots.Head) with
    | Some other ->
        invalidArg
            (nameof snapshots)
            $"A plane needs networks of one kind, found '{snapshots.Head.Parameters.Network.Name}' (run {snapshots.Head.Run}) and '{other.Parameters.Network.Name}' (run {other.Run})."
    | None -> ()

/// Where a point lies on a plane with orthonormal directions.
let private placed (name: string) (origin: float[]) (first: float[]) (second: float[]) (point: float[]) : Place =
    let away = minus point origin
    let x, y = dot away first, dot away second
    let beside = minus away (Array.map2 (fun u v -> x * u + y * v) first second)
    { Name = name; X = x; Y = y; Beside = length beside }

/// The plane through three networks, with orthonormal directions (Garipov et al. 2018): the second network lies on the x axis.
let through (first: string * Snapshot) (second: string * Snapshot) (third: string * Snapshot) : Plane =
    let networks = [ first; second; third ]
    requireSame (networks |> List.map snd)
    let origin = trained (snd first)
    let toSecond, toThird = minus (trained (snd second)) origin, minus (trained (snd third)) origin

    if length toSecond <= least * length origin then
        invalidArg (nameof second) $"'{fst first}' and '{fst second}' are the same point: three different networks span a plane."

    let u = times (1.0 / length toSecond) toSecond
    let across = minus toThird (times (dot toThird u) u)

    if length across <= least * (length toThird + length origin) then
        invalidArg
            (nameof third)
            $"'{fst third}' lies on the line through '{fst first}' and '{fst second}': three networks that do not lie on a line span a plane."

    let v = times (1.0 / length across) across

    {
        Masks = union (networks |> List.map snd)
        Origin = (snd first).Parameters
        First = u
        Second = v
        Units = "L2 distance"
        Places = [ for name, snapshot in networks -> trained snapshot |> placed name origin u v ]
        IsWay = false
        Facts = [ "plane", "through " + String.Join(", ", networks |> List.map fst) ]
    }

/// A random direction whose part at every neuron or filter is as long as its weights there (Li et al. 2018); biases, scales and shifts do not move.
let private filterNormalized (space: Space) (seed: uint64) (number: int) (snapshot: Snapshot) : float[] =
    let block = snapshot.Parameters
    let network = block.Network
    let direction = Array.zeroCreate<float> network.ParameterCount

    for layer in 0 .. network.Layers.Count - 1 do
        let stream = RandomStream(seed, $"direction {number}", uint64 layer)
        let fanIn, offset = network.Layers[layer].FanIn, block.WeightOffset layer

        for filter in 0 .. network.Layers[layer].WeightCount / fanIn - 1 do
            let places = [| filter * fanIn .. (filter + 1) * fanIn - 1 |]
            // Drawn for masked weights too, so that both spaces have the same numbers elsewhere.
            let all = places |> Array.map (fun _ -> stream.NextNormal())
            let moves place = space = Everywhere || snapshot.Masks[layer][place]
            let drawn = Array.map2 (fun place value -> if moves place then value else 0.0) places all
            let weights = places |> Array.map (fun place -> float block.Values[offset + place])
            let scale = if length drawn > 0.0 then length weights / length drawn else 0.0
            places |> Array.iteri (fun index place -> direction[offset + place] <- scale * drawn[index])

    direction

let private lengthFormat = "G3"

/// The plane around one network along two random directions, filter by filter as long as its weights.
let random (space: Space) (seed: uint64) (name: string, snapshot: Snapshot) : Plane =
    let first, second = filterNormalized space seed 1 snapshot, filterNormalized space seed 2 snapshot

    {
        Masks = if space = Everywhere then MaskSet.Full snapshot.Masks.Network else snapshot.Masks
        Origin = snapshot.Parameters
        First = first
        Second = second
        Units = $"multiples of a random direction of L2 length {Numbers.text lengthFormat (length first)}"
        Places = [ { Name = name; X = 0.0; Y = 0.0; Beside = 0.0 } ]
        IsWay = false
        Facts =
            [
                "plane", "two random directions, every filter as long as its weights (Li et al. 2018)"
                "lengths_of_directions", $"{Tables.number (length first)}, {Tables.number (length second)}"
                "angle_between_them_degrees",
                (if length first * length second > 0.0 then
                     Tables.number (180.0 / Math.PI * Math.Acos(dot first second / (length first * length second)))
                 else
                     "-")
                "seed", string seed
            ]
    }

/// The plane in which a way spreads most: the first two principal components of its points, seen from the last one.
let along (way: (string * Snapshot) list) : Plane =
    if way.Length < 3 then
        invalidArg (nameof way) $"A way needs at least 3 checkpoints, found {way.Length}."

    requireSame (way |> List.map snd)
    let points = way |> List.map (snd >> trained) |> Array.ofList
    let origin = Array.last points
    let mean = Array.init origin.Length (fun index -> points |> Array.averageBy (fun point -> point[index]))
    let centered = points |> Array.map (fun point -> minus point mean)
    // As many points as there are, not as many parameters: components are combinations of the points.
    let products = Array2D.init points.Length points.Length (fun one other -> dot centered[one] centered[other])
    let struct (values, vectors) = SymmetricEigenvalues.ComputeWithVectors(products, 1)

    let component' (rank: int) =
        let place = values.Length - 1 - rank

        if values[place] <= least * values[values.Length - 1] || values[place] <= 0.0 then
            invalidArg (nameof way) $"The way's {points.Length} checkpoints lie on a line or in a point: there is no plane along it."

        let sum = Array.zeroCreate<float> origin.Length

        for index in 0 .. points.Length - 1 do
            let share = vectors[place][index] / sqrt values[place]

            for coordinate in 0 .. sum.Length - 1 do
                sum[coordinate] <- sum[coordinate] + share * centered[index][coordinate]

        sum

    let u, v = component' 0, component' 1
    let share rank = Tables.number (Math.Round(values[values.Length - 1 - rank] / Array.sum values, 4))

    {
        Masks = union (way |> List.map snd)
        Origin = (snd (List.last way)).Parameters
        First = u
        Second = v
        Units = "L2 distance"
        Places = [ for name, snapshot in way -> trained snapshot |> placed name origin u v ]
        IsWay = true
        Facts = [ "plane", "first two principal components of the checkpoints"; "shares_of_variance", $"{share 0}, {share 1}" ]
    }

/// The parameters at a point: running statistics of batch normalizations are the origin's.
let point (x: float) (y: float) (plane: Plane) : ParameterBlock =
    let block = plane.Origin.Clone()

    for index in 0 .. plane.First.Length - 1 do
        block.Values[index] <- float32 (float plane.Origin.Values[index] + x * plane.First[index] + y * plane.Second[index])

    block
