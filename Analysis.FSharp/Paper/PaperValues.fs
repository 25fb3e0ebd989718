/// The published numbers (Evci, Ioannou, Keskin, Dauphin: Gradient Flow in Sparse Neural Networks and How Lottery Tickets Win, AAAI 2022).
/// Accuracies are fractions here, percent there; every deviation is the population standard deviation over 5 seeds.
module SparseCore.Analysis.PaperValues

open SparseCore.Data

/// A published mean with its deviation.
type Value =
    {
        /// The mean.
        Mean: float
        /// The standard deviation; None where the paper gives none.
        Deviation: float option
    }

/// A row of Table 3.
type PublishedTable3Row =
    {
        /// Name of the group of models, as in the paper.
        Model: string
        /// Test accuracy (fraction).
        Accuracy: Value
        /// Accuracy of the ensemble (fraction).
        Ensemble: float option
        /// Mean disagreement over all pairs (fraction of test examples).
        Disagreement: Value option
        /// Mean disagreement with the pruning solution (fraction of test examples).
        DisagreementWithPruned: Value option
    }

/// A row of Figure 5b or 5e: L2 distances to the pruning solution.
type PublishedDistance =
    {
        /// Name of the group as in Table 3; the figure's "Scratch" is the one with different initializations.
        Model: string
        /// Mean distance before training.
        Start: float
        /// Mean distance after training.
        End: float
    }

/// A cell of Tables 1 and 2.
type Cell =
    {
        /// baseline, small-dense, lottery, prune, scratch, set, rigl, rigl-inverted.
        Method: string
        /// dense, layer-scaled (Liu et al.) or neuron-scaled (the paper's).
        Initializer: string
        /// Test accuracy (fraction).
        Accuracy: Value
    }

let private value (mean: float) (deviation: float) = { Mean = mean; Deviation = Some deviation }

/// A percentage as a fraction, without the rounding noise of a division.
let private percent (mean: float) (deviation: float) = value (System.Math.Round(mean / 100.0, 6)) (System.Math.Round(deviation / 100.0, 6))

let private row model accuracy ensemble disagreement withPruned =
    {
        Model = model
        Accuracy = accuracy
        Ensemble = ensemble
        Disagreement = disagreement
        DisagreementWithPruned = withPruned
    }

/// Table 3, upper half: LeNet5 on MNIST.
let table3: PublishedTable3Row list =
    [
        row "LT" (percent 98.52 0.02) (Some 0.9858) (Some(value 0.0043 0.0006)) (Some(value 0.0089 0.0002))
        row "Scratch" (percent 97.04 0.15) (Some 0.9800) (Some(value 0.0316 0.0023)) (Some(value 0.0278 0.0020))
        row "Scratch (Diff. Init.)" (percent 97.19 0.33) (Some 0.9843) (Some(value 0.0352 0.0037)) (Some(value 0.0278 0.0032))
        row "Prune Restart" (percent 98.60 0.01) (Some 0.9863) (Some(value 0.0027 0.0003)) (Some(value 0.0077 0.0003))
        row "Pruned Soln." { Mean = 0.9853; Deviation = None } None None None
        row "5 Diff. Pruned" (percent 98.30 0.23) (Some 0.9907) (Some(value 0.0214 0.0023)) (Some(value 0.0197 0.0019))
    ]

/// Table 3, lower half: ResNet-50 on ImageNet. Its scratch runs are those of Figure 5, which have different initializations.
let table3ResNet50: PublishedTable3Row list =
    [
        row "LT" (percent 75.73 0.08) (Some 0.7627) (Some(value 0.0894 0.0009)) (Some(value 0.0941 0.0009))
        row "Scratch (Diff. Init.)" (percent 71.16 0.13) (Some 0.7405) (Some(value 0.2039 0.0013)) (Some(value 0.2033 0.0012))
        row "Pruned Soln." { Mean = 0.7560; Deviation = None } None None None
        row "5 Diff. Pruned" (percent 75.65 0.13) (Some 0.7780) (Some(value 0.1620 0.0008)) (Some(value 0.1623 0.0011))
    ]

/// Figure 5b.
let figure5b: PublishedDistance list =
    [ { Model = "LT"; Start = 13.61; End = 8.03 }; { Model = "Scratch (Diff. Init.)"; Start = 17.46; End = 25.64 } ]

/// Figure 5e: ResNet-50 on ImageNet.
let figure5e: PublishedDistance list =
    [ { Model = "LT"; Start = 147.12; End = 39.35 }; { Model = "Scratch (Diff. Init.)"; Start = 200.44; End = 215.98 } ]

let private cell (method: string) (initializer: string) (mean: float) (deviation: float) =
    { Method = method; Initializer = initializer; Accuracy = percent mean deviation }

/// Table 1, MNIST columns: 95% sparse. The inverted RigL stands in the text of section 4.2.
let table1 =
    [
        cell "baseline" "dense" 99.21 0.07
        cell "lottery" "dense" 98.26 0.27
        cell "small-dense" "dense" 98.21 0.46
        cell "scratch" "dense" 62.99 42.16
        cell "scratch" "layer-scaled" 96.64 0.83
        cell "scratch" "neuron-scaled" 97.70 0.09
        cell "set" "dense" 63.33 42.44
        cell "set" "layer-scaled" 97.77 0.31
        cell "set" "neuron-scaled" 98.16 0.06
        cell "rigl" "dense" 80.82 34.74
        cell "rigl" "layer-scaled" 98.14 0.17
        cell "rigl" "neuron-scaled" 98.13 0.09
        cell "rigl-inverted" "neuron-scaled" 92.71 7.67
    ]

/// Table 2: 98% sparse.
let table2 =
    [
        cell "scratch" "dense" 11.35 0.00
        cell "scratch" "layer-scaled" 56.51 36.90
        cell "scratch" "neuron-scaled" 90.00 4.04
        cell "rigl" "dense" 11.35 0.00
        cell "rigl" "layer-scaled" 62.34 41.63
        cell "rigl" "neuron-scaled" 96.72 0.23
        cell "prune" "dense" 96.50 0.31
    ]

let private threeCells (method: string) (values: (float * float) list) =
    List.map2
        (fun initializer (mean, deviation) -> cell method initializer mean deviation)
        [ "dense"; "layer-scaled"; "neuron-scaled" ]
        values

/// Table 1, VGG16 columns: 80% sparse, ImageNet. The ticket is not rewound (K = 0) and fails.
let table1Vgg16 =
    [
        cell "baseline" "dense" 69.25 0.13
        cell "lottery" "dense" 0.10 0.01
        cell "small-dense" "dense" 61.75 0.09
        yield! threeCells "scratch" [ 51.81, 3.02; 62.71, 0.05; 62.52, 0.10 ]
        yield! threeCells "set" [ 53.55, 1.03; 63.19, 0.26; 63.13, 0.15 ]
        yield! threeCells "rigl" [ 37.15, 26.20; 63.69, 0.02; 63.56, 0.06 ]
    ]

/// Table 1, ResNet-50 columns: 80% sparse, ImageNet. The ticket is rewound to step 5,000 of 32,000; the inverted RigL stands in the text of section 4.2.
let table1ResNet50 =
    [
        cell "baseline" "dense" 76.75 0.12
        cell "lottery" "dense" 75.75 0.12
        cell "small-dense" "dense" 71.95 0.24
        yield! threeCells "scratch" [ 70.58, 0.18; 70.72, 0.16; 70.63, 0.22 ]
        yield! threeCells "set" [ 72.93, 0.27; 72.77, 0.27; 72.56, 0.14 ]
        yield! threeCells "rigl" [ 74.41, 0.05; 74.38, 0.10; 74.38, 0.01 ]
        cell "rigl-inverted" "dense" 73.83 0.12
    ]

/// What the paper published of one of its three problems.
type Case =
    {
        /// The problem in prose.
        Name: string
        /// Whether it is the problem that was asked for, and not only its network.
        IsSame: bool
        /// Table 1.
        Table1: Cell list
        /// Table 3; empty where the paper has none.
        Table3: PublishedTable3Row list
        /// Figure 5b or 5e; empty where the paper has none.
        Distances: PublishedDistance list
        /// The letters of the problem's parts of Figure 5: map, distances, paths.
        Figure5: string * string * string
    }

let private isLeNet5OnMnist (problem: Problem) =
    problem.Network = "lenet5" && problem.HasUsualWidths && problem.Data.Family = KnownData.Mnist

/// The case that belongs beside runs of a problem: the same problem, or for VGG16 and ResNet-50 at the paper's sparsity their ImageNet case, whatever
/// the data and the widths.
let caseOf (problem: Problem) : Case option =
    let large name table1 table3 distances =
        Some
            {
                Name = $"{name} on ImageNet-2012, 80%% sparse"
                IsSame =
                    problem.Data.Family = KnownData.ImageNet
                    && problem.HasUsualWidths
                    && not (problem.Network.EndsWith("-small", System.StringComparison.Ordinal))
                Table1 = table1
                Table3 = table3
                Distances = distances
                Figure5 = "d", "e", "f"
            }

    match problem.Network with
    | _ when isLeNet5OnMnist problem && Problem.hasSparsity 0.95 problem ->
        Some
            {
                Name = "LeNet5 on MNIST, 95% sparse"
                IsSame = true
                Table1 = table1
                Table3 = table3
                Distances = figure5b
                Figure5 = "a", "b", "c"
            }
    | "resnet50"
    | "resnet50-small" when Problem.hasSparsity 0.8 problem -> large "ResNet-50" table1ResNet50 table3ResNet50 figure5e
    | "vgg16"
    | "vgg16-bn" when Problem.hasSparsity 0.8 problem -> large "VGG16" table1Vgg16 [] []
    | _ -> None

/// The cells of Table 1 that belong beside runs of a problem.
let table1Of (problem: Problem) : Cell list = caseOf problem |> Option.map _.Table1 |> Option.defaultValue []

/// The cells of Table 2 that belong beside runs of a problem: LeNet5 on MNIST, 98% sparse.
let table2Of (problem: Problem) : Cell list = if isLeNet5OnMnist problem && Problem.hasSparsity 0.98 problem then table2 else []
