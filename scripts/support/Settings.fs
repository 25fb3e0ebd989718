/// The settings of a script, given as key=value. A script names each setting once, with its default, and gets typed values back;
/// a wrong key or value ends the script with a sentence and exit code 2 before anything has been done.
module Scripting.Settings

open System
open System.Collections.Generic
open System.Globalization
open System.IO

/// One line of the help.
type internal Declaration =
    {
        /// Key as typed.
        Name: string
        /// Default as it would be typed.
        Default: string
        /// What it means, with the values that are accepted.
        Description: string
    }

/// What was typed, and what the script has asked for so far.
type Given =
    internal
        {
            Texts: Dictionary<string, string>
            Helping: bool
            Declarations: List<Declaration>
            Mistakes: List<string>
        }

/// Why a script has nothing to do.
type Stop =
    /// The help was asked for; its text.
    | Help of text: string
    /// Something typed cannot be used; what, what was expected and what was found.
    | Mistake of text: string

let private quote (text: string) = $"\"{SparseCore.ForeignText.Show text}\""

/// A setting of any kind. `parse` answers a value or nothing; `expected` completes "expected ...".
let custom
    (expected: string)
    (parse: string -> 'value option)
    (show: 'value -> string)
    (name: string)
    (fallback: 'value)
    (description: string)
    (given: Given)
    : 'value =
    if given.Declarations.Exists(fun declaration -> declaration.Name = name) then
        invalidOp $"The script declares the setting \"{name}\" twice."

    given.Declarations.Add { Name = name; Default = show fallback; Description = $"{description}; {expected}" }

    match given.Texts.TryGetValue name with
    | false, _ -> fallback
    | true, text ->
        match parse text with
        | Some value -> value
        | None ->
            given.Mistakes.Add $"{name}: expected {expected}, found {quote text}."
            fallback

let internal parseInteger low high (text: string) =
    match Int32.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
    | true, value when low <= value && value <= high -> Some value
    | _ -> None

let internal parseNumber accepts (text: string) =
    match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
    // A typed -0 is 0: its sign would make another plan of the same settings.
    | true, value when Double.IsFinite value && accepts value -> Some(SparseCore.Analysis.Numbers.withoutNegativeZero value)
    | _ -> None

let internal showNumber (value: float) = value.ToString(CultureInfo.InvariantCulture)

let internal parseList (parse: string -> 'value option) (text: string) =
    let items = text.Split(',', StringSplitOptions.TrimEntries) |> Array.map parse

    if Array.forall Option.isSome items then Some(Array.map Option.get items) else None

/// A whole number from `low` to `high`.
let integer low high =
    let expected =
        if high = Int32.MaxValue then
            $"a whole number, at least {low}"
        else
            $"a whole number from {low} to {high}"

    custom expected (parseInteger low high) string

/// A whole number, at least 1.
let count name = integer 1 Int32.MaxValue name

/// A number from `low` to `high`, both included.
let number low high =
    let expected = $"a number from {showNumber low} to {showNumber high}"
    custom expected (parseNumber (fun value -> low <= value && value <= high)) showNumber

/// A fraction of weights that are zero, or of anything that must not reach the whole: in [0, 1).
let fraction name =
    custom "a number from 0 to below 1" (parseNumber (fun value -> 0.0 <= value && value < 1.0)) showNumber name

/// true or false.
let flag name =
    let parse text =
        match text with
        | "true" -> Some true
        | "false" -> Some false
        | _ -> None

    custom "true or false" parse (fun value -> if value then "true" else "false") name

/// One of a few words.
let choice (words: string list) =
    let expected = "one of " + String.Join(", ", words)
    custom expected (fun text -> if List.contains text words then Some text else None) id

/// Several of a few words, separated by commas.
let choices (words: string list) =
    let expected = "a comma-separated list of " + String.Join(", ", words)
    let parse = parseList (fun text -> if List.contains text words then Some text else None)
    custom expected parse (fun values -> String.Join(",", (values: string array)))

/// Whole numbers from `low` to `high`, separated by commas.
let integers low high =
    let expected = $"whole numbers from {low} to {high}, separated by commas"
    custom expected (parseList (parseInteger low high)) (fun values -> values |> Array.map string |> String.concat ",")

let internal parsePath (text: string) =
    if String.IsNullOrWhiteSpace text || text.Contains '\000' then None else Some(Path.GetFullPath text)

/// A file or folder, as a full path. The default is relative to the repository, a typed path to the current directory.
let path name (fallback: string) description given =
    let show (path: string) = if path = Paths.fromRoot fallback then fallback else path

    custom "a path" parsePath show name (Paths.fromRoot fallback) description given

/// A setting that need not be given; empty is the same as not given.
let private optional expected parse show name description given =
    let parseOrNothing text = if text = "" then Some None else parse text |> Option.map Some

    custom $"{expected}, or nothing" parseOrNothing (Option.map show >> Option.defaultValue "") name None description given

/// A file or folder that need not be given, as a full path; a typed path is relative to the current directory.
let optionalPath name description given = optional "a path" parsePath id name description given

/// Texts, separated by commas; the default is as it would be typed.
let texts (expected: string) name (fallback: string) description given : string list =
    let parse (text: string) = text.Split([| ',' |], StringSplitOptions.RemoveEmptyEntries) |> List.ofArray
    custom $"{expected}, separated by commas" (parse >> Some) (String.concat ",") name (parse fallback) description given

/// Settings that mean nothing here: typed all the same, each is a mistake. `place` completes "expected only ...".
let refuse (names: string seq) (place: string) (given: Given) : unit =
    for name in names do
        if given.Texts.ContainsKey name then
            given.Mistakes.Add $"{name}: expected only {place}."

/// A file or folder that must be given, as a full path; a typed path is relative to the current directory.
let requiredPath name description given =
    match optionalPath name description given with
    | Some path -> path
    | None ->
        given.Mistakes.Add $"{name}: expected a path, found nothing."
        ""

/// true or false, or left to what is usual.
let optionalFlag name description given =
    let parse text =
        match text with
        | "true" -> Some true
        | "false" -> Some false
        | _ -> None

    optional "true or false" parse (fun value -> if value then "true" else "false") name description given

/// A whole number from `low` to `high` that need not be given.
let optionalInteger low high name description given =
    optional $"a whole number from {low} to {high}" (parseInteger low high) string name description given

/// One of a few words that need not be given.
let optionalChoice (words: string list) name description given =
    let parse text = if List.contains text words then Some text else None
    optional ("one of " + String.Join(", ", words)) parse id name description given

/// Several of a few words, separated by commas, or nothing; the default is as it would be typed.
let optionalChoices (words: string list) name (fallback: string) description given =
    let parseWords = parseList (fun text -> if List.contains text words then Some text else None)
    let parse text = if text = "" then Some None else parseWords text |> Option.map Some
    let show (values: string array option) = values |> Option.map (String.concat ",") |> Option.defaultValue ""
    let expected = "a comma-separated list of " + String.Join(", ", words) + ", or nothing"
    custom expected parse show name (if fallback = "" then None else Some(fallback.Split ',')) description given

/// A number from `low` to `high` that need not be given.
let optionalNumber low high name description given =
    optional
        $"a number from {showNumber low} to {showNumber high}"
        (parseNumber (fun value -> low <= value && value <= high))
        showNumber
        name
        description
        given

/// Whole numbers from `low` to `high`, separated by commas, that need not be given.
let optionalIntegers low high name description given =
    let show (values: int array) = values |> Array.map string |> String.concat ","
    optional $"whole numbers from {low} to {high}, separated by commas" (parseList (parseInteger low high)) show name description given

/// Numbers, separated by commas, that need not be given.
let optionalNumbers name description given =
    let show (values: float array) = values |> Array.map showNumber |> String.concat ","
    optional "numbers, separated by commas" (parseList (parseNumber Double.IsFinite)) show name description given

/// How a command is started: a script by fsi, what the tool calls itself as it is.
let private started (name: string) = if name.EndsWith(".fsx", StringComparison.Ordinal) then $"dotnet fsi {name}" else name

let internal helpText (title: string) (script: string) (declarations: Declaration seq) =
    let width =
        declarations
        |> Seq.map (fun declaration -> declaration.Name.Length + declaration.Default.Length + 1)
        |> Seq.fold max 4
        |> min 36

    let line (setting: string) description =
        if setting.Length <= width then
            $"  {setting.PadRight width}  {description}"
        else
            $"  {setting}\n  {String(' ', width)}  {description}"

    let settings =
        [ for declaration in declarations -> line $"{declaration.Name}={declaration.Default}" declaration.Description ]

    [ title; ""; $"Usage: {started script} key=value ..."; "" ] @ settings @ [ line "help" "prints this" ]
    |> String.concat "\n"

/// What was typed as key=value: --key=value and --key value mean the same, and --help and -h are help. A word that is none of these stays, to be named.
let private normalized (typed: string array) : string array =
    let rec pairs (rest: string list) =
        match rest with
        | ("--help" | "-h") :: rest -> "help" :: pairs rest
        | key :: rest when key.Length > 2 && key.StartsWith("--", StringComparison.Ordinal) && key.Contains '=' ->
            key.Substring 2 :: pairs rest
        | key :: value :: rest when
            key.Length > 2
            && key.StartsWith("--", StringComparison.Ordinal)
            && not (value.StartsWith("--", StringComparison.Ordinal))
            ->
            $"{key.Substring 2}={value}" :: pairs rest
        | word :: rest -> word :: pairs rest
        | [] -> []

    typed |> List.ofArray |> pairs |> Array.ofList

/// Reads a script's arguments without side effects: the values that `declare` asks for, or why there are none.
/// `arguments` holds the script's name and then what was typed, as `fsi.CommandLineArgs` does; `title` says in a sentence what the script does.
let parse (title: string) (declare: Given -> 'settings) (arguments: string array) : Result<'settings, Stop> =
    let script = if arguments.Length = 0 then "SCRIPT.fsx" else arguments[0]
    let typed = arguments |> Array.skip (min 1 arguments.Length) |> normalized

    let given =
        {
            Texts = Dictionary()
            Helping = Array.contains "help" typed
            Declarations = List()
            Mistakes = List()
        }

    for argument in typed do
        let separator = argument.IndexOf '='

        if separator >= 0 && not given.Helping then
            let name = argument.Substring(0, separator)

            if not (given.Texts.TryAdd(name, argument.Substring(separator + 1))) then
                given.Mistakes.Add $"{quote name} is given twice; expected each setting at most once."

    let settings = declare given
    let isKnown name = given.Declarations.Exists(fun declaration -> declaration.Name = name)

    let strangers =
        [
            for argument in typed do
                let name = argument.Split('=')[0]

                if argument.Length > 2 && argument.StartsWith("--", StringComparison.Ordinal) then
                    $"{argument.Substring 2}: expected a value after {quote argument}, found none."
                elif not (argument.Contains '=') then
                    $"expected key=value, found {quote argument}."
                elif not (isKnown name) then
                    $"unknown setting {quote name}."
        ]

    if given.Helping then
        Error(Help(helpText title script given.Declarations))
    elif not strangers.IsEmpty || given.Mistakes.Count > 0 then
        let known = given.Declarations |> Seq.map _.Name |> String.concat ", "
        let advice = $"Known settings: {known}.\nFor their meaning: {started script} help"
        Error(Mistake(String.concat "\n" (strangers @ List.ofSeq given.Mistakes @ [ advice ])))
    else
        Ok settings

/// The values that `declare` asks for. Prints the help and ends the script with exit code 0 when it was asked for; says what is wrong on
/// the error stream and ends it with exit code 2 when something typed cannot be used.
let orExit (title: string) (arguments: string array) (declare: Given -> 'settings) : 'settings =
    match parse title declare arguments with
    | Ok settings -> settings
    | Error(Help text) ->
        Program.run (fun _ -> Console.Out.WriteLine text)
        exit 0
    | Error(Mistake text) ->
        Console.Error.WriteLine text
        exit 2

/// The command that was typed, to be repeated: a script's from the repository's root.
let command (arguments: string array) =
    let name = arguments[0]
    let isScript = name.EndsWith(".fsx", StringComparison.Ordinal)
    let start = if isScript then $"dotnet fsi scripts/{Path.GetFileName name}" else name
    String.Join(" ", Array.append [| start |] (Array.skip 1 arguments))
