module Scripts.Tests.ProgramTests

open System
open System.IO
open System.Reflection
open Scripting
open SparseCore.Schedules
open Xunit

/// The exit code and the messages of a body.
let private execute body =
    use errors = new StringWriter(NewLine = "\n")
    let code = Program.execute errors body
    code, errors.ToString()

[<Fact>]
let ``a body that returns gives 0 and no message`` () = Assert.Equal((0, ""), execute ignore)

[<Fact>]
let ``a missing file is a sentence`` () =
    let code, text = execute (fun _ -> File.ReadAllText "/nowhere/at all" |> ignore)
    Assert.Equal(1, code)
    Assert.Equal("Could not find a part of the path '/nowhere/at all'.\n", text)

[<Fact>]
let ``a full disk says that nothing is lost`` () =
    let code, text = execute (fun _ -> raise (IOException("No space left on device : 'x'", 28)))
    Assert.Equal(1, code)
    Assert.Contains("The disk is full: No space left on device : 'x'", text)

[<Fact>]
let ``an argument refused by the core is a sentence`` () =
    let code, text = execute (fun _ -> UpdateSchedule(0, 10, 5) |> ignore)
    Assert.Equal((1, "The first update needs at least 1 step before it. Found 0.\n"), (code, text))

[<Fact>]
let ``exceptions of the core's own types are sentences`` () =
    Assert.Equal((1, "bad magic"), Program.explain (SparseCore.Data.DataException "bad magic"))
    let error = SparseCore.Checkpoints.CheckpointException("x.safetensors", "content", "one hash", "another", "Train again.")
    Assert.Equal((1, error.Message), Program.explain error)

[<Fact>]
let ``an unexpected exception is a bug with its stack`` () =
    let code, text = execute (fun _ -> [| 1 |].[int 7.0] |> ignore)
    Assert.Equal(70, code)
    Assert.Contains("This is a bug", text)
    Assert.Contains("ProgramTests", text)

[<Fact>]
let ``an argument error inside the base library is a bug`` () =
    let code, _ = execute (fun _ -> "abc".Substring 7 |> ignore)
    Assert.Equal(70, code)

[<Fact>]
let ``several failures are told once each, and one bug among them decides the code`` () =
    let io = IOException "a"
    Assert.Equal((1, "a\nb"), Program.explain (AggregateException(io, IOException "a", IOException "b")))
    Assert.Equal(70, fst (Program.explain (AggregateException(io, InvalidOperationException "c"))))

[<Fact>]
let ``a wrapper is opened`` () = Assert.Equal((1, "a"), Program.explain (TargetInvocationException(IOException "a")))

[<Fact>]
let ``a cancellation that no signal asked for is a bug`` () =
    Assert.Equal(70, fst (execute (fun _ -> raise (OperationCanceledException()))))

[<Fact>]
let ``a file's name cannot write to the terminal or fake a line`` () =
    let code, text = execute (fun _ -> raise (FileNotFoundException "Could not find file '/x\u001B[2J\nok /y\u202Etxt'."))
    Assert.Equal((1, "Could not find file '/x\\u{1B}[2J\\u{A}ok /y\\u{202E}txt'.\n"), (code, text))

[<Fact>]
let ``a bug's stack keeps its lines and nothing else that terminals obey`` () =
    let _, text = execute (fun _ -> raise (InvalidOperationException "a\u009B2Jb"))
    Assert.Contains("a\\u{9B}2Jb\n", text)

[<Fact>]
let ``what scripts print is text whatever it holds`` () =
    use plain = new StringWriter(NewLine = "\n")
    use visible = new Terminal.VisibleWriter(plain)
    fprintfn visible "%s\t%d %c" "a\u001B]0;title\u0007\u200B" 1 '\u0085'
    visible.Write "b\n"
    visible.Write([| 'x'; '\u001B'; 'y' |], 1, 1)
    visible.WriteLine "\u202E"
    visible.WriteLine()
    Assert.Equal("a\\u{1B}]0;title\\u{7}\\u{200B}\t1 \\u{85}\nb\n\\u{1B}\\u{202E}\n\n", plain.ToString())
