// Compiles scripts as the bootstrap does, all by one compiler that stays warm. What fsi brings for them is put beside them.
// Arguments: the folder of the libraries, the folder to write to, the scripts.
#r "FSharp.Compiler.Service"

open System
open System.IO
open FSharp.Compiler.CodeAnalysis

let libraries, target, scripts = fsi.CommandLineArgs[1], fsi.CommandLineArgs[2], fsi.CommandLineArgs[3..]
let settings = Path.Combine(AppContext.BaseDirectory, "FSharp.Compiler.Interactive.Settings.dll")

for brought in [ settings; Path.Combine(AppContext.BaseDirectory, "fsi.runtimeconfig.json") ] do
    File.Copy(brought, Path.Combine(target, Path.GetFileName brought))

let options =
    [|
        "fsc"
        "--nologo"
        "--targetprofile:netcore"
        "--target:exe"
        "--optimize+"
        "--debug:embedded"
        "--nocopyfsharpcore"
    |]

let definitions = [| "--define:INTERACTIVE"; "--define:TOOLKIT_READY"; "--lib:" + libraries; "-r:" + settings |]
let checker = FSharpChecker.Create()

let compile (script: string) =
    let written = Path.Combine(target, "script-" + Path.GetFileNameWithoutExtension script + ".dll")
    let arguments = Array.concat [ options; definitions; [| "-o"; written; script |] ]
    let messages, _ = checker.Compile arguments |> Async.RunSynchronously
    messages |> Array.iter (fun message -> eprintfn "%O" message)
    messages.Length

exit (min 1 (Array.sumBy compile scripts))
