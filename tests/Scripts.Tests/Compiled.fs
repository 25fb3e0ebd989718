/// Scripts as the bootstrap runs them, compiled, but on the libraries beside these tests. All are compiled by one process, and none starts fsi,
/// which takes some seconds of a processor for itself.
module Scripts.Tests.Compiled

open System
open System.IO
open System.Reflection
open Scripting
open Scripts.Tests.Processes
open Testing

/// The first argument that makes the program of these tests run a script instead of them.
let word = "compiled-script"

/// Runs a script in this process, as the bootstrap does: at its end or after an exception that it left, the process ends.
let execute (folder: string) (commandLine: string array) : int =
    let load name = Assembly.LoadFrom(Path.Combine(folder, name))

    let fsi =
        load("FSharp.Compiler.Interactive.Settings.dll").GetType("FSharp.Compiler.Interactive.Settings", true)
        |> nonNull
        |> _.GetProperty("fsi")
        |> nonNull
        |> _.GetValue(null)
        |> nonNull

    (fsi.GetType().GetProperty "CommandLineArgs" |> nonNull).SetValue(fsi, commandLine)

    try
        let script = load $"script-{Path.GetFileNameWithoutExtension commandLine[0]}.dll"
        (nonNull script.EntryPoint).Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null) |> ignore
        0
    with error ->
        Console.Error.WriteLine error
        1

/// Scripts of the repository that begin with the bootstrap.
let names =
    let others =
        [
            "scripts/bootstrap.fsx"
            "scripts/prelude.fsx"
            // Shows a package without the toolkit: it has no settings and no bootstrap.
            "scripts/examples/plain-chart.fsx"
        ]

    Directory.GetFiles(Paths.fromRoot "scripts", "*.fsx", SearchOption.AllDirectories)
    |> Array.map (fun file -> Path.GetRelativePath(Paths.root, file).Replace('\\', '/'))
    |> Array.except others
    |> Array.sort

let private own = Path.Combine(Repository.root, "tests", "Scripts.Tests")

/// The path of a script of these tests.
let sample (name: string) = Path.Combine(own, "samples", name + ".fsx")

let private start =
    lazy
        (let scratch = new Scratch()
         AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> (scratch :> IDisposable).Dispose())
         let scripts = Array.append (Array.map Paths.fromRoot names) (Directory.GetFiles(Path.Combine(own, "samples")))
         let compiling = [ "fsi"; Path.Combine(own, "compile.fsx"); AppContext.BaseDirectory; scratch.Folder ]
         let outcome = dotnet Paths.root (compiling @ List.ofArray scripts)

         if outcome.Code <> 0 then
             failwith $"Not every script was compiled without a message: {outcome.Errors}{outcome.Output}"

         // The runtime is set up as fsi's, which does not have all that these tests have.
         [ "exec"; "--runtimeconfig"; Path.Combine(scratch.Folder, "fsi.runtimeconfig.json") ]
         @ [ Path.Combine(AppContext.BaseDirectory, "Scripts.Tests.dll"); word; scratch.Folder ])

/// The arguments of `dotnet` that start a script of the repository or of these tests, to be followed by its path and its own arguments.
let direct () : string list = start.Value
