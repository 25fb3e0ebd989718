// Says how far it is, and prints a result.
#load "../../../scripts/prelude.fsx"

open Scripting

Program.run (fun _ ->
    Progress.show 1 (fun progress -> Progress.note "progress" progress)
    printfn "result")
