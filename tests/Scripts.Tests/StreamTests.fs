/// What happens when nobody can read what a script says.
module Scripts.Tests.StreamTests

open System
open System.IO
open Scripting
open Scripts.Tests.Processes
open Scripts.Tests.Compiled
open Expecto
open Testing

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

/// Runs the script with streams redirected by the shell.
let private run (isCompiled: bool, redirection: string) =
    let start = if isCompiled then direct () else interpreted
    shell Paths.root (fun dotnet -> String.concat " " (dotnet :: start @ [ sample "result"; redirection ]))

[<Tests>]
let tests =
    testList
        "Stream"
        [
            testCase "what is said while working may be lost" (fun () ->
                for failure in failures do
                    let writer = Program.losing (new Failing(failure))
                    writer.Write 'a'
                    writer.Write "a"
                    writer.Write([| 'a' |], 0, 1)
                    writer.WriteLine()
                    writer.WriteLine "a"
                    writer.Flush())

            testCase "results that cannot be printed are a sentence" (fun () ->
                let writer = Program.insisting (new Failing(UnauthorizedAccessException "Denied."))
                let error = Expect.thrown<IOException>(fun () -> writer.WriteLine "a")

                Expect.equal
                    error.Message
                    "The results cannot be printed: expected a standard output that can be written, found \"Denied\". What was saved in files is whole."
                    "message")

            testCase "what can be written arrives unchanged" (fun () ->
                use text = new StringWriter(NewLine = "\n")

                for writer in [ Program.losing text; Program.insisting text ] do
                    writer.Write 'a'
                    writer.WriteLine "b"
                    writer.Write([| 'c'; 'd' |], 1, 1)
                    writer.Write 5
                    writer.WriteLine()
                    writer.Flush()

                Expect.equal (text.ToString()) "ab\nd5\nab\nd5\n" "what was written")

            testEach
                "a script whose progress cannot be written ends as its work does"
                [ false, "2>&-"; true, "2>&-"; true, "2>/dev/full" ]
                (fun start ->
                    let outcome = run start
                    Expect.equal (outcome.Code, outcome.Output.ReplaceLineEndings "\n") (0, "result\n") "exit code and output")

            testEach
                "a script whose results cannot be written says so and exits with 1"
                [ false, ">&-"; true, ">&-"; true, ">/dev/full" ]
                (fun start ->
                    let outcome = run start
                    Expect.equal outcome.Code 1 "exit code"

                    Expect.stringContains
                        outcome.Errors
                        "The results cannot be printed: expected a standard output that can be written, found "
                        "error stream"

                    Expect.stringLacks outcome.Errors "   at " "error stream")
        ]
