/// How a script runs, stops and fails: mistakes become a sentence, signals a clean stop, and only bugs print a stack trace.
module Scripting.Program

open System
open System.Diagnostics
open System.Globalization
open System.IO
open System.Reflection
open System.Runtime.InteropServices
open System.Threading
open SparseCore

/// Exit code after settings that cannot be used here.
let unavailableCode = 2

/// Exit code after something that the user or the machine can put right.
let mistakeCode = 1

/// Exit code after a bug (EX_SOFTWARE of sysexits).
let bugCode = 70

/// What was asked for cannot be had on this machine; raised before anything is begun.
type UnavailableException(message: string, inner: exn | null) =
    inherit Exception(message, inner)

    /// Without a cause.
    new(message: string) = UnavailableException(message, null)

/// Exit code when all that is left is made by other processes (EX_TEMPFAIL of sysexits): the same command may be started again later.
let busyCode = 75

/// All that is left is made by other processes.
type BusyException(message: string) =
    inherit Exception(message)

/// Ends a script that has nothing more to do, with exit code 0.
exception EarlyEnd

let mutable private grace: TimeSpan option = None

/// Once a script is told to stop, it ends after so long even if it could not end cleanly; what was saved is whole.
let stopWithin (time: TimeSpan) = grace <- Some time

/// A signal that comes again so soon is the same one: who stops a job sends it to the script and to the shell, which sends it on.
let private oneSignal = TimeSpan.FromSeconds 2.0

/// Numbers and dates print alike on every machine, on every thread.
let useInvariantCulture () =
    CultureInfo.DefaultThreadCurrentCulture <- CultureInfo.InvariantCulture
    CultureInfo.DefaultThreadCurrentUICulture <- CultureInfo.InvariantCulture
    CultureInfo.CurrentCulture <- CultureInfo.InvariantCulture
    CultureInfo.CurrentUICulture <- CultureInfo.InvariantCulture

/// A stream of the process that may be closed, full or gone; what cannot be written is handed to `onFailure`.
type internal GuardedWriter(inner: TextWriter, onFailure: exn -> unit) =
    inherit TextWriter()

    let guard (write: unit -> unit) =
        try
            write ()
        with
        | :? IOException
        | :? UnauthorizedAccessException
        | :? ObjectDisposedException as error -> onFailure error

    override _.Encoding = inner.Encoding
    override _.Write(letter: char) = guard (fun () -> inner.Write letter)
    override _.Write(text: string) = guard (fun () -> inner.Write text)
    override _.Write(letters: char[], index: int, count: int) = guard (fun () -> inner.Write(letters, index, count))
    override _.WriteLine() = guard inner.WriteLine
    override _.WriteLine(text: string) = guard (fun () -> inner.WriteLine text)
    override _.Flush() = guard inner.Flush

/// What is said while a script works may be lost; what it prints may not.
let internal losing (writer: TextWriter) : TextWriter = new GuardedWriter(writer, ignore)

/// As losing, for results: says that they cannot be printed.
let internal insisting (writer: TextWriter) : TextWriter =
    let refuse (error: exn) =
        let reason = error.Message.TrimEnd '.'

        raise (
            IOException(
                $"The results cannot be printed: expected a standard output that can be written, found \"{reason}\". What was saved in files is whole.",
                error
            )
        )

    new GuardedWriter(writer, refuse)

/// To be called before anything else: numbers print alike on every machine, and a progress that nobody can read stops nothing.
let prepare () =
    useInvariantCulture ()
    Console.SetError(losing Console.Error)
    Console.SetOut(insisting Console.Out)

let private ours = [ "SparseCore"; "Scripting" ]

let private isOurs (name: string) =
    ours |> List.exists (fun prefix -> name = prefix || name.StartsWith(prefix + ".", StringComparison.Ordinal))

/// Assemblies made of a script: by fsi, and by the bootstrap.
let private isScript (name: string) =
    name.StartsWith("FSI-ASSEMBLY", StringComparison.Ordinal) || name.StartsWith("script-", StringComparison.Ordinal)

/// Whether the check that threw is one of ours (or the script's own), rather than one in the base library that a bug ran into.
let private isThrownByOurCheck (error: exn) =
    StackTrace(error).GetFrames()
    |> Seq.choose (fun frame -> Option.ofObj (frame.GetMethod()))
    |> Seq.filter (fun m -> not (m.Name.StartsWith("Throw", StringComparison.Ordinal)))
    |> Seq.tryHead
    |> Option.bind (fun m -> Option.ofObj (m.Module.Assembly.GetName().Name))
    |> Option.exists (fun name -> isOurs name || isScript name)

let private isDiskFull (error: exn) =
    let noSpace, noSpaceOnWindows, quota = 28, 0x80070070, 122
    error.HResult = noSpace || error.HResult = noSpaceOnWindows || error.HResult = quota

let private isOurType (error: exn) = Option.ofObj (error.GetType().Assembly.GetName().Name) |> Option.exists isOurs

/// An exception that only carries the one that matters.
let private (|Wrapped|_|) (error: exn) =
    match error with
    | :? TargetInvocationException
    | :? TypeInitializationException -> Option.ofObj error.InnerException
    | _ -> None

/// What an exception means to the user: the exit code and the text to show. An expected failure gives its sentence; anything else is a
/// bug and gives everything that helps to find it.
let rec explain (error: exn) : int * string =
    match error with
    | :? AggregateException as many ->
        let parts = many.Flatten().InnerExceptions |> Seq.map explain |> Seq.distinct |> Seq.toList
        let code = if List.exists (fun (code, _) -> code = bugCode) parts then bugCode else mistakeCode
        code, parts |> List.map snd |> String.concat "\n"
    | Wrapped inner -> explain inner
    | :? UnavailableException -> unavailableCode, error.Message
    | :? BusyException -> busyCode, error.Message
    | :? IOException when isDiskFull error ->
        mistakeCode,
        $"The disk is full: {ErrorText.Of error}\nNothing that was saved is lost. Free some space and start the script again: it goes on from there."
    | :? IOException
    | :? UnauthorizedAccessException
    | :? InvalidDataException -> mistakeCode, ErrorText.Of error
    | :? OutOfMemoryException -> mistakeCode, $"The memory is not enough: {ErrorText.Of error} Fewer runs side by side (jobs=1) need less."
    | :? ArgumentException when isThrownByOurCheck error -> mistakeCode, ErrorText.Of error
    | _ when isOurType error -> mistakeCode, error.Message
    | _ -> bugCode, $"This is a bug in the toolkit or the script; please report it with the lines below.\n{error}"

/// _exit of POSIX: the process ends, and no library is asked to clean up before.
[<DllImport("libc", EntryPoint = "_exit")>]
extern void private endProcess(int code)

/// Ends the process while threads of it are at work: after the handlers of our own, and before libraries take away what those threads are using
/// (libtorch then ends the process with a code of its own).
let private endAtOnce (code: int) =
    if not (OperatingSystem.IsWindows()) then
        AppDomain.CurrentDomain.ProcessExit.Add(fun _ -> endProcess code)

    exit code

let rec private isOnlyCancellation (error: exn) =
    match error with
    | :? OperationCanceledException -> true
    | :? AggregateException as many -> many.InnerExceptions |> Seq.forall isOnlyCancellation
    | _ -> false

/// Runs `body` and answers the script's exit code, with messages to `errors`. Ctrl-C, SIGTERM and SIGHUP cancel the token that `body`
/// gets; it is then waited for. A second signal ends the process at once: whatever was saved is whole.
let execute (errors: TextWriter) (body: CancellationToken -> unit) : int =
    use source = new CancellationTokenSource()
    let signalCode = ref 0
    let signaled = Stopwatch()
    let mutable ending: Timer option = None

    let onSignal code (context: PosixSignalContext) =
        context.Cancel <- true

        if Interlocked.CompareExchange(&signalCode.contents, code, 0) = 0 then
            // On a terminal the cursor stands behind the last bar.
            if not (Terminal.isPlain Console.IsErrorRedirected Environment.GetEnvironmentVariable) then
                errors.WriteLine()

            errors.WriteLine "stopping: what is being written is finished first (once more stops at once)"
            signaled.Start()
            ending <- grace |> Option.map (fun time -> new Timer((fun _ -> endAtOnce code), null, time, Timeout.InfiniteTimeSpan))
            source.Cancel()
        elif context.Signal = PosixSignal.SIGINT || signaled.Elapsed > oneSignal then
            endAtOnce code

    let registrations =
        [ PosixSignal.SIGINT, 130; PosixSignal.SIGTERM, 143; PosixSignal.SIGHUP, 129 ]
        |> List.map (fun (signal, code) -> PosixSignalRegistration.Create(signal, onSignal code))

    let code =
        try
            body source.Token
            0
        with
        | error when source.IsCancellationRequested && isOnlyCancellation error -> 0
        | EarlyEnd -> 0
        | error ->
            let code, text = explain error
            errors.WriteLine(ForeignText.Lines text)
            code

    for registration in registrations do
        registration.Dispose()

    if signalCode.Value <> 0 then signalCode.Value else code

/// Runs the main part of a script; ends the process with the right exit code unless all went well.
let run (body: CancellationToken -> unit) : unit =
    Terminal.showForeignText ()
    let code = execute Console.Error body

    if code <> 0 then
        exit code
