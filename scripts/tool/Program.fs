/// The command `sparsecore`: what the scripts do, for those who have no clone. Each command takes the settings of the script of its name.
module SparseCore.Tool.Program

open System
open System.Reflection
open Scripting

let private version =
    Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()
    |> Option.ofObj
    |> Option.map (fun attribute -> attribute.InformationalVersion.Split('+')[0])
    |> Option.defaultValue "unknown"

let private help =
    [
        yield $"sparsecore {version}: trains sparse networks, and shows why some succeed."
        yield ""
        yield "Usage: sparsecore COMMAND key=value ...   (or --key value)"
        yield ""

        for command in Commands.all do
            yield $"  {command.Name, -16} {command.About}"

        yield ""
        yield "  sparsecore COMMAND help   prints the command's settings with their defaults"
        yield "  sparsecore version        prints the version"
        yield ""
        yield "Runs go to results/runs in the current folder (runs=FOLDER). MNIST comes with the tool; other data: dataset=, data=."
    ]

/// Prints lines; what they answer ends well when they could be printed.
let private printed (lines: string list) : int =
    Program.run (fun _ -> lines |> List.iter Console.Out.WriteLine)
    0

[<EntryPoint>]
let main arguments =
    Program.prepare ()

    match List.ofArray arguments with
    | []
    | ("help" | "--help" | "-h") :: _ -> printed help
    | ("version" | "--version") :: _ -> printed [ version ]
    | name :: rest ->
        match Commands.all |> List.tryFind (fun command -> command.Name = name) with
        | Some command ->
            command.Run(Array.ofList ($"sparsecore {name}" :: rest))
            0
        | None ->
            let known = Commands.all |> List.map _.Name |> String.concat ", "
            Console.Error.WriteLine $"""unknown command "{SparseCore.ForeignText.Show name}". Known commands: {known}."""
            Console.Error.WriteLine "For what they do: sparsecore help"
            2
