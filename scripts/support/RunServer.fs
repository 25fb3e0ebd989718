/// The web server of browse.fsx: the page's files, and what the page asks for, as JSON. It reads folders of runs and writes nothing.
module Scripting.RunServer

open System
open System.IO
open System.Net
open System.Security.Cryptography
open System.Text
open System.Threading
open System.Threading.Tasks
open Microsoft.AspNetCore.Builder
open Microsoft.AspNetCore.Hosting
open Microsoft.AspNetCore.Http
open Microsoft.AspNetCore.Server.Kestrel.Core
open Microsoft.Extensions.DependencyInjection
open Microsoft.Extensions.Hosting
open Microsoft.Extensions.Logging
open SparseCore
open SparseCore.Training
open SparseCore.Analysis

/// What the server serves, and to whom.
type Settings =
    {
        /// Name or address that is listened on.
        Host: string
        /// The port; 0 for any free one.
        Port: int
        /// The secret that the address holds; None where nobody else can reach the server.
        Token: string option
        /// The runs.
        Index: RunIndex.Index
        /// The command that makes a run again, or why there is none.
        Command: Run -> Result<string, string>
        /// Verifies the run in a folder.
        Verify: string -> CancellationToken -> PageData.Verification
    }

/// What a request that is refused is told.
exception private Refused of status: int * sentence: string

let private refuse status sentence = raise (Refused(status, sentence))

/// Names by which a browser on this machine, or behind a tunnel to it, calls a server that listens to this machine alone.
let private localNames = [ "127.0.0.1"; "localhost"; "[::1]" ]

let private cookieName = "sparsecore-token"

let private isSecret (token: string) (given: string | null) =
    match given with
    | null -> false
    | given -> CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes given, Encoding.UTF8.GetBytes token)

/// Time between two looks at the folder of runs; longer where a look takes long.
let private lookEvery = TimeSpan.FromSeconds 0.5

/// A look may take this share of the time at most.
let private shareOfTime = 0.1

/// Time after which an event stream says that it is still there.
let private heartbeat = TimeSpan.FromSeconds 15.0

/// Most bytes that a request may send.
let private mostSent = 1_000_000L

/// Most runs of one request for curves.
let private mostCurves = 500

/// Tells all who wait that something changed.
type private Bell() =
    let mutable next = TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)

    /// Ends with the next ring.
    member _.Next: Task = (Volatile.Read &next).Task

    member _.Ring() : unit =
        Interlocked.Exchange(&next, TaskCompletionSource TaskCreationOptions.RunContinuationsAsynchronously).SetResult()

/// Looks at the folder again and again, and rings when something is not as before.
let private watch (index: RunIndex.Index) (bell: Bell) (cancellation: CancellationToken) : Task =
    task {
        let mutable said = ""

        try
            while not cancellation.IsCancellationRequested do
                let clock = Diagnostics.Stopwatch.StartNew()

                try
                    if index.Refresh cancellation then
                        bell.Ring()
                with error when not cancellation.IsCancellationRequested ->
                    // The folder may be out of reach for a while: the next look may succeed. What is wrong is said once.
                    let _, sentence = Program.explain error

                    if sentence <> said then
                        said <- sentence
                        eprintfn "%s" (ForeignText.Lines sentence)

                let pause = max lookEvery (clock.Elapsed / shareOfTime)
                do! Task.Delay(pause, cancellation)
        with :? OperationCanceledException ->
            ()
    }

/// Adds what tells browsers to be careful.
let private addHeaders (response: HttpResponse) =
    let headers = response.Headers

    headers["Content-Security-Policy"] <-
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    headers["X-Content-Type-Options"] <- "nosniff"
    headers["Referrer-Policy"] <- "no-referrer"
    headers["Cross-Origin-Resource-Policy"] <- "same-origin"
    headers["Cross-Origin-Opener-Policy"] <- "same-origin"
    headers["Cache-Control"] <- "no-store"

/// Refuses what does not come from the page itself.
let private requireOwn (settings: Settings) (context: HttpContext) =
    let request = context.Request
    let header (name: string) = request.Headers[name].ToString()

    if settings.Token.IsNone && not (List.contains request.Host.Host localNames) then
        refuse
            421
            $"This server listens to its own machine: expected 127.0.0.1 or localhost in the address, found '{ForeignText.Show request.Host.Host}'."

    let origin = header "Origin"

    if origin <> "" && origin <> $"http://{request.Host.Value}" then
        refuse
            403
            $"Only the page itself may ask: expected the origin http://{ForeignText.Show(string request.Host.Value)}, found '{ForeignText.Show origin}'."

    if header "Sec-Fetch-Site" = "cross-site" && header "Sec-Fetch-Mode" <> "navigate" then
        refuse 403 "Only the page itself may ask: another site did."

    if not (HttpMethods.IsGet request.Method || HttpMethods.IsHead request.Method || HttpMethods.IsPost request.Method) then
        refuse 405 $"This server is only read: expected GET or POST, found {ForeignText.Show request.Method}."

    match settings.Token with
    | None -> ()
    | Some token ->
        let asked = request.Query["token"].ToString()

        if isSecret token asked then
            context.Response.Cookies.Append(cookieName, token, CookieOptions(HttpOnly = true, SameSite = SameSiteMode.Strict, Path = "/"))
        elif not (isSecret token request.Cookies[cookieName]) then
            refuse 401 "The address needs its token: use the whole address that browse.fsx printed."

let private writeBytes (context: HttpContext) (kind: string) (content: byte[]) : Task =
    context.Response.ContentType <- kind
    context.Response.ContentLength <- content.LongLength

    if HttpMethods.IsHead context.Request.Method then
        Task.CompletedTask
    else
        context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask()

let private writeJson (context: HttpContext) (value: 'value) : Task =
    writeBytes context "application/json; charset=utf-8" (PageData.toJson value)

let private folderOf (settings: Settings) (name: string) : string =
    match (if isNull (box name) then None else settings.Index.TryFind name) with
    | Some run -> Path.Combine(settings.Index.Root, run.Name)
    | None when isNull (box name) -> refuse 400 "Expected the name of a run, found null."
    | None -> refuse 404 $"There is no run '{ForeignText.Show name}' in this folder."

let private query (context: HttpContext) (name: string) : string =
    match context.Request.Query[name].ToString() with
    | "" -> refuse 400 $"{name}: expected a value in the address, found none."
    | value -> value

let private step (name: string) (text: string) : int =
    match Int32.TryParse(text, Globalization.NumberStyles.None, Globalization.CultureInfo.InvariantCulture) with
    | true, step -> step
    | false, _ -> refuse 400 $"{name}: expected a step, found '{ForeignText.Show text}'."

/// What the page sends when it asks for curves.
type CurvesRequest = { Metric: string; Runs: string[] }

/// What the page sends when it asks for a verification.
type VerifyRequest = { Name: string }

let private body<'value when 'value: not null> (context: HttpContext) : Task<'value> =
    if not (HttpMethods.IsPost context.Request.Method) then
        refuse 405 "Expected POST with a JSON object."

    if not (context.Request.HasJsonContentType()) then
        refuse 400 "Expected a JSON object with content-type application/json."

    PageData.ofJson<'value> context.Request.Body

/// Refuses names that are no runs of the folder: they come from outside.
let private requireRuns (settings: Settings) (names: string[]) =
    if names.Length > mostCurves then
        refuse 400 $"runs: expected at most {mostCurves}, found {names.Length}."

    for name in names do
        folderOf settings name |> ignore

/// Sends changes as long as the page is open.
let private events (settings: Settings) (bell: Bell) (stopping: CancellationToken) (context: HttpContext) : Task =
    task {
        use linked = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping)
        let mutable version = query context "version" |> step "version"
        let response = context.Response
        response.ContentType <- "text/event-stream"
        do! response.Body.FlushAsync linked.Token

        try
            while not linked.IsCancellationRequested do
                let next = bell.Next // before looking, so that nothing is missed

                if settings.Index.Version <> version then
                    let changes = settings.Index.ChangesSince version
                    version <- changes.Version
                    let json = Encoding.UTF8.GetString(PageData.toJson changes)
                    do! response.WriteAsync($"event: runs\ndata: {json}\n\n", linked.Token)
                    do! response.Body.FlushAsync linked.Token

                let! first = Task.WhenAny(next, Task.Delay(heartbeat, linked.Token))

                if not (obj.ReferenceEquals(first, next)) then
                    do! response.WriteAsync(": still here\n\n", linked.Token)
                    do! response.Body.FlushAsync linked.Token
        with
        | :? OperationCanceledException
        | :? IOException -> () // the page was closed
    }

let private answer (settings: Settings) (bell: Bell) (stopping: CancellationToken) (context: HttpContext) : Task =
    task {
        let index = settings.Index

        match context.Request.Path.Value |> Option.ofObj |> Option.defaultValue "/" with
        | "/" ->
            if settings.Token.IsSome && context.Request.Query.ContainsKey "token" then
                context.Response.Redirect "/" // the secret does not stay in the address
            else
                let name, kind = List.head RunPage.files
                do! writeBytes context kind (RunPage.content name)
        | "/api/runs" -> do! writeJson context index.List
        | "/api/events" -> do! events settings bell stopping context
        | "/api/run" -> do! query context "name" |> folderOf settings |> RunDetails.details settings.Command |> writeJson context
        | "/api/masks" ->
            let run = query context "name" |> folderOf settings |> Runs.load
            let other = context.Request.Query["other"].ToString()
            let other = if other = "" then None else Some(step "other" other)
            do! RunDetails.masks run (query context "step" |> step "step") other |> writeJson context
        | "/api/pair" ->
            let first, second = query context "first" |> folderOf settings, query context "second" |> folderOf settings
            do! RunDetails.pair first second |> writeJson context
        | "/api/curves" ->
            let! (request: CurvesRequest) = body context
            requireRuns settings request.Runs
            do! RunCurves.curves index.Root request.Metric request.Runs |> writeJson context
        | "/api/figure" ->
            let! (request: PageData.FigureRequest) = body context
            request.Groups |> Array.collect _.Runs |> requireRuns settings
            let file = RunCurves.file index.Root request
            do! writeBytes context (RunCurves.forms |> List.find (fst >> (=) request.Form) |> snd) (Encoding.UTF8.GetBytes file)
        | "/api/verify" ->
            let! (request: VerifyRequest) = body context
            let path = folderOf settings request.Name
            let! found = Task.Run(fun () -> settings.Verify path context.RequestAborted)
            do! writeJson context found
        | path ->
            match RunPage.files |> List.tail |> List.tryFind (fun (name, _) -> path = "/" + name) with
            | Some(name, kind) -> do! writeBytes context kind (RunPage.content name)
            | None -> refuse 404 $"There is nothing at '{ForeignText.Show path}'."
    }

/// An error as status and sentence; None for one that nobody waits for.
let private explained (context: HttpContext) (error: exn) : (int * string) option =
    match error with
    | Refused(status, sentence) -> Some(status, sentence)
    | :? OperationCanceledException when context.RequestAborted.IsCancellationRequested -> None
    | :? Microsoft.AspNetCore.Http.BadHttpRequestException as error -> Some(error.StatusCode, ErrorText.Of error)
    | :? InvalidDataException -> Some(400, ErrorText.Of error)
    | error ->
        let code, text = Program.explain error

        if code = Program.bugCode then
            eprintfn "%s" (ForeignText.Lines text)
            Some(500, "The server has a fault here; browse.fsx printed what helps to find it.")
        else
            Some(500, text)

let private handle (settings: Settings) (bell: Bell) (stopping: CancellationToken) (context: HttpContext) : Task =
    task {
        try
            addHeaders context.Response
            requireOwn settings context
            do! answer settings bell stopping context
        with error ->
            match explained context error with
            | Some(status, sentence) when not context.Response.HasStarted ->
                context.Response.Clear()
                addHeaders context.Response
                context.Response.StatusCode <- status
                do! writeJson context {| error = sentence |}
            | _ -> context.Abort()
    }

/// The host must leave signals to the script.
type private NoLifetime() =
    interface IHostLifetime with
        member _.WaitForStartAsync _ = Task.CompletedTask
        member _.StopAsync _ = Task.CompletedTask

/// The address that a text is; None where it is none.
let private tryAddress (text: string) : IPAddress option =
    match IPAddress.TryParse text with
    | true, NonNull address -> Some address
    | _ -> None

let private build (settings: Settings) : WebApplication =
    let builder = WebApplication.CreateSlimBuilder()
    builder.Logging.ClearProviders() |> ignore
    builder.Services.AddSingleton<IHostLifetime, NoLifetime>() |> ignore

    builder.WebHost.ConfigureKestrel(fun (options: KestrelServerOptions) ->
        options.AddServerHeader <- false
        options.Limits.MaxRequestBodySize <- Nullable mostSent

        match tryAddress settings.Host with
        | Some address -> options.Listen(address, settings.Port)
        | None when settings.Host = "localhost" -> options.Listen(IPAddress.Loopback, settings.Port)
        | None ->
            let addresses =
                try
                    Dns.GetHostAddresses settings.Host
                with :? Sockets.SocketException ->
                    [||]

            match addresses with
            | [||] ->
                raise (TrainingException $"host: expected a name or address of this machine, found '{ForeignText.Show settings.Host}'.")
            | addresses -> options.Listen(addresses[0], settings.Port))
    |> ignore

    builder.Build()

/// The name by which others call a server that listens on every address.
let private shownHost (host: string) =
    match tryAddress host with
    | Some address when address.Equals IPAddress.Any || address.Equals IPAddress.IPv6Any -> Dns.GetHostName()
    | Some address when address.AddressFamily = Sockets.AddressFamily.InterNetworkV6 -> $"[{host}]"
    | _ -> host

/// Whether a server could not start because something else listens on its port.
let isInUse (error: exn) : bool = error.InnerException :? Microsoft.AspNetCore.Connections.AddressInUseException

/// Serves until it is stopped. `listening` hears the address. Refuses a port that is in use, or that may not be listened on.
let run (settings: Settings) (listening: string -> unit) (cancellation: CancellationToken) : unit =
    let bell = Bell()
    use app = build settings
    app.Run(RequestDelegate(handle settings bell cancellation))

    try
        app.StartAsync(cancellation).GetAwaiter().GetResult()
    with
    | :? IOException as error when isInUse error ->
        raise (
            IOException(
                $"Port {settings.Port} is in use: choose another one with port=, or any free one with port=0.",
                error.InnerException
            )
        )
    | :? Sockets.SocketException as error ->
        raise (
            IOException(
                $"'{ForeignText.Show settings.Host}' cannot be listened on at port {settings.Port}: {ErrorText.Of error} Name an address of this machine (host=) and a port above 1023 (port=).",
                error
            )
        )

    let port = Uri(Seq.head app.Urls).Port
    let token = settings.Token |> Option.map (fun token -> $"?token={token}") |> Option.defaultValue ""
    let watching = watch settings.Index bell cancellation
    listening $"http://{shownHost settings.Host}:{port}/{token}"
    cancellation.WaitHandle.WaitOne() |> ignore
    app.StopAsync(TimeSpan.FromSeconds 2.0).GetAwaiter().GetResult()
    watching.GetAwaiter().GetResult()
