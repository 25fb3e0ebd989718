/// Pages of Markdown as parts of HTML pages. What a page links to in the repository comes with the site, so that every link works from the disk.
module Docs.Pages

open System
open System.Collections.Generic
open System.IO
open System.Net
open System.Text.RegularExpressions
open Markdig
open Markdig.Renderers.Html
open Markdig.Syntax
open Markdig.Syntax.Inlines

/// A page before the frame is put around it.
type Page =
    {
        /// Where it is in the site: "guides/compare.html".
        Address: string
        Title: string
        /// The inside of its main element.
        Html: string
        /// What is searched, by heading: anchor, heading and words.
        Sections: (string * string * string) list
    }

let private pipeline =
    MarkdownPipelineBuilder().UseAdvancedExtensions().UseAutoIdentifiers(Extensions.AutoIdentifiers.AutoIdentifierOptions.GitHub).Build()

/// The relative address of one place of the site from another.
let relative (from: string) (target: string) : string =
    let folder = Path.GetDirectoryName from |> string
    Path.GetRelativePath((if folder = "" then "." else folder), target).Replace('\\', '/')

/// Files that are shown as text.
let private shown = set [ ".fs"; ".fsx"; ".cs"; ".csproj"; ".fsproj"; ".sh"; ".cff"; ".dependencies"; ".py"; ".yml"; "" ]

/// Where a file of the repository is in the site.
let placeOf (path: string) : string =
    let extension = Path.GetExtension path |> string

    if path.StartsWith("docs/", StringComparison.Ordinal) && extension = ".md" then
        Path.ChangeExtension(path.Substring 5, ".html") |> string
    elif extension = ".md" || shown.Contains extension then
        $"files/{path}.html"
    else
        $"files/{path}"

/// Resolves the link of a page: its address in the site, and the file of the repository that has to come along. Addresses of other sites stay as they are.
let private resolve (root: string) (page: string) (wanted: HashSet<string>) (mistakes: List<string>) (url: string) : string =
    if Regex.IsMatch(url, "^([a-z]+:|#)") then
        url
    else
        let place, anchor =
            match url.IndexOf '#' with
            | -1 -> url, ""
            | at -> url.Substring(0, at), url.Substring at

        let folder = Path.GetDirectoryName page |> string

        let path =
            Path.GetRelativePath(root, Path.GetFullPath(Path.Combine(root, folder, Uri.UnescapeDataString place))).Replace('\\', '/')

        let full = Path.Combine(root, path)

        let file =
            if Directory.Exists full && File.Exists(Path.Combine(full, "README.md")) then
                Some(path.TrimEnd '/' + "/README.md")
            elif File.Exists full then
                Some path
            // The reference is made by this program.
            elif path.StartsWith("docs/reference/", StringComparison.Ordinal) then
                Some path
            else
                None

        match file with
        | Some file ->
            wanted.Add file |> ignore
            relative (placeOf page) (placeOf file) + anchor
        | None ->
            mistakes.Add $"{page}: expected a file or a page, found a link to \"{url}\"."
            url

let private plain (block: LeafBlock) : string =
    let rec words (inlines: Inline seq) =
        [
            for one in inlines do
                match one with
                | :? LiteralInline as text -> text.Content.ToString()
                | :? CodeInline as code -> code.Content
                | :? LineBreakInline -> " "
                | :? ContainerInline as container -> yield! words container
                | _ -> ()
        ]

    match block with
    | :? CodeBlock -> block.Lines.ToString()
    | _ ->
        match block.Inline with
        | null -> ""
        | inside -> String.Concat(words inside)

/// A file of Markdown in the repository as a page. `wanted` receives the files it links to, `mistakes` the links that lead nowhere.
let read (root: string) (path: string) (wanted: HashSet<string>) (mistakes: List<string>) : Page =
    let document = Markdown.Parse(File.ReadAllText(Path.Combine(root, path)), pipeline)

    for link in document.Descendants<LinkInline>() do
        match link.Url with
        | null -> ()
        | url -> link.Url <- resolve root path wanted mistakes url

    let sections = List<string * string * string>()
    let mutable anchor, heading, words = "", "", List<string>()

    let finish () =
        if heading <> "" then
            sections.Add(anchor, heading, Regex.Replace(String.Join(" ", words), @"\s+", " ").Trim())

    for block in document.Descendants<LeafBlock>() do
        match block with
        | :? HeadingBlock as one ->
            finish ()
            anchor <- one.GetAttributes().Id |> Option.ofObj |> Option.defaultValue ""
            heading <- plain one
            words <- List()
        | one -> words.Add(plain one)

    finish ()

    if sections.Count = 0 then
        mistakes.Add $"{path}: expected a heading at the top, found none."

    {
        Address = placeOf path
        Title = if sections.Count = 0 then path else (let _, heading, _ = sections[0] in heading)
        // Wide tables scroll by themselves; a corner without words is no heading.
        Html =
            Regex
                .Replace(document.ToHtml(pipeline), "<th( style=\"[^\"]*\")?></th>", "<td></td>")
                .Replace("<table>", "<div class=\"wide\"><table>")
                .Replace("</table>", "</table></div>")
        Sections = List.ofSeq sections
    }

/// A file of the repository, shown as text.
let source (root: string) (path: string) : Page =
    let text = WebUtility.HtmlEncode(File.ReadAllText(Path.Combine(root, path)))

    {
        Address = placeOf path
        Title = path
        Html = $"<h1>{path}</h1>\n<pre><code>{text}</code></pre>"
        Sections = []
    }

/// Whether a file is shown as a page of its own, and whether as Markdown.
let (|Markdown|Source|Other|) (path: string) =
    let extension = Path.GetExtension path |> string

    if extension = ".md" then Markdown
    elif shown.Contains extension then Source
    else Other
