/// Where things are. What a user types is relative to the current directory, as everywhere on a command line; what a command uses by
/// default is relative to the repository, so that a script does the same wherever it is started from. The tool, which is installed without
/// a repository, takes the current directory in its place.
module Scripting.Paths

open System
open System.IO

/// The repository's root folder: the nearest folder above these libraries that holds Toolkit.sln; None where they are installed as a tool.
let repository: string option =
    let rec search (folder: DirectoryInfo option) =
        match folder with
        | None -> None
        | Some folder when File.Exists(Path.Combine(folder.FullName, "Toolkit.sln")) -> Some folder.FullName
        | Some folder -> search (Option.ofObj folder.Parent)

    search (Option.ofObj (FileInfo(typeof<SparseCore.Networks.Shape>.Assembly.Location).Directory))

/// What default paths are relative to: the repository, else the current directory.
let root = repository |> Option.defaultWith Directory.GetCurrentDirectory

/// The full path of something in the repository, or of the same name in the current directory.
let fromRoot (path: string) = Path.GetFullPath(Path.Combine(root, path))

/// The full path of data that comes with the toolkit: in the repository, or beside the tool's libraries.
let shipped (path: string) =
    let here = fromRoot path

    if repository.IsSome || Directory.Exists here then
        here
    else
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, path))

/// How one of our commands is started: "train" is a script of the repository, or a command of the tool.
let command (name: string) = if repository.IsSome then $"dotnet fsi scripts/{name}.fsx" else $"sparsecore {name}"
