/// Where things are. What a user types is relative to the current directory, as everywhere on a command line; what a script uses by
/// default is relative to the repository, so that a script does the same wherever it is started from.
module Scripting.Paths

open System.IO

/// The repository's root folder: the nearest folder above these libraries that holds Toolkit.sln.
let root =
    let library = typeof<SparseCore.Networks.Shape>.Assembly.Location

    let rec search (folder: DirectoryInfo option) =
        match folder with
        | None -> raise (DirectoryNotFoundException $"No Toolkit.sln in a folder above {library}: run the scripts inside a clone.")
        | Some folder when File.Exists(Path.Combine(folder.FullName, "Toolkit.sln")) -> folder.FullName
        | Some folder -> search (Option.ofObj folder.Parent)

    search (Option.ofObj (FileInfo(library).Directory))

/// The full path of something in the repository.
let fromRoot (path: string) = Path.GetFullPath(Path.Combine(root, path))
