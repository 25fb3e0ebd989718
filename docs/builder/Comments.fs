/// Comments of the sources as HTML.
module Docs.Comments

open System
open System.Net
open System.Text
open System.Text.RegularExpressions
open System.Xml.Linq

/// Where the page of something with a documentation name is; None for what is not ours.
type Resolve = string -> string option

/// "M:SparseCore.Parameters.Mask.Count(System.Int32)" as "Mask.Count".
let shortName (id: string) : string =
    let bare = (id.Substring(id.IndexOf ':' + 1).Split '(')[0]
    let words = Regex.Replace(bare, @"`+\d+", "").Replace("#ctor", "new").Split '.'
    let isMember = id.Length > 1 && id[1] = ':' && id[0] <> 'T' && id[0] <> 'N'
    String.Join(".", words |> Array.skip (max 0 (words.Length - (if isMember then 2 else 1))))

let private encode (text: string | null) = WebUtility.HtmlEncode(text |> Option.ofObj |> Option.defaultValue "") |> string

let private attribute (name: string) (element: XElement) = element.Attribute(XName.Get name) |> Option.ofObj |> Option.map _.Value

let rec private write (resolve: Resolve) (html: StringBuilder) (node: XNode) : unit =
    let add (text: string) = html.Append text |> ignore

    let inside (element: XElement) =
        for child in element.Nodes() do
            write resolve html child

    let wrapped (tag: string) (element: XElement) =
        add $"<{tag}>"
        inside element
        add $"</{tag}>"

    match node with
    | :? XText as text -> add (encode text.Value)
    | :? XElement as element ->
        match element.Name.LocalName with
        | "see"
        | "seealso" ->
            match attribute "cref" element, attribute "href" element, attribute "langword" element with
            | Some cref, _, _ ->
                let text = if element.IsEmpty then encode (shortName cref) else encode element.Value

                match resolve cref with
                | Some address -> add $"<a href=\"{encode address}\"><code>{text}</code></a>"
                | None -> add $"<code>{text}</code>"
            | _, Some href, _ -> add $"<a href=\"{encode href}\">{encode (if element.IsEmpty then href else element.Value)}</a>"
            | _, _, Some word -> add $"<code>{encode word}</code>"
            | _ -> inside element
        | "paramref"
        | "typeparamref" ->
            let name = attribute "name" element |> Option.defaultValue ""
            add $"<code>{encode name}</code>"
        | "c" -> wrapped "code" element
        | "code" -> wrapped "pre" element
        | "para" -> wrapped "p" element
        | "list" ->
            add "<ul>"

            for item in element.Elements(XName.Get "item") do
                wrapped "li" item

            add "</ul>"
        | _ -> inside element
    | _ -> ()

let private html (resolve: Resolve) (element: XElement) : string =
    let text = StringBuilder()

    for node in element.Nodes() do
        write resolve text node

    Regex.Replace(text.ToString().Trim(), @"`([^`<>]+)`", "<code>$1</code>")

let private part (name: string) (comment: XElement) = comment.Element(XName.Get name) |> Option.ofObj

/// The summary's words, for the search and for lists.
let summaryText (comment: XElement option) : string =
    comment
    |> Option.bind (part "summary")
    |> Option.map (fun element ->
        let shown (node: XNode) =
            match node with
            | :? XElement as inner when inner.IsEmpty ->
                [ "cref"; "name"; "langword" ]
                |> List.tryPick (fun name -> attribute name inner)
                |> Option.map (fun text -> if text.Contains ':' then shortName text else text)
                |> Option.defaultValue ""
            | :? XElement as inner -> inner.Value
            | :? XText as text -> text.Value
            | _ -> ""

        Regex.Replace(element.Nodes() |> Seq.map shown |> String.Concat, @"\s+", " ").Trim())
    |> Option.defaultValue ""

/// The whole comment: summary, type parameters, parameters, what is returned, exceptions and remarks.
let render (resolve: Resolve) (comment: XElement option) : string =
    match comment with
    | None -> ""
    | Some element ->
        let text = StringBuilder()
        let add (line: string) = text.AppendLine line |> ignore

        part "summary" element |> Option.iter (fun one -> add $"<p>{html resolve one}</p>")

        let rows =
            [
                for name in [ "typeparam"; "param" ] do
                    for one in element.Elements(XName.Get name) do
                        let given = attribute "name" one |> Option.defaultValue ""
                        $"<code>{encode given}</code>", html resolve one

                for name, title in [ "returns", "Returns"; "value", "Value" ] do
                    for one in element.Elements(XName.Get name) do
                        title, html resolve one

                for one in element.Elements(XName.Get "exception") do
                    let cref = attribute "cref" one |> Option.defaultValue ""
                    let shown = $"<code>{encode (shortName cref)}</code>"

                    (match resolve cref with
                     | Some address -> $"<a href=\"{encode address}\">{shown}</a>"
                     | None -> shown),
                    html resolve one
            ]

        if not rows.IsEmpty then
            add "<dl>"

            for title, words in rows do
                add $"<dt>{title}</dt><dd>{words}</dd>"

            add "</dl>"

        part "remarks" element |> Option.iter (fun one -> add $"<p>{html resolve one}</p>")
        text.ToString()
