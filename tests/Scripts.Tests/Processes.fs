/// Starts `dotnet` as a user would, and keeps what it printed.
module Scripts.Tests.Processes

open System
open System.Diagnostics
open System.IO
open System.Threading
open Scripting

/// How a process ended.
type Outcome =
    {
        /// Exit code.
        Code: int
        /// Everything on the standard output.
        Output: string
        /// Everything on the error stream.
        Errors: string
    }

let private patience = TimeSpan.FromMinutes 10.0

let private host =
    match Option.ofObj (Environment.GetEnvironmentVariable "DOTNET_HOST_PATH") with
    | Some path -> path
    | None -> "dotnet"

let private started (watch: string -> unit) (folder: string) (program: string) (arguments: string list) : Outcome =
    let start =
        ProcessStartInfo(program, arguments, WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true)

    // Most processes here end before what is measured for better code could be of use.
    start.Environment["DOTNET_TieredPGO"] <- "0"

    use running = new Process(StartInfo = start)
    let output, errors = new StringWriter(), new StringWriter()

    running.OutputDataReceived.Add(fun line ->
        if not (isNull line.Data) then
            output.WriteLine line.Data
            watch (string line.Data))

    running.ErrorDataReceived.Add(fun line ->
        if not (isNull line.Data) then
            errors.WriteLine line.Data)

    running.Start() |> ignore
    running.BeginOutputReadLine()
    running.BeginErrorReadLine()

    if not (running.WaitForExit patience) then
        running.Kill true
        failwith $"""{program} {String.Join(" ", arguments)} did not end within {patience}: {output} {errors}"""

    running.WaitForExit()

    { Code = running.ExitCode; Output = output.ToString(); Errors = errors.ToString() }

/// Starts `dotnet` with arguments in a folder; `watch` sees each line of the standard output as it comes.
let dotnetWatched (watch: string -> unit) (folder: string) (arguments: string list) : Outcome = started watch folder host arguments

/// Starts a line of the shell in a folder, made from the command that is `dotnet`.
let shell (folder: string) (line: string -> string) : Outcome = started ignore folder "sh" [ "-c"; line host ]

/// Starts `dotnet` with arguments in a folder.
let dotnet (folder: string) (arguments: string list) : Outcome = dotnetWatched ignore folder arguments

/// The options that make `dotnet fsi` interpret a script on the libraries beside these tests, which spares the bootstrap.
let interpreted = [ "fsi"; "--nologo"; "--define:TOOLKIT_READY"; "--lib:" + AppContext.BaseDirectory ]

/// A folder that is deleted at the end.
type Scratch() =
    let folder = Directory.CreateTempSubdirectory("toolkit-scripts-").FullName
    member _.Folder = folder

    member _.Write(name: string, text: string) =
        let path = Path.Combine(folder, name)
        Directory.CreateDirectory(string (Path.GetDirectoryName path)) |> ignore
        File.WriteAllText(path, text)
        path

    interface IDisposable with
        member _.Dispose() = Directory.Delete(folder, true)
