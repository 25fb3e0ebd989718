module Scripts.Tests.DatasetsTests


open System.IO
open System.Threading
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Recipes
open SparseCore.RunFolders
open SparseCore.Verification
open Scripting
open Xunit

let private parse declare (arguments: string list) = Settings.parse "title" declare (Array.ofList ("script.fsx" :: arguments))

let private choice declare (arguments: string list) : Datasets.Choice =
    match parse declare arguments with
    | Ok choice -> choice
    | Error stop -> failwith $"{stop}"

let private mistake declare (arguments: string list) =
    match parse declare arguments with
    | Error(Settings.Mistake text) -> text
    | other -> failwith $"expected a mistake, found {other}"

let private load choice = Datasets.load CancellationToken.None choice

/// Files of MNIST's names with three images of one pixel, whose labels are these.
let private withFiles (labels: byte[]) (test: string -> unit) =
    let folder = Directory.CreateTempSubdirectory().FullName

    try
        let write (name: string) (bytes: byte[]) = File.WriteAllBytes(Path.Combine(folder, name), bytes)
        let size = [| 0uy; 0uy; 0uy; byte labels.Length |]
        let one = [| 0uy; 0uy; 0uy; 1uy |]

        for part in [ "train"; "t10k" ] do
            write $"{part}-images-idx3-ubyte" (Array.concat [ [| 0uy; 0uy; 8uy; 3uy |]; size; one; one; labels ])
            write $"{part}-labels-idx1-ubyte" (Array.concat [ [| 0uy; 0uy; 8uy; 1uy |]; size; labels ])

        test folder
    finally
        Directory.Delete(folder, true)

[<Fact>]
let ``the number of classes reaches the data`` () =
    withFiles [| 0uy; 30uy; 7uy |] (fun folder ->
        for declare in [ Datasets.settings "mnist"; Datasets.settings "fashion"; Datasets.smallSettings ] do
            let data = load (choice declare [ $"data={folder}"; "classes=31" ])
            Assert.Equal((31, 30), (data.Train.Classes, data.Train.Label 1))

        let error = Assert.Throws<DataException>(fun () -> load (choice Datasets.smallSettings [ $"data={folder}" ]) |> ignore)
        Assert.Contains("classes=N", error.Message))

[<Fact>]
let ``classes of enlarged images reach the data`` () =
    withFiles [| 0uy; 30uy; 7uy |] (fun folder ->
        let data = load (choice (Datasets.settings "mnist32") [ $"data={folder}"; "classes=31" ])
        Assert.Equal(31, data.Test.Classes))

[<Fact>]
let ``without settings the data is MNIST in the repository`` () = Assert.Equal("mnist", (load (choice Datasets.smallSettings [])).Name)

[<Fact>]
let ``a relative of MNIST has no usual folder`` () =
    for name in Mnist.Relatives do
        let error =
            Assert.Throws<DataException>(fun () -> load (choice (Datasets.settings "mnist") [ $"dataset={name}" ]) |> ignore)

        Assert.Contains($"dataset={name} needs data=FOLDER", error.Message)

[<Fact>]
let ``classes are of no use to a folder of photographs`` () =
    Assert.Contains(
        "classes: expected only with IDX files, found dataset=imagenet",
        mistake (Datasets.settings "mnist") [ "dataset=imagenet"; "classes=5" ]
    )

[<Fact>]
let ``classes are a whole number from 2`` () =
    for wrong in [ "1"; "65537"; "many" ] do
        Assert.Contains("classes: expected a whole number from 2 to 65536", mistake Datasets.smallSettings [ $"classes={wrong}" ])

[<Fact>]
let ``settings of photographs are refused for other data`` () =
    Assert.Contains(
        "image-size: expected only with dataset=imagenet, found dataset=qmnist",
        mistake (Datasets.settings "qmnist") [ "image-size=64" ]
    )

[<Fact>]
let ``scripts about small images do not offer photographs`` () =
    Assert.Contains("dataset: expected one of mnist, fashion, emnist-letters", mistake Datasets.smallSettings [ "dataset=imagenet" ])

/// Twelve hundred training images and a hundred test images under the names of EMNIST's letters: letter k is a block at a place of its own.
let private writeLetters (folder: string) =
    let side, letters = 28, 26
    let size (count: int) = [| 0uy; 0uy; byte (count / 256); byte (count % 256) |]

    for part, count in [ "train", 1200; "test", 104 ] do
        let inBlock letter pixel = pixel / side / 4 = letter / 6 && pixel % side / 4 = letter % 6
        let image example = Array.init (side * side) (fun pixel -> if inBlock (example % letters) pixel then 255uy else 0uy)
        let images = Array.collect image [| 0 .. count - 1 |]
        let labels = Array.init count (fun example -> byte (1 + example % letters))
        let write (name: string) bytes = File.WriteAllBytes(Path.Combine(folder, $"emnist-letters-{part}-{name}"), Array.concat bytes)
        write "images-idx3-ubyte" [ [| 0uy; 0uy; 8uy; 3uy |]; size count; size side; size side; images ]
        write "labels-idx1-ubyte" [ [| 0uy; 0uy; 8uy; 1uy |]; size count; labels ]

[<Fact>]
let ``a network learns the 26 letters of a folder with EMNIST's names, and its run verifies`` () =
    let folder = Directory.CreateTempSubdirectory().FullName

    try
        writeLetters folder
        let runs = Path.Combine(folder, "runs")
        let data = load (choice (Datasets.settings "mnist") [ $"data={folder}" ])

        let experiment =
            match parse (Experiment.settings NetworkPlan.KnownNames "lenet5") [ "steps=150"; "batch=32"; "learning-rate=0.1" ] with
            | Ok experiment -> experiment
            | Error stop -> failwith $"{stop}"

        let recipe = Experiment.recipe Preset.Paper data experiment
        let run = Methods.Plan(recipe, "baseline", InitializerNames.Dense, 1, 1)
        let executor = TrainingRuns.executor runs data
        TrainingRuns.make executor 1 CancellationToken.None [ run ]

        let accuracy =
            MetricsFile.Read(Path.Combine(executor.PathOf run.Plan, "metrics.csv"))
            |> Seq.findBack (fun row -> row.Metric = "test_accuracy")

        Assert.InRange(accuracy.Value, 0.9, 1.0)
        Assert.Equal(26, run.Plan.Network.Classes)
        let found = RunChecks.verifications data false 1 CancellationToken.None (RunFolder.ListForVerification runs)
        Assert.All(found, fun verification -> Assert.Equal(VerificationStatus.Ok, verification.Status))
    finally
        Directory.Delete(folder, true)
