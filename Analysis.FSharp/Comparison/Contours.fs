/// Lines of equal height over a grid: marching squares (Lorensen and Cline 1987, in the plane).
module SparseCore.Analysis.Contours

open System

/// The segments of one level: positions, and not a number between two segments. Cells with a corner that is not finite have none.
let line (xs: float[]) (ys: float[]) (values: float[,]) (level: float) : float[] * float[] =
    let places = ResizeArray<float * float>()

    /// Where the level lies between two corners.
    let between (x0: float, y0: float, v0: float) (x1: float, y1: float, v1: float) =
        let share = (level - v0) / (v1 - v0)
        x0 + share * (x1 - x0), y0 + share * (y1 - y0)

    for row in 0 .. ys.Length - 2 do
        for column in 0 .. xs.Length - 2 do
            let corner dx dy = xs[column + dx], ys[row + dy], values[row + dy, column + dx]
            let corners = [| corner 0 0; corner 1 0; corner 1 1; corner 0 1 |]

            if corners |> Array.forall (fun (_, _, value) -> Double.IsFinite value) then
                let crossings =
                    [|
                        for index in 0..3 do
                            let one, other = corners[index], corners[(index + 1) % 4]
                            let (_, _, v0), (_, _, v1) = one, other

                            if (v0 < level) <> (v1 < level) then
                                between one other
                    |]

                // Two crossings are a segment; at a saddle four are two, paired so that they part the corners like the middle's height does.
                let middle = corners |> Array.averageBy (fun (_, _, value) -> value)
                let (_, _, first) = corners[0]

                let pairs =
                    match crossings with
                    | [| one; other |] -> [ one, other ]
                    | [| bottom; right; top; left |] when (first < level) = (middle < level) -> [ bottom, right; top, left ]
                    | [| bottom; right; top; left |] -> [ bottom, left; right, top ]
                    | _ -> []

                for one, other in pairs do
                    places.Add one
                    places.Add other
                    places.Add((nan, nan))

    places |> Seq.map fst |> Array.ofSeq, places |> Seq.map snd |> Array.ofSeq
