/// Builds the toolkit when its sources have changed, then runs a script on its libraries. Each version of the sources has a folder of its
/// own, artifacts/scripts/<hash of all sources and the SDK>, so a stale library cannot be picked up, and a build never touches the files
/// of a script that is still running. A folder whose libraries are not what was built is built again.
/// A script that loads nothing but the toolkit is compiled once for each of its versions; others are interpreted, as fsi does it.
module Bootstrap

open System
open System.Diagnostics
open System.IO
open System.Reflection
open System.Runtime.Loader
open System.Security.Cryptography
open System.Text
open FSharp.Compiler.CodeAnalysis
open FSharp.Compiler.Diagnostics
open FSharp.Compiler.Interactive.Shell

/// Tells whoever waits; where nobody can be told, nothing is stopped for it.
let private say (message: string) =
    try
        Console.Error.WriteLine message
    with
    | :? IOException
    | :? UnauthorizedAccessException -> ()

let private stop (message: string) =
    say message
    exit 1

let private hashOf (bytes: byte array) = Convert.ToHexStringLower(SHA256.HashData bytes)

/// As much of a hash as tells versions apart.
let private shortHash (bytes: byte array) = (hashOf bytes).Substring(0, 16)

/// Where the toolkit lies, and where its libraries do.
type private Toolkit = { Root: string; Output: string }

/// Lists the libraries of a folder with their hashes, as they were built.
let private manifestName = "libraries.sha256"

/// The SDK in use: another one may build other libraries of the same sources.
let private sdk =
    Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName typeof<FSharpChecker>.Assembly.Location |> nonNull) |> nonNull)

let private isSource (root: string) (path: string) =
    let parts = Path.GetRelativePath(root, path).Split Path.DirectorySeparatorChar
    not (Array.exists (fun (part: string) -> part = "bin" || part = "obj" || part.StartsWith '.') parts)

/// Hash of everything that decides what the libraries contain: names and contents, not times, which copies and checkouts change.
let private hashSources (root: string) =
    let under folder = Directory.GetFiles(Path.Combine(root, folder), "*", SearchOption.AllDirectories)

    let files =
        Array.concat
            [
                Directory.GetFiles(root, "Directory.*")
                [ "global.json"; "paket.dependencies"; Path.Combine("scripts", "bootstrap.fs") ]
                |> List.map (fun name -> Path.Combine(root, name))
                |> Array.ofList
                under "SparseCore.CSharp"
                under "Analysis.FSharp"
                under (Path.Combine("scripts", "support"))
            ]
        |> Array.filter (isSource root)

    Array.Sort(files, StringComparer.Ordinal)
    use hash = IncrementalHash.CreateHash HashAlgorithmName.SHA256
    hash.AppendData(Encoding.UTF8.GetBytes(sdk + "\n"))

    for file in files do
        let content = File.ReadAllBytes file
        hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(root, file) + "\n" + content.Length.ToString() + "\n"))
        hash.AppendData content

    Convert.ToHexStringLower(hash.GetHashAndReset()).Substring(0, 16)

/// A line for every file that was built: its hash and its name.
let private manifest (folder: string) =
    let files = Directory.GetFiles folder |> Array.filter (fun file -> Path.GetFileName file <> manifestName)
    Array.Sort(files, StringComparer.Ordinal)
    String.Join("\n", files |> Array.map (fun file -> hashOf (File.ReadAllBytes file) + "  " + Path.GetFileName file))

/// Whether a folder holds what was built into it.
let private isAsBuilt (folder: string) =
    let path = Path.Combine(folder, manifestName)
    File.Exists path && File.ReadAllText path = manifest folder

let private build (toolkit: Toolkit) (version: string) =
    let start = ProcessStartInfo(Environment.ProcessPath, WorkingDirectory = toolkit.Root, RedirectStandardOutput = true)
    let workspace = Path.Combine(toolkit.Output, "build")

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
let private tryTakeLock (path: string) =
    let heldOnLinux, heldOnMac, heldOnWindows = 11, 35, 0x80070020

    try
        Some(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
    with :? IOException as error when List.contains error.HResult [ heldOnLinux; heldOnMac; heldOnWindows ] ->
        None

/// One process builds; the others wait for it and find its result.
let private takeLock (output: string) =
    let path = Path.Combine(output, "lock")
    let mutable taken = tryTakeLock path

    if taken.IsNone then
        say "waiting for another script that is building the toolkit"

    while taken.IsNone do
        Threading.Thread.Sleep 100
        taken <- tryTakeLock path

    taken.Value

/// Builds this version into its folder, unless another process just did.
let private buildInto (toolkit: Toolkit) (folder: string) version =
    use _ = takeLock toolkit.Output

    if Directory.Exists folder && not (isAsBuilt folder) then
        say ("the libraries in " + folder + " are not those that were built; they are built again")
        Directory.Delete(folder, true)

    if not (Directory.Exists folder) then
        say "building the toolkit (first run of this version, 20 s to a minute)"
        let built = build toolkit version
        File.WriteAllText(Path.Combine(built, manifestName), manifest built)

        // A file saved during the build may or may not be in the result, so that result belongs to no version.
        if hashSources toolkit.Root = version then
            for old in Directory.GetDirectories toolkit.Output do
                if Path.GetFileName(old) <> "build" && Directory.GetLastWriteTimeUtc old < DateTime.UtcNow.AddDays -7.0 then
                    Directory.Delete(old, true)

            Directory.Move(built, folder)

let rec private prepareLibraries (toolkit: Toolkit) attemptsLeft =
    let version = hashSources toolkit.Root
    let folder = Path.Combine(toolkit.Output, version)

    if Directory.Exists folder && isAsBuilt folder then
        folder
    elif attemptsLeft = 0 then
        stop "The toolkit's sources keep changing while they are built; start the script again when they are saved."
    else
        buildInto toolkit folder version
        prepareLibraries toolkit (attemptsLeft - 1)

/// The same as starting `dotnet fsi <script> <arguments>` again on the libraries, but in this process: it saves a second start of the
/// runtime, and signals, exit codes and the terminal need no passing on.
let private interpret (settings: obj) (libraries: string) (commandLine: string array) =
    let options = [| "fsi"; "--nologo"; "--define:TOOLKIT_READY"; "--lib:" + libraries |]
    let configuration = FsiEvaluationSession.GetDefaultConfiguration settings
    FsiEvaluationSession.Create(configuration, Array.append options commandLine, Console.In, Console.Out, Console.Error).Run()

/// Whether all that a script takes in is known before it is read by a compiler: the bootstrap, the prelude and libraries of the toolkit.
let private isSelfContained (libraries: string) (text: string) =
    let isKnown (line: string) =
        match line.Split '"' with
        | [| "#load "; path; "" |] -> List.contains (Path.GetFileName path) [ "bootstrap.fsx"; "prelude.fsx" ]
        | [| "#r "; name; "" |] -> Path.GetFileName name = name && File.Exists(Path.Combine(libraries, name))
        | _ -> List.exists (fun (word: string) -> line.StartsWith(word, StringComparison.Ordinal)) [ "#if "; "#else"; "#endif"; "#nowarn " ]

    text.Split '\n'
    |> Array.map (fun line -> line.Trim())
    |> Array.forall (fun line -> not (line.StartsWith '#') || isKnown line)

/// Compiles a script; None where the compiler finds a mistake, which is then for fsi to show.
let private compile (libraries: string) (script: string) (target: string) =
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

    let settings = "-r:" + Path.Combine(AppContext.BaseDirectory, "FSharp.Compiler.Interactive.Settings.dll")
    let files = [| "--define:INTERACTIVE"; "--define:TOOLKIT_READY"; "--lib:" + libraries; settings; "-o"; target; script |]
    let messages, failure = FSharpChecker.Create().Compile(Array.append options files) |> Async.RunSynchronously

    if failure.IsNone && not (messages |> Array.exists (fun message -> message.Severity = FSharpDiagnosticSeverity.Error)) then
        for message in messages do
            say (message.ToString())

        Some target
    else
        None

/// The compiled form of a script: found, or made now. The name says which text it was made of, and the hash of what was made, so that a
/// damaged file is not taken. None where there can be none: a script that takes in more, has mistakes, or a folder that cannot be written.
let private tryCompiled (toolkit: Toolkit) (libraries: string) (script: string) =
    try
        let text = File.ReadAllText script

        if not (isSelfContained libraries text) then
            None
        else
            let folder = Path.Combine(libraries, "compiled")
            let prelude = File.ReadAllText(Path.Combine(toolkit.Root, "scripts", "prelude.fsx"))
            let version = shortHash (Encoding.UTF8.GetBytes(Path.GetFullPath script + "\n" + text + "\n" + prelude))
            let name = Path.GetFileNameWithoutExtension script
            let prefix = name + "-" + version + "-"
            let isWhole (path: string) = path.EndsWith("-" + shortHash (File.ReadAllBytes path) + ".dll", StringComparison.Ordinal)
            let found = if Directory.Exists folder then Directory.GetFiles(folder, prefix + "*.dll") else [||]

            match Array.tryFind isWhole found with
            | Some path -> Some path
            | None ->
                let workspace = Directory.CreateDirectory(Path.Combine(folder, Guid.NewGuid().ToString "N")).FullName
                let written = compile libraries script (Path.Combine(workspace, "script-" + name + ".dll"))

                let path =
                    written
                    |> Option.map (fun written ->
                        let path = Path.Combine(folder, prefix + shortHash (File.ReadAllBytes written) + ".dll")
                        File.Move(written, path, true)
                        path)

                Directory.Delete(workspace, true)
                path
    with
    | :? IOException
    | :? UnauthorizedAccessException -> None

/// Runs a compiled script as fsi would: at its end or after an exception that it left, the process ends.
let private execute (libraries: string) (path: string) =
    AssemblyLoadContext.Default.add_Resolving (fun context name ->
        let path = Path.Combine(libraries, name.Name + ".dll")
        if File.Exists path then context.LoadFromAssemblyPath path else null)

    try
        AssemblyLoadContext.Default.LoadFromAssemblyPath(path).EntryPoint.Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null)
        |> ignore
    with error ->
        say (error.ToString())
        exit 1

    exit 0

/// Runs the script that `settings` (fsi's object of that name) holds the command line of, on the toolkit whose scripts are in `folder`.
/// Ends the process.
let run (settings: FSharp.Compiler.Interactive.InteractiveSession) (folder: string) : unit =
    let root = Path.GetFullPath(Path.Combine(folder, ".."))
    let toolkit = { Root = root; Output = Path.Combine(root, "artifacts", "scripts") }

    // Both the build and fsi take these for separators of a list of paths.
    if root.IndexOfAny [| ';'; ',' |] >= 0 then
        stop ("The toolkit cannot be built in a folder whose path holds ';' or ',', found " + root + ". Move or rename the folder.")

    let commandLine = settings.CommandLineArgs

    if Path.GetFileName commandLine[0] = "bootstrap.fsx" then
        stop "bootstrap.fsx is what scripts load; start one of them instead."

    let libraries =
        try
            prepareLibraries toolkit 5
        with
        | :? IOException
        | :? UnauthorizedAccessException as error -> stop ("The toolkit cannot be built in " + toolkit.Output + ": " + error.Message)

    match tryCompiled toolkit libraries commandLine[0] with
    | Some path -> execute libraries path
    | None -> interpret settings libraries commandLine
