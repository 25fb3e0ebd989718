/// The site: all pages in one frame, what they link to, and an index to search in. Everything is read from the disk; nothing is fetched.
module Docs.Site

open System
open System.Collections.Generic
open System.IO
open System.Net
open System.Reflection
open System.Text.Json
open System.Text.RegularExpressions

/// What a build made and found.
type Built =
    {
        /// Addresses of all pages.
        Pages: string list
        /// Links that lead nowhere, pages that nothing leads to: empty when all is well.
        Mistakes: string list
        Libraries: Library list
    }

let private encode (text: string) = WebUtility.HtmlEncode text |> string

/// A part of the navigation: its heading and its pages.
type private Part = { Heading: string; Links: (string * string) list }

/// Reads docs/contents.md: a heading for each part, a link for each page.
let private contents (root: string) : Part list =
    let add (parts: Part list) (line: string) =
        let link = Regex.Match(line, @"^- \[(.+)\]\((.+)\)$")

        match parts with
        | _ when line.StartsWith("## ", StringComparison.Ordinal) -> { Heading = line.Substring 3; Links = [] } :: parts
        | part :: rest when link.Success ->
            let place = Path.ChangeExtension(link.Groups[2].Value, ".html") |> string
            { part with Links = part.Links @ [ link.Groups[1].Value, place ] } :: rest
        | _ -> parts

    File.ReadAllLines(Path.Combine(root, "docs", "contents.md")) |> Array.fold add [] |> List.rev

let private navigation (parts: Part list) (page: string) : string =
    String.Concat
        [
            for part in parts do
                yield $"<h2>{encode part.Heading}</h2><ul>"

                for title, place in part.Links do
                    let current = if place = page then " aria-current=\"page\"" else ""
                    yield $"<li><a href=\"{Pages.relative page place}\"{current}>{encode title}</a></li>"

                yield "</ul>"
        ]

/// What may be wider than its place scrolls by itself, and has to be reached by the keyboard.
let private scrolling (html: string) : string =
    html.Replace("<pre", "<pre tabindex=\"0\"").Replace("<div class=\"wide\"", "<div class=\"wide\" tabindex=\"0\"")

let private frame (parts: Part list) (page: Pages.Page) : string =
    let up = Pages.relative page.Address "."
    let top = if up = "." then "" else up + "/"

    $"""<!doctype html>
<html lang="en" data-top="{top}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{encode page.Title} - Sparse training for .NET</title>
<link rel="stylesheet" href="{top}site.css">
<script defer src="{top}site.js"></script>
</head>
<body>
<a class="skip" href="#content">To the text</a>
<header>
<a class="home" href="{top}index.html">Sparse training for .NET</a>
<form role="search"><label for="search">Search</label> <input id="search" type="search" autocomplete="off" aria-controls="found"></form>
</header>
<div id="found" role="region" aria-label="What the search found" aria-live="polite" hidden></div>
<div class="columns">
<nav aria-label="Pages"><details open><summary>Pages</summary>{navigation parts page.Address}</details></nav>
<main id="content" tabindex="-1">
{scrolling page.Html}
</main>
</div>
</body>
</html>
"""

let private asset (name: string) : string =
    use stream = Assembly.GetExecutingAssembly().GetManifestResourceStream name |> nonNull
    use reader = new StreamReader(stream)
    reader.ReadToEnd()

let private write (output: string) (place: string) (text: string) : unit =
    let path = Path.Combine(output, place)
    Directory.CreateDirectory(Path.GetDirectoryName path |> string) |> ignore
    File.WriteAllText(path, text)

/// The pages of docs/, and all that they link to, again and again.
let private written (root: string) (mistakes: List<string>) : Pages.Page list * string list =
    let docs = Path.Combine(root, "docs")

    let first =
        Directory.GetFiles(docs, "*.md", SearchOption.AllDirectories)
        |> Array.map (fun file -> Path.GetRelativePath(root, file).Replace('\\', '/'))
        |> Array.filter (fun path ->
            path <> "docs/contents.md"
            && path <> "docs/package.md"
            && not (path.StartsWith("docs/builder/", StringComparison.Ordinal)))
        |> Array.sort

    let seen = HashSet<string>(first)
    let waiting = Queue<string>(first)
    let pages, files = List<Pages.Page>(), List<string>()

    while waiting.Count > 0 do
        let path = waiting.Dequeue()
        let wanted = HashSet<string>()

        match path with
        | Pages.Markdown ->
            // Of pages from elsewhere in the repository only links to files count, since they are written for readers of the repository.
            let found = if path.StartsWith("docs/", StringComparison.Ordinal) then mistakes else List<string>()
            pages.Add(Pages.read root path wanted found)
        | Pages.Source -> pages.Add(Pages.source root path)
        | Pages.Other -> files.Add path

        for file in wanted do
            if File.Exists(Path.Combine(root, file)) && seen.Add file then
                waiting.Enqueue file

    List.ofSeq pages, List.ofSeq files

/// The index: a row for every heading, type, member and setting. It is a script, since a page from the disk may read no other file.
let private searchIndex (pages: Pages.Page list) : string =
    let rows =
        [|
            for page in pages do
                for anchor, heading, words in page.Sections do
                    let place = if anchor = "" then page.Address else $"{page.Address}#{Uri.EscapeDataString anchor}"
                    [| place; page.Title; heading; (if words.Length > 600 then words.Substring(0, 600) else words) |]
        |]

    $"window.searchIndex = {JsonSerializer.Serialize rows};\n"

/// Links and anchors of the finished site that lead nowhere.
let private brokenLinks (output: string) (pages: Pages.Page list) : string list =
    let anchors = Dictionary<string, HashSet<string>>()

    let anchorsOf (place: string) =
        match anchors.TryGetValue place with
        | true, known -> known
        | _ ->
            let html = File.ReadAllText(Path.Combine(output, place))

            let found =
                HashSet<string>(
                    Regex.Matches(html, "\\bid=\"([^\"]*)\"") |> Seq.map (fun one -> WebUtility.HtmlDecode(one.Groups[1].Value) |> string)
                )

            anchors[place] <- found
            found

    [
        for page in pages do
            let html = File.ReadAllText(Path.Combine(output, page.Address))

            for link in Regex.Matches(html, "(?:href|src)=\"([^\"]+)\"") do
                let url = WebUtility.HtmlDecode(link.Groups[1].Value) |> string

                if not (Regex.IsMatch(url, "^[a-z]+:")) then
                    let parts = url.Split('#', 2)
                    let folder = Path.GetDirectoryName page.Address |> string

                    let place =
                        if parts[0] = "" then
                            page.Address
                        else
                            Path.GetRelativePath(".", Path.Combine(folder, Uri.UnescapeDataString parts[0])).Replace('\\', '/')

                    if not (File.Exists(Path.Combine(output, place))) then
                        $"{page.Address}: a link to \"{url}\" leads nowhere."
                    elif parts.Length = 2 && parts[1] <> "" && not ((anchorsOf place).Contains(Uri.UnescapeDataString parts[1])) then
                        $"{page.Address}: a link to \"{url}\" finds no such heading."
    ]

/// Builds the site of the repository `root` into `output`, which is made anew.
let build (root: string) (output: string) : Built =
    if Directory.Exists output then
        Directory.Delete(output, true)

    let mistakes = List<string>()
    let libraries = Packages.names |> List.map Packages.read
    let pages, files = written root mistakes
    let all = pages @ Reference.settings () @ Reference.api libraries
    let parts = contents root

    for page in all do
        write output page.Address (frame parts page)

    for file in files do
        let place = Path.Combine(output, Pages.placeOf file)
        Directory.CreateDirectory(Path.GetDirectoryName place |> string) |> ignore
        File.Copy(Path.Combine(root, file), place, true)

    write output "site.css" (asset "site.css")
    write output "site.js" (asset "site.js")
    write output "search.js" (searchIndex all)
    let linked = parts |> List.collect _.Links |> List.map snd |> set

    for page in pages do
        if not (page.Address.StartsWith("files/", StringComparison.Ordinal)) && not (linked.Contains page.Address) then
            mistakes.Add $"{page.Address}: expected in docs/contents.md, found only as a file."

    {
        Pages = all |> List.map _.Address
        Mistakes = List.ofSeq mistakes @ brokenLinks output all
        Libraries = libraries
    }
