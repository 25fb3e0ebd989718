// Starts the script that loaded this file a second time, in the same process, on libraries built from the sources as they are now.
// What does that is bootstrap.fs, compiled once: fsi would take a second for it at every start. It is also why the lines below are few.

open System
open System.Diagnostics
open System.IO
open System.Reflection
open System.Security.Cryptography

let library = Path.Combine(__SOURCE_DIRECTORY__, "..", "artifacts", "scripts", "bootstrap.dll")
let source = Path.Combine(__SOURCE_DIRECTORY__, "bootstrap.fs")

/// What stands beside a library that belongs to this source and this SDK, and was not changed since.
let mark () =
    Convert.ToHexString(SHA256.HashData(Array.append (File.ReadAllBytes library) (File.ReadAllBytes source)))
    + AppContext.BaseDirectory

#if !TOOLKIT_BUILDING

/// Comes back only where no library fits.
let start () =
    if File.Exists(library + ".mark") && File.Exists library && File.ReadAllText(library + ".mark") = mark () then
        Assembly.LoadFrom(library).GetType("Bootstrap").GetMethod("run").Invoke(null, [| fsi; __SOURCE_DIRECTORY__ |]) |> ignore

start ()
let building = [| "fsi"; "--define:TOOLKIT_BUILDING"; Path.Combine(__SOURCE_DIRECTORY__, "bootstrap.fsx") |]
let builder = Process.Start(Environment.ProcessPath, building)
builder.WaitForExit()
start ()
eprintfn "The toolkit did not start: what was made of bootstrap.fs is not what was expected. Start the script again."
exit 1

#else

let stop (message: string) =
    Console.Error.WriteLine message
    exit 1

try
    let folder = Path.GetDirectoryName library
    Directory.CreateDirectory folder |> ignore
    let written = Path.Combine(folder, Guid.NewGuid().ToString("N") + ".dll")

    // Deterministic, so that of two scripts that do this at once it does not matter whose file stays.
    let options =
        [| "--nologo"; "--targetprofile:netcore"; "--target:library"; "--optimize+"; "--deterministic+"; "--nocopyfsharpcore" |]

    let beside name = Path.Combine(AppContext.BaseDirectory, name)

    let references =
        [| "-r:" + beside "FSharp.Compiler.Service.dll"; "-r:" + beside "FSharp.Compiler.Interactive.Settings.dll" |]

    let arguments = Array.concat [ [| beside "fsc.dll" |]; options; references; [| "-o"; written; source |] ]
    use fsc = Process.Start(Environment.ProcessPath, arguments)
    fsc.WaitForExit()

    if fsc.ExitCode <> 0 then
        stop "The toolkit did not start: bootstrap.fs was not compiled; see the messages above."

    File.Move(written, library, true)

    // In one step, too: another script that does this at once may be reading it.
    File.WriteAllText(written + ".mark", mark ())
    File.Move(written + ".mark", library + ".mark", true)
with
| :? IOException
| :? UnauthorizedAccessException as error -> stop ("The toolkit cannot be built in " + Path.GetDirectoryName library + ": " + error.Message)

#endif
