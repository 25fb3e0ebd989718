/// ASP.NET Core inside of `dotnet fsi`, which starts without it: its libraries lie beside the runtime's, in every SDK.
module Scripting.AspNetCore

open System
open System.IO
open System.Runtime.InteropServices
open System.Runtime.Loader

let private name = "Microsoft.AspNetCore.App"

/// The folder of the libraries that fit this runtime: of its own version, else the newest of its major version.
let private find () : string =
    let runtime = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory())
    let shared = Path.GetFullPath(Path.Combine(runtime, "..", "..", name))
    let own = Path.Combine(shared, Path.GetFileName runtime |> string)

    let versions =
        if Directory.Exists shared then
            [
                for folder in Directory.GetDirectories shared do
                    match Version.TryParse(Path.GetFileName folder |> string) with
                    | true, Null
                    | false, _ -> ()
                    | true, NonNull version ->
                        if version.Major = Environment.Version.Major then
                            version, folder
            ]
        else
            []

    if Directory.Exists own then
        own
    elif not versions.IsEmpty then
        versions |> List.maxBy fst |> snd
    else
        raise (
            SparseCore.Training.TrainingException
                $"ASP.NET Core {Environment.Version.Major} is not there: expected it in '{shared}', where every .NET SDK has it. Install the package aspnetcore-runtime-{Environment.Version.Major}.0 or the whole SDK."
        )

let private folder = lazy find ()

/// Whether this program's own settings name ASP.NET Core, so that it has it from its start.
let private isThere =
    lazy (string (AppContext.GetData "TRUSTED_PLATFORM_ASSEMBLIES")).Contains("Microsoft.AspNetCore.dll", StringComparison.Ordinal)

/// Lets libraries of ASP.NET Core be found. To be called before any code is run that mentions their types.
let load () : unit =
    if not isThere.Value then
        let path = folder.Value

        AssemblyLoadContext.Default.add_Resolving (fun context wanted ->
            let file = Path.Combine(path, $"{wanted.Name}.dll")
            if File.Exists file then context.LoadFromAssemblyPath file else null)
