/// All networks of a selection, all their pairs and groups: from saved networks to tables.
module SparseCore.Analysis.Comparison

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.IO
open System.Security.Cryptography
open System.Text
open System.Threading
open System.Threading.Tasks
open SparseCore.Data
open SparseCore.Engine
open SparseCore.Numerics
open SparseCore.Plans
open SparseCore.Randomness
open SparseCore.RunFolders
open SparseCore.Analysis.ComparisonTables
open SparseCore.Analysis.Selection

/// Between which networks straight lines are measured.
type Barriers =
    /// None are measured.
    | NoBarriers
    /// Between those of one group.
    | WithinGroups
    /// Between all networks of the selection.
    | AllPairs

/// How a selection is compared.
type Settings =
    {
        /// Makes the engines that evaluate.
        Engines: IEngineFactory
        /// Threads at work.
        Jobs: int
        /// The data.
        Data: DataSplit
        /// Test examples on which functions are compared, evenly spaced; None for all.
        Examples: int option
        /// Examples on which what layers give is compared; 0 for not at all.
        LayerExamples: int
        /// Straight lines.
        Barriers: Barriers
        /// Examples of each data set on which lines are measured, evenly spaced.
        PathExamples: int
        /// Statistics of batch normalizations on lines.
        Statistics: Evaluation.BatchNormStatistics
        /// A folder that keeps pairs for the next time.
        Kept: string
        /// Hears what is being done, how much of it is done, and of how much; from any thread.
        Report: string -> int -> int -> unit
        /// Stops the work; what is kept stays.
        Cancellation: CancellationToken
    }

/// All tables.
type Results =
    {
        /// A row a network.
        Networks: NetworkRow[]
        /// A row a pair.
        Pairs: PairRow[]
        /// Rows for pairs of groups.
        Layers: LayerRow[]
        /// A row a group.
        Groups: GroupRow[]
        /// Rows for sizes.
        Ensembles: EnsembleRow[]
        /// A row a line.
        Barriers: BarrierRow[]
        /// Rows for groups and layers.
        Signs: SignRow[]
    }

/// Orders in which networks join an ensemble, one after another.
let private ordersOfEnsembles = 20

/// Memory for the probabilities of all networks, at most.
let private mostBytes = 8_000_000_000L

/// Places on a line.
let private places = Interpolation.spaced 0.0 1.0 11

/// Everything a kept pair depends on besides its networks.
let private keyOf (settings: Settings) (purpose: string) (parts: string list) =
    let text = String.Join("\n", "comparison-1" :: purpose :: settings.Data.ContentHash :: parts)
    Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes text)).Substring(0, 16)

/// Runs work for all indices on the settings' threads, and tells how far it is.
let private forAll (settings: Settings) (task: string) (count: int) (work: int -> unit) =
    let finished = ref 0
    settings.Report task 0 count
    let options = ParallelOptions(MaxDegreeOfParallelism = settings.Jobs, CancellationToken = settings.Cancellation)

    Parallel.ForEach(
        Partitioner.Create([| 0 .. count - 1 |], EnumerablePartitionerOptions.NoBuffering),
        options,
        fun index ->
            work index
            settings.Report task (Interlocked.Increment &finished.contents) count
    )
    |> ignore

let private start (run: Run) (snapshot: Snapshot) : Snapshot option =
    match run.Plan with
    | Trained _ when snapshot.Step > 0 && Array.contains 0 (Runs.steps run) -> Some(Runs.at 0 run)
    | _ -> None

/// The network that a run's mask comes from, as it was then; None where the mask is the run's own, or that run is not there beside it, is not the one that is meant, or is
/// damaged. A name in a plan is only ever that of a neighbor.
let maskParent (run: Run) : Snapshot option =
    match run.Plan with
    | Trained plan ->
        match plan.Mask with
        | :? MaskPlan.FromRun as mask when not mask.ShuffleSeed.HasValue && RunFolder.Exists(run.Folder.Root, mask.Run.Folder) ->
            Selection.opened (Path.Combine(run.Folder.Root, mask.Run.Folder))
            |> Option.filter (fun parent -> parent.Folder.PlanHash = mask.Run.PlanHash && Array.contains mask.Run.Step (Runs.steps parent))
            |> Option.map (Runs.at mask.Run.Step)
        | _ -> None
    | Imported _
    | Unreadable _ -> None

/// Signs of every network against its start, and against the network that its mask is from.
let private signRows (names: string list) (taken: Taken[]) (sides: Pairs.Side[]) : SignRow[] =
    let parents = taken |> Array.distinctBy _.Run.Name |> Array.map (fun one -> one.Run.Name, maskParent one.Run) |> dict

    [|
        for (group, step), members in taken |> Array.indexed |> Array.groupBy (fun (_, one) -> one.Group, one.Step) do
            for reference in signReferences do
                let found =
                    members
                    |> Array.choose (fun (index, one) ->
                        let other = if reference = "start" then sides[index].Start else parents[one.Run.Name]
                        other |> Option.map (fun other -> Pairs.signsOfStart other sides[index].Snapshot))

                if found.Length > 0 then
                    let row layer (value: (float * float)[] * (float * float) -> float * float) =
                        let values = found |> Array.map value

                        {
                            Group = group
                            Step = step
                            Reference = reference
                            Layer = layer
                            Networks = found.Length
                            Equal = values |> Array.averageBy fst
                            EqualByChance = values |> Array.averageBy snd
                        }

                    for index, name in List.indexed names do
                        row name (fun (layers, _) -> layers[index])

                    row "all" snd
    |]

/// The outputs of all networks on the data; ways in which pixels are normalized are told apart by the network.
let private outputs (settings: Settings) (test: Dataset) (snapshots: Snapshot[]) : Outputs[] =
    let results = Array.zeroCreate snapshots.Length

    forAll settings "outputs of networks" snapshots.Length (fun index ->
        results[index] <- Evaluation.outputs settings.Engines 1 test [| snapshots[index] |] |> Array.exactlyOne)

    results

/// All pairs: those that are kept, and the others, which are kept then.
let private allPairs (settings: Settings) (key: string) (sides: Pairs.Side[]) : Dictionary<struct (int * int), Pairs.Pair> =
    let layers = sides[0].Snapshot.Masks.Count
    let hash (index: int) = sides[index].Snapshot.ContentHash
    let found = ConcurrentDictionary<struct (int * int), Pairs.Pair>()
    // A file for every network holds its pairs with those of larger hashes.
    let order = [| 0 .. sides.Length - 1 |] |> Array.sortWith (fun one other -> String.CompareOrdinal(hash one, hash other))

    forAll settings "pairs of networks" sides.Length (fun place ->
        let low = order[place]
        let path ending = Path.Combine(settings.Kept, $"{hash low}-{key}-{ending}.csv")
        let known = Dictionary<string, Pairs.Pair>()
        let rows, layerRows = Columns.kept (path "pairs") keptColumns, Columns.kept (path "layers") keptLayerColumns

        if layerRows.Length = layers * rows.Length then
            rows
            |> Array.iteri (fun index row ->
                let own = Array.sub layerRows (index * layers) layers |> Array.map _.Layer
                known[row.High] <- { row.Pair with Layers = own })

        let mutable isNew = false

        for other in place + 1 .. sides.Length - 1 do
            settings.Cancellation.ThrowIfCancellationRequested()
            let high = order[other]

            let pair =
                match known.TryGetValue(hash high) with
                | true, pair -> pair
                | false, _ ->
                    isNew <- true
                    let pair = Pairs.between sides[low] sides[high]
                    known[hash high] <- pair
                    pair

            if low < high then
                found[struct (low, high)] <- pair
            else
                found[struct (high, low)] <- Pairs.turned pair

        if isNew then
            let all = known |> Array.ofSeq
            Directory.CreateDirectory settings.Kept |> ignore

            Columns.write
                (path "layers")
                keptLayerColumns
                [
                    for pair in all do
                        for layer in pair.Value.Layers do
                            ({ Low = hash low; High = pair.Key; Layer = layer }: KeptLayer)
                ]

            Columns.write
                (path "pairs")
                keptColumns
                [
                    for pair in all do
                        ({ Low = hash low; High = pair.Key; Pair = pair.Value }: KeptPair)
                ])

    Dictionary found

let private meanOf (values: float seq) =
    match values |> Seq.filter Double.IsFinite |> Array.ofSeq with
    | [||] -> None
    | finite -> Some(Statistics.mean finite)

let private layerRows (taken: Taken[]) (names: string list) (pairs: Dictionary<struct (int * int), Pairs.Pair>) : LayerRow[] =
    [|
        for (first, second), own in
            pairs
            // In one order: a mean's last digit depends on it.
            |> Seq.sortBy _.Key
            |> Seq.groupBy (fun entry ->
                let struct (one, other) = entry.Key
                let a, b = taken[one].Group, taken[other].Group
                if String.CompareOrdinal(a, b) <= 0 then a, b else b, a)
            |> Seq.sortBy fst do
            let own = own |> Seq.map _.Value |> Array.ofSeq

            for index, name in List.indexed names do
                let mean (value: Pairs.LayerPair -> float) =
                    own |> Seq.map (fun pair -> value pair.Layers[index]) |> meanOf |> Option.defaultValue nan

                {
                    First = first
                    Second = second
                    Layer = name
                    Pairs = own.Length
                    Mean =
                        {
                            Distance = mean _.Distance
                            Overlap = mean _.Overlap
                            OverlapByChance = mean _.OverlapByChance
                            Signs = mean _.Signs
                            SignsByChance = mean _.SignsByChance
                            Alignment = mean _.Alignment
                        }
                }
    |]

/// Accuracies of ensembles of the first networks: of one, of two, of all.
let private ensembleAccuracies (labels: int[]) (classes: int) (members: Pairs.Side[]) : float[] =
    members |> Array.map _.Probabilities |> Ensembles.growing labels classes

/// Ensembles of one to all networks of a group: the first ones of some orders, drawn by chance, the same every time.
let private ensembles (settings: Settings) (labels: int[]) (classes: int) (group: string) (members: Pairs.Side[]) : EnsembleRow[] =
    let orders =
        if members.Length = 1 then
            [| members |]
        else
            Array.init ordersOfEnsembles (fun draw ->
                RandomStream(1UL, "ensembles", uint64 draw).NextPermutation members.Length |> Array.map (Array.get members))

    let accuracies = Array.zeroCreate orders.Length

    forAll settings $"ensembles of {group}" orders.Length (fun order ->
        accuracies[order] <- ensembleAccuracies labels classes orders[order])

    let names (order: Pairs.Side[]) (size: int) =
        order |> Array.truncate size |> Array.map _.Snapshot.ContentHash |> Array.sort |> String.concat " "

    [|
        for size in 1 .. members.Length do
            // The same networks are one ensemble, in whatever order they came.
            let distinct = Array.indexed orders |> Array.distinctBy (fun (_, order) -> names order size)

            {
                Group = group
                Size = size
                Accuracy = distinct |> Array.averageBy (fun (order, _) -> accuracies[order][size - 1])
                Ensembles = distinct.Length
            }
    |]

let private groupRow
    (labels: int[])
    (classes: int)
    (group: string)
    (members: Pairs.Side[])
    (accuracies: float[])
    (pairs: Pairs.Pair[])
    : GroupRow =
    let mean (value: Pairs.Pair -> float) = pairs |> Seq.map value |> meanOf

    {
        Group = group
        Networks = members.Length
        Accuracy = Statistics.mean accuracies
        AccuracyDeviation = if members.Length > 1 then Some(Statistics.populationDeviation accuracies) else None
        EnsembleAccuracy = ensembleAccuracies labels classes members |> Array.last
        Disagreement = mean _.Disagreement
        Kl = pairs |> Seq.collect (fun pair -> [ pair.Kl; pair.KlBack ]) |> meanOf
        Jsd = mean _.Jsd
        Distance = mean _.Distance
        Overlap = mean _.Overlap
        OverlapByChance = mean _.OverlapByChance
        ErrorConsistency = mean _.ErrorConsistency
    }

/// A map of some distances in the plane.
let private map (distances: float[,]) : Mds.Point[] =
    let count = Array2D.length1 distances

    if count < 2 then
        Array.replicate count { X = 0.0; Y = 0.0 }
    else
        (Mds.metric
            { Mds.defaults with
                Restarts = (if count <= 60 then 8 else 0)
                MaxIterations = 500
                Tolerance = 1e-9
            }
            distances)
            .Points

/// A symmetric matrix of a measure of pairs, with zeros on its diagonal. Shape [networks, networks].
let matrix (networks: int) (pairs: PairRow seq) (measure: Pairs.Pair -> float) (diagonal: float) : float[,] =
    let values = Array2D.init networks networks (fun one other -> if one = other then diagonal else nan)

    for row in pairs do
        values[row.First, row.Second] <- measure row.Pair
        values[row.Second, row.First] <- measure row.Pair

    values

let private barrierOf (lossOf: Evaluation.Performance -> float) (line: Evaluation.Performance[]) =
    Interpolation.barrierHeight places (line |> Array.map lossOf)

/// The straight lines between the chosen pairs; every line is kept as soon as it is measured.
let private barriers (settings: Settings) (taken: Taken[]) (sides: Pairs.Side[]) : BarrierRow[] =
    let chosen =
        [|
            for one in 0 .. sides.Length - 1 do
                for other in one + 1 .. sides.Length - 1 do
                    match settings.Barriers with
                    | NoBarriers -> ()
                    | WithinGroups when taken[one].Group <> taken[other].Group -> ()
                    | WithinGroups
                    | AllPairs -> one, other
        |]

    let sample (data: Dataset) = SpreadDataset.Of(data, Nullable settings.PathExamples)
    let train, test = sample settings.Data.Train, sample settings.Data.Test

    let key =
        keyOf
            settings
            "barriers"
            [ string settings.PathExamples; Evaluation.described settings.Statistics; Evaluation.arithmetic settings.Engines ]

    let rows = Array.zeroCreate chosen.Length

    forAll settings "straight lines" chosen.Length (fun index ->
        let one, other = chosen[index]
        let hashes = [ sides[one].Snapshot.ContentHash; sides[other].Snapshot.ContentHash ] |> List.sort
        let path = Path.Combine(settings.Kept, $"{hashes[0].Substring(0, 32)}-{hashes[1].Substring(0, 32)}-{key}.csv")

        rows[index] <-
            match Columns.kept path barrierColumns with
            | [| row |] -> { row with First = one; Second = other }
            | _ ->
                let masks, line = Interpolation.between sides[one].Snapshot sides[other].Snapshot
                let line = { line with Alphas = places }

                let on data =
                    Interpolation.evaluate settings.Engines 1 settings.Statistics data (masks, line) |> Array.map _.Value

                let trained, tested = on train, on test

                let row =
                    {
                        First = one
                        Second = other
                        TrainLoss = barrierOf _.Loss trained
                        TrainAccuracy = barrierOf (fun value -> -value.Accuracy) trained
                        TestLoss = barrierOf _.Loss tested
                        TestAccuracy = barrierOf (fun value -> -value.Accuracy) tested
                    }

                Directory.CreateDirectory settings.Kept |> ignore
                Columns.write path barrierColumns [ row ]
                row)

    rows

/// Compares all networks of a selection.
let compare (settings: Settings) (taken: Taken[]) : Results =
    let test = SpreadDataset.Of(settings.Data.Test, Option.toNullable settings.Examples)
    let classes = test.Classes
    let needed = 16L * int64 taken.Length * int64 test.Count * int64 classes

    if needed > mostBytes then
        invalidArg
            (nameof settings)
            $"The probabilities of {taken.Length} networks on {test.Count} examples take {float needed / 1e9:F1} GB; expected at most {float mostBytes / 1e9:F0}. Take fewer examples (examples=) or networks (where=)."

    let labels = Evaluation.labels test
    let snapshots = taken |> Array.map (fun one -> Runs.at one.Step one.Run)
    let given = outputs settings test snapshots
    let sides = Array.zeroCreate<Pairs.Side> taken.Length

    forAll settings "what networks are alone" taken.Length (fun index ->
        let kernels =
            if settings.LayerExamples = 0 then
                [||]
            else
                Similarity.kernels test settings.LayerExamples snapshots[index]

        sides[index] <- Pairs.side labels (start taken[index].Run snapshots[index]) kernels snapshots[index] given[index])

    let key =
        keyOf settings "pairs" [ string test.Count; string settings.LayerExamples; Evaluation.arithmetic settings.Engines ]

    let pairs = allPairs settings key sides

    let pairRows =
        [|
            for entry in pairs |> Seq.sortBy _.Key do
                let struct (first, second) = entry.Key
                { First = first; Second = second; Pair = entry.Value }
        |]

    let measure value = matrix taken.Length pairRows value 0.0
    let weights, functions = map (measure _.Distance), map (measure (fun pair -> sqrt pair.Jsd))

    let order = Clustering.order (measure (fun pair -> sqrt pair.Jsd))

    let networks =
        sides
        |> Array.mapi (fun index side ->
            let signs = side.Start |> Option.map (fun start -> Pairs.signsOfStart start side.Snapshot |> snd)

            {
                Index = index
                Run = taken[index].Run.Name
                Step = taken[index].Step
                Group = taken[index].Group
                ContentHash = side.Snapshot.ContentHash
                ActiveWeights = Seq.sum (seq { for layer in 0 .. side.Snapshot.Masks.Count - 1 -> side.Snapshot.Masks[layer].ActiveCount })
                Calibration = Calibration.ofProbabilities classes labels side.LogProbabilities
                SignsKept = signs |> Option.map fst
                SignsKeptByChance = signs |> Option.map snd
                Place = Array.findIndex ((=) index) order
                WeightX = weights[index].X
                WeightY = weights[index].Y
                FunctionX = functions[index].X
                FunctionY = functions[index].Y
            })

    let groups =
        [| for index, one in Array.indexed taken -> one.Group, index |]
        |> Array.groupBy fst
        |> Array.map (fun (group, members) -> group, members |> Array.map snd)

    {
        Networks = networks
        Pairs = pairRows
        Layers = layerRows taken (Similarity.layers snapshots[0].Masks.Network) pairs
        Groups =
            [|
                for group, members in groups do
                    let isMember = HashSet members

                    let own =
                        pairRows
                        |> Array.filter (fun row -> isMember.Contains row.First && isMember.Contains row.Second)
                        |> Array.map _.Pair

                    groupRow
                        labels
                        classes
                        group
                        (members |> Array.map (Array.get sides))
                        (members |> Array.map (fun index -> networks[index].Calibration.Accuracy.Value))
                        own
            |]
        Ensembles =
            [|
                for group, members in groups do
                    yield! ensembles settings labels classes group (members |> Array.map (Array.get sides))
            |]
        Barriers = barriers settings taken sides
        Signs = signRows (Similarity.layers snapshots[0].Masks.Network) taken sides
    }

/// Writes the tables. What was left out stands beside them.
let write (folder: string) (about: (string * string) list) (left: Left list) (results: Results) : unit =
    let path name = Path.Combine(folder, name)
    Columns.write (path "networks.csv") networkColumns results.Networks
    Columns.write (path "pairs.csv") columns results.Pairs
    Columns.write (path "layers.csv") layerColumns results.Layers
    Columns.write (path "groups.csv") groupColumns results.Groups
    Columns.write (path "ensembles.csv") ensembleColumns results.Ensembles
    Columns.write (path "barriers.csv") barrierColumns results.Barriers
    Columns.write (path "signs.csv") signColumns results.Signs
    Columns.write (path "left-out.csv") leftColumns left
    Columns.write (path "about.csv") Columns.facts about
