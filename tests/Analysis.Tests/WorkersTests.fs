module Analysis.Tests.WorkersTests

open System
open System.Collections.Concurrent
open System.Threading
open Expecto
open Testing
open SparseCore.Analysis

/// A worker that counts how many of its kind live.
let private worker (alive: int ref) =
    Interlocked.Increment alive |> ignore

    { new IDisposable with
        member _.Dispose() = Interlocked.Decrement alive |> ignore
    }

[<Tests>]
let tests =
    testList
        "Workers"
        [
            testEach "map keeps the order for any number of jobs and disposes of its workers" [ 1; 3; 64 ] (fun jobs ->
                let alive = ref 0
                let heard = ConcurrentBag()
                let results = Workers.map jobs heard.Add (fun () -> worker alive) (fun _ item -> 10 * item) (Array.init 20 id)
                Expect.equal results (Array.init 20 (fun item -> 10 * item)) "results"
                Expect.equal alive.Value 0 "workers alive"
                Expect.equal (heard |> Array.ofSeq |> Array.sort) [| 1..20 |] "numbers reported")

            testCase "map passes on an error of the work and still disposes of its workers" (fun () ->
                let alive = ref 0

                let fail _ _ : int = raise (InvalidOperationException "no such network")

                let error =
                    Expect.thrown<InvalidOperationException>(fun () ->
                        Workers.map 2 ignore (fun () -> worker alive) fail [| 1; 2; 3 |] |> ignore)

                Expect.equal error.Message "no such network" "message"
                Expect.equal alive.Value 0 "workers alive")

            testCase "map of nothing makes no worker" (fun () ->
                let none () : IDisposable = failwith "made a worker"
                Expect.isEmpty (Workers.map 2 ignore none (fun _ item -> item) ([||]: int[])) "results")
        ]
