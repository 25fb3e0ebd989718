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
