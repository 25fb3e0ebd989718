/// Curves over several seeds: mean and interval at every position.
module SparseCore.Analysis.Curves

open System
open SparseCore.Analysis.Figures

/// A line through the means of all values at one position, with a Student-t confidence band; rows are (position, value), in any order.
let meanLine (confidence: float) (style: Style) (name: string) (rows: (float * float) seq) =
    let places =
        rows
        |> Seq.groupBy fst
        |> Seq.map (fun (x, rows) -> x, rows |> Seq.map snd |> Array.ofSeq |> Statistics.band confidence)
        |> Seq.sortBy fst
        |> Array.ofSeq

    let bands = places |> Array.map snd

    line style name (places |> Array.map fst) (bands |> Array.map _.Mean)
    |> withInterval (bands |> Array.map _.Lower) (bands |> Array.map _.Upper)

/// The losses to show, where those beyond the ends (alpha below 0 or above 1) are out of all proportion: more than three times the highest between the
/// ends, or not finite. Lines can leave every basin there, and stored variances of batch normalizations pass 0. None where all losses can be shown.
let lossRange (alphas: float[]) (losses: float[]) =
    if alphas.Length <> losses.Length then
        invalidArg (nameof losses) $"One loss a place is needed, found {losses.Length} losses for {alphas.Length} places."

    let highest =
        Array.zip alphas losses
        |> Array.filter (fun (alpha, loss) -> alpha >= 0.0 && alpha <= 1.0 && Double.IsFinite loss)
        |> Array.fold (fun highest (_, loss) -> max highest loss) 0.0

    if highest = 0.0 || losses |> Array.forall (fun loss -> loss <= 3.0 * highest) then
        None
    else
        Some(0.0, 1.1 * highest)

/// Says in a figure that lossRange cuts losses off.
let cutNote = "The figure cuts off losses beyond the ends of a line that are far above the others."

/// A figure of the loss on a straight line between two points, alpha 0 and alpha 1, with the notes as its caption. Losses out of all proportion beyond the
/// ends are cut off, and the caption says so.
let alongLine (name: string) (title: string) (loss: string) (notes: string list) (alphas: float[]) (losses: float[]) =
    let range = lossRange alphas losses
    let notes = if range.IsSome then notes @ [ cutNote ] else notes

    { panel (axis "α (0 = first, 1 = second)") { axis loss with Range = range } [ line (style 0) "" alphas losses ] with
        Annotations = [ VerticalLine(0.0, ""); VerticalLine(1.0, "") ]
    }
    |> single name title "" (String.concat " " notes)

/// Where the groups end: name, mean and population standard deviation of the last values of the seeds.
let ends (groups: (string * (int * float)[][]) list) : (string * float * float) list =
    [
        for group, seeds in groups do
            if seeds |> Array.exists Array.isEmpty then
                invalidArg (nameof groups) $"Every run of '{group}' needs at least one value, found a run without; was the metric logged?"

            let last = seeds |> Array.map (Array.last >> snd)
            group, Statistics.mean last, Statistics.populationDeviation last
    ]

/// A figure of one panel: for every group, the mean and its 80% interval over the seeds. Each seed is a curve of (step, value).
let figure (name: string) (title: string) (subtitle: string) (value: string) (groups: (string * (int * float)[][]) list) =
    groups
    |> List.mapi (fun index (group, seeds) ->
        seeds |> Seq.concat |> Seq.map (fun (step, value) -> float step, value) |> meanLine 0.8 (style index) group)
    |> panel (axis "training step") (axis value)
    |> single name title subtitle $"{value} while training; mean and 80%% confidence interval over the seeds."

/// Places in which a density counts eigenvalues, for every power of ten of the magnitude.
let placesPerDecade = 4.0

/// A panel of densities of eigenvalues on an axis that is linear between minus and plus `least` and logarithmic beyond: how many lie in each place. Every line is a name, the
/// eigenvalues, and how many each of them stands for. Eigenvalues within `least` of 0 are left out.
let densities (least: float) (lines: (string * (float * float)[]) list) : Panel =
    let scale = SymmetricLogarithmic least
    let placeOf (value: float) = Math.Round(placesPerDecade * along scale value)
    let places = lines |> Seq.collect snd |> Seq.map (fst >> placeOf) |> Array.ofSeq
    let all = if places.Length = 0 then [||] else [| Array.min places .. Array.max places |]

    lines
    |> List.mapi (fun index (name, eigenvalues) ->
        let sums =
            eigenvalues
            |> Array.filter (fun (value, _) -> abs value > least)
            |> Array.groupBy (fst >> placeOf)
            |> Array.map (fun (place, own) -> place, Array.sumBy snd own)
            |> Map.ofArray

        line
            (style index)
            name
            (all |> Array.map (fun place -> valueAt scale (place / placesPerDecade)))
            (all |> Array.map (fun place -> sums |> Map.tryFind place |> Option.defaultValue 0.0)))
    |> panel (symmetricLogAxis least "eigenvalue") (axis "number of eigenvalues")

/// A figure of eigenvalues: the magnitudes of the positive and of the negative ones by rank, on a logarithmic axis, with the notes as its caption. Magnitudes below
/// `floor` times the largest are left out, and the caption says so: arithmetic that was not exact cannot tell their sign.
let spectrum (name: string) (title: string) (floor: float) (notes: string list) (eigenvalues: float[]) =
    let least = floor * (eigenvalues |> Array.fold (fun largest value -> max largest (abs value)) 0.0)

    let side index label values =
        let drawn = values |> Array.filter (fun value -> value > least) |> Array.sortDescending
        line (style index) label (Array.init drawn.Length (fun rank -> float (rank + 1))) drawn

    let cut = $"Magnitudes below {Tables.number floor} of the largest are left out: their sign is not certain."

    [ side 0 "positive" eigenvalues; side 1 "negative" (Array.map (~-) eigenvalues) ]
    |> panel (axis "rank") (logAxis "magnitude of the eigenvalue")
    |> single name title "" (String.concat " " (notes @ [ cut ]))
