/// Every script, found by listing the folder, so that a new one is covered without a new test.
module Scripts.Tests.ScriptsTests

open System
open System.IO
open System.Text.RegularExpressions
open Scripting
open Scripts.Tests.Processes
open Scripts.Tests.Compiled
open Expecto
open Testing

/// What each script answers to "help" and to a setting nobody knows; all are started once, as many at a time as there are processors.
/// A script is compiled as a whole, without warnings, before its first line runs, so an answer is also proof of that.
let private answers =
    lazy
        (let start (name, argument) = (name, argument), dotnet Paths.root (direct () @ [ name; argument ])

         Array.allPairs names [| "help"; "no-such-setting=1" |] |> Array.Parallel.map start |> Map.ofArray)

let private answer name argument = answers.Value[(name, argument)]

let private lines (name: string) = File.ReadAllLines(Paths.fromRoot name)

/// Commands in the documentation: file, script, arguments.
let private documentedCommands =
    let pages =
        [
            yield! Directory.GetFiles(Paths.root, "*.md")
            for folder in [ "data"; "results"; "scripts"; "tests" ] do
                if Directory.Exists(Paths.fromRoot folder) then
                    yield! Directory.GetFiles(Paths.fromRoot folder, "*.md", SearchOption.AllDirectories)
        ]

    [
        for page in pages do
            for command in Regex.Matches(File.ReadAllText page, @"dotnet fsi (scripts/[\w/.-]+\.fsx)([^`\n#|]*)") do
                Path.GetRelativePath(Paths.root, page), command.Groups[1].Value, command.Groups[2].Value
    ]

[<Tests>]
let tests =
    testList
        "Scripts"
        [
            testEach "help prints the settings and ends well" names (fun name ->
                let outcome = answer name "help"
                Expect.equal outcome.Errors "" "error stream"
                Expect.stringContains outcome.Output $"Usage: dotnet fsi {name} key=value" "output"
                Expect.equal outcome.Code 0 "exit code")

            testEach "an unknown setting lists the known ones and exits with 2" names (fun name ->
                let outcome = answer name "no-such-setting=1"
                Expect.equal outcome.Output "" "output"
                Expect.stringContains outcome.Errors "unknown setting \"no-such-setting\"" "error stream"
                Expect.stringContains outcome.Errors "Known settings: " "error stream"
                Expect.equal outcome.Code 2 "exit code")

            testEach "a script is short and begins with what it is for" names (fun name ->
                let text = lines name

                Expect.isLessThanOrEqual
                    text.Length
                    100
                    $"{name} has {text.Length} lines, expected at most 100: move what computes into a library."

                Expect.stringStarts text[0] "// " "text")

            testCase "a sweep knows the scripts that make runs" (fun () ->
                let makers =
                    names
                    |> Array.filter (fun name ->
                        not (name.StartsWith "scripts/examples/") && (answer name "help").Output.Contains "\n  make=")
                    |> List.ofArray

                Expect.equal (Sweeps.makers |> List.map (fun name -> $"scripts/{name}.fsx")) makers "scripts")

            testEach "a script begins with the bootstrap" names (fun name ->
                let folder = if name.StartsWith "scripts/examples/" then "../" else ""
                let text = String.Join("\n", lines name)
                let head = $"#if !TOOLKIT_READY && !EDITING\n#load \"{folder}bootstrap.fsx\"\n#else\n#load \"{folder}prelude.fsx\"\n"
                Expect.stringContains text head "text"
                Expect.stringEnds (text.TrimEnd()) "#endif" "text")

            testCase "commands in the documentation name scripts and settings that exist" (fun () ->
                for page, name, arguments in documentedCommands do
                    Expect.isTrue (Array.contains name names) $"{page} mentions {name}, which does not exist."

                    for setting in Regex.Matches(arguments, @"(?<=\s)([\w-]+)=") do
                        let shown = $"  {setting.Groups[1].Value}="

                        Expect.isTrue
                            ((answer name "help").Output.Contains shown)
                            $"{page} gives {name} the unknown setting {setting.Value}")

            testCase "figures goes on after a folder that cannot be drawn, says why at the end and exits with 1" (fun () ->
                use scratch = new Scratch()

                for name, runs in [ "a\u001B[2J", "x\n"; "b", "x\n" ] do
                    scratch.Write($"{name}/about.csv", "name,value\nnetwork,lenet5\n") |> ignore
                    scratch.Write($"{name}/runs.csv", runs) |> ignore

                scratch.Write("c\u202E/about.csv", "name,value\nnetwork,lenet5\n") |> ignore

                scratch.Write(
                    "c\u202E/runs.csv",
                    "run,method,initialiser,sparsity,seed,last_accuracy,best_accuracy,collapsed,train_flops\na,\"</script>\u0001\",dense,0,1,0.9,0.9,0,1\n"
                )
                |> ignore

                let outcome = dotnet Paths.root (direct () @ [ "scripts/figures.fsx"; $"results={scratch.Folder}" ])
                Expect.equal outcome.Output $"{scratch.Folder}/c\\u{{202E}}/report.html\n" "output"
                let reasons = outcome.Errors.TrimEnd().Split '\n'
                Expect.stringStarts reasons[0] $"{scratch.Folder}/a\\u{{1B}}[2J/runs.csv, line 1: expected the columns " "reason 0"
                Expect.stringStarts reasons[1] $"{scratch.Folder}/b/runs.csv, line 1: expected the columns " "reason 1"
                Expect.equal (reasons.Length, outcome.Code) (2, 1) "number of reasons and exit code")
        ]
