using SparseCore.Verification;

namespace SparseCore.Tests.Verification;

/// <summary>The words around the table of tamperings.</summary>
internal static class TamperingWords
{
    /// <summary>What verification cannot tell.</summary>
    public const string After = """

        ## What verification cannot tell

        - **Machine, times and code version.** They are what a run says of itself. `verify` checks their form, and that the seconds fit between start and end.
        - **Labels.** `name` and `method` of a plan decide nothing in training, so a run of RigL can be called a ticket. Compare plans with `diff`.
        - **Without `replay=true`, what lies between.** Metrics are computed again at the first, the middle and the last logged checkpoint, and a checkpoint in the middle is checked by its
          masks, not by its values.
        - **A run of a changed engine.** Without `replay=true`, weights that are consistent with each other and with the metrics pass, however they were made.
        - **A parent, from its child.** A run is checked against its parents as they lie beside it. Each parent has a line of its own, and the lineage is ok only when all lines are.
        - **A whole forged lineage, trained for the purpose.** Runs that were really trained by other plans are ok: they are what their plans say. Whether these are the plans that a
          paper reports is for its reader to compare. The choice of the best of many seeds leaves no trace either.
        - **Where imported weights come from.** The name and the hash of a file are recorded, the file is not kept. Such a run is never ok, only unchecked.
        - **A run cut back.** A finished run without its later checkpoints and rows is an unfinished one; its line says how far it came.
        - **Warnings left out.** With `replay=true` a warning that training does not give is found; one that was deleted is not.

        """;

    /// <summary>What the table shows.</summary>
    public static string Before(IReadOnlyDictionary<VerificationStatus, int> plain, IReadOnlyDictionary<VerificationStatus, int> replayed) => $"""
        # What `verify.fsx` finds

        {plain.Values.Sum()} tamperings of toy runs (rows of "nothing" show the runs as they are), and what verification says of the run.
        "Resealed" means that whoever did it made all hashes, lengths and names right again.
        Without training again {Text(plain)}; with `replay=true` {Text(replayed)}.
        A test makes this table (`TamperingTests`) and fails when verification says something else.

        - **ok**: every check was made and nothing is off (exit code 0).
        - **unchecked**: nothing is off, but something could not be checked; the line says what and why (exit code 3).
        - **FAILED**: something is off, or was to be trained again and could not be (exit code 1).


        """;

    private static string Text(IReadOnlyDictionary<VerificationStatus, int> counts) =>
        $"{counts[VerificationStatus.Failed]} fail, {counts[VerificationStatus.Unchecked]} are unchecked and {counts[VerificationStatus.Ok]} pass";
}
