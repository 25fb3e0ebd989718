module Scripts.Tests.ProgramTests

open System
open System.IO
open System.Reflection
open Scripting
open SparseCore.Schedules
open Expecto

/// The exit code and the messages of a body.
let private execute body =
    use errors = new StringWriter(NewLine = "\n")
    let code = Program.execute errors body
    code, errors.ToString()

[<Tests>]
let tests =
    testList
        "Program"
        [
            testCase "a body that returns gives 0 and no message" (fun () -> Expect.equal (execute ignore) (0, "") "exit code and messages")

            testCase "a missing file is a sentence" (fun () ->
                let code, text = execute (fun _ -> File.ReadAllText "/nowhere/at all" |> ignore)
                Expect.equal code 1 "exit code"
                Expect.equal text "Could not find a part of the path '/nowhere/at all'.\n" "text")

            testCase "a full disk says that nothing is lost" (fun () ->
                let code, text = execute (fun _ -> raise (IOException("No space left on device : 'x'", 28)))
                Expect.equal code 1 "exit code"
                Expect.stringContains text "The disk is full: No space left on device : 'x'" "text")

            testCase "an argument refused by the core is a sentence" (fun () ->
                let code, text = execute (fun _ -> UpdateSchedule(0, 10, 5) |> ignore)
                Expect.equal (code, text) (1, "The first update needs at least 1 step before it. Found 0.\n") "exit code and text")

            testCase "exceptions of the core's own types are sentences" (fun () ->
                Expect.equal (Program.explain (SparseCore.Data.DataException "bad magic")) (1, "bad magic") "exit code and message"
                let error = SparseCore.Checkpoints.CheckpointException("x.safetensors", "content", "one hash", "another", "Train again.")
                Expect.equal (Program.explain error) (1, error.Message) "exit code and message")

            testCase "an unexpected exception is a bug with its stack" (fun () ->
                let code, text = execute (fun _ -> [| 1 |].[int 7.0] |> ignore)
                Expect.equal code 70 "exit code"
                Expect.stringContains text "This is a bug" "text"
                Expect.stringContains text "ProgramTests" "text")

            testCase "an argument error inside the base library is a bug" (fun () ->
                let code, _ = execute (fun _ -> "abc".Substring 7 |> ignore)
                Expect.equal code 70 "exit code")

            testCase "several failures are told once each, and one bug among them decides the code" (fun () ->
                let io = IOException "a"

                Expect.equal
                    (Program.explain (AggregateException(io, IOException "a", IOException "b")))
                    (1, "a\nb")
                    "exit code and message"

                Expect.equal (fst (Program.explain (AggregateException(io, InvalidOperationException "c")))) 70 "exit code and message")

            testCase "a wrapper is opened" (fun () ->
                Expect.equal (Program.explain (TargetInvocationException(IOException "a"))) (1, "a") "exit code and message")

            testCase "a cancellation that no signal asked for is a bug" (fun () ->
                Expect.equal (fst (execute (fun _ -> raise (OperationCanceledException())))) 70 "exit code and messages")

            testCase "a file's name cannot write to the terminal or fake a line" (fun () ->
                let code, text = execute (fun _ -> raise (FileNotFoundException "Could not find file '/x\u001B[2J\nok /y\u202Etxt'."))
                Expect.equal (code, text) (1, "Could not find file '/x\\u{1B}[2J\\u{A}ok /y\\u{202E}txt'.\n") "exit code and text")

            testCase "a bug's stack keeps its lines and nothing else that terminals obey" (fun () ->
                let _, text = execute (fun _ -> raise (InvalidOperationException "a\u009B2Jb"))
                Expect.stringContains text "a\\u{9B}2Jb\n" "text")

            testCase "what scripts print is text whatever it holds" (fun () ->
                use plain = new StringWriter(NewLine = "\n")
                use visible = new Terminal.VisibleWriter(plain)
                fprintfn visible "%s\t%d %c" "a\u001B]0;title\u0007\u200B" 1 '\u0085'
                visible.Write "b\n"
                visible.Write([| 'x'; '\u001B'; 'y' |], 1, 1)
                visible.WriteLine "\u202E"
                visible.WriteLine()
                Expect.equal (plain.ToString()) "a\\u{1B}]0;title\\u{7}\\u{200B}\t1 \\u{85}\nb\n\\u{1B}\\u{202E}\n\n" "what was written")
        ]
