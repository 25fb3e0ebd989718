/// Verifies run folders for a script: side by side, a line each, and a verdict.
module Scripting.RunChecks

open System.Linq
open System.Threading
open SparseCore.Data
open SparseCore.Verification

/// Checks run folders, `jobs` at a time, and reports each in the order given. Answers what was said of each.
let verify
    (data: DataSplit)
    (replay: bool)
    (jobs: int)
    (cancellation: CancellationToken)
    (report: RunVerification -> unit)
    (folders: string seq)
    : VerificationStatus list =
    let verifier = RunVerifier(data, Engines.single)

    let results =
        folders
            .AsParallel()
            .AsOrdered()
            .WithDegreeOfParallelism(min jobs 512)
            .WithMergeOptions(ParallelMergeOptions.NotBuffered)
            .WithCancellation(cancellation)
            .Select(fun folder -> verifier.Verify(folder, replay, cancellation))

    [
        for result in results do
            report result
            result.Status
    ]

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
