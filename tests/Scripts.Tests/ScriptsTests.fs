/// Every script, found by listing the folder, so that a new one is covered without a new test.
module Scripts.Tests.ScriptsTests

open System
open System.IO
open System.Text.RegularExpressions
open Scripting
open Scripts.Tests.Processes
open Xunit

let private shared = [ "scripts/bootstrap.fsx"; "scripts/prelude.fsx" ]

/// Shows a package without the toolkit: it has no settings and no bootstrap.
let private standalone = [ "scripts/examples/plain-chart.fsx" ]

let private names =
    Directory.GetFiles(Paths.fromRoot "scripts", "*.fsx", SearchOption.AllDirectories)
    |> Array.map (fun file -> Path.GetRelativePath(Paths.root, file).Replace('\\', '/'))
    |> Array.except (shared @ standalone)
    |> Array.sort

let scripts = names |> Seq.map (fun name -> [| box name |])

/// What each script answers to "help" and to a setting nobody knows; all are started once, as many at a time as there are processors.
/// A script is type-checked as a whole before its first line runs, so an answer is also proof of that.
let private answers =
    lazy
        (let start (name, argument) = (name, argument), dotnet Paths.root (direct @ [ name; argument ])

         Array.allPairs names [| "help"; "no-such-setting=1" |] |> Array.Parallel.map start |> Map.ofArray)

let private answer name argument = answers.Value[(name, argument)]

let private lines (name: string) = File.ReadAllLines(Paths.fromRoot name)

[<Theory; MemberData(nameof scripts)>]
let ``help prints the settings and ends well`` (name: string) =
    let outcome = answer name "help"
    Assert.Equal("", outcome.Errors)
    Assert.Contains($"Usage: dotnet fsi {name} key=value", outcome.Output)
    Assert.Equal(0, outcome.Code)

[<Theory; MemberData(nameof scripts)>]
let ``an unknown setting lists the known ones and exits with 2`` (name: string) =
    let outcome = answer name "no-such-setting=1"
    Assert.Equal("", outcome.Output)
    Assert.Contains("unknown setting \"no-such-setting\"", outcome.Errors)
    Assert.Contains("Known settings: ", outcome.Errors)
    Assert.Equal(2, outcome.Code)

[<Theory; MemberData(nameof scripts)>]
let ``a script is short and begins with what it is for`` (name: string) =
    let text = lines name
    Assert.True(text.Length <= 100, $"{name} has {text.Length} lines, expected at most 100: move what computes into a library.")
    Assert.StartsWith("// ", text[0])

[<Theory; MemberData(nameof scripts)>]
let ``a script begins with the bootstrap`` (name: string) =
    let folder = if name.StartsWith "scripts/examples/" then "../" else ""
    let text = String.Join("\n", lines name)
    let head = $"#if !TOOLKIT_READY && !EDITING\n#load \"{folder}bootstrap.fsx\"\n#else\n#load \"{folder}prelude.fsx\"\n"
    Assert.Contains(head, text)
    Assert.EndsWith("#endif", text.TrimEnd())

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

[<Fact>]
let ``commands in the documentation name scripts and settings that exist`` () =
    for page, name, arguments in documentedCommands do
        Assert.True(Array.contains name names, $"{page} mentions {name}, which does not exist.")

        for setting in Regex.Matches(arguments, @"(?<=\s)([\w-]+)=") do
            let shown = $"  {setting.Groups[1].Value}="
            Assert.True((answer name "help").Output.Contains shown, $"{page} gives {name} the unknown setting {setting.Value}")

[<Fact>]
let ``figures goes on after a folder that cannot be drawn, says why at the end and exits with 1`` () =
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

    let outcome = dotnet Paths.root (direct @ [ "scripts/figures.fsx"; $"results={scratch.Folder}" ])
    Assert.Equal($"{scratch.Folder}/c\\u{{202E}}/report.html\n", outcome.Output)
    let reasons = outcome.Errors.TrimEnd().Split '\n'
    Assert.StartsWith($"{scratch.Folder}/a\\u{{1B}}[2J/runs.csv, line 1: expected the columns ", reasons[0])
    Assert.StartsWith($"{scratch.Folder}/b/runs.csv, line 1: expected the columns ", reasons[1])
    Assert.Equal((2, 1), (reasons.Length, outcome.Code))
