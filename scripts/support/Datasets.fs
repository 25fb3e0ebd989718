/// The settings that name a data set, and the data they stand for.
module Scripting.Datasets

open SparseCore.Data

/// Which data a script works on.
type Choice =
    {
        /// One of `DataSource.KnownNames`.
        Dataset: string
        /// The folder of its files, when another one than the default.
        Folder: string option
        /// Whether training shows random views.
        Augmented: bool
    }

/// The folder of a data set where none is named.
let private defaultFolder (dataset: string) = if dataset.StartsWith "fashion" then DataSource.FashionFolder else Paths.fromRoot "data/mnist"

/// Declares dataset=, data= and augment=.
let settings (fallback: string) (given: Settings.Given) : Choice =
    {
        Dataset = Settings.choice (List.ofSeq DataSource.KnownNames) "dataset" fallback "which data" given
        Folder = Settings.optionalPath "data" "folder of the data's files, empty for the usual one" given
        Augmented = Settings.flag "augment" false "random views of training images, not for mnist and fashion" given
    }

/// Loads what was chosen.
let load (choice: Choice) : DataSplit =
    DataSource.Load(choice.Dataset, Option.defaultValue (defaultFolder choice.Dataset) choice.Folder, choice.Augmented)
