// Type-checks every script as an editor does, with one compiler that stays warm: dotnet fsi --typecheck-only takes four seconds for each.
// Inputs: scripts, and the libraries that the build made. Output: a line for every error and warning; exit code 1 when there is one.
#r "FSharp.Compiler.Service"

open System.IO
open FSharp.Compiler.CodeAnalysis
open FSharp.Compiler.Diagnostics
open FSharp.Compiler.Text

let checker = FSharpChecker.Create()

/// What an editor underlines in a script in which so many symbols are defined.
let mistakes (defined: string list) (script: string) : FSharpDiagnostic[] =
    let options, unresolved =
        checker.GetProjectOptionsFromScript(
            script,
            SourceText.ofString (File.ReadAllText script),
            assumeDotNetFramework = false,
            useSdkRefs = true,
            otherFlags = [| for symbol in defined -> "--define:" + symbol |]
        )
        |> Async.RunSynchronously

    let results = checker.ParseAndCheckProject options |> Async.RunSynchronously

    Array.append (Array.ofList unresolved) results.Diagnostics
    |> Array.filter (fun one -> one.Severity = FSharpDiagnosticSeverity.Error || one.Severity = FSharpDiagnosticSeverity.Warning)

let folder = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, "..", "scripts"))
let bootstrap = Path.Combine(folder, "bootstrap.fsx")

/// Every script with the symbols that it is looked at with; the bootstrap as a script loads it, and as it compiles itself.
let views =
    [
        bootstrap, []
        bootstrap, [ "TOOLKIT_BUILDING" ]
        for script in Directory.GetFiles(folder, "*.fsx", SearchOption.AllDirectories) |> Array.sort do
            if script <> bootstrap then
                script, [ "EDITING" ]
    ]

let found = [| for script, defined in views -> mistakes defined script |] |> Array.concat |> Array.distinctBy string
found |> Array.iter (eprintfn "%O")
printfn $"{views.Length} views of scripts, {found.Length} mistakes"
exit (min 1 found.Length)
