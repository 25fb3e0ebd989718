/// Work on several threads whose result does not depend on their number.
module SparseCore.Analysis.Workers

open System
open System.Threading
open System.Threading.Tasks

/// Does `work` for every item on `jobs` threads. Every thread makes one worker (an engine is used by one thread at a time) and disposes of it;
/// the results come in the order of the items. `report` hears the number of items done, from any thread. The first error ends the work.
let map
    (jobs: int)
    (report: int -> unit)
    (create: unit -> 'worker :> IDisposable)
    (work: 'worker -> 'item -> 'result)
    (items: 'item[])
    : 'result[] =
    if jobs < 1 then
        invalidArg (nameof jobs) $"At least 1 job is needed, found {jobs}."

    let results = Array.zeroCreate items.Length
    let next, finished = ref -1, ref 0

    let run () =
        let mutable index = Interlocked.Increment next

        if index < items.Length then
            use worker = create ()

            try
                while index < items.Length do
                    results[index] <- work worker items[index]
                    report (Interlocked.Increment finished)
                    index <- Interlocked.Increment next
            with _ ->
                // The other threads take no further items.
                Interlocked.Exchange(next, items.Length) |> ignore
                reraise ()

    Array.init (min jobs (max 1 items.Length)) (fun _ -> Task.Run run) |> Task.WhenAll |> _.GetAwaiter().GetResult()

    results
