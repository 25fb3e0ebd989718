/// The reference: every public type, and the settings of every command.
module Docs.Reference

open System
open System.Diagnostics
open System.IO
open System.Net
open System.Text
open System.Text.RegularExpressions
open Scripting

let private encode (text: string) = WebUtility.HtmlEncode text |> string

/// The page that a type is on: that of its namespace in C#, of its outermost module or type in F#.
let private pageOf (library: Library) (one: ApiType) : string =
    let words = one.Name.Split([| '.'; '<' |])

    if library.Language = "fsharp" then $"{one.Namespace}.{words[0]}" else one.Namespace

let private address (page: string) = $"reference/api/{page}.html"

/// Where everything that is documented is: page and anchor by the compiler's name.
let private places (libraries: Library list) : Map<string, string> =
    Map.ofList
        [
            for library in libraries do
                for one in library.Types do
                    let page = address (pageOf library one)

                    for id in one.Id :: (one.Members |> List.map _.Id) do
                        if id <> "" then
                            id, $"{page}#{Uri.EscapeDataString id}"
        ]

let private typeHtml (resolve: Comments.Resolve) (one: ApiType) : string =
    let html = StringBuilder()
    let add (line: string) = html.AppendLine line |> ignore
    add $"<section class=\"type\"><h2 id=\"{encode one.Id}\">{encode one.Name} <small>{one.Kind}</small></h2>"
    add $"<pre class=\"signature\"><code>{encode one.Signature}</code></pre>"
    add (Comments.render resolve one.Comment)

    for part in one.Members do
        add $"<div class=\"member\" id=\"{encode part.Id}\"><pre class=\"signature\"><code>{encode part.Signature}</code></pre>"
        add (Comments.render resolve part.Comment)
        add "</div>"

    add "</section>"
    html.ToString()

/// Pages of the API, and the page that lists them.
let api (libraries: Library list) : Pages.Page list =
    let places = places libraries

    let pages =
        [
            for library in libraries do
                for page, types in library.Types |> List.groupBy (pageOf library) do
                    let resolve (id: string) = places.TryFind id |> Option.map (fun place -> Pages.relative (address page) place)

                    let contents =
                        if types.Length < 4 then
                            ""
                        else
                            let items =
                                types
                                |> List.map (fun one ->
                                    $"<li><a href=\"#{Uri.EscapeDataString one.Id}\">{encode one.Name}</a> {encode (Comments.summaryText one.Comment)}</li>")

                            "<ul class=\"contents\">" + String.Concat items + "</ul>"

                    library,
                    {
                        Pages.Address = address page
                        Pages.Title = page
                        Pages.Html =
                            $"<h1>{encode page}</h1>\n<p>In the package <code>{library.Name}</code>.</p>\n{contents}"
                            + String.Concat(types |> List.map (typeHtml resolve))
                        Pages.Sections =
                            [
                                for one in types do
                                    one.Id, one.Name, Comments.summaryText one.Comment

                                    for part in one.Members do
                                        part.Id, $"{one.Name}.{part.Name}", Comments.summaryText part.Comment
                            ]
                    }
        ]

    let list =
        [
            for library in libraries do
                yield $"<h2>{library.Name}</h2><ul>"

                for _, page in pages |> List.filter (fun (owner, _) -> owner.Name = library.Name) do
                    let place = Pages.relative (address "index") page.Address
                    yield $"<li><a href=\"{place}\">{encode page.Title}</a></li>"

                yield "</ul>"
        ]

    {
        Address = address "index"
        Title = "API"
        Html =
            "<h1>API</h1>\n<p>Every public type of every package, in the language it is written in, with the comments of the sources.</p>\n"
            + String.Concat list
        Sections = []
    }
    :: List.map snd pages

/// What a command prints of itself when it is asked for help.
let private help (command: string) : string =
    let start =
        ProcessStartInfo(
            "dotnet",
            [ Path.Combine(AppContext.BaseDirectory, "SparseCore.Tool.dll"); command; "help" ],
            RedirectStandardOutput = true
        )

    use tool = Process.Start start |> nonNull
    let text = tool.StandardOutput.ReadToEnd()
    tool.WaitForExit()

    if tool.ExitCode <> 0 then
        failwith $"sparsecore {command} help: expected exit code 0, found {tool.ExitCode}."

    text

/// The help of a command as a page.
let private settingsPage (name: string) (text: string) : Pages.Page =
    let lines = text.Split '\n'
    let rows = Regex.Matches(text, @"^  ([\w-]+)=(\S*)\s+(\S.*)$|^  ([\w-]+)=(.*)\n\s{10,}(\S.*)$", RegexOptions.Multiline)

    let row (found: Match) =
        let group (at: int) = if found.Groups[at].Success then found.Groups[at].Value else found.Groups[at + 3].Value
        group 1, group 2, group 3

    let cells =
        [ for found in rows -> row found ]
        |> List.map (fun (name, fallback, about) ->
            let shown = if fallback = "" then "" else $"<code>{encode fallback}</code>"
            $"<tr id=\"{name}\"><td><code>{name}</code></td><td>{shown}</td><td>{encode about}</td></tr>\n")

    let title = lines[0]

    {
        Address = $"reference/settings/{name}.html"
        Title = name
        Html =
            $"<h1>{name}</h1>\n<p>{encode title}</p>\n<pre><code>{encode lines[2]}</code></pre>\n<div class=\"wide\"><table><thead><tr><th>setting</th><th>default</th><th>meaning</th></tr></thead><tbody>\n"
            + String.Concat cells
            + "</tbody></table></div>"
        Sections =
            [
                "", name, title
                for found in rows do
                    let setting, _, about = row found
                    setting, $"{name} {setting}=", about
            ]
    }

/// The settings of sweep.fsx, which is no command of the tool.
let private sweepHelp () : string =
    match
        Settings.parse
            "Makes the runs of a script with many workers: sweep.fsx SCRIPT key=value ..., with the script's settings and these."
            Sweeps.settings
            [| "scripts/sweep.fsx"; "help" |]
    with
    | Error(Settings.Help text) -> text
    | _ -> failwith "Sweeps.settings: expected a help text."

/// A page of settings for every command, and the page that lists them.
let settings () : Pages.Page list =
    let pages =
        [
            for command in SparseCore.Tool.Commands.all do
                settingsPage command.Name (help command.Name)

            settingsPage "sweep" (sweepHelp ())
        ]

    let items =
        pages
        |> List.map (fun page ->
            let _, _, about = page.Sections.Head
            $"<li><a href=\"{page.Title}.html\">{page.Title}</a> {encode about}</li>")

    {
        Address = "reference/settings/index.html"
        Title = "Settings"
        Html =
            "<h1>Settings</h1>\n<p>A page for each command: <code>sparsecore COMMAND key=value ...</code>, or in a clone <code>dotnet fsi scripts/COMMAND.fsx key=value ...</code>.</p>\n<ul>"
            + String.Concat items
            + "</ul>"
        Sections = [ "", "Settings", "The settings of every command with their defaults." ]
    }
    :: pages
