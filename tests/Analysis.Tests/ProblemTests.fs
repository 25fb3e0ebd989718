module Analysis.Tests.ProblemTests

open System
open System.IO
open Xunit
open Analysis
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Recipes

/// A test that needs libjpeg-turbo; without it the test is reported as skipped, which .ci/run counts as a failure.
type private ImageFactAttribute() =
    inherit FactAttribute(Skip = (if ImageFolder.CanDecode then null else "libjpeg-turbo is missing: apt-get install libturbojpeg0"))

/// A test that needs Fashion-MNIST.
type private FashionFactAttribute() =
    inherit
        FactAttribute(
            Skip =
                (if Directory.Exists DataFamilies.FashionFolder then
                     null
                 else
                     "Fashion-MNIST is missing: apt-get install dataset-fashion-mnist")
        )

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
    Assert.Equal(trained, planned)
    Assert.Equal(trained.Data, reported.Value.Data)
    Assert.Equal(trained.HasUsualWidths, reported.Value.HasUsualWidths)
    let case = PaperValues.caseOf trained |> Option.map (fun case -> case.Name, case.IsSame)
    Assert.Equal(case, PaperValues.caseOf reported.Value |> Option.map (fun case -> case.Name, case.IsSame))
    case

let private case = caseWith None

let private resNet isSame = Some("ResNet-50 on ImageNet-2012, 80% sparse", isSame)
let private vgg isSame = Some("VGG16 on ImageNet-2012, 80% sparse", isSame)

[<ImageFact>]
let ``photographs of 1000 classes at 224 x 224 are the paper's ImageNet`` () =
    photographs 1000 224 (fun data ->
        Assert.Equal(KnownData.ImageNet, (DataIdentity.Of data).Family)
        Assert.Equal(resNet true, case "resnet50" 0.8 data)
        Assert.Equal(vgg true, case "vgg16" 0.8 data)
        Assert.Equal(None, case "resnet50" 0.9 data)
        Assert.Equal(resNet true, caseWith (Some [| 64; 128; 256; 512 |]) "resnet50" 0.8 data)
        Assert.Equal(resNet false, caseWith (Some [| 32; 64; 128; 256 |]) "resnet50" 0.8 data)
        Assert.Equal(vgg false, caseWith (Some [| 32; 64; 128; 256; 256 |]) "vgg16" 0.8 data)
        // The stem is another one.
        Assert.Equal(resNet false, case "resnet50-small" 0.8 data))

[<ImageFact>]
let ``photographs of fewer classes or another size are not`` () =
    for classes, size in [ 999, 224; 1000, 64 ] do
        photographs classes size (fun data ->
            let problem = { Network = "resnet50"; HasUsualWidths = true; Data = DataIdentity.Of data; Sparsity = 0.8 }

            Assert.Equal(KnownData.Other, problem.Data.Family)
            Assert.False (PaperValues.caseOf problem).Value.IsSame)

[<Fact>]
let ``MNIST is the paper's at the paper's sparsity alone`` () =
    let data = DataSource.Load("mnist", Path.Combine(Repository.root, "data", "mnist"))
    Assert.Equal(KnownData.Mnist, (DataIdentity.Of data).Family)
    Assert.Equal(Some("LeNet5 on MNIST, 95% sparse", true), case "lenet5" 0.95 data)
    Assert.Equal(None, case "lenet5" 0.9 data)
    Assert.Equal(None, case "lenet300" 0.95 data)

    let problem sparsity = { Network = "lenet5"; HasUsualWidths = true; Data = DataIdentity.Of data; Sparsity = sparsity }

    Assert.Equal<PaperValues.Cell list>(PaperValues.table1, PaperValues.table1Of (problem 0.95))
    Assert.Equal<PaperValues.Cell list>(PaperValues.table2, PaperValues.table2Of (problem 0.98))
    Assert.Empty(PaperValues.table1Of (problem 0.98))
    Assert.Empty(PaperValues.table2Of (problem 0.95))
    // A narrowed LeNet5 is not the paper's.
    Assert.Equal(None, caseWith (Some [| 3; 8; 60; 42 |]) "lenet5" 0.95 data)
    Assert.Empty(PaperValues.table2Of { problem 0.98 with HasUsualWidths = false })

[<Fact>]
let ``enlarged MNIST is a data set of its own, with or without views`` () =
    for augmented in [ false; true ] do
        let data = DataSource.Load("mnist32", Path.Combine(Repository.root, "data", "mnist"), DataOptions(Augmented = augmented))
        Assert.Equal(KnownData.Mnist32, (DataIdentity.Of data).Family)
        Assert.Equal(resNet false, case "resnet50-small" 0.8 data)

[<FashionFact>]
let ``Fashion-MNIST is recognized and is not MNIST`` () =
    let data = DataSource.Load("fashion", DataFamilies.FashionFolder)
    Assert.Equal(KnownData.FashionMnist, (DataIdentity.Of data).Family)
    Assert.Equal("Fashion-MNIST", Problem.dataTitle (DataIdentity.Of data))
    Assert.Equal(None, case "lenet5" 0.95 data)
    Assert.Equal(KnownData.FashionMnist32, (DataIdentity.Of(DataSource.Load("fashion32", DataFamilies.FashionFolder))).Family)

[<Fact>]
let ``facts of older tables, which name no number of classes, are read`` () =
    let facts (data: string) = (Problem.ofFacts [ "network", "resnet50"; "data", data; "sparsity", "80%" ]).Value.Data.Family

    Assert.Equal(KnownData.FashionMnist32, facts "fashion32")
    Assert.Equal(KnownData.Other, facts "images224-0a1b2c3d")

[<Theory>]
[<InlineData("network")>]
[<InlineData("data")>]
[<InlineData("sparsity")>]
let ``facts without one of their parts are no problem, and neither is a sparsity that is no number`` (missing: string) =
    let facts = [ "network", "lenet5"; "data", "mnist"; "sparsity", "95%" ]
    Assert.True((Problem.ofFacts facts).IsSome)
    Assert.Equal(None, facts |> List.filter (fun (name, _) -> name <> missing) |> Problem.ofFacts)

    for odd in [ "95"; "%"; "many%"; "" ] do
        Assert.Equal(None, Problem.ofFacts (facts[..1] @ [ "sparsity", odd ]))
