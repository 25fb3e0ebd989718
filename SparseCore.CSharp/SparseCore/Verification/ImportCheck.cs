using SparseCore.Checkpoints;
using SparseCore.Networks;
using SparseCore.RunFolders;

namespace SparseCore.Verification;

/// <summary>
/// Checks a run that was imported, which says nothing of how it was trained: it is what importing writes, and no more. Its status is never "ok", as what it was made
/// of is not here.
/// </summary>
internal static class ImportCheck
{
    private const int HashDigits = 64;

    /// <summary>Checks all but the checkpoint's own form.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="read">Reads the checkpoint of a step; null where it cannot be read, which is then reported.</param>
    /// <param name="log">Receives what is off.</param>
    public static void Check(RunFolder folder, ImportPlan plan, Func<int, Network, Checkpoint?> read, VerificationLog log)
    {
        var network = plan.Network.Build();
        CheckPlan(folder, plan, network, log);
        foreach (var step in folder.CheckpointSteps().Where(step => step != 0))
        {
            log.Add(folder.Relative(folder.CheckpointPath(step)), "checkpoint", "none but that of step 0, as the run was imported", "one");
        }

        var metrics = MetricsFile.ReadBytes(folder.MetricsPath);
        var (rows, _) = MetricsFile.Parse(folder.MetricsPath, metrics);
        log.Require(rows.Count == 0, folder.Relative(folder.MetricsPath), "rows", "none, as the run was imported", $"{rows.Count}");
        var checkpoint = read(0, network);
        if (checkpoint is not null)
        {
            CheckState(plan, checkpoint, metrics.Length, folder.Relative(folder.CheckpointPath(0)), log);
        }

        if (RecordCheck.Read(folder, log) is { } record)
        {
            var file = folder.Relative(folder.RecordPath);
            RecordCheck.CheckForm(folder, record, folder.PlanHash, log);
            log.Require(record.Status == RunStatus.Finished, file, "status", "finished", $"{record.Status}".ToLowerInvariant());
            log.Require(record.Warnings is null, file, "warnings", "none, as nothing was trained", $"{record.Warnings?.Count}");
            if (checkpoint is not null)
            {
                RecordCheck.CheckVerified(folder, record, plan.Verified(checkpoint.Masks), log);
            }
        }

        log.Unchecked.Add($"how it was trained: it was imported from '{plan.File}', SHA-256 {plan.FileHash}");
    }

    private static void CheckPlan(RunFolder folder, ImportPlan plan, Network network, VerificationLog log)
    {
        var (file, canonical) = (folder.Relative(folder.PlanPath), plan.ToCanonicalJson());
        log.Require(RunFolder.HashOf(canonical) == folder.PlanHash, file, "plan hash", $"{RunFolder.HashOf(canonical)} (the plan in canonical form)", folder.PlanHash);
        var name = ImportPlan.NameOf(plan.Network, plan.File);
        log.Require(plan.Name == name, file, "name", $"'{name}', as the network was imported", $"'{plan.Name}'");
        log.Require(folder.Name == RunFolder.NameOf(name, canonical), file, "folder name", RunFolder.NameOf(name, canonical), folder.Name);
        log.Require(
            plan.FileHash.Length == HashDigits && plan.FileHash.All(char.IsAsciiHexDigitLower), file, "file hash", "64 hexadecimal digits", $"'{plan.FileHash}'");
        log.Require(plan.File == Path.GetFileName(plan.File), file, "file", "a name without its folder", $"'{plan.File}'");
        if (plan.Inputs is { } inputs)
        {
            log.Require(inputs.Mean.Count == network.Input.Channels, file, "inputs", $"{network.Input.Channels} means", $"{inputs.Mean.Count}");
        }
    }

    private static void CheckState(ImportPlan plan, Checkpoint checkpoint, long metricsLength, string file, VerificationLog log)
    {
        log.Require(checkpoint.MetricsLength == metricsLength, file, "metrics length", $"{metricsLength}", $"{checkpoint.MetricsLength}");
        log.Require(checkpoint.Parents.Count == 0, file, "parents", "none, as the run was imported", $"{checkpoint.Parents.Count}");
        log.Require(checkpoint.Explored is null, file, "explored weights", "none, as the run was imported", "some");
        log.Require(checkpoint.State.Count == 0, file, "further state", "none", string.Join(", ", checkpoint.State.Keys));
        StateComparison.Values(
            "momentum", new float[checkpoint.Momentum.Values.Length], checkpoint.Momentum.Values, Agreement.Exact, (subject, expected, found) => log.Add(file, subject, expected, found));
        if (checkpoint.Parameters.Values.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) is var place and >= 0)
        {
            log.Add(file, $"value {place}", "a finite number", StateComparison.Text(checkpoint.Parameters.Values[place]));
        }

        for (var norm = 0; norm < checkpoint.Network.Norms.Count; norm++)
        {
            var isNegative = checkpoint.Parameters.Variances(norm).ContainsAnyInRange(float.NegativeInfinity, -float.Epsilon);
            log.Require(!isNegative, file, $"{checkpoint.Network.Norms[norm].Name}: running variance", "0 or more", "a negative one");
        }

        for (var layer = 0; layer < checkpoint.Network.Layers.Count && !plan.MasksFromFile; layer++)
        {
            var active = checkpoint.Masks[layer].ActiveCount;
            var weights = checkpoint.Parameters.Weights(layer);
            var expected = plan.MasksFromZeros ? weights.Length - weights.Count(0f) : weights.Length;
            log.Require(
                active == expected,
                file,
                $"{checkpoint.Network.Layers[layer].Name}: mask",
                $"{expected} active weights, {(plan.MasksFromZeros ? "those that are not 0" : "all")}",
                $"{active}");
        }
    }
}
