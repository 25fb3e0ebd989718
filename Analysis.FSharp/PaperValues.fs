/// The published numbers for MNIST (Evci, Ioannou, Keskin, Dauphin: Gradient Flow in Sparse Neural Networks and How Lottery Tickets Win, AAAI 2022).
/// Accuracies are fractions here, per cent there; every deviation is the population standard deviation over 5 seeds.
module Analysis.PaperValues

/// A published mean with its deviation.
type Value =
    {
        /// The mean.
        Mean: float
        /// The standard deviation; None where the paper gives none.
        Deviation: float option
    }

/// A row of Table 3, LeNet5 on MNIST.
type Table3Row =
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

/// A row of Figure 5b, LeNet5 on MNIST: L2 distances to the pruning solution.
type DistanceRow =
    {
        /// Name of the group as in Table 3; the figure's "Scratch" is the one with different initialisations.
        Model: string
        /// Mean distance before training.
        Start: float
        /// Mean distance after training.
        End: float
    }

/// A cell of Tables 1 and 2, LeNet5 on MNIST.
type Cell =
    {
        /// baseline, small-dense, lottery, prune, scratch, set, rigl, rigl-inverted.
        Method: string
        /// dense, layer-scaled (Liu et al.) or neuron-scaled (the paper's).
        Initialiser: string
        /// Test accuracy (fraction).
        Accuracy: Value
    }

let private value (mean: float) (deviation: float) = { Mean = mean; Deviation = Some deviation }

/// A percentage as a fraction, without the rounding noise of a division.
let private percent (mean: float) (deviation: float) = value (System.Math.Round(mean / 100.0, 6)) (System.Math.Round(deviation / 100.0, 6))

/// Table 3, upper half.
let table3: Table3Row list =
    let row model accuracy ensemble disagreement withPruned =
        {
            Model = model
            Accuracy = accuracy
            Ensemble = ensemble
            Disagreement = disagreement
            DisagreementWithPruned = withPruned
        }

    [
        row "LT" (percent 98.52 0.02) (Some 0.9858) (Some(value 0.0043 0.0006)) (Some(value 0.0089 0.0002))
        row "Scratch" (percent 97.04 0.15) (Some 0.9800) (Some(value 0.0316 0.0023)) (Some(value 0.0278 0.0020))
        row "Scratch (Diff. Init.)" (percent 97.19 0.33) (Some 0.9843) (Some(value 0.0352 0.0037)) (Some(value 0.0278 0.0032))
        row "Prune Restart" (percent 98.60 0.01) (Some 0.9863) (Some(value 0.0027 0.0003)) (Some(value 0.0077 0.0003))
        row "Pruned Soln." { Mean = 0.9853; Deviation = None } None None None
        row "5 Diff. Pruned" (percent 98.30 0.23) (Some 0.9907) (Some(value 0.0214 0.0023)) (Some(value 0.0197 0.0019))
    ]

/// Figure 5b.
let figure5b: DistanceRow list =
    [ { Model = "LT"; Start = 13.61; End = 8.03 }; { Model = "Scratch (Diff. Init.)"; Start = 17.46; End = 25.64 } ]

let private cell (method: string) (initialiser: string) (mean: float) (deviation: float) =
    { Method = method; Initialiser = initialiser; Accuracy = percent mean deviation }

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
