/// What happens when nobody can read what a script says.
module Scripts.Tests.StreamTests

open System
open System.IO
open Scripting
open Scripts.Tests.Processes
open Xunit

/// Fails as a full or closed stream does.
type private Failing(error: exn) =
    inherit StringWriter()
    override _.Write(_: char) : unit = raise error
    override _.Write(_: string) : unit = raise error
    override _.Write(_: char[], _: int, _: int) : unit = raise error
    override _.WriteLine() : unit = raise error
    override _.WriteLine(_: string) : unit = raise error
    override _.Flush() : unit = raise error

let private failures: exn list =
    [ IOException "No space left"; UnauthorizedAccessException "Denied."; ObjectDisposedException "x" ]

[<Fact>]
let ``what is said while working may be lost`` () =
    for failure in failures do
        let writer = Program.losing (new Failing(failure))
        writer.Write 'a'
        writer.Write "a"
        writer.Write([| 'a' |], 0, 1)
        writer.WriteLine()
        writer.WriteLine "a"
        writer.Flush()

[<Fact>]
let ``results that cannot be printed are a sentence`` () =
    let writer = Program.insisting (new Failing(UnauthorizedAccessException "Denied."))
    let error = Assert.Throws<IOException>(fun () -> writer.WriteLine "a")

    Assert.Equal(
        "The results cannot be printed: expected a standard output that can be written, found \"Denied\". What was saved in files is whole.",
        error.Message
    )

[<Fact>]
let ``what can be written arrives unchanged`` () =
    use text = new StringWriter(NewLine = "\n")

    for writer in [ Program.losing text; Program.insisting text ] do
        writer.Write 'a'
        writer.WriteLine "b"
        writer.Write([| 'c'; 'd' |], 1, 1)
        writer.Write 5
        writer.WriteLine()
        writer.Flush()

    Assert.Equal("ab\nd5\nab\nd5\n", text.ToString())

let private script =
    $"""
#load @"{Paths.fromRoot "scripts/prelude.fsx"}"
open Scripting

Program.run (fun _ ->
    Progress.show 1 (fun progress -> Progress.note "progress" progress)
    printfn "result")
"""

/// Runs the script with streams redirected by the shell.
let private run (redirection: string) =
    use scratch = new Scratch()
    let path = scratch.Write("work.fsx", script)
    shell scratch.Folder (fun dotnet -> String.concat " " ([ dotnet ] @ direct @ [ path; redirection ]))

[<Theory; InlineData("2>&-"); InlineData("2>/dev/full")>]
let ``a script whose progress cannot be written ends as its work does`` (redirection: string) =
    let outcome = run redirection
    Assert.Equal((0, "result\n"), (outcome.Code, outcome.Output.ReplaceLineEndings "\n"))

[<Theory; InlineData(">&-"); InlineData(">/dev/full")>]
let ``a script whose results cannot be written says so and exits with 1`` (redirection: string) =
    let outcome = run redirection
    Assert.Equal(1, outcome.Code)
    Assert.Contains("The results cannot be printed: expected a standard output that can be written, found ", outcome.Errors)
    Assert.DoesNotContain("   at ", outcome.Errors)
