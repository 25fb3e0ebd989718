module Analysis.Tests.ProblemTests

open System
open System.IO
open Expecto
open Testing
open SparseCore.Analysis
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Recipes

let private imageTest = testNeeding ImageFolder.CanDecode "libjpeg-turbo is missing: apt-get install libturbojpeg0"

let private fashionTest =
    testNeeding (Directory.Exists DataFamilies.FashionFolder) "Fashion-MNIST is missing: apt-get install dataset-fashion-mnist"

/// One pixel.
let private png =
    Convert.FromBase64String "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

/// A folder of photographs with one training and one test image of every class, as its loader gives it.
let private photographs (classes: int) (size: int) (test: DataSplit -> unit) =
    SmallRuns.withFolder (fun root ->
        for part in [ "train"; "val" ] do
            for label in 0 .. classes - 1 do
                let folder = Directory.CreateDirectory(Path.Combine(root, "images", part, $"n%04d{label}")).FullName
                File.WriteAllBytes(Path.Combine(folder, "a.png"), png)

        let options = ImageFolderOptions(IndexFolder = Path.Combine(root, "index"), Size = size)
        let load = DataOptions(Images = options)
        DataSource.Load("imagenet", Path.Combine(root, "images"), load) |> test)

/// The case of runs on data, three times: as who trains sees it, as a run's plan tells it, and as a report reads it from its table of facts.
let private caseWith (widths: int[] option) (network: string) (sparsity: float) (data: DataSplit) =
    let recipe = Recipe(Experiment(data, network, Widths = Option.toObj widths, Sparsity = sparsity, Steps = 1000).Settings())

    let settings, plan = recipe.Settings, recipe.Prune(1).Plan

    let trained =
        {
            Network = network
            HasUsualWidths = (widths |> Option.forall ((=) (Array.ofSeq (NetworkFamilies.Registry.Find network).Widths)))
            Data = DataIdentity.Of data
            Sparsity = sparsity
        }

    let planned = Problem.ofPlans plan.Network plan.Data sparsity
    let reported = Problem.facts settings.Network settings.Data settings.Sparsity |> Problem.ofFacts
    Expect.equal planned trained "case of the plan"
    Expect.equal reported.Value.Data trained.Data "data"
    Expect.equal reported.Value.HasUsualWidths trained.HasUsualWidths "whether the widths are the usual ones"
    let case = PaperValues.caseOf trained |> Option.map (fun case -> case.Name, case.IsSame)
    Expect.equal (PaperValues.caseOf reported.Value |> Option.map (fun case -> case.Name, case.IsSame)) case "case"
    case

let private case = caseWith None

let private resNet isSame = Some("ResNet-50 on ImageNet-2012, 80% sparse", isSame)

let private vgg isSame = Some("VGG16 on ImageNet-2012, 80% sparse", isSame)

[<Tests>]
let tests =
    testList
        "Problem"
        [
            imageTest "photographs of 1000 classes at 224 x 224 are the paper's ImageNet" (fun () ->
                photographs 1000 224 (fun data ->
                    Expect.equal (DataIdentity.Of data).Family KnownData.ImageNet "family of the data"
                    Expect.equal (case "resnet50" 0.8 data) (resNet true) "case"
                    Expect.equal (case "vgg16" 0.8 data) (vgg true) "case"
                    Expect.equal (case "resnet50" 0.9 data) None "case"
                    Expect.equal (caseWith (Some [| 64; 128; 256; 512 |]) "resnet50" 0.8 data) (resNet true) "case"
                    Expect.equal (caseWith (Some [| 32; 64; 128; 256 |]) "resnet50" 0.8 data) (resNet false) "case"
                    Expect.equal (caseWith (Some [| 32; 64; 128; 256; 256 |]) "vgg16" 0.8 data) (vgg false) "case"
                    // The stem is another one.
                    Expect.equal (case "resnet50-small" 0.8 data) (resNet false) "case"))

            imageTest "photographs of fewer classes or another size are not" (fun () ->
                for classes, size in [ 999, 224; 1000, 64 ] do
                    photographs classes size (fun data ->
                        let problem = { Network = "resnet50"; HasUsualWidths = true; Data = DataIdentity.Of data; Sparsity = 0.8 }

                        Expect.equal problem.Data.Family KnownData.Other "family of the data"
                        Expect.isFalse (PaperValues.caseOf problem).Value.IsSame "whether it is the paper's case"))

            testCase "MNIST is the paper's at the paper's sparsity alone" (fun () ->
                let data = DataSource.Load("mnist", Path.Combine(Repository.root, "data", "mnist"))
                Expect.equal (DataIdentity.Of data).Family KnownData.Mnist "family of the data"
                Expect.equal (case "lenet5" 0.95 data) (Some("LeNet5 on MNIST, 95% sparse", true)) "case"
                Expect.equal (case "lenet5" 0.9 data) None "case"
                Expect.equal (case "lenet300" 0.95 data) None "case"

                let problem sparsity = { Network = "lenet5"; HasUsualWidths = true; Data = DataIdentity.Of data; Sparsity = sparsity }

                Expect.equal (PaperValues.table1Of (problem 0.95)) PaperValues.table1 "Table 1"
                Expect.equal (PaperValues.table2Of (problem 0.98)) PaperValues.table2 "Table 2"
                Expect.isEmpty (PaperValues.table1Of (problem 0.98)) "Table 1"
                Expect.isEmpty (PaperValues.table2Of (problem 0.95)) "Table 2"
                // A narrowed LeNet5 is not the paper's.
                Expect.equal (caseWith (Some [| 3; 8; 60; 42 |]) "lenet5" 0.95 data) None "case"
                Expect.isEmpty (PaperValues.table2Of { problem 0.98 with HasUsualWidths = false }) "Table 2")

            testCase "enlarged MNIST is a data set of its own, with or without views" (fun () ->
                for augmented in [ false; true ] do
                    let data =
                        DataSource.Load("mnist32", Path.Combine(Repository.root, "data", "mnist"), DataOptions(Augmented = augmented))

                    Expect.equal (DataIdentity.Of data).Family KnownData.Mnist32 "family of the data"
                    Expect.equal (case "resnet50-small" 0.8 data) (resNet false) "case")

            fashionTest "Fashion-MNIST is recognized and is not MNIST" (fun () ->
                let data = DataSource.Load("fashion", DataFamilies.FashionFolder)
                Expect.equal (DataIdentity.Of data).Family KnownData.FashionMnist "family of the data"
                Expect.equal (Problem.dataTitle (DataIdentity.Of data)) "Fashion-MNIST" "title of the data"
                Expect.equal (case "lenet5" 0.95 data) None "case"

                Expect.equal
                    (DataIdentity.Of(DataSource.Load("fashion32", DataFamilies.FashionFolder))).Family
                    KnownData.FashionMnist32
                    "family of the data")

            testCase "facts of older tables, which name no number of classes, are read" (fun () ->
                let facts (data: string) = (Problem.ofFacts [ "network", "resnet50"; "data", data; "sparsity", "80%" ]).Value.Data.Family

                Expect.equal (facts "fashion32") KnownData.FashionMnist32 "facts"
                Expect.equal (facts "images224-0a1b2c3d") KnownData.Other "facts")

            testEach
                "facts without one of their parts are no problem, and neither is a sparsity that is no number"
                [ "network"; "data"; "sparsity" ]
                (fun missing ->
                    let facts = [ "network", "lenet5"; "data", "mnist"; "sparsity", "95%" ]
                    Expect.isSome (Problem.ofFacts facts) "problem"
                    Expect.equal (facts |> List.filter (fun (name, _) -> name <> missing) |> Problem.ofFacts) None "facts"

                    for odd in [ "95"; "%"; "many%"; "" ] do
                        Expect.equal (Problem.ofFacts (facts[..1] @ [ "sparsity", odd ])) None "problem")
        ]
