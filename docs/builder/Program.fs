/// Builds the documentation: dotnet run -c Release --project docs/builder [FOLDER]
module Docs.Program

open System.IO
open Scripting

[<EntryPoint>]
let main arguments =
    match arguments with
    | [||]
    | [| _ |] ->
        let output = if arguments.Length = 1 then Path.GetFullPath arguments[0] else Paths.fromRoot "artifacts/site"
        let built = Site.build Paths.root output

        for mistake in built.Mistakes do
            eprintfn "%s" mistake

        printfn "%d pages: %s" built.Pages.Length (Path.Combine(output, "index.html"))
        if built.Mistakes.IsEmpty then 0 else 1
    | _ ->
        eprintfn "expected nothing or the folder to write to, found %d words." arguments.Length
        2
