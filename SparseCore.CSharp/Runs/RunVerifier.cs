using System.Globalization;
using SparseCore.Checkpoints;
using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Scores;
using SparseCore.Training;

namespace SparseCore.Runs;

/// <summary>
/// Re-checks run folders from what is on the disk: hashes, counts, zeros, lineage, first state, mask history, metrics; on request also by training
/// again from every checkpoint to the next. It trusts nothing that a run says about itself without computing it anew.
/// </summary>
/// <param name="data">The data; runs planned for other data are checked without it.</param>
/// <param name="createEngine">Builds engines.</param>
/// <param name="growthScores">The growth scores that plans may name.</param>
public sealed class RunVerifier(DataSplit data, EngineFactory createEngine, GrowthScores growthScores)
{
    private const int MostMissing = 1000;

    /// <summary>Checks one run.</summary>
    /// <param name="path">The run's folder; its parents are looked for beside it.</param>
    /// <param name="replay">Whether to train again from every checkpoint to the next, in memory, and compare the bits.</param>
    public RunVerification Verify(string path, bool replay)
    {
        var findings = new List<RunFinding>();
        var notes = new List<string>();
        try
        {
            using var folder = RunFolder.Open(path);
            Verify(folder, replay, findings, notes);
        }
        catch (RunFolderException error)
        {
            findings.Add(new RunFinding(Relative(path, error.FilePath), error.Subject, error.Expected, error.Found));
        }
        catch (CheckpointException error)
        {
            findings.Add(new RunFinding(Relative(path, error.FilePath), error.Subject, error.Expected, error.Found));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Whatever is wrong with one run, the others get their lines.
            findings.Add(new RunFinding(".", "checking", "a run that can be checked to the end", $"{error.GetType().Name} {AtomicFile.Sentence(error)}"));
        }

        return new RunVerification(path, findings, notes);
    }

    private void Verify(RunFolder folder, bool replay, List<RunFinding> findings, List<string> notes)
    {
        if (ImportPlan.TryParse(folder.PlanJson) is { } imported)
        {
            VerifyImported(folder, imported, findings, notes);
            return;
        }

        if (ReadPlan(folder, findings) is not { } plan)
        {
            return;
        }

        var hasData = plan.Data.ContentHash == data.ContentHash;
        if (!hasData)
        {
            notes.Add($"not evaluated: it was planned for data '{plan.Data.Name}' ({plan.Data.ContentHash[..Math.Min(8, plan.Data.ContentHash.Length)]})");
        }

        var isFinished = CheckRecord(folder, plan, findings, notes);
        CheckSavedSteps(folder, plan, isFinished, findings);
        var network = plan.Network.Build();
        var moments = new List<SavedMoment>();
        Checkpoint? start = null, previous = null;
        foreach (var step in folder.CheckpointSteps())
        {
            if (TryRead(folder, step, network, findings) is not { } current)
            {
                continue;
            }

            if (start is null)
            {
                if (step != 0)
                {
                    return; // the missing or damaged file has been reported; the rest is measured against step 0
                }

                start = current;
                CheckStart(folder, plan, network, start, hasData, findings, notes);
            }

            var file = CheckpointName(folder, step);
            void Report(string subject, string expected, string found) => findings.Add(new RunFinding(file, subject, expected, found));
            MaskHistory.Check(plan, start, previous ?? start, current, Report);
            CheckFurtherState(plan, current, Report);
            moments.Add(SavedMoment.Of(plan, current));
            previous = current;
        }

        if (start is null)
        {
            return;
        }

        var log = MetricsLog.Read(folder, moments, isFinished);
        log.Check(plan, start.Masks, moments, findings);
        if (!hasData)
        {
            return;
        }

        Checkpoint Read(SavedMoment moment) => folder.ReadCheckpoint(moment.Step, network);
        log.CheckByEvaluation(plan, moments, Read, data, createEngine, findings);
        if (!replay || findings.Count > 0)
        {
            return;
        }

        if (plan.Connectivity is ConnectivityPlan.DropAndGrow { Growth: var growth } && !growthScores.Names.Contains(growth))
        {
            notes.Add($"not trained again: the growth score '{growth}' is known only to the script that trained it");
            return;
        }

        for (var index = 0; index < moments.Count; index++)
        {
            Replay(folder, plan, moments[index], index + 1 < moments.Count ? moments[index + 1] : null, Read, log, findings);
        }
    }

    /// <summary>Of a run that was not trained here: the plan's form, the one checkpoint, and masks that are what zeros say.</summary>
    private static void VerifyImported(RunFolder folder, ImportPlan plan, List<RunFinding> findings, List<string> notes)
    {
        if (RunFolder.HashOf(plan.ToCanonicalJson()) != folder.PlanHash)
        {
            findings.Add(new RunFinding(Relative(folder.FolderPath, folder.PlanPath), "plan hash", "that of the plan in canonical form", folder.PlanHash));
        }

        foreach (var step in folder.CheckpointSteps().Where(step => step != 0))
        {
            findings.Add(new RunFinding(CheckpointName(folder, step), "checkpoint", "none but that of step 0, as the run was imported", "one"));
        }

        if (!folder.HasCheckpoint(0))
        {
            findings.Add(new RunFinding(CheckpointName(folder, 0), "checkpoint", "a file", "none"));
            return;
        }

        if (TryRead(folder, 0, plan.Network.Build(), findings) is { } checkpoint && !plan.MasksFromZeros && !plan.MasksFromFile && !checkpoint.Masks.IsFull)
        {
            findings.Add(new RunFinding(CheckpointName(folder, 0), "masks", "all weights active", $"{checkpoint.Masks.ActiveCount}"));
        }

        notes.Add($"imported from {plan.File}, SHA-256 {plan.FileHash[..Math.Min(8, plan.FileHash.Length)]}; how it was trained cannot be checked");
    }

    private static TrainingPlan? ReadPlan(RunFolder folder, List<RunFinding> findings)
    {
        var file = Relative(folder.FolderPath, folder.PlanPath);
        try
        {
            var plan = TrainingPlan.Parse(folder.PlanJson);
            if (plan.Hash != folder.PlanHash)
            {
                findings.Add(new RunFinding(file, "plan hash", $"{plan.Hash} (the plan in canonical form)", folder.PlanHash));
            }

            if (plan.FolderName != folder.Name)
            {
                findings.Add(new RunFinding(file, "folder name", plan.FolderName, folder.Name));
            }

            return plan;
        }
        catch (PlanException error)
        {
            findings.Add(new RunFinding(file, "plan", "a plan of this version of the toolkit", AtomicFile.Sentence(error)));
            return null;
        }
    }

    private static bool CheckRecord(RunFolder folder, TrainingPlan plan, List<RunFinding> findings, List<string> notes)
    {
        var file = Relative(folder.FolderPath, folder.RecordPath);
        RunRecord? record;
        try
        {
            record = folder.ReadRecord();
        }
        catch (RunFolderException error)
        {
            findings.Add(new RunFinding(file, error.Subject, error.Expected, error.Found));
            return false;
        }

        var steps = folder.CheckpointSteps();
        if (record is null)
        {
            if (steps.Count > 0)
            {
                findings.Add(new RunFinding(file, "record", "what trained the run", "no file"));
            }

            notes.Add("unfinished: not begun");
            return false;
        }

        if (record.PlanHash != plan.Hash)
        {
            findings.Add(new RunFinding(file, "plan hash", plan.Hash, record.PlanHash));
        }

        if (record.Status != RunStatus.Finished)
        {
            var state = record.Status == RunStatus.Failed ? $"failed: {record.Error}" : "unfinished";
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"{state}, step {(steps.Count > 0 ? steps[^1] : 0)} of {plan.Steps} saved"));
        }

        return record.Status == RunStatus.Finished;
    }

    private static void CheckSavedSteps(RunFolder folder, TrainingPlan plan, bool isFinished, List<RunFinding> findings)
    {
        var found = folder.CheckpointSteps();
        var saved = found.ToHashSet();
        var last = isFinished ? plan.Steps : found.Count > 0 ? Math.Min(found[^1], plan.Steps) : -1;
        foreach (var step in Enumerable.Range(0, last + 1).Where(step => plan.Saves(step) && !saved.Contains(step)).Take(MostMissing))
        {
            findings.Add(new RunFinding(CheckpointName(folder, step), "checkpoint", "a file, as the plan saves this step", "none"));
        }

        foreach (var step in found.Where(step => !plan.Saves(step)))
        {
            findings.Add(new RunFinding(CheckpointName(folder, step), "checkpoint", "no file, as the plan does not save this step", "one"));
        }
    }

    private static Checkpoint? TryRead(RunFolder folder, int step, Network network, List<RunFinding> findings)
    {
        try
        {
            return folder.ReadCheckpoint(step, network);
        }
        catch (CheckpointException error)
        {
            findings.Add(new RunFinding(CheckpointName(folder, step), error.Subject, error.Expected, error.Found));
            return null;
        }
    }

    /// <summary>State beyond weights and momentum: the gradient's mean where a growth score needs it, nothing else. Without it a run would go on otherwise.</summary>
    private void CheckFurtherState(TrainingPlan plan, Checkpoint checkpoint, Action<string, string, string> report)
    {
        var growth = plan.Connectivity is ConnectivityPlan.DropAndGrow dynamic ? dynamic.Growth : null;
        if (growth is not null && !growthScores.Names.Contains(growth))
        {
            return; // only the script that trained it knows what it needs
        }

        var needsMean = growth is not null && growthScores.Find(growth).Signal == GrowthSignal.GradientMean && checkpoint.Step > 0;
        string[] expected = needsMean ? [RunExecutor.GradientMeanName] : [];
        if (!checkpoint.State.Keys.SequenceEqual(expected))
        {
            report("further state", Names(expected), Names(checkpoint.State.Keys));
        }

        static string Names(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal).DefaultIfEmpty("none"));
    }

    /// <summary>Makes the state at step 0 anew from the plan and the parents, and compares every bit.</summary>
    private void CheckStart(
        RunFolder folder, TrainingPlan plan, Network network, Checkpoint start, bool hasData, List<RunFinding> findings, List<string> notes)
    {
        var file = CheckpointName(folder, 0);
        CheckRequest(file, plan, start.Masks, findings);
        if (plan.Mask is MaskPlan.AtInitialization && !hasData)
        {
            notes.Add("the start was not made again: its scores need the data");
            return;
        }

        var missing = plan.Parents.Where(parent => !RunFolder.Exists(folder.Root, parent.Folder)).DistinctBy(parent => parent.Folder).ToList();
        if (missing.Count > 0)
        {
            var plans = Relative(folder.FolderPath, folder.PlanPath);
            findings.AddRange(missing.Select(parent => new RunFinding(plans, $"parent '{parent.Folder}'", "its folder beside this one", "none")));
            return;
        }

        try
        {
            var executor = new RunExecutor(folder.Root, data, createEngine, growthScores);
            var expected = InitialState.Create(plan, network, data.Train, createEngine, executor.ReadParent);
            StateComparison.Compare(expected.State, start, (subject, wanted, found) => findings.Add(new RunFinding(file, subject, wanted, found)));
            if (!expected.Parents.SequenceEqual(start.Parents))
            {
                findings.Add(new RunFinding(file, "parents", Describe(expected.Parents), Describe(start.Parents)));
            }

            if (plan.Weights is WeightPlan.FromRun { Run: var run })
            {
                CheckRewinding(folder, network, run, start, findings);
            }
        }
        catch (RunFolderException error)
        {
            findings.Add(new RunFinding(Relative(folder.FolderPath, error.FilePath), error.Subject, error.Expected, error.Found));
        }
        catch (Exception error) when (error is TrainingException or PlanException or ArgumentException)
        {
            findings.Add(new RunFinding(Relative(folder.FolderPath, folder.PlanPath), "start", "a state that can be made again", AtomicFile.Sentence(error)));
        }
        catch (CheckpointException error)
        {
            findings.Add(new RunFinding(Relative(folder.FolderPath, error.FilePath), error.Subject, error.Expected, error.Found));
        }
    }

    /// <summary>The definition of a ticket, without the code that makes one: start = mask x the parent's weights, biases and all.</summary>
    private static void CheckRewinding(RunFolder folder, Network network, RunReference run, Checkpoint start, List<RunFinding> findings)
    {
        using var parent = RunFolder.Open(folder.Root, run.Folder);
        var weights = parent.ReadCheckpoint(run.Step, network).Parameters;
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            for (var index = 0; index < network.Layers[layer].WeightCount; index++)
            {
                var expected = start.Masks[layer][index] ? weights.Weights(layer)[index] : 0f;
                var found = start.Parameters.Weights(layer)[index];
                if (BitConverter.SingleToInt32Bits(expected) != BitConverter.SingleToInt32Bits(found))
                {
                    findings.Add(new RunFinding(
                        CheckpointName(folder, 0),
                        $"{network.Layers[layer].Name}: weight {index}",
                        $"{StateComparison.Text(expected)}, the mask times the weight of {run}",
                        StateComparison.Text(found)));
                    break;
                }
            }
        }
    }

    /// <summary>The sparsity that was asked for, met exactly. Masks of another run were asked of that run.</summary>
    private static void CheckRequest(string file, TrainingPlan plan, MaskSet masks, List<RunFinding> findings)
    {
        var layers = masks.Network.Layers;
        switch (plan.Mask)
        {
            case MaskPlan.AllActive:
                CheckCounts([.. layers.Select(layer => layer.WeightCount)]);
                break;
            case MaskPlan.RandomMasks random:
                CheckCounts(random.Allocation.ActiveCounts(masks.Network, random.Sparsity));
                break;
            case MaskPlan.AtInitialization { Scope: PruningScope.Layer } pruned:
                CheckCounts([.. layers.Select(layer => TopK.KeepCount(pruned.Sparsity, layer.WeightCount))]);
                break;
            case MaskPlan.AtInitialization pruned:
                CheckCount("all layers", TopK.KeepCount(pruned.Sparsity, layers.Sum(layer => layer.WeightCount)), masks.ActiveCount);
                break;
        }

        void CheckCounts(int[] expected)
        {
            for (var layer = 0; layer < expected.Length; layer++)
            {
                CheckCount(layers[layer].Name, expected[layer], masks[layer].ActiveCount);
            }
        }

        void CheckCount(string subject, int expected, int found)
        {
            if (found != expected)
            {
                findings.Add(new RunFinding(file, subject, $"{expected} active weights", $"{found}"));
            }
        }
    }

    private void Replay(
        RunFolder folder,
        TrainingPlan plan,
        SavedMoment from,
        SavedMoment? to,
        Func<SavedMoment, Checkpoint> read,
        MetricsLog log,
        List<RunFinding> findings)
    {
        if (to is null && from.Step != plan.Steps)
        {
            return; // an unfinished run: nothing was saved beyond
        }

        using var stop = new CancellationTokenSource();
        var sink = new ReplaySink(to is null ? null : read(to), stop);
        try
        {
            new Trainer(plan, data.Train, data.Test, RunExecutor.Restore(read(from)), sink, createEngine, growthScores)
                .Run(TrainingTotals.Of(log.Before(from)), stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The next checkpoint was reached.
        }
        catch (TrainingException error)
        {
            findings.Add(new RunFinding(CheckpointName(folder, from.Step), "replay", "training to go on", AtomicFile.Sentence(error)));
            return;
        }

        foreach (var (subject, expected, found) in sink.Differences)
        {
            findings.Add(new RunFinding(CheckpointName(folder, to!.Step), $"replay from step {from.Step}: {subject}", expected, found));
        }

        var logged = log.Between(from, to);
        var count = Math.Min(logged.Count, sink.Rows.Count);
        var place = Enumerable.Range(0, count).FirstOrDefault(index => !logged[index].Equals(sink.Rows[index]), count);
        if (place < Math.Max(logged.Count, sink.Rows.Count))
        {
            findings.Add(new RunFinding(
                Relative(folder.FolderPath, folder.MetricsPath),
                $"replay from step {from.Step}",
                place < sink.Rows.Count ? $"{sink.Rows[place]}" : "no further row",
                place < logged.Count ? $"{logged[place]}" : "no further row"));
        }
    }

    private static string Describe(IReadOnlyList<ParentReference> parents) => parents.Count == 0
        ? "none"
        : string.Join(", ", parents.Select(parent => $"{parent.Role} of plan {parent.PlanHash} step {parent.Step} content {parent.ContentHash}"));

    private static string CheckpointName(RunFolder folder, int step) => Relative(folder.FolderPath, folder.CheckpointPath(step));

    private static string Relative(string folder, string file) => Path.GetRelativePath(folder, file).Replace('\\', '/');
}
