/// What reaches a terminal: text only, whatever the names in it hold, and tables where somebody looks; plain lines anywhere else.
module Scripting.Terminal

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open Spectre.Console
open SparseCore

/// Passes text on, with all but line feeds and tabs made visible (ForeignText.Lines).
type internal VisibleWriter(target: TextWriter) =
    inherit TextWriter(CultureInfo.InvariantCulture)
    override _.Encoding = target.Encoding
    override _.Write(letter: char) = target.Write(ForeignText.Lines(string letter))
    override _.Write(text: string | null) = target.Write(text |> Option.ofObj |> Option.map ForeignText.Lines |> Option.toObj)
    override _.Write(buffer: char[], index: int, count: int) = target.Write(ForeignText.Lines(String(buffer, index, count)))
    override _.WriteLine() = target.WriteLine()

    override this.WriteLine(text: string | null) =
        this.Write text
        target.WriteLine()

    override _.Flush() = target.Flush()

/// The standard output as it was before what goes there is made visible: tables bring their own control sequences, around text that is made visible.
let mutable private results: TextWriter = Console.Out

/// Makes foreign text in all that is printed from now on visible. The error stream needs its cursor codes: what goes there is made visible where it is written.
let showForeignText () : unit =
    results <- Console.Out
    Console.SetOut(new VisibleWriter(results))

/// Width and height of the terminal, in characters.
let internal size () : int * int =
    try
        max 20 Console.WindowWidth, max 2 Console.WindowHeight
    with :? IOException ->
        80, 24

/// Whether plain lines are wanted: nobody looks, the terminal is dumb, or NO_COLOR or CI is set.
let internal isPlain (isRedirected: bool) (variable: string -> string | null) : bool =
    let isSet (name: string) = not (String.IsNullOrEmpty(variable name))
    isRedirected || variable "TERM" = "dumb" || isSet "NO_COLOR" || isSet "CI"

/// A console that draws on a writer, whatever that is.
let internal consoleOn (colors: ColorSystemSupport) (size: unit -> int * int) (writer: TextWriter) : IAnsiConsole =
    let output =
        { new IAnsiConsoleOutput with
            member _.Writer = writer
            member _.IsTerminal = true
            member _.Width = fst (size ())
            member _.Height = snd (size ())
            member _.SetEncoding _ = ()
        }

    AnsiConsoleSettings(
        Ansi = AnsiSupport.Yes,
        ColorSystem = colors,
        Interactive = InteractionSupport.Yes,
        Enrichment = ProfileEnrichment(UseDefaultEnrichers = false),
        Out = output
    )
    |> AnsiConsole.Create

/// The error stream's terminal; None where plain lines are wanted.
let internal errors () : IAnsiConsole option =
    if isPlain Console.IsErrorRedirected Environment.GetEnvironmentVariable then
        None
    else
        Some(consoleOn ColorSystemSupport.Detect size Console.Error)

/// Text as it is: no markup, no control characters, one line.
let internal textOf (text: string) : Text = Text(ForeignText.OneLine text)

/// Draws rows as a table; without names of columns it has no head.
let internal draw (console: IAnsiConsole) (columns: string list) (rows: string list list) : unit =
    let table = Table(Border = TableBorder.Rounded)
    let width = rows |> List.map List.length |> List.fold max columns.Length

    for index in 0 .. width - 1 do
        let name = columns |> List.tryItem index |> Option.defaultValue ""
        table.AddColumn(TableColumn(textOf name)) |> ignore

    table.ShowHeaders <- not columns.IsEmpty

    for row in rows do
        let cells = [| for cell in row -> textOf cell :> Rendering.IRenderable |]
        table.AddRow cells |> ignore

    console.Write table

/// Prints rows as they come, a line each; on a terminal as one table, when all have come or one failed.
let print (columns: string list) (cells: 'row -> string list) (line: 'row -> string) (rows: 'row seq) : unit =
    if isPlain Console.IsOutputRedirected Environment.GetEnvironmentVariable then
        for row in rows do
            printfn "%s" (line row)
    else
        let found = List<string list>()

        try
            for row in rows do
                found.Add(cells row)
        finally
            draw (consoleOn ColorSystemSupport.Detect size results) columns (List.ofSeq found)
