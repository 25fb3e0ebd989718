namespace Analysis

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
        /// What the data is.
        Data: DataIdentity
        /// Fraction of zeros.
        Sparsity: float
    }

/// Problems, as plans and tables describe them, and how they are written in prose.
module Problem =
    /// The problem of runs that are planned with this network and data.
    let ofPlans (network: NetworkPlan) (data: DataPlan) (sparsity: float) : Problem =
        { Network = network.Name; Data = DataIdentity.Of(data.Name, network.Classes); Sparsity = sparsity }

    /// The facts about a problem that stand beside tables (about.csv), as names and values.
    let facts (network: NetworkPlan) (data: DataPlan) (sparsity: float) : (string * string) list =
        [
            "network", network.Name
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

    /// The problem in facts; None where one of its parts is missing.
    let ofFacts (about: (string * string) list) : Problem option =
        let fraction (text: string) =
            match Double.TryParse(text.TrimEnd '%', NumberStyles.Float, CultureInfo.InvariantCulture) with
            | true, value when text.EndsWith '%' -> Some(value / 100.0)
            | _ -> None

        match fact "network" about, dataOf about, fact "sparsity" about |> Option.bind fraction with
        | Some network, Some data, Some sparsity -> Some { Network = network; Data = data; Sparsity = sparsity }
        | _ -> None

    /// Whether the sparsity is this one, as far as facts tell it: they have six digits.
    let hasSparsity (sparsity: float) (problem: Problem) = abs (problem.Sparsity - sparsity) < 1e-6

    /// How a network is written in prose.
    let networkTitle (name: string) =
        match name with
        | "lenet5" -> "LeNet5"
        | "lenet300" -> "LeNet-300-100"
        | "vgg16" -> "VGG16"
        | "vgg16-bn" -> "VGG16 with batch normalization"
        | "resnet50" -> "ResNet-50"
        | "resnet50-small" -> "ResNet-50 (stem for 32 x 32)"
        | other -> other

    /// How data is written in prose; what is not recognized keeps its name.
    let dataTitle (data: DataIdentity) =
        match data.Family with
        | KnownData.Mnist -> "MNIST"
        | KnownData.FashionMnist -> "Fashion-MNIST"
        | KnownData.Mnist32 -> "MNIST-32"
        | KnownData.FashionMnist32 -> "Fashion-MNIST-32"
        | KnownData.ImageNet -> $"ImageNet ({data.Name})"
        | _ -> data.Name
