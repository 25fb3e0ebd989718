/// The libraries that are given away as packages, as they were built beside this program.
module Docs.Packages

open System
open System.IO

/// Names of the packages that have an API, and the language each is written in.
let names =
    [
        "SparseCore", "csharp"
        "SparseCore.Cpu", "csharp"
        "SparseCore.Torch", "csharp"
        "SparseCore.Datasets", "csharp"
        "SparseCore.Analysis", "fsharp"
    ]

/// The library's file.
let path (name: string) = Path.Combine(AppContext.BaseDirectory, name + ".dll")

/// All that a library may use: the runtime's libraries and those beside this program.
let private references =
    lazy
        (let trusted = AppContext.GetData "TRUSTED_PLATFORM_ASSEMBLIES" |> string
         trusted.Split Path.PathSeparator |> Array.filter (fun file -> file.EndsWith(".dll", StringComparison.Ordinal)))

/// The public part of a package.
let read (name: string, language: string) : Library =
    let own = path name
    let others = references.Value |> Array.filter (fun file -> Path.GetFileName file <> Path.GetFileName own)
    if language = "fsharp" then FSharpApi.read others own else CSharpApi.read others own
