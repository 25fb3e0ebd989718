/// The clone that these tests were built in.
module Testing.Repository

open System
open System.IO

/// Its root: the nearest folder above the tests that holds Toolkit.sln.
let root =
    let rec find (folder: DirectoryInfo | null) =
        match folder with
        | null -> failwith "No folder above the tests holds Toolkit.sln."
        | folder when File.Exists(Path.Combine(folder.FullName, "Toolkit.sln")) -> folder.FullName
        | folder -> find folder.Parent

    find (DirectoryInfo AppContext.BaseDirectory)
