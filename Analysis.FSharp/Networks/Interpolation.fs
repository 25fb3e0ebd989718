/// The straight line between two networks in parameter space, and the loss along it (Goodfellow, Vinyals and Saxe 2015).
module SparseCore.Analysis.Interpolation

open SparseCore.Data
open SparseCore.Engine
open SparseCore.Networks
open SparseCore.Parameters

/// A straight line between the parameters of two networks.
type Line =
    {
        /// The parameters where alpha is 0.
        Start: ParameterBlock
        /// The parameters where alpha is 1; as many.
        End: ParameterBlock
        /// The places to look at.
        Alphas: float[]
        /// How the pixels of both ends are normalized, where that is another way than the data's own.
        Inputs: InputNormalization option
    }

/// What was measured at one place of a line.
type Place<'value> =
    {
        /// Place on the line: 0 at the start, 1 at the end.
        Alpha: float
        /// What the evaluation returned there.
        Value: 'value
    }

/// Evenly spaced places from first to last, both included, rounded to twelve decimals so that 0 and 1 are met exactly.
let spaced (first: float) (last: float) (count: int) =
    if count < 2 then
        invalidArg (nameof count) $"At least 2 places are needed, found {count}."

    Array.init count (fun index ->
        round ((first + (last - first) * float index / float (count - 1)) * 1e12) / 1e12 |> Numbers.withoutNegativeZero)

/// The paper's places: 29 points from -0.2 to 1.2.
let alphas = spaced -0.2 1.2 29

/// The line between two blocks with equally many parameters, with the paper's 29 places.
let betweenBlocks (start: ParameterBlock) (finish: ParameterBlock) =
    let first, second = start.Values.Length, finish.Values.Length

    if first <> second then
        invalidArg (nameof finish) $"Both ends must have the same parameters, found {first} and {second} values."

    { Start = start; End = finish; Alphas = alphas; Inputs = None }

/// The line from one snapshot (alpha 0) to another (alpha 1), with the weights that exist at either end.
let between (start: Snapshot) (finish: Snapshot) : MaskSet * Line =
    let layers (snapshot: Snapshot) = [ for layer in snapshot.Masks.Network.Layers -> layer.Name, layer.WeightCount ]

    if layers start <> layers finish then
        let described (snapshot: Snapshot) =
            $"'{snapshot.Masks.Network.Name}' with {snapshot.Parameters.Values.Length} parameters (run {snapshot.Run})"

        invalidArg (nameof finish) $"A line needs two runs of one network, found {described start} and {described finish}."

    if start.Inputs <> finish.Inputs then
        let shown (inputs: InputNormalization option) = inputs |> Option.map string |> Option.defaultValue "the data's own normalization"

        invalidArg
            (nameof finish)
            $"Both ends of a line must see the same pixels; '{start.Run}' takes them with {shown start.Inputs}, '{finish.Run}' with {shown finish.Inputs}."

    Snapshots.unionOfMasks start.Masks finish.Masks, { betweenBlocks start.Parameters finish.Parameters with Inputs = start.Inputs }

/// The parameters at one place, a new block: (1 - alpha) start + alpha end for every value; exact at both ends. A variance that comes out negative, as can
/// happen past an end, becomes 0.
let point (alpha: float) (line: Line) : ParameterBlock =
    let start, finish = line.Start.Values, line.End.Values
    let block = ParameterBlock line.Start.Network
    let values = block.Values

    for index in 0 .. values.Length - 1 do
        values[index] <- float32 ((1.0 - alpha) * float start[index] + alpha * float finish[index])

    for norm in 0 .. block.Network.Norms.Count - 1 do
        let variances = block.Variances norm

        for channel in 0 .. variances.Length - 1 do
            variances[channel] <- max 0f variances[channel]

    block

/// Loss and accuracy over a data set at every place of a line between two snapshots, on `jobs` threads.
let evaluate
    (engines: IEngineFactory)
    (jobs: int)
    (statistics: Evaluation.BatchNormStatistics)
    (data: Dataset)
    (masks: MaskSet, line: Line)
    =
    let statistics = Evaluation.statisticsSeen line.Inputs statistics

    line.Alphas
    |> Array.map (fun alpha -> fun () -> point alpha line)
    |> Evaluation.performances engines jobs ignore statistics masks [ Evaluation.seen line.Inputs data ]
    |> Array.map2 (fun alpha results -> { Alpha = alpha; Value = Array.head results }) line.Alphas

/// The places of a line and the mean loss over a data set at each, on all processors.
let losses
    (engines: IEngineFactory)
    (statistics: Evaluation.BatchNormStatistics)
    (data: Dataset)
    (line: MaskSet * Line)
    : float[] * float[] =
    evaluate engines System.Environment.ProcessorCount statistics data line
    |> Array.map (fun place -> place.Alpha, place.Value.Loss)
    |> Array.unzip

let private lossAt (place: float) (alphas: float[]) (losses: float[]) =
    match System.Array.IndexOf(alphas, place) with
    | -1 -> invalidArg (nameof alphas) $"A barrier needs the loss at alpha = {place}, which is not among the {alphas.Length} places."
    | index -> losses[index]

let private inside (alphas: float[]) (losses: float[]) =
    if alphas.Length <> losses.Length then
        invalidArg (nameof losses) $"One loss a place is needed, found {losses.Length} losses for {alphas.Length} places."

    Array.zip alphas losses |> Array.filter (fun (alpha, _) -> alpha >= 0.0 && alpha <= 1.0)

/// Barrier height: the largest excess, over alpha in [0, 1], of the loss above the straight line between the losses of both ends. At least 0;
/// NaN if a loss on the way is NaN.
let barrierHeight (alphas: float[]) (losses: float[]) =
    let start, finish = lossAt 0.0 alphas losses, lossAt 1.0 alphas losses

    inside alphas losses
    |> Array.map (fun (alpha, loss) -> if alpha = 0.0 || alpha = 1.0 then 0.0 else loss - ((1.0 - alpha) * start + alpha * finish))
    |> Array.reduce (fun a b -> System.Math.Max(a, b))

/// How far the loss rises, over alpha in [0, 1], above the worse of both ends: a stricter reading of "barrier" (a start of high loss that goes
/// straight downhill has none). At least 0; NaN if a loss on the way is NaN.
let riseAboveEnds (alphas: float[]) (losses: float[]) =
    let worse = System.Math.Max(lossAt 0.0 alphas losses, lossAt 1.0 alphas losses)
    (inside alphas losses |> Array.map snd |> Array.reduce (fun a b -> System.Math.Max(a, b))) - worse

/// What a reader of a barrier has to know: neurons are not matched before the line is drawn.
let symmetryNote =
    "Permutation symmetry is not removed: two equal networks whose neurons are in different order also show a barrier."

/// What batch normalizations use on a line; None for a network without them.
let statisticsNote (statistics: Evaluation.BatchNormStatistics) (network: Network) =
    match statistics with
    | _ when network.Norms.Count = 0 -> None
    | Evaluation.Stored ->
        Some
            "Running statistics of batch normalizations are interpolated like parameters, which alone can raise the loss between the ends and makes it huge where a variance passes 0 beyond them; batch-norm=reestimated takes them anew from training examples."
    | Evaluation.Reestimated _ ->
        Some "At every place the statistics of batch normalizations are taken anew from training examples (batch-norm=reestimated)."

/// What a reader has to know of the losses on a line of this network, a sentence each.
let notes (statistics: Evaluation.BatchNormStatistics) (network: Network) : string list =
    symmetryNote :: Option.toList (statisticsNote statistics network)
