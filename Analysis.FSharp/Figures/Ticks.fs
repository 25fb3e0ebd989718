/// Where the ticks of an axis go, and how they are written.
module SparseCore.Analysis.Ticks

open System
open SparseCore.Analysis.Figures

/// Powers of ten below this many digits are written out; beyond it as 10 to a power.
let private plainDigits = 5

let private minus (text: string) = text.Replace('-', '\u2212')

/// A step between ticks, and a value on a logarithmic axis, is no smaller: powers of ten down to it have all their digits.
let private narrowest = 1e-300

/// Evenly spaced ticks inside a range: steps of 1, 2 or 5 times a power of ten, about `target` of them.
let linear (target: int) (first: float) (last: float) =
    let rough = (last - first) / float (max 1 target)

    if not (rough >= narrowest && Double.IsFinite rough) then
        [| first |]
    else
        let power = Math.Floor(Math.Log10 rough)
        let unit = Math.Pow(10.0, power)

        let step =
            [| 1.0; 2.0; 5.0; 10.0 |]
            |> Array.map (fun factor -> factor * unit)
            |> Array.minBy (fun step -> abs (Math.Log(step / rough)))

        let lowest = Math.Ceiling(first / step - 1e-9)
        let highest = Math.Floor(last / step + 1e-9)

        // Rounding to the step's own decimals keeps 0.30000000000000004 out of labels and tables; steps below 1e-15 have more than can be rounded to.
        let digits = 1.0 - power
        let rounded (tick: float) = if digits > 15.0 then tick else Math.Round(tick, int (max 0.0 digits))

        // Where doubles lie further apart than the step, neighbors are one tick.
        Array.init (int (highest - lowest) + 1) (fun index -> rounded ((lowest + float index) * step) |> Numbers.withoutNegativeZero)
        |> Array.distinct

/// Ticks of a logarithmic axis with the marks between them: powers of ten; 1, 2 and 5 where these are too few; linear ticks within a narrow range.
let logarithmic (target: int) (first: float) (last: float) =
    let lowest, highest = Math.Floor(Math.Log10 first), Math.Ceiling(Math.Log10 last)
    let inside = Array.filter (fun value -> value >= first * (1.0 - 1e-9) && value <= last * (1.0 + 1e-9))
    let powers = [| for exponent in int lowest .. int highest -> Math.Pow(10.0, float exponent) |]
    let times (factors: float list) = powers |> Array.collect (fun power -> [| for factor in factors -> factor * power |]) |> inside
    let decades = inside powers

    if decades.Length > target then
        let every = (decades.Length + target - 1) / target
        let kept = decades |> Array.filter (fun power -> (int (round (Math.Log10 power)) % every + every) % every = 0)
        kept, decades
    elif decades.Length >= 3 then
        decades, times [ for factor in 2..9 -> float factor ]
    else
        match times [ 1.0; 2.0; 5.0 ] with
        | few when few.Length < 3 -> linear target first last, [||]
        | enough -> enough, times [ for factor in 2..9 -> float factor ]

/// Texts of evenly spaced ticks, all with the same number of decimals.
let linearLabels (ticks: float[]) =
    let step =
        match ticks with
        | [||]
        | [| 0.0 |] -> 1.0
        | [| only |] -> abs only
        | _ -> ticks[1] - ticks[0]

    let decimals = int (max 0.0 (Math.Ceiling(-Math.Log10 step - 1e-9)))
    let largest = ticks |> Array.map abs |> Array.fold max 0.0

    // With a power of ten, a label needs the digits from the largest tick down to the step.
    let significant = max 2 (int (Math.Floor(Math.Log10 largest) - Math.Floor(Math.Log10 step + 1e-9)))

    let format =
        if largest >= 1e7 || decimals > plainDigits then
            "0." + String('#', significant) + "e0"
        else
            (if largest >= 1e4 then "N" else "F") + string decimals

    ticks |> Array.map (fun tick -> if tick = 0.0 then "0" else tick |> Numbers.text format |> minus)

/// Text of a tick of a logarithmic axis: the number, or a power of ten as mantissa and exponent.
let logarithmicLabel (tick: float) =
    let exponent = Math.Floor(Math.Log10 tick + 1e-9)

    if abs exponent < float plainDigits then
        Numbers.text (if tick >= 1e4 then "N0" else "0.#####") tick, None
    else
        let mantissa = tick / Math.Pow(10.0, exponent)

        let head = if abs (mantissa - 1.0) < 1e-6 then "10" else Numbers.text "0.##" mantissa + "×10"

        head, Some(minus (Numbers.text "0" exponent))

/// Ticks of an axis that is logarithmic on both sides of 0: 0 and powers of ten of both signs from the linear part on, evenly thinned to about `target`.
let symmetric (target: int) (linear: float) (first: float, last: float) =
    let lowest, highest = Math.Ceiling(Math.Log10 linear - 1e-9), Math.Floor(Math.Log10(max (abs first) (abs last)) + 1e-9)

    let powers every =
        [|
            for exponent in int lowest .. every .. int highest do
                let power = Math.Pow(10.0, float exponent)
                -power
                power
        |]

    let inside = Array.filter (fun tick -> tick >= first && tick <= last)

    let every =
        Seq.initInfinite (fun index -> index + 1)
        |> Seq.find (fun every -> (inside (powers every)).Length < target || every > int (highest - lowest))

    Array.append [| 0.0 |] (powers every) |> inside |> Array.sort

/// Text of such a tick.
let symmetricLabel (tick: float) =
    if tick = 0.0 then
        "0", None
    else
        let head, exponent = logarithmicLabel (abs tick)
        (if tick < 0.0 then "\u2212" + head else head), exponent

/// Largest magnitude on a linear axis: the width of a range, with its margins, is a double too.
let private widest = Double.MaxValue / 4.0

/// The range of an axis: as set, or the data with a margin of `margin` times its width on both sides. Data near the largest and smallest doubles lies
/// beyond the axis.
let range (axis: Axis) (margin: float) (values: float seq) =
    match axis.Range with
    | Some range -> range
    | None when axis.Categories.Length > 0 -> -0.5, float axis.Categories.Length - 0.5
    | None ->
        let usable =
            values |> Seq.filter (fun value -> Double.IsFinite value && (axis.Scale <> Logarithmic || value > 0.0)) |> Array.ofSeq

        if usable.Length = 0 then
            if axis.Scale = Logarithmic then 1.0, 10.0 else 0.0, 1.0
        else
            let lowest, highest = if axis.Scale = Logarithmic then narrowest, 1.0 / narrowest else -widest, widest
            let first, last = Math.Clamp(Array.min usable, lowest, highest), Math.Clamp(Array.max usable, lowest, highest)

            match axis.Scale with
            | Linear when first = last -> first - max 1.0 (abs first) * 0.5, last + max 1.0 (abs last) * 0.5
            | Linear -> first - margin * (last - first), last + margin * (last - first)
            | SymmetricLogarithmic _ ->
                let low, high = along axis.Scale first, along axis.Scale last
                let room = if high > low then margin * (high - low) else 0.5
                valueAt axis.Scale (low - room), valueAt axis.Scale (high + room)
            | Logarithmic when first = last -> first / 2.0, last * 2.0
            | Logarithmic ->
                let factor = Math.Pow(last / first, margin)
                max lowest (first / factor), min highest (last * factor)
