module Analysis.Tests.DirectionTests

open System.IO
open System.Reflection.Metadata
open System.Reflection.PortableExecutable
open System.Text.RegularExpressions
open Expecto
open Testing

/// Namespaces of all types that the compiled analysis refers to.
let private referred () =
    use stream = File.OpenRead(typeof<SparseCore.Analysis.Run>.Assembly.Location)
    use assembly = new PEReader(stream)
    let reader = assembly.GetMetadataReader()

    [| for handle in reader.TypeReferences -> reader.GetString(reader.GetTypeReference(handle).Namespace) |]
    |> Array.distinct

let private analysis = Path.Combine(Repository.root, "Analysis.FSharp")

/// The rooms and those that each may use; what lies in no room may be used by all and uses none of them.
let private rooms =
    [
        "Figures", []
        "Networks", []
        "Frames", [ "Figures"; "Networks" ]
        "Comparison", [ "Figures"; "Networks"; "Frames" ]
        "Browsing", [ "Figures"; "Networks"; "Frames"; "Comparison" ]
        "Paper", [ "Figures"; "Networks"; "Frames"; "Comparison" ]
    ]

/// The source files of a room; those of no room for "".
let private files (room: string) = Directory.GetFiles(Path.Combine(analysis, room), "*.fs")

/// The source without its comments.
let private code (source: string) = Regex.Replace(source, @"(?<![:""])//.*|\(\*.*?\*\)", "", RegexOptions.Multiline)

/// The module that a source is, or the modules and types of its namespace.
let private declared (source: string) =
    let names (pattern: string) = [ for name in Regex.Matches(source, pattern, RegexOptions.Multiline) -> name.Groups[1].Value ]

    match names @"^module SparseCore\.Analysis\.(\w+)" with
    | [] -> names @"^(?:module|type) (\w+)" |> List.distinct
    | whole -> whole

/// The names by which a room is used.
let private names (room: string) = files room |> Seq.collect (File.ReadAllText >> declared) |> List.ofSeq

/// The names among these that a source mentions: it opens them, or qualifies something with them.
let private mentioned (names: string list) (source: string) =
    let code = code source

    names
    |> List.filter (fun name ->
        Regex.IsMatch(
            code,
            $@"^\s*open (?:type )?(?:(?:SparseCore\.)?Analysis\.)?{name}\b|(?<![\w.])(?:(?:SparseCore\.)?Analysis\.)?{name}\.\w",
            RegexOptions.Multiline
        ))

/// A sentence for every name of a room that a source in another mentions and may not.
let private trespasses (room: string) (source: string) =
    let allowed = rooms |> List.tryFind (fst >> (=) room) |> Option.map snd |> Option.defaultValue []

    [
        for other, _ in rooms do
            if other <> room && not (List.contains other allowed) then
                for name in mentioned (names other) source -> $"{room}: {other}/{name}"
    ]

[<Tests>]
let tests =
    testList
        "Direction"
        [
            testCase "the analysis knows run folders, plans and engines but not what trained them" (fun () ->
                let namespaces = referred ()
                // Finding what it does use shows that the test can see references at all.
                Expect.contains namespaces "SparseCore.RunFolders" "namespaces"
                Expect.contains namespaces "SparseCore.Engine" "namespaces"

                for forbidden in
                    [
                        "SparseCore.Training"
                        "SparseCore.Scores"
                        "SparseCore.Connectivity"
                        "SparseCore.Recipes"
                        "SparseCore.Initialization"
                        "SparseCore.Cpu"
                    ] do
                    Expect.isFalse (Seq.contains forbidden namespaces) forbidden)

            testCase "no room of the analysis uses one that it may not" (fun () ->
                for room in "" :: List.map fst rooms do
                    Expect.isNonEmpty (files room) "files"

                    for file in files room do
                        Expect.isEmpty (trespasses room (File.ReadAllText file)) "wrong references")

            testCase "figures know nothing of the core but how files are opened and foreign text is shown" (fun () ->
                let root = set [ "ForeignText"; "RegularFile"; "ErrorText" ]

                for file in Array.append (files "Figures") (files "") do
                    for used in Regex.Matches(code (File.ReadAllText file), @"SparseCore\.(?!Analysis\b)(\w+)") do
                        Expect.contains root used.Groups[1].Value "parts of the core")

            testEach
                "a wrong reference is seen"
                [
                    "Figures", "open SparseCore.Analysis.Interpolation", "Figures: Networks/Interpolation"
                    "Figures", "let load = Runs.load", "Figures: Networks/Runs"
                    "Figures", "let table = PaperValues.table1", "Figures: Paper/PaperValues"
                    "Networks", "open SparseCore.Analysis.Svg", "Networks: Figures/Svg"
                    "Networks", "    |> Tables.write path", "Networks: Figures/Tables"
                    "Networks", "let case = SparseCore.Analysis.PaperValues.caseOf", "Networks: Paper/PaperValues"
                    "", "open SparseCore.Analysis.Figures", ": Figures/Figures"
                ]
                (fun (room, source, expected) ->
                    Expect.equal
                        (trespasses room ("module SparseCore.Analysis.Sample\n\n" + source + "\n"))
                        [ expected ]
                        "wrong references")

            testEach
                "what is allowed is not taken for a wrong reference"
                [
                    "Paper", "open SparseCore.Analysis.Svg"
                    "Networks", "/// As Tables.write does."
                    "Networks", "settings.Report.Value"
                    "Networks", "Statistics.mean [||]"
                ]
                (fun (room, source) ->
                    Expect.isEmpty (trespasses room ("module SparseCore.Analysis.Sample\n\n" + source + "\n")) "wrong references")
        ]
