/// Foreign text (names of models, methods and runs, facts) inside SVG, HTML, interactive figures and Markdown: it is shown, and never becomes markup.
module SparseCore.Analysis.Markup

open System.Text
open SparseCore

/// For SVG and HTML: replaces the characters that have a meaning in markup and in quoted attributes. Control characters, most of which XML has no place for, are
/// shown as their codes.
let escape (text: string) =
    (ForeignText.Lines text).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;")

/// For texts in plotly's figures: they may hold some of HTML's elements, links among them, but only a few of its entities.
let escapePlotly (text: string) = (ForeignText.OneLine text).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

/// For a cell of a Markdown table: no emphasis, code, link, image, HTML or bare address comes of it; its lines stay apart.
let escapeMarkdown (text: string) =
    let cell = StringBuilder()

    for letter in ForeignText.Lines text do
        match letter with
        | '&' -> cell.Append "&amp;"
        | '<' -> cell.Append "&lt;"
        | '>' -> cell.Append "&gt;"
        | '\n' -> cell.Append "<br>"
        | '\r' -> cell
        | '\t' -> cell.Append ' '
        | letter when "\\|`*_[]~#$:@!".Contains letter -> cell.Append('\\').Append letter
        | letter -> cell.Append letter
        |> ignore

    cell.Replace("www.", "www\\.").ToString()
