/// A page over a folder of runs: on a server of this machine, or as one file.
module Scripting.Browsing

open System
open System.Diagnostics
open System.IO
open System.Runtime.CompilerServices
open System.Security.Cryptography
open System.Threading
open SparseCore
open SparseCore.Data
open SparseCore.RunFolders
open SparseCore.Training
open SparseCore.Verification
open SparseCore.Analysis

/// What was chosen.
type Choice =
    {
        /// Folder of the runs.
        Runs: string
        /// Conditions on runs, as of compare.fsx.
        Where: Selection.Condition list
        /// Name or address that is listened on.
        Host: string
        /// The port; None for the usual one, or any free one where that is in use.
        Port: int option
        /// Whether the address holds a secret.
        Token: bool option
        /// Whether a browser is opened.
        Open: bool
        /// File that is written instead.
        Out: string option
        /// Data that runs are verified with.
        Data: Datasets.Choice
    }

let private usualPort = 8210

/// Declares the settings.
let settings (given: Settings.Given) : Choice =
    {
        Runs = Settings.path "runs" "results/runs" "folder of the runs" given
        Where =
            Conditions.settings
                "runs that are shown: \"sparsity=0.95 method=rigl,set seed=1..3\", any setting of their plans; empty for all"
                given
        Host =
            Settings.custom
                "a name or an address"
                (fun text -> if text = "" then None else Some text)
                id
                "host"
                "127.0.0.1"
                "address to listen on; other machines can reach any but 127.0.0.1, and need the token in the address"
                given
        Port =
            Settings.optionalInteger
                0
                65535
                "port"
                $"port of the server, 0 for any free one, empty for {usualPort} or, where that is in use, any free one"
                given
        Token = Settings.optionalFlag "token" "whether the address holds a secret, empty: only where other machines can reach it" given
        Open = Settings.flag "open" true "whether a browser is opened, where there is one" given
        Out = Settings.optionalPath "out" "file to write instead: the whole page, to be opened offline" given
        Data = Datasets.settings "mnist" given
    }

/// Something that is made when it is first needed; its failure is a sentence, and is tried again.
type private Needed<'value>(make: unit -> 'value) =
    let gate = obj ()
    let mutable value: 'value option = None

    member _.Get() : Result<'value, string> =
        lock gate (fun () ->
            match value with
            | Some value -> Ok value
            | None ->
                try
                    value <- Some(make ())
                    Ok value.Value
                with error ->
                    match Program.explain error with
                    | code, _ when code = Program.bugCode -> reraise ()
                    | _, sentence -> Error sentence)

let private verify (data: Needed<DataSplit>) (path: string) (cancellation: CancellationToken) : PageData.Verification =
    match data.Get() with
    | Error sentence -> { Result = "unchecked"; Lines = [| sentence |] }
    | Ok data ->
        let found = RunVerifier(data, Engines.single Engines.cpu).Verify(path, false, cancellation)

        let result =
            match found.Status with
            | VerificationStatus.Failed -> "failed"
            | VerificationStatus.Unchecked -> "unchecked"
            | _ -> "ok"

        {
            Result = result
            Lines =
                [|
                    for finding in found.Findings -> ForeignText.OneLine(string finding)
                    for sentence in found.Unchecked -> ForeignText.OneLine sentence
                    for sentence in found.Notes -> ForeignText.OneLine sentence
                |]
        }

/// What a command says about the data, as it was said to this script.
let private dataset (choice: Datasets.Choice) : string list =
    [
        if choice.Dataset <> "mnist" then
            $"dataset={choice.Dataset}"
        match choice.Folder with
        | Some folder -> $"data={PlanCommands.quote folder}"
        | None -> ()
    ]

/// Opens a browser where there is a screen and somebody sits before it; nothing happens elsewhere.
let private openBrowser (address: string) =
    let has (variable: string) = not (String.IsNullOrEmpty(Environment.GetEnvironmentVariable variable))

    let hasScreen =
        (OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() || has "DISPLAY" || has "WAYLAND_DISPLAY")
        && not (has "SSH_CONNECTION")

    if hasScreen && not Console.IsOutputRedirected then
        try
            use _ = Process.Start(ProcessStartInfo(address, UseShellExecute = true))
            ()
        with
        | :? ComponentModel.Win32Exception
        | :? InvalidOperationException
        | :? FileNotFoundException -> () // the address was printed

/// Reads the folder; refuses one that is none, and conditions on fields that no run has.
let private scan (choice: Choice) (cancellation: CancellationToken) : RunIndex.Index =
    if not (Directory.Exists choice.Runs) then
        raise (
            DirectoryNotFoundException
                $"There is no folder '{choice.Runs}': expected a folder of runs. Correct runs=, or train a run first."
        )

    if RunFolder.MayBeRun choice.Runs then
        raise (InvalidDataException $"'{choice.Runs}' is one run: expected the folder that holds runs, which is the one above (runs=).")

    let clock = Stopwatch.StartNew()

    let index = RunIndex.Index(choice.Runs, choice.Where, CompareCommand = Paths.command "compare")
    index.Scan cancellation
    let count = index.List.Runs.Length

    if count = 0 then
        eprintfn "no run yet in %s%s" choice.Runs (if choice.Where.IsEmpty then "" else " that the conditions accept")
    else
        eprintfn "%d %s in %.1f s" count (if count = 1 then "run" else "runs") clock.Elapsed.TotalSeconds

    index

/// Mentions types of ASP.NET Core, which must be found before this is compiled.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private serve (choice: Choice) (index: RunIndex.Index) command verify (cancellation: CancellationToken) =
    let isLocal = List.contains choice.Host [ "127.0.0.1"; "localhost"; "::1" ]

    let token =
        if choice.Token |> Option.defaultValue (not isLocal) then
            Some(RandomNumberGenerator.GetHexString(32, true))
        else
            None

    if not isLocal && token.IsNone then
        raise (InvalidDataException "token: expected true with a host that other machines can reach, found false. Leave one of them out.")

    let settings: RunServer.Settings =
        {
            Host = choice.Host
            Port = choice.Port |> Option.defaultValue usualPort
            Token = token
            Index = index
            Command = command
            Verify = verify
        }

    let listening (address: string) =
        Console.Out.WriteLine address
        Console.Out.Flush()
        eprintfn "Ctrl-C ends it; nothing in the folder of runs is changed"

        if choice.Open then
            openBrowser address

    try
        RunServer.run settings listening cancellation
    with :? IOException as error when choice.Port.IsNone && RunServer.isInUse error ->
        RunServer.run { settings with Port = 0 } listening cancellation

/// Serves the page until it is stopped, or writes it.
let run (choice: Choice) (cancellation: CancellationToken) : unit =
    let index = scan choice cancellation
    let data = Needed(fun () -> Datasets.load cancellation choice.Data)
    let command run = data.Get() |> Result.bind (fun data -> PlanCommands.find data (dataset choice.Data) run)

    match choice.Out with
    | Some path ->
        Writable.file "out" path
        let page = RunPage.offline index command
        Files.writeText path page
        Console.Out.WriteLine path
        eprintfn "%.1f MB, to be opened in any browser" (float page.Length / 1e6)
    | None ->
        AspNetCore.load ()
        serve choice index command (verify data) cancellation
