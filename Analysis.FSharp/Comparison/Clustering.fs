/// An order of things in which similar ones lie beside one another: the leaves of the tree that average linkage joins (Sokal and Michener 1958).
module SparseCore.Analysis.Clustering

/// The order. Distances are symmetric. Shape [things, things].
let order (distances: float[,]) : int[] =
    let count = Array2D.length1 distances
    let between = Array2D.copy distances
    let members = Array.init count (fun index -> [ index ])
    let mutable living = [ 0 .. count - 1 ]

    while living.Length > 1 do
        let mutable best, first, second = infinity, -1, -1

        for one in living do
            for other in living do
                if one < other && (first < 0 || between[one, other] < best) then
                    best <- between[one, other]
                    first <- one
                    second <- other

        // The end that lies nearer to the other cluster is turned towards it.
        let turn (nearEnd: bool) (cluster: int list) (other: int list) =
            let toward (item: int) = other |> List.averageBy (fun each -> distances[item, each])
            let head, last = toward (List.head cluster), toward (List.last cluster)
            if (nearEnd && head < last) || (not nearEnd && last < head) then List.rev cluster else cluster

        let left, right = members[first], members[second]
        members[first] <- turn true left right @ turn false right left
        let sizes = float left.Length, float right.Length

        for other in living do
            if other <> first && other <> second then
                let mean = (fst sizes * between[first, other] + snd sizes * between[second, other]) / (fst sizes + snd sizes)
                between[first, other] <- mean
                between[other, first] <- mean

        living <- living |> List.filter ((<>) second)

    match living with
    | [ last ] -> Array.ofList members[last]
    | _ -> [||]
