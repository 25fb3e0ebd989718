/// The tables of a comparison.
module SparseCore.Analysis.ComparisonTables

/// One network: a row of networks.csv.
type NetworkRow =
    {
        /// Number in the tables of this folder, from 0.
        Index: int
        /// Name of the run's folder.
        Run: string
        /// Training steps done.
        Step: int
        /// What it is grouped by.
        Group: string
        /// Hash of the checkpoint's content.
        ContentHash: string
        /// Active weights.
        ActiveWeights: int
        /// On the examples that are looked at, each with its standard error.
        Calibration: Calibration.Calibration
        /// Of its active weights that had a sign before training, the fraction that has kept it; None where the start is not known.
        SignsKept: float option
        /// The same by chance.
        SignsKeptByChance: float option
        /// Place in an order in which networks that predict alike lie beside one another, from 0.
        Place: int
        /// Place on the map of weights.
        WeightX: float
        /// Place on the map of weights.
        WeightY: float
        /// Place on the map of functions.
        FunctionX: float
        /// Place on the map of functions.
        FunctionY: float
    }

let private estimate name (value: NetworkRow -> Calibration.Estimate) =
    Columns.ofRecord<NetworkRow> {
        let! number = Columns.number name (fun row -> (value row).Value)
        and! error = Columns.number (name + "_error") (fun row -> (value row).Error)
        return ({ Value = number; Error = error }: Calibration.Estimate)
    }

/// The columns of networks.csv.
let networkColumns =
    Columns.ofRecord<NetworkRow> {
        let! index = Columns.integer "network" _.Index
        and! run = Columns.text "run" _.Run
        and! step = Columns.integer "step" _.Step
        and! group = Columns.text "group" _.Group
        and! hash = Columns.text "content_hash" _.ContentHash
        and! active = Columns.integer "active_weights" _.ActiveWeights
        and! accuracy = estimate "accuracy" _.Calibration.Accuracy
        and! likelihood = estimate "negative_log_likelihood" _.Calibration.NegativeLogLikelihood
        and! brier = estimate "brier" _.Calibration.Brier
        and! calibration = estimate "calibration_error" _.Calibration.CalibrationError
        and! kept = Columns.optionalNumber "signs_kept" _.SignsKept
        and! keptByChance = Columns.optionalNumber "signs_kept_by_chance" _.SignsKeptByChance
        and! place = Columns.integer "place" _.Place
        and! weightX = Columns.number "weights_x" _.WeightX
        and! weightY = Columns.number "weights_y" _.WeightY
        and! functionX = Columns.number "functions_x" _.FunctionX
        and! functionY = Columns.number "functions_y" _.FunctionY

        return
            {
                Index = index
                Run = run
                Step = step
                Group = group
                ContentHash = hash
                ActiveWeights = active
                Calibration =
                    {
                        Accuracy = accuracy
                        NegativeLogLikelihood = likelihood
                        Brier = brier
                        CalibrationError = calibration
                    }
                SignsKept = kept
                SignsKeptByChance = keptByChance
                Place = place
                WeightX = weightX
                WeightY = weightY
                FunctionX = functionX
                FunctionY = functionY
            }
    }

/// A pair: a row of pairs.csv. Numbers of networks as in networks.csv.
type PairRow =
    {
        /// The first network.
        First: int
        /// The second, of a higher number.
        Second: int
        /// What they have in common; its layers are not in this table.
        Pair: Pairs.Pair
    }

/// The columns of a pair.
let private pairColumns (pair: 'record -> Pairs.Pair) =
    Columns.ofRecord<'record> {
        let! distance = Columns.number "l2" (fun record -> (pair record).Distance)
        and! cosine = Columns.number "cosine" (fun record -> (pair record).Cosine)
        and! update = Columns.number "update_cosine" (fun record -> (pair record).UpdateCosine)
        and! overlap = Columns.number "mask_overlap" (fun record -> (pair record).Overlap)
        and! overlapByChance = Columns.number "mask_overlap_by_chance" (fun record -> (pair record).OverlapByChance)
        and! signs = Columns.number "signs" (fun record -> (pair record).Signs)
        and! signsByChance = Columns.number "signs_by_chance" (fun record -> (pair record).SignsByChance)
        and! disagreement = Columns.number "disagreement" (fun record -> (pair record).Disagreement)
        and! kl = Columns.number "kl" (fun record -> (pair record).Kl)
        and! klBack = Columns.number "kl_back" (fun record -> (pair record).KlBack)
        and! jsd = Columns.number "jsd" (fun record -> (pair record).Jsd)
        and! consistency = Columns.number "error_consistency" (fun record -> (pair record).ErrorConsistency)

        return
            ({
                Distance = distance
                Cosine = cosine
                UpdateCosine = update
                Overlap = overlap
                OverlapByChance = overlapByChance
                Signs = signs
                SignsByChance = signsByChance
                Disagreement = disagreement
                Kl = kl
                KlBack = klBack
                Jsd = jsd
                ErrorConsistency = consistency
                Layers = [||]
            }
            : Pairs.Pair)
    }

/// The columns of pairs.csv.
let columns =
    Columns.ofRecord<PairRow> {
        let! first = Columns.integer "first" _.First
        and! second = Columns.integer "second" _.Second
        and! pair = pairColumns _.Pair
        return { First = first; Second = second; Pair = pair }
    }

/// One layer of the pairs of two groups, or of one: a row of layers.csv; means over the pairs.
type LayerRow =
    {
        /// A group.
        First: string
        /// The same, or another.
        Second: string
        /// Name of the layer.
        Layer: string
        /// Pairs of networks.
        Pairs: int
        /// Their means.
        Mean: Pairs.LayerPair
    }

let private layerPair (layer: 'record -> Pairs.LayerPair) =
    Columns.ofRecord<'record> {
        let! distance = Columns.number "l2" (fun record -> (layer record).Distance)
        and! overlap = Columns.number "mask_overlap" (fun record -> (layer record).Overlap)
        and! overlapByChance = Columns.number "mask_overlap_by_chance" (fun record -> (layer record).OverlapByChance)
        and! signs = Columns.number "signs" (fun record -> (layer record).Signs)
        and! signsByChance = Columns.number "signs_by_chance" (fun record -> (layer record).SignsByChance)
        and! alignment = Columns.number "cka" (fun record -> (layer record).Alignment)

        return
            ({
                Distance = distance
                Overlap = overlap
                OverlapByChance = overlapByChance
                Signs = signs
                SignsByChance = signsByChance
                Alignment = alignment
            }
            : Pairs.LayerPair)
    }

/// The columns of layers.csv.
let layerColumns =
    Columns.ofRecord<LayerRow> {
        let! first = Columns.text "first" _.First
        and! second = Columns.text "second" _.Second
        and! layer = Columns.text "layer" _.Layer
        and! pairs = Columns.integer "pairs" _.Pairs
        and! mean = layerPair _.Mean
        return { First = first; Second = second; Layer = layer; Pairs = pairs; Mean = mean }
    }

/// A pair as it is kept: by the hashes of its networks' contents, the smaller one first.
type KeptPair =
    {
        /// The smaller hash.
        Low: string
        /// The larger.
        High: string
        /// What they have in common, without layers.
        Pair: Pairs.Pair
    }

/// The columns of kept pairs.
let keptColumns =
    Columns.ofRecord<KeptPair> {
        let! low = Columns.text "low" _.Low
        and! high = Columns.text "high" _.High
        and! pair = pairColumns _.Pair
        return { Low = low; High = high; Pair = pair }
    }

/// A layer of a kept pair.
type KeptLayer =
    {
        /// The smaller hash.
        Low: string
        /// The larger.
        High: string
        /// The layer.
        Layer: Pairs.LayerPair
    }

/// The columns of kept layers; the rows of a pair follow the network's layers.
let keptLayerColumns =
    Columns.ofRecord<KeptLayer> {
        let! low = Columns.text "low" _.Low
        and! high = Columns.text "high" _.High
        and! layer = layerPair _.Layer
        return { Low = low; High = high; Layer = layer }
    }

/// A group: a row of groups.csv. Means over its networks or pairs; None where it has one network.
type GroupRow =
    {
        /// Its name.
        Group: string
        /// Networks.
        Networks: int
        /// Mean accuracy.
        Accuracy: float
        /// Its population standard deviation.
        AccuracyDeviation: float option
        /// Accuracy of the mean of all softmax outputs.
        EnsembleAccuracy: float
        /// Mean disagreement of pairs.
        Disagreement: float option
        /// Mean KL of ordered pairs, nats.
        Kl: float option
        /// Mean Jensen-Shannon divergence of pairs, nats.
        Jsd: float option
        /// Mean L2 distance of pairs.
        Distance: float option
        /// Mean overlap of masks of pairs.
        Overlap: float option
        /// The same by chance.
        OverlapByChance: float option
        /// Mean consistency of errors.
        ErrorConsistency: float option
    }

/// The columns of groups.csv.
let groupColumns =
    Columns.ofRecord<GroupRow> {
        let! group = Columns.text "group" _.Group
        and! networks = Columns.integer "networks" _.Networks
        and! accuracy = Columns.number "accuracy" _.Accuracy
        and! deviation = Columns.optionalNumber "accuracy_deviation" _.AccuracyDeviation
        and! ensemble = Columns.number "ensemble_accuracy" _.EnsembleAccuracy
        and! disagreement = Columns.optionalNumber "disagreement" _.Disagreement
        and! kl = Columns.optionalNumber "kl" _.Kl
        and! jsd = Columns.optionalNumber "jsd" _.Jsd
        and! distance = Columns.optionalNumber "l2" _.Distance
        and! overlap = Columns.optionalNumber "mask_overlap" _.Overlap
        and! overlapByChance = Columns.optionalNumber "mask_overlap_by_chance" _.OverlapByChance
        and! consistency = Columns.optionalNumber "error_consistency" _.ErrorConsistency

        return
            {
                Group = group
                Networks = networks
                Accuracy = accuracy
                AccuracyDeviation = deviation
                EnsembleAccuracy = ensemble
                Disagreement = disagreement
                Kl = kl
                Jsd = jsd
                Distance = distance
                Overlap = overlap
                OverlapByChance = overlapByChance
                ErrorConsistency = consistency
            }
    }

/// Ensembles of some networks of a group: a row of ensembles.csv.
type EnsembleRow =
    {
        /// The group.
        Group: string
        /// Networks of an ensemble.
        Size: int
        /// Mean accuracy of such ensembles.
        Accuracy: float
        /// Ensembles that were tried.
        Ensembles: int
    }

/// The columns of ensembles.csv.
let ensembleColumns =
    Columns.ofRecord<EnsembleRow> {
        let! group = Columns.text "group" _.Group
        and! size = Columns.integer "size" _.Size
        and! accuracy = Columns.number "accuracy" _.Accuracy
        and! ensembles = Columns.integer "ensembles" _.Ensembles
        return { Group = group; Size = size; Accuracy = accuracy; Ensembles = ensembles }
    }

/// The straight line between two networks: a row of barriers.csv.
type BarrierRow =
    {
        /// The first network, as in networks.csv.
        First: int
        /// The second.
        Second: int
        /// Highest loss above the straight line between the ends' losses, on training examples, nats.
        TrainLoss: float
        /// How far the accuracy falls below that line.
        TrainAccuracy: float
        /// The same on test examples.
        TestLoss: float
        /// The same on test examples.
        TestAccuracy: float
    }

/// The columns of barriers.csv.
let barrierColumns =
    Columns.ofRecord<BarrierRow> {
        let! first = Columns.integer "first" _.First
        and! second = Columns.integer "second" _.Second
        and! trainLoss = Columns.number "train_loss" _.TrainLoss
        and! trainAccuracy = Columns.number "train_accuracy" _.TrainAccuracy
        and! testLoss = Columns.number "test_loss" _.TestLoss
        and! testAccuracy = Columns.number "test_accuracy" _.TestAccuracy

        return
            {
                First = first
                Second = second
                TrainLoss = trainLoss
                TrainAccuracy = trainAccuracy
                TestLoss = testLoss
                TestAccuracy = testAccuracy
            }
    }

/// Signs of the networks of a group, compared with what they come from: a row of signs.csv; means over the networks.
type SignRow =
    {
        /// The group.
        Group: string
        /// Training steps done.
        Step: int
        /// start: before training; mask: the network that the mask is from, the pruning solution of tickets.
        Reference: string
        /// A layer, or all.
        Layer: string
        /// Networks.
        Networks: int
        /// Of the weights that both have, the fraction of equal sign.
        Equal: float
        /// What independent signs with the same shares of positive ones would give.
        EqualByChance: float
    }

/// What signs are compared with.
let signReferences = [ "start"; "mask" ]

/// The columns of signs.csv.
let signColumns =
    Columns.ofRecord<SignRow> {
        let! group = Columns.text "group" _.Group
        and! step = Columns.integer "step" _.Step
        and! reference = Columns.word signReferences "reference" _.Reference
        and! layer = Columns.text "layer" _.Layer
        and! networks = Columns.integer "networks" _.Networks
        and! equal = Columns.number "equal" _.Equal
        and! byChance = Columns.number "equal_by_chance" _.EqualByChance

        return
            {
                Group = group
                Step = step
                Reference = reference
                Layer = layer
                Networks = networks
                Equal = equal
                EqualByChance = byChance
            }
    }

/// What was left out: a row of left-out.csv.
let leftColumns =
    Columns.ofRecord<Selection.Left> {
        let! name = Columns.text "name" _.Name
        and! reason = Columns.text "reason" _.Reason
        return ({ Name = name; Reason = reason }: Selection.Left)
    }
