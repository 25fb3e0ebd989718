module Scripts.Tests.DatasetsTests

open System.IO
open System.Threading
open SparseCore.Data
open SparseCore.Networks
open SparseCore.Recipes
open SparseCore.RunFolders
open SparseCore.Verification
open Scripting
open Expecto
open Testing

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

[<Tests>]
let tests =
    testList
        "Datasets"
        [
            testCase "the number of classes reaches the data" (fun () ->
                withFiles [| 0uy; 30uy; 7uy |] (fun folder ->
                    for declare in [ Datasets.settings "mnist"; Datasets.settings "fashion"; Datasets.smallSettings ] do
                        let data = load (choice declare [ $"data={folder}"; "classes=31" ])
                        Expect.equal (data.Train.Classes, data.Train.Label 1) (31, 30) "classes and label"

                    let error =
                        Expect.thrown<DataException>(fun () -> load (choice Datasets.smallSettings [ $"data={folder}" ]) |> ignore)

                    Expect.stringContains error.Message "classes=N" "message"))

            testCase "classes of enlarged images reach the data" (fun () ->
                withFiles [| 0uy; 30uy; 7uy |] (fun folder ->
                    let data = load (choice (Datasets.settings "mnist32") [ $"data={folder}"; "classes=31" ])
                    Expect.equal data.Test.Classes 31 "classes"))

            testCase "without settings the data is MNIST in the repository" (fun () ->
                Expect.equal (load (choice Datasets.smallSettings [])).Name "mnist" "name")

            testCase "a relative of MNIST has no usual folder" (fun () ->
                for name in Mnist.Relatives do
                    let error =
                        Expect.thrown<DataException>(fun () -> load (choice (Datasets.settings "mnist") [ $"dataset={name}" ]) |> ignore)

                    Expect.stringContains error.Message $"dataset={name} needs data=FOLDER" "message")

            testCase "classes are of no use to a folder of photographs" (fun () ->
                Expect.stringContains
                    (mistake (Datasets.settings "mnist") [ "dataset=imagenet"; "classes=5" ])
                    "classes: expected only with IDX files, found dataset=imagenet"
                    "mistake")

            testCase "classes are a whole number from 2" (fun () ->
                for wrong in [ "1"; "65537"; "many" ] do
                    Expect.stringContains
                        (mistake Datasets.smallSettings [ $"classes={wrong}" ])
                        "classes: expected a whole number from 2 to 65536"
                        "mistake")

            testCase "settings of photographs are refused for other data" (fun () ->
                Expect.stringContains
                    (mistake (Datasets.settings "qmnist") [ "image-size=64" ])
                    "image-size: expected only with dataset=imagenet, found dataset=qmnist"
                    "mistake")

            testCase "scripts about small images do not offer photographs" (fun () ->
                Expect.stringContains
                    (mistake Datasets.smallSettings [ "dataset=imagenet" ])
                    "dataset: expected one of mnist, fashion, emnist-letters"
                    "mistake")

            testCase "a network learns the 26 letters of a folder with EMNIST's names, and its run verifies" (fun () ->
                let folder = Directory.CreateTempSubdirectory().FullName

                try
                    writeLetters folder
                    let runs = Path.Combine(folder, "runs")
                    let data = load (choice (Datasets.settings "mnist") [ $"data={folder}" ])

                    let experiment =
                        match
                            parse (Experiment.settings NetworkPlan.KnownNames "lenet5") [ "steps=150"; "batch=32"; "learning-rate=0.1" ]
                        with
                        | Ok experiment -> experiment
                        | Error stop -> failwith $"{stop}"

                    let recipe = Experiment.recipe Preset.Paper data experiment
                    let run = Methods.Plan(recipe, "baseline", InitializerNames.Dense, 1, 1)
                    let maker = TrainingRuns.maker 1 Sharing.alone runs data
                    TrainingRuns.make maker CancellationToken.None [ run ]

                    let accuracy =
                        MetricsFile.Read(Path.Combine(maker.Executor.PathOf run.Plan, "metrics.csv"))
                        |> Seq.findBack (fun row -> row.Metric = "test_accuracy")

                    Expect.inRange accuracy.Value (0.9, 1.0) "accuracy"
                    Expect.equal run.Plan.Network.Classes 26 "classes"

                    let found =
                        RunChecks.verifications
                            (Engines.single Engines.cpu)
                            data
                            false
                            1
                            CancellationToken.None
                            (RunFolder.ListForVerification runs)

                    for verification in found do
                        Expect.equal verification.Status VerificationStatus.Ok "status"
                finally
                    Directory.Delete(folder, true))
        ]
