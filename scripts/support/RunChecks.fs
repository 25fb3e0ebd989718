/// Verifies run folders for a script: side by side, a line each, and a verdict.
module Scripting.RunChecks

open System.Collections.Generic
open System.Linq
open System.Threading
open SparseCore.Data
open SparseCore.Verification

/// Checks run folders, `jobs` at a time; what was found of each comes in the order given, as soon as it is known.
let verifications
    (engines: SparseCore.Engine.IEngineFactory)
    (data: DataSplit)
    (replay: bool)
    (jobs: int)
    (cancellation: CancellationToken)
    (folders: string seq)
    : RunVerification seq =
    let verifier = RunVerifier(data, engines)

    folders
        .AsParallel()
        .AsOrdered()
        .WithDegreeOfParallelism(min jobs 512)
        .WithMergeOptions(ParallelMergeOptions.NotBuffered)
        .WithCancellation(cancellation)
        .Select(fun folder -> verifier.Verify(folder, replay, cancellation))

/// Prints what was found of each of `count` runs: a line as soon as it is known; where a terminal shows how far the checks are, all of it when they have ended or
/// were stopped. Answers what each comes to.
let print (count: int) (found: RunVerification seq) : VerificationStatus list =
    let statuses = List()

    let cells (verification: RunVerification) =
        let line = string verification
        let space = line.IndexOf ' '
        [ line.Substring(0, space); line.Substring(space + 1) ]

    let show (verifications: RunVerification seq) =
        seq {
            for verification in verifications do
                statuses.Add verification.Status
                verification
        }
        |> Terminal.print [ "result"; "run, and what was found" ] cells string

    if (Terminal.errors ()).IsSome then
        let kept = List()

        try
            Progress.show count (fun progress ->
                for verification in found do
                    kept.Add verification
                    Progress.report verification.Folder 0 1 progress
                    Progress.report verification.Folder 1 1 progress
                    Progress.pass verification.Folder progress)
        finally
            show kept
    else
        show found

    List.ofSeq statuses

/// Exit code of a verification that found nothing off, but could not check everything.
let uncheckedCode = 3

/// Exit code and closing sentence of a verification: 0 only where every check of every run was made.
let verdict (statuses: VerificationStatus list) : int * string =
    let count status = statuses |> List.filter ((=) status) |> List.length

    match count VerificationStatus.Failed, count VerificationStatus.Unchecked with
    | 0, 0 -> 0, $"All {statuses.Length} runs are as they should be."
    | 0, some ->
        uncheckedCode,
        $"Nothing is off, but {some} of {statuses.Length} runs could not be checked in full; their lines say what and why.\n"
        + "Other data is named by dataset= and data=. What only a script registers (data, a network, a method, a growth rule) is known to a copy of verify.fsx with the same registration before its settings."
    | some, _ -> Program.mistakeCode, $"{some} of {statuses.Length} runs are not as they should be."
