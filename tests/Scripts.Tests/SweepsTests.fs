/// Sweeps with programs in Slurm's place; tests/cluster has the real one.
module Scripts.Tests.SweepsTests

open System
open System.IO
open Scripting
open Scripts.Tests.Processes
open Scripts.Tests.Compiled
open Expecto
open Testing

/// A folder with programs that stand for others, a folder of runs, and a log of how the programs were called.
type private Place(programs: (string * string) list) =
    let scratch = new Scratch()

    do
        for name, text in programs do
            let path = scratch.Write($"bin/{name}", $"#!/bin/bash\necho \"{name} $*\" >> \"{scratch.Folder}/calls\"\n{text}\n")
            File.SetUnixFileMode(path, UnixFileMode.UserRead ||| UnixFileMode.UserExecute)

    member _.Folder = scratch.Folder
    member _.Runs = Path.Combine(scratch.Folder, "runs")

    member _.Calls =
        let path = Path.Combine(scratch.Folder, "calls")
        if File.Exists path then File.ReadAllText path else ""

    member _.SweepFolder = Directory.GetDirectories(Path.Combine(scratch.Folder, "runs", "sweeps")) |> Array.exactlyOne

    /// sweep.fsx, with the programs before those of the system, or alone.
    member _.Sweep(arguments: string list, ?alone: bool) =
        let path = if defaultArg alone false then $"{scratch.Folder}/bin" else $"{scratch.Folder}/bin:/usr/bin:/bin"
        let script = Path.Combine(Paths.fromRoot "scripts", "sweep.fsx")
        let quoted = direct () @ [ script ] @ arguments |> List.map (fun one -> $"'{one}'") |> String.concat " "

        shell scratch.Folder (fun dotnet ->
            $"PATH='{path}' DOTNET_ROOT=\"$(dirname \"$(command -v '{dotnet}')\")\" \"$(command -v '{dotnet}')\" {quoted}")

    /// A job's file as Slurm would start it.
    member place.Job(name: string, environment: string, after: string) =
        shell scratch.Folder (fun _ -> $"PATH='{scratch.Folder}/bin:/usr/bin:/bin' {environment} bash '{place.SweepFolder}/{name}' {after}")

    interface IDisposable with
        member _.Dispose() = (scratch :> IDisposable).Dispose()

/// Lists two runs, or ends as the file "ends" beside the programs says.
let private dotnet =
    "dotnet",
    "case \"$*\" in
*make=list*) printf 'run,steps,work,finished\\na-00000000,10,1,0\\nb-00000000,10,3,0\\n' ;;
*) . \"$(dirname \"$0\")/../ends\" ;;
esac"

let private sbatch = "sbatch", "case \"$*\" in *--version*) ;; *report*) echo 12 ;; *) echo '11;cluster' ;; esac"
let private queue = "squeue", "cat \"$(dirname \"$0\")/../state\" 2> /dev/null || true"
let private others = [ "scancel", ""; "scontrol", "" ]

[<Tests>]
let tests =
    testList
        "sweeps"
        [
            testCase "what a sweep's own settings are, and what the script's" (fun () ->
                Expect.equal
                    (Sweeps.split [ "seeds=2"; "workers=3"; "time=1:00:00"; "only=table1"; "runs=x"; "wait=5" ])
                    ([ "workers=3"; "time=1:00:00"; "runs=x"; "wait=5" ], [ "seeds=2"; "only=table1" ])
                    "split")

            testCase "files are written and submitted; status, cancel and resubmit follow" (fun () ->
                use place = new Place([ dotnet; sbatch; queue ] @ others)

                let begun =
                    place.Sweep
                        [
                            "reproduce-mnist"
                            "seeds=2"
                            "workers=3"
                            "time=1:00:00"
                            "sbatch=--partition=short --mem=4G"
                            $"runs={place.Runs}"
                        ]

                Expect.equal begun.Code 0 begun.Errors
                Expect.stringContains begun.Output "2 runs wanted" "wanted"
                Expect.stringContains begun.Output "submitted: workers 11, report 12" "numbers"
                Expect.stringContains place.Calls "sbatch --parsable --job-name=sparse --array=1-3 --requeue" "the array"
                Expect.stringContains place.Calls "--time=1:00:00" "time limit"
                Expect.stringContains place.Calls "--partition=short --mem=4G" "options"
                Expect.stringContains place.Calls "--dependency=afterany:11" "the report comes last"

                for file in [ "worker.sh"; "report.sh"; "submit.sh" ] do
                    Expect.equal (shell place.Folder (fun _ -> $"bash -n '{place.SweepFolder}/{file}'")).Code 0 file

                File.WriteAllText(Path.Combine(place.Folder, "state"), "PENDING\nRUNNING\nRUNNING\n")
                let status = place.Sweep [ "status"; $"runs={place.Runs}" ]
                Expect.stringContains status.Output "runs: 0 of 2 finished, 0 being made, 0 failed, 2 to come; 0% of the work" "status"
                Expect.stringContains status.Output "Slurm: 1 pending, 2 running" "queue"

                let cancelled = place.Sweep [ "cancel"; $"runs={place.Runs}" ]
                Expect.equal cancelled.Code 0 cancelled.Errors
                Expect.stringContains place.Calls "scancel 11 12" "scancel"
                Expect.isTrue (File.Exists(Path.Combine(place.SweepFolder, "stop"))) "workers are told"

                Expect.equal (place.Sweep [ "resubmit"; $"runs={place.Runs}" ]).Code 0 "resubmit"
                Expect.isFalse (File.Exists(Path.Combine(place.SweepFolder, "stop"))) "workers may begin anew"
                Expect.equal (File.ReadAllLines(Path.Combine(place.SweepFolder, "jobs.csv"))).Length 3 "both submissions are known")

            testCase "what cannot be begun is a sentence, and nothing is written" (fun () ->
                use place =
                    new Place(
                        [ dotnet; "sbatch", "case \"$*\" in *--version*) ;; *) echo 'error: invalid partition' >&2; exit 1 ;; esac" ]
                    )

                let runs = $"runs={place.Runs}"

                let expect code (text: string) (outcome: Outcome) =
                    Expect.equal outcome.Code code text
                    Expect.stringContains outcome.Errors text "sentence"

                expect
                    2
                    "There is no script 'nothing': expected one that makes runs: analyze-lt, hessian, reproduce-large, reproduce-mnist, train."
                    (place.Sweep [ "nothing"; runs ])

                expect
                    2
                    "workers: expected a whole number from 1 to 100000, or local: and one"
                    (place.Sweep [ "train"; "workers=no"; runs ])

                expect 2 "workers: expected local:N with slurm=false, found 3." (place.Sweep [ "train"; "workers=3"; "slurm=false"; runs ])
                expect 1 "There is no sweep in" (place.Sweep [ "status"; runs ])
                Expect.isFalse (Directory.Exists place.Runs) "nothing"
                let refused = place.Sweep [ "train"; runs ]
                expect 1 "error: invalid partition" refused
                Expect.stringContains refused.Errors "The command was: bash " "command"
                use empty = new Place([])
                expect 1 "There is no 'sbatch' on the path" (empty.Sweep([ "train"; $"runs={empty.Runs}" ], alone = true))
                Expect.isFalse (Directory.Exists empty.Runs) "nothing")

            testCase "a script that refuses its settings is heard" (fun () ->
                use place = new Place([ "dotnet", "echo 'unknown setting \"sedes\".' >&2; exit 2"; sbatch ])
                let refused = place.Sweep [ "train"; "sedes=2"; $"runs={place.Runs}" ]
                Expect.equal refused.Code 2 refused.Errors
                Expect.stringContains refused.Errors "train.fsx refuses its settings:\nunknown setting \"sedes\"." "its words")

            testCase "a run that another process holds ends a sharing script with 75; locks that do not hold are refused" (fun () ->
                use scratch = new Scratch()
                let runs = Path.Combine(scratch.Folder, "runs")
                let script = Path.Combine(Paths.fromRoot "scripts", "train.fsx")
                let arguments = direct () @ [ script; "method=baseline"; "steps=10"; $"runs={runs}"; "share=true" ]
                let train more = Processes.dotnet scratch.Folder (arguments @ more)
                let listed = train [ "make=list" ]
                Expect.equal listed.Code 0 listed.Errors
                let line = Array.item 1 (listed.Output.Split '\n')
                let name = Array.head (line.Split ',')
                let held = Path.Combine(runs, name)
                Directory.CreateDirectory held |> ignore

                let whileHeld () =
                    use _ = File.Open(Path.Combine(held, "lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None)
                    let busy = train [ "wait=0" ]
                    Expect.equal busy.Code 75 busy.Errors
                    Expect.stringContains busy.Errors $"1 run is being made by others:\n  {name}" "which"

                whileHeld ()

                let unlocked =
                    let quoted = arguments |> String.concat "' '"
                    shell scratch.Folder (fun dotnet -> $"DOTNET_SYSTEM_IO_DISABLEFILELOCKING=1 '{dotnet}' '{quoted}'")

                Expect.equal unlocked.Code 1 "locks"

                Expect.stringContains
                    unlocked.Errors
                    "expected a file system whose locks hold, found one that gives the same lock twice"
                    "sentence"

                Expect.equal (train [ "make=runs" ]).Code 0 "made"
                Expect.stringContains (train [ "make=list" ]).Output ",1\n" "listed as finished")

            testCase "a worker hands TERM on and begins anew, unless it was cancelled; others may be busy" (fun () ->
                use place = new Place([ dotnet; sbatch; queue ] @ others)
                Expect.equal (place.Sweep [ "train"; $"runs={place.Runs}" ]).Code 0 "begun"
                let ends (text: string) = File.WriteAllText(Path.Combine(place.Folder, "ends"), text)
                let state (text: string) = File.WriteAllText(Path.Combine(place.Folder, "state"), text)
                let task = "SLURM_JOB_ID=99 SLURM_ARRAY_JOB_ID=11 SLURM_ARRAY_TASK_ID=2"

                for code, expected in [ 0, 0; 1, 1; 75, 0 ] do
                    ends $"exit {code}"
                    Expect.equal (place.Job("worker.sh", task, "")).Code expected $"exit code {code}"

                // Stops as a script does: after a moment, with 143.
                ends "trap 'sleep 0.3; exit 143' TERM; touch \"$(dirname \"$0\")/../up\"; while :; do sleep 0.05; done"
                let stopped = "& until [ -f up ]; do sleep 0.05; done; kill -TERM $!; wait $!"
                state "RUNNING|None\n"
                Expect.equal (place.Job("worker.sh", task, stopped)).Code 0 "requeued"
                Expect.stringContains place.Calls "scontrol requeue 11_2" "the task of the array, not all of it"

                let requeues () = place.Calls.Split("scontrol requeue").Length - 1
                File.Delete(Path.Combine(place.Folder, "up"))
                state "COMPLETING|None\n"
                Expect.equal (place.Job("worker.sh", task, stopped)).Code 143 "cancelled"
                Expect.equal (requeues ()) 1 "not brought back to life"
                File.Delete(Path.Combine(place.Folder, "up"))
                state "COMPLETING|TimeLimit\n"
                Expect.equal (place.Job("worker.sh", task, stopped)).Code 0 "time limit"
                Expect.equal (requeues ()) 2 "requeued"

                File.Delete(Path.Combine(place.SweepFolder, "sweep.csv"))
                let unseen = place.Job("worker.sh", task, "")
                Expect.equal unseen.Code 1 "not seen"

                Expect.stringContains
                    unseen.Errors
                    "is not seen here: the folder of runs has to lie on a file system that all nodes share."
                    "sentence")

            testCase "workers on this machine make the runs, and the report follows" (fun () ->
                use place = new Place([ dotnet ])
                File.WriteAllText(Path.Combine(place.Folder, "ends"), "case \"$*\" in *make=runs*) ;; *) echo drawn ;; esac")
                let made = place.Sweep [ "train"; "workers=local:2"; $"runs={place.Runs}" ]
                Expect.equal made.Code 0 made.Errors
                Expect.equal (place.Calls.Split("make=runs").Length - 1) 2 "two workers"
                Expect.stringContains made.Output "drawn" "report"
                File.WriteAllText(Path.Combine(place.Folder, "ends"), "exit 1")
                let failed = place.Sweep [ "train"; "workers=local:2"; $"runs={place.Runs}" ]
                Expect.equal failed.Code 1 "failed"
                Expect.stringContains failed.Errors "2 of 2 workers could not make all their runs" "sentence")
        ]
