module Analysis.Tests.WorkersTests

open System
open System.Collections.Concurrent
open System.Threading
open Xunit
open Analysis

/// A worker that counts how many of its kind live.
let private worker (alive: int ref) =
    Interlocked.Increment alive |> ignore

    { new IDisposable with
        member _.Dispose() = Interlocked.Decrement alive |> ignore
    }

[<Theory>]
[<InlineData(1)>]
[<InlineData(3)>]
[<InlineData(64)>]
let ``map keeps the order for any number of jobs and disposes of its workers`` (jobs: int) =
    let alive = ref 0
    let heard = ConcurrentBag()
    let results = Workers.map jobs heard.Add (fun () -> worker alive) (fun _ item -> 10 * item) (Array.init 20 id)
    Assert.Equal<int[]>(Array.init 20 (fun item -> 10 * item), results)
    Assert.Equal(0, alive.Value)
    Assert.Equal<int[]>([| 1..20 |], heard |> Array.ofSeq |> Array.sort)

[<Fact>]
let ``map passes on an error of the work and still disposes of its workers`` () =
    let alive = ref 0

    let fail _ _ : int = raise (InvalidOperationException "no such network")

    let error =
        Assert.Throws<InvalidOperationException>(fun () -> Workers.map 2 ignore (fun () -> worker alive) fail [| 1; 2; 3 |] |> ignore)

    Assert.Equal("no such network", error.Message)
    Assert.Equal(0, alive.Value)

[<Fact>]
let ``map of nothing makes no worker`` () =
    let none () : IDisposable = failwith "made a worker"
    Assert.Empty(Workers.map 2 ignore none (fun _ item -> item) ([||]: int[]))
