/// The page over a folder of runs: its own files, and all of it as one file that opens offline.
module SparseCore.Analysis.RunPage

open System
open System.Globalization
open System.IO
open System.Reflection
open System.Text
open System.Text.RegularExpressions

let private assembly = Assembly.GetExecutingAssembly()

/// Where the page's own files lie in the library; plotly.js comes to them.
let private prefix, plotly = "browse/", "plotly.js"

let private home = "index.html"

let private kindOf (name: string) =
    match Path.GetExtension name with
    | ".html" -> "text/html; charset=utf-8"
    | ".css" -> "text/css; charset=utf-8"
    | _ -> "text/javascript; charset=utf-8"

/// The files of the page with their media types; the first is the page itself.
let files: (string * string) list =
    let own = assembly.GetManifestResourceNames() |> Seq.filter (fun name -> name.StartsWith(prefix, StringComparison.Ordinal))

    [
        home
        plotly
        for name in own do
            if name <> prefix + home then
                name.Substring prefix.Length
    ]
    |> List.map (fun name -> name, kindOf name)

/// The bytes of one of the page's files.
let content (name: string) : byte[] =
    if name = plotly then
        Html.script ()
    else
        match assembly.GetManifestResourceStream(prefix + name) with
        | null -> invalidArg (nameof name) $"The page has no file '{name}'."
        | stream ->
            use stream = stream
            use memory = new MemoryStream()
            stream.CopyTo memory
            memory.ToArray()

let private text (name: string) = Encoding.UTF8.GetString(content name)

/// What a page that was exported may do: show what is in it.
let private policy =
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:\">"

/// Points of all curves together that an exported page holds, about 20 bytes each.
let private mostPoints = 1_000_000

/// Fewest and most points of one curve in an exported page.
let private fewestPoints, mostPointsOfCurve = 20, 300

/// Runs up to which an exported page has masks.
let private mostWithMasks = 200

/// Layers of an exported page with more weights have numbers and no picture.
let private mostDrawn = 40_000

let private withoutLargePictures (masks: PageData.Masks) : PageData.Masks =
    { masks with
        Layers = masks.Layers |> Array.map (fun layer -> if layer.Weights > mostDrawn then { layer with Bits = None } else layer)
    }

/// What an exported page holds of a run.
let private detailsOf
    (root: string)
    (command: Run -> Result<string, string>)
    (hasMasks: bool)
    (name: string)
    : (string * PageData.RunDetails) option =
    try
        let details = RunDetails.details command (Path.Combine(root, name))

        let details =
            if hasMasks then
                { details with Masks = Option.map withoutLargePictures details.Masks }
            else
                { details with
                    Masks = None
                    MasksProblem =
                        Some
                            $"Masks are left out of files with more than {mostWithMasks} runs: narrow them with where=, or start browse.fsx."
                }

        Some(name, details)
    with
    | :? IOException
    | :? InvalidDataException
    | :? UnauthorizedAccessException -> None

/// All runs of an index as one HTML file that needs nothing besides. Curves are thinned so that it stays small.
let offline (index: RunIndex.Index) (command: Run -> Result<string, string>) : string =
    let list = index.List
    let curves = list.Runs |> Array.sumBy _.Metrics.Length |> max 1
    let points = mostPoints / curves |> max fewestPoints |> min mostPointsOfCurve
    let hasMasks = list.Runs.Length <= mostWithMasks

    let data: PageData.OfflineData =
        {
            Made = DateTime.Now.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)
            List = list
            Curves = RunCurves.all index.Root points list.Runs
            Details = list.Runs |> Array.Parallel.map _.Name |> Array.Parallel.choose (detailsOf index.Root command hasMasks) |> Map
        }

    let json = Encoding.UTF8.GetString(PageData.toJson data)
    let embedded = $"<script type=\"application/json\" id=\"offline-data\">{json}</script>"

    // Each file once, in its place. An evaluator, because what is inserted may look like a replacement pattern.
    let page =
        Regex.Replace(text home, "<script src=\"([a-z.]+)\"></script>", fun found -> Html.inlineScript (text found.Groups[1].Value))

    let page =
        Regex.Replace(
            page,
            "<link rel=\"stylesheet\" href=\"([a-z.]+)\">",
            fun found -> $"{policy}\n<style>\n{text found.Groups[1].Value}</style>"
        )

    let first = page.IndexOf("<script>", StringComparison.Ordinal)
    page.Insert(first, embedded + "\n")
