/// The settings that name a data set, and the data they stand for.
module Scripting.Datasets

open System
open System.Threading
open SparseCore.Data

/// Which data a script works on.
type Choice =
    {
        /// One of `DataSource.KnownNames`.
        Dataset: string
        /// The folder of its files, when another one than the default.
        Folder: string option
        /// Number of classes, where neither the names of the files nor MNIST's ten say it.
        Classes: int option
        /// Whether training shows random views, when other than usual.
        Augmented: bool option
        /// Height and width of photographs, when other than the paper's.
        ImageSize: int option
        /// What becomes of files that are no whole JPEG or PNG images, when other than refusing them: refuse or skip.
        OnBadImage: string option
    }

/// The folder of a data set where none is named.
let private folder (choice: Choice) =
    match choice.Folder with
    | Some folder -> folder
    | None ->
        match DataSource.UsualFolder choice.Dataset with
        | "" -> ""
        | usual -> Paths.shipped usual

/// The settings that a data set has, and the names of all that have one.
let private family (choice: Choice) = DataFamilies.Registry.Find choice.Dataset

let private having (setting: DataFamily -> bool) = DataSource.KnownNames |> Seq.filter (DataFamilies.Registry.Find >> setting)

/// Declares dataset= and data=.
let private named (names: string seq) (fallback: string) (about: string) (given: Settings.Given) : Choice =
    {
        Dataset = Settings.choice (List.ofSeq names) "dataset" fallback about given
        Folder = Settings.optionalPath "data" "folder of the data's files, empty for the usual one" given
        Classes = None
        Augmented = None
        ImageSize = None
        OnBadImage = None
    }

/// Declares classes=.
let private withClasses (given: Settings.Given) (choice: Choice) : Choice =
    { choice with
        Classes = Settings.optionalInteger 2 Mnist.MostClasses "classes" "number of classes of files named as MNIST's, empty for 10" given
    }

/// Declares dataset=, data= and classes= for scripts about LeNets: small images as they are stored.
let smallSettings (given: Settings.Given) : Choice =
    named DataSource.SmallNames "mnist" "which data; relatives of MNIST are also found by the names of their files" given
    |> withClasses given

/// Declares dataset=, data=, augment=, image-size= and on-bad-image=.
let private images (fallback: string) (given: Settings.Given) : Choice =
    let choice = named DataSource.KnownNames fallback "which data; imagenet is any folder of JPEG or PNG files" given

    let views =
        $"""random views of training images, empty for the usual ({String.concat ", " (having _.IsAugmented)} true, others false)"""

    let size = Settings.optionalInteger ImageFolderOptions.SmallestSize ImageFolderOptions.LargestSize

    let choice =
        { choice with
            Augmented = Settings.optionalFlag "augment" views given
            ImageSize = size "image-size" "height and width that imagenet's images are cropped to, empty for 224" given
            OnBadImage = Settings.optionalChoice [ "refuse"; "skip" ] "on-bad-image" "broken files of imagenet, empty for refuse" given
        }

    for name, isGiven in [ "image-size", choice.ImageSize.IsSome; "on-bad-image", choice.OnBadImage.IsSome ] do
        if isGiven && not (family choice).HasImageOptions then
            let known = having _.HasImageOptions |> String.concat " or dataset="
            given.Mistakes.Add $"{name}: expected only with dataset={known}, found dataset={choice.Dataset}."

    choice

/// Declares dataset=, data=, classes=, augment=, image-size= and on-bad-image=.
let settings (fallback: string) (given: Settings.Given) : Choice =
    let choice = images fallback given |> withClasses given

    if choice.Classes.IsSome && not (family choice).HasClasses then
        given.Mistakes.Add $"classes: expected only with IDX files, found dataset={choice.Dataset}, which has classes of its own."

    choice

/// The same without classes=: data of a network whose number of classes is known, and is that of IDX files in a folder that is named.
let settingsOf (classes: int) (fallback: string) (given: Settings.Given) : Choice =
    let choice = images fallback given

    { choice with
        Classes = if choice.Folder.IsSome && (family choice).HasClasses then Some classes else None
    }

/// Sentences for the error stream.
let private notes =
    { new IProgress<string> with
        member _.Report sentence = Console.Error.WriteLine(SparseCore.ForeignText.OneLine sentence)
    }

/// Loads what was chosen. A folder of images is read through the first time; its index is kept in results/image-index.
let load (cancellation: CancellationToken) (choice: Choice) : DataSplit =
    let images =
        ImageFolderOptions(
            IndexFolder = Paths.fromRoot "results/image-index",
            Size = Option.defaultValue 224 choice.ImageSize,
            OnBadImage = (if choice.OnBadImage = Some "skip" then BadImages.Skip else BadImages.Refuse)
        )

    let options =
        DataOptions(Augmented = Option.toNullable choice.Augmented, Classes = Option.toNullable choice.Classes, Images = images)

    DataSource.Load(choice.Dataset, folder choice, options, notes, cancellation)
