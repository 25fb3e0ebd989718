// Builds the toolkit when its sources have changed, then runs the script that loaded this file a second time, in the same process, with
// TOOLKIT_READY defined. Each version of the sources has a folder of its own, artifacts/scripts/<hash of all sources and the SDK>, so a
// stale library cannot be picked up, and a build never touches the files of a script that is still running. A folder whose libraries are
// not what was built is built again.
// What builds is read only where something is to be built, with TOOLKIT_BUILDING defined: every other start is quicker without it.

open System
open System.Diagnostics
open System.IO
open System.Security.Cryptography
open System.Text

let root = Path.GetFullPath(Path.Combine(__SOURCE_DIRECTORY__, ".."))
let output = Path.Combine(root, "artifacts", "scripts")

/// Lists the libraries of a folder with their hashes, as they were built.
let manifestName = "libraries.sha256"

/// The compiler that runs this script; its folder is named after the SDK.
let session = Type.GetType "FSharp.Compiler.Interactive.Shell+FsiEvaluationSession, FSharp.Compiler.Service"

/// Tells whoever waits; where nobody can be told, nothing is stopped for it.
let say (message: string) =
    try
        Console.Error.WriteLine message
    with
    | :? IOException
    | :? UnauthorizedAccessException -> ()

let stop (message: string) =
    say message
    exit 1

let isSource (path: string) =
    let parts = Path.GetRelativePath(root, path).Split Path.DirectorySeparatorChar
    not (Array.exists (fun (part: string) -> part = "bin" || part = "obj" || part.StartsWith '.') parts)

/// The SDK in use: another one may build other libraries of the same sources.
let sdk () = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName session.Assembly.Location))

/// Hash of everything that decides what the libraries contain: names and contents, not times, which copies and checkouts change.
let hashSources () =
    let under folder = Directory.GetFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories)

    let files =
        Array.concat
            [
                Directory.GetFiles(root, "Directory.*")
                [| Path.Combine(root, "global.json"); Path.Combine(root, "paket.dependencies") |]
                under "SparseCore.CSharp"
                under "Analysis.FSharp"
                under (Path.Combine("scripts", "support"))
            ]
        |> Array.filter isSource

    Array.Sort(files, StringComparer.Ordinal)
    use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256
    hash.AppendData(Encoding.UTF8.GetBytes(sdk () + "\n"))

    for file in files do
        let content = File.ReadAllBytes file
        hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(root, file) + "\n" + content.Length.ToString() + "\n"))
        hash.AppendData content

    Convert.ToHexStringLower(hash.GetHashAndReset()).Substring(0, 16)

/// A line for every file that was built: its hash and its name.
let manifest (folder: string) =
    let files = Directory.GetFiles folder |> Array.filter (fun file -> Path.GetFileName file <> manifestName)

    Array.Sort(files, StringComparer.Ordinal)

    String.Join(
        "\n",
        files
        |> Array.map (fun file -> Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes file)) + "  " + Path.GetFileName file)
    )

/// Whether a folder holds what was built into it.
let isAsBuilt (folder: string) =
    let path = Path.Combine(folder, manifestName)
    File.Exists path && File.ReadAllText path = manifest folder

// Both the build and fsi take these for separators of a list of paths.
if root.IndexOfAny [| ';'; ',' |] >= 0 then
    stop ("The toolkit cannot be built in a folder whose path holds ';' or ',', found " + root + ". Move or rename the folder.")

/// Does something in the folder of the libraries, whose errors end the script with a sentence.
let inFolder (work: unit -> 'result) =
    try
        work ()
    with
    | :? IOException
    | :? UnauthorizedAccessException as error -> stop ("The toolkit cannot be built in " + output + ": " + error.Message)

let find name parameterCount =
    session.GetMethods() |> Array.find (fun m -> m.Name = name && m.GetParameters().Length = parameterCount)

/// The same as starting `dotnet fsi <options> <script> <arguments>` again, but in this process: it saves a second start of the runtime,
/// and signals, exit codes and the terminal need no passing on. By reflection, because to reference the compiler costs half a second of
/// reading it. The end of the script may be the end of the process.
let runScript (options: string array) =
    let configuration = (find "GetDefaultConfiguration" 1).Invoke(null, [| box fsi |])
    let line = Array.concat [ [| "fsi"; "--nologo" |]; options; fsi.CommandLineArgs ]
    let inner = (find "Create" 7).Invoke(null, [| configuration; line; Console.In; Console.Out; Console.Error; null; null |])
    (find "Run" 0).Invoke(inner, null) |> ignore

let runWith (libraries: string) = runScript [| "--define:TOOLKIT_READY"; "--lib:" + libraries |]

#if TOOLKIT_BUILDING

let build (version: string) =
    let start = ProcessStartInfo(Environment.ProcessPath, WorkingDirectory = root, RedirectStandardOutput = true)
    let workspace = Path.Combine(output, "build")

    // Analyzers, documentation files and "warnings as errors" are for those who change the code; a later SDK with a new warning must not stop a user.
    // No build server stays behind, because whoever waits for the end of this script's output would wait for the server too.
    for argument in
        [ "build"; Path.Combine("scripts", "support", "Scripting.fsproj"); "-c"; "Release"; "--no-incremental" ]
        @ [ "--artifacts-path"; workspace; "-nologo"; "-v:quiet"; "-clp:NoSummary"; "-nodeReuse:false" ]
        @ [ "-p:UseSharedCompilation=false"; "-p:RestoreLockedMode=true"; "-p:TreatWarningsAsErrors=false" ]
        @ [ "-p:RunAnalyzers=false"; "-p:EnableNETAnalyzers=false"; "-p:EnforceCodeStyleInBuild=false" ]
        @ [ "-p:GenerateDocumentationFile=false"; "-p:IncludeSourceRevisionInInformationalVersion=false" ]
        @ [ "-p:ToolkitSources=" + version ] do
        start.ArgumentList.Add argument

    // What `dotnet fsi` sets for itself would tie the build to fsi's SDK instead of the one that global.json asks for.
    for name in [ "MSBUILD_EXE_PATH"; "MSBuildSDKsPath"; "MSBuildExtensionsPath"; "MSBuildLoadMicrosoftTargetsReadOnly" ] do
        start.Environment.Remove name |> ignore

    // The compilers run once: measuring how they run, for better code that comes too late, would take a quarter of their time.
    start.Environment["DOTNET_TieredPGO"] <- "0"

    use compiler = Process.Start start
    let text = compiler.StandardOutput.ReadToEnd()
    compiler.WaitForExit()

    if compiler.ExitCode <> 0 then
        stop (text.TrimEnd() + "\nThe toolkit did not build (exit code " + compiler.ExitCode.ToString() + "); see the messages above.")

    Path.Combine(workspace, "bin", "Scripting", "release")

/// The lock, unless another process holds it. Anything else that keeps the file from being opened is an error.
let tryTakeLock () =
    let heldOnLinux, heldOnMac, heldOnWindows = 11, 35, 0x80070020

    try
        Some(new FileStream(Path.Combine(output, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
    with :? IOException as error when List.contains error.HResult [ heldOnLinux; heldOnMac; heldOnWindows ] ->
        None

/// One process builds; the others wait for it and find its result.
let takeLock () =
    let mutable taken = tryTakeLock ()

    if taken.IsNone then
        say "waiting for another script that is building the toolkit"

    while taken.IsNone do
        Threading.Thread.Sleep 100
        taken <- tryTakeLock ()

    taken.Value

/// Builds this version into its folder, unless another process just did.
let buildInto (folder: string) version =
    Directory.CreateDirectory output |> ignore
    use _ = takeLock ()

    if Directory.Exists folder && not (isAsBuilt folder) then
        say ("the libraries in " + folder + " are not those that were built; they are built again")
        Directory.Delete(folder, true)

    if not (Directory.Exists folder) then
        say "building the toolkit (first run of this version, 20 s to a minute)"
        let built = build version
        File.WriteAllText(Path.Combine(built, manifestName), manifest built)

        // A file saved during the build may or may not be in the result, so that result belongs to no version.
        if hashSources () = version then
            for old in Directory.GetDirectories output do
                if Path.GetFileName(old) <> "build" && Directory.GetLastWriteTimeUtc old < DateTime.UtcNow.AddDays -7.0 then
                    Directory.Delete(old, true)

            Directory.Move(built, folder)

let rec prepareLibraries attemptsLeft =
    let version = hashSources ()
    let folder = Path.Combine(output, version)

    if Directory.Exists folder && isAsBuilt folder then
        folder
    elif attemptsLeft = 0 then
        stop "The toolkit's sources keep changing while they are built; start the script again when they are saved."
    else
        buildInto folder version
        prepareLibraries (attemptsLeft - 1)

runWith (inFolder (fun () -> prepareLibraries 5))

#else

let libraries = inFolder (fun () -> Path.Combine(output, hashSources ()))

if inFolder (fun () -> Directory.Exists libraries && isAsBuilt libraries) then
    runWith libraries
else
    runScript [| "--define:TOOLKIT_BUILDING" |]

#endif
