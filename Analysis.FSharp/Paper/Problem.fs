namespace SparseCore.Analysis

open System
open System.Globalization
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Plans

/// What a set of runs is about.
type Problem =
    {
        /// Name of the network, as plans name it.
        Network: string
        /// Whether its layers have the usual widths of a network of this name.
        HasUsualWidths: bool
        /// What the data is.
        Data: DataIdentity
        /// Fraction of zeros.
        Sparsity: float
    }

/// Problems, as plans and tables describe them, and how they are written in prose.
module Problem =
    let private hasUsualWidths (network: NetworkPlan) =
        let families = NetworkFamilies.Registry
        not (families.Contains network.Name) || List.ofSeq network.Widths = List.ofSeq (families.Find network.Name).Widths

    /// The problem of runs that are planned with this network and data.
    let ofPlans (network: NetworkPlan) (data: DataPlan) (sparsity: float) : Problem =
        {
            Network = network.Name
            HasUsualWidths = hasUsualWidths network
            Data = DataIdentity.Of(data.Name, network.Classes)
            Sparsity = sparsity
        }

    /// The facts about a problem that stand beside tables (about.csv), as names and values; widths where they are not the usual ones.
    let facts (network: NetworkPlan) (data: DataPlan) (sparsity: float) : (string * string) list =
        [
            "network", network.Name
            if not (hasUsualWidths network) then
                "widths", (if network.Widths.Count = 0 then "as described" else String.Join(",", network.Widths))
            "data", data.Name
            "classes", string network.Classes
            "sparsity", sprintf "%g%%" (100.0 * sparsity)
        ]

    let private fact (name: string) (about: (string * string) list) = about |> List.tryFind (fst >> (=) name) |> Option.map snd

    /// The data in facts; None where they do not name any. Facts without a number of classes, as older tables have, do not tell ImageNet.
    let dataOf (about: (string * string) list) : DataIdentity option =
        let number (text: string) =
            match Int32.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture) with
            | true, value -> Some value
            | _ -> None

        let classes = fact "classes" about |> Option.bind number |> Option.toNullable
        fact "data" about |> Option.map (fun name -> DataIdentity.Of(name, classes))

    /// The problem in facts; None where one of its parts is missing. Widths that are not named are the usual ones.
    let ofFacts (about: (string * string) list) : Problem option =
        let fraction (text: string) =
            match Double.TryParse(text.TrimEnd '%', NumberStyles.Float, CultureInfo.InvariantCulture) with
            | true, value when text.EndsWith '%' -> Some(value / 100.0)
            | _ -> None

        match fact "network" about, dataOf about, fact "sparsity" about |> Option.bind fraction with
        | Some network, Some data, Some sparsity ->
            Some
                {
                    Network = network
                    HasUsualWidths = (fact "widths" about).IsNone
                    Data = data
                    Sparsity = sparsity
                }
        | _ -> None

    /// Whether the sparsity is this one, as far as facts tell it: they have six digits.
    let hasSparsity (sparsity: float) (problem: Problem) = abs (problem.Sparsity - sparsity) < 1e-6

    /// How a network is written in prose.
    let private networkTitle (name: string) =
        match name with
        | "lenet5" -> "LeNet5"
        | "lenet300" -> "LeNet-300-100"
        | "vgg16" -> "VGG16"
        | "vgg16-bn" -> "VGG16 with batch normalization"
        | "resnet50" -> "ResNet-50"
        | "resnet50-small" -> "ResNet-50 (stem for 32 x 32)"
        | other -> other

    /// The network in facts as it is written in prose, with its widths where they are not the usual ones; None where they name none.
    let networkOf (about: (string * string) list) : string option =
        match fact "network" about, fact "widths" about with
        | Some network, Some widths -> Some $"{networkTitle network} (widths {widths})"
        | Some network, None -> Some(networkTitle network)
        | None, _ -> None

    /// How data is written in prose; what is not recognized keeps its name.
    let dataTitle (data: DataIdentity) =
        match data.Family with
        | KnownData.Mnist -> "MNIST"
        | KnownData.FashionMnist -> "Fashion-MNIST"
        | KnownData.Mnist32 -> "MNIST-32"
        | KnownData.FashionMnist32 -> "Fashion-MNIST-32"
        | KnownData.ImageNet -> $"ImageNet ({data.Name})"
        | _ -> data.Name
