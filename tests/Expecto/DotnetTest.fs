/// Lets `dotnet test` run the tests of Expecto: xunit asks for their names here and runs each by its name.
module Testing.DotnetTest

open System.Threading
open Expecto
open Expecto.Impl
open Xunit
open Xunit.Abstractions

let private cases = lazy (dict [ for case in Test.toTestCodeList (All.tests ()) -> String.concat "." case.name, case ])

/// Tests in sequence write, all others read: the former run alone.
let private door = new ReaderWriterLockSlim()

let private run (name: string) =
    let case = cases.Value[name]

    let enter, leave =
        if case.sequenced = InParallel then
            door.EnterReadLock, door.ExitReadLock
        else
            door.EnterWriteLock, door.ExitWriteLock

    let config = { ExpectoConfig.defaultConfig with printer = TestPrinters.silent }
    enter ()

    try
        for _, summary in evalTests config (TestLabel(name, TestCase(case.test, case.state), case.state)) |> Async.RunSynchronously do
            if not summary.result.isPassed then
                failwith $"{summary.result}"
    finally
        leave ()

/// The name of a test, as an object of its own because xunit cuts long strings.
type Name(text: string) =
    let mutable text = text
    new() = Name ""
    override _.ToString() = text

    interface IXunitSerializable with
        member _.Serialize info = info.AddValue("text", text)
        member _.Deserialize info = text <- info.GetValue<string> "text"

/// Every second test, from the first or the second on: xunit runs the tests of a class one after another, and two classes side by side.
type Names() =
    static let every (isPending: bool) (half: int) =
        [
            for index, case in Seq.indexed cases.Value do
                if index % 2 = half && (case.Value.state = Pending) = isPending then
                    [| box (Name case.Key) |]
        ]

    static member Ready(half: int) = every false half
    static member Pending(half: int) = every true half

[<Literal>]
let private reason = "What this test needs is missing; its name says what."

type First() =
    [<Theory>]
    [<MemberData("Ready", 0, MemberType = typeof<Names>)>]
    [<MemberData("Pending", 0, MemberType = typeof<Names>, Skip = reason)>]
    member _.Test(name: Name) = run (string name)

type Second() =
    [<Theory>]
    [<MemberData("Ready", 1, MemberType = typeof<Names>)>]
    [<MemberData("Pending", 1, MemberType = typeof<Names>, Skip = reason)>]
    member _.Test(name: Name) = run (string name)
