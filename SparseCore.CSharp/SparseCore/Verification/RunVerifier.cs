using System.Globalization;
using SparseCore.Checkpoints;
using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Scores;
using SparseCore.Training;

namespace SparseCore.Verification;

/// <summary>
/// Re-checks run folders from what is on the disk: hashes, counts, zeros, lineage, first state, mask history, metrics; on request also by training
/// again from every checkpoint to the next. What cannot be checked because the data, a parent or a growth score is not at hand is said, and such a run is not
/// called ok. What a run alone can know (machine, times, code version, the names in its plan) is held against the rest and otherwise believed.
/// </summary>
/// <param name="data">The data; runs planned for data of another name are checked without it.</param>
/// <param name="engines">Makes engines.</param>
public sealed class RunVerifier(DataSplit data, IEngineFactory engines)
{
    private const int MostMissing = 1000;

    /// <summary>Checks one run.</summary>
    /// <param name="path">The run's folder; its parents are looked for beside it.</param>
    /// <param name="replay">Whether to train again from every checkpoint to the next, in memory, and compare the bits.</param>
    /// <param name="cancellation">Stops between two checkpoints, or two steps of a replay.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public RunVerification Verify(string path, bool replay, CancellationToken cancellation = default)
    {
        var log = new VerificationLog(replay);
        var findings = log.Findings;
        if (RunFolder.HasUnreadableName(path))
        {
            log.Add(".", "folder name", "UTF-8", "other bytes");
            return new RunVerification(path, findings, log.Unchecked, log.Notes);
        }

        try
        {
            findings.AddRange(RunFolder.Surplus(path));
            using var folder = RunFolder.Open(path);
            Verify(folder, replay, log, cancellation);
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

        return new RunVerification(path, findings, log.Unchecked, log.Notes);
    }

    private void Verify(RunFolder folder, bool replay, VerificationLog log, CancellationToken cancellation)
    {
        if (ImportPlan.TryParse(folder.PlanJson) is { } imported)
        {
            ImportCheck.Check(folder, imported, (step, network) => TryRead(folder, step, network, log), log);
            return;
        }

        if (ReadPlan(folder, log) is not { } plan)
        {
            return;
        }

        var hasData = CheckData(folder, plan, log);
        CheckUpdater(folder, plan, log);
        var record = RecordCheck.Read(folder, log);
        log.Agreement = Agreement.Of(plan, record?.Engine, engines.Identity);
        if (record is not null)
        {
            RecordCheck.CheckForm(folder, record, plan.Hash, log);
        }

        var isFinished = record?.Status == RunStatus.Finished;
        CheckSavedSteps(folder, plan, isFinished, log);
        if (!isFinished)
        {
            log.Notes.Add(Progress(record, plan, folder.CheckpointSteps()));
        }

        var network = plan.Network.Build();
        var moments = new List<SavedMoment>();
        Checkpoint? start = null, previous = null;
        foreach (var step in folder.CheckpointSteps())
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryRead(folder, step, network, log) is not { } current)
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
                CheckStart(folder, plan, network, start, hasData, log);
            }

            var file = CheckpointName(folder, step);
            void Report(string subject, string expected, string found) => log.Add(file, subject, expected, found);
            MaskHistory.Check(plan, start, previous ?? start, current, Report);
            CheckFurtherState(plan, current, Report);
            moments.Add(SavedMoment.Of(plan, current));
            previous = current;
        }

        if (record is not null && isFinished && previous?.Step == plan.Steps)
        {
            RecordCheck.CheckVerified(folder, record, RunExecutor.Verified(previous), log);
        }

        CheckFurtherRows(folder, isFinished, moments.LastOrDefault(), log);
        if (start is null)
        {
            return;
        }

        var metrics = MetricsLog.Read(folder, moments, isFinished);
        metrics.Check(plan, start.Masks, moments, log.Findings);
        if (!hasData)
        {
            return;
        }

        Checkpoint Read(SavedMoment moment) => folder.ReadCheckpoint(moment.Step, network);
        metrics.CheckByEvaluation(plan, moments, Read, data, engines, log);
        if (!replay || log.Findings.Count > 0)
        {
            return;
        }

        if (!log.Agreement.IsExact)
        {
            log.Notes.Add($"trained again within a tolerance of {Agreement.TrainingTolerance:0.##}, as '{engines.Identity.Library}' does not repeat the run's bits on '{engines.Identity.Device}'");
        }

        var warnings = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < moments.Count; index++)
        {
            Replay(folder, plan, moments[index], index + 1 < moments.Count ? moments[index + 1] : null, Read, metrics, warnings, log, cancellation);
        }

        // A session that begins at a checkpoint says some of them again, so that not all of these need be in the record; those in it must be among these.
        if (record?.Warnings?.FirstOrDefault(warning => !warnings.Contains(warning)) is { } invented && isFinished)
        {
            log.Add(folder.Relative(folder.RecordPath), "warnings", "only what training says", $"'{invented}'");
        }
    }

    private static string Progress(RunRecord? record, TrainingPlan plan, IReadOnlyList<int> saved)
    {
        var state = record switch
        {
            null => "not begun",
            { Status: RunStatus.Failed } => $"failed: {record.Error}",
            _ => "unfinished",
        };
        return saved.Count == 0
            ? $"{state}, nothing saved"
            : string.Create(CultureInfo.InvariantCulture, $"{state}, step {saved[^1]} of {plan.Steps} saved");
    }

    /// <summary>Whether the data at hand is the plan's. A name stands for one hash: data of that name with another hash is no data that there is.</summary>
    private bool CheckData(RunFolder folder, TrainingPlan plan, VerificationLog log)
    {
        var file = folder.Relative(folder.PlanPath);
        if (plan.Data.Name == data.Name)
        {
            log.Require(plan.Data.ContentHash == data.ContentHash, file, $"data '{data.Name}': content hash", data.ContentHash, plan.Data.ContentHash);
        }
        else if (plan.Data.ContentHash == data.ContentHash)
        {
            log.Add(file, $"data {data.ContentHash}: name", $"'{data.Name}'", $"'{plan.Data.Name}'");
        }
        else
        {
            log.Missing(
                file,
                "data",
                $"'{data.Name}' with content hash {data.ContentHash}, which was given",
                $"'{plan.Data.Name}' with {plan.Data.ContentHash}",
                $"losses, accuracies and gradients, which need data '{plan.Data.Name}' (content hash {plan.Data.ContentHash}); '{data.Name}' ({data.ContentHash}) was given");
        }

        return plan.Data.ContentHash == data.ContentHash;
    }

    private static void CheckUpdater(RunFolder folder, TrainingPlan plan, VerificationLog log)
    {
        if (Unregistered(plan) is { } missing)
        {
            log.Missing(
                folder.Relative(folder.PlanPath),
                missing.Kind,
                $"one of {string.Join(", ", missing.Known)}",
                $"'{missing.Name}', known only to the script that trained it",
                $"further state and mask updates: the {missing.Kind} '{missing.Name}' is known only to the script that trained it");
        }
    }

    /// <summary>What mask updates need and this program has not registered; null where everything is there.</summary>
    private static UnregisteredNameException? Unregistered(TrainingPlan plan)
    {
        try
        {
            _ = plan.Connectivity.Signal;
            return null;
        }
        catch (UnregisteredNameException error)
        {
            return error;
        }
    }

    /// <summary>Rows that an unfinished run logged after its last checkpoint: resuming cuts them off and writes them anew.</summary>
    private static void CheckFurtherRows(RunFolder folder, bool isFinished, SavedMoment? last, VerificationLog log)
    {
        if (isFinished || !File.Exists(folder.MetricsPath))
        {
            return;
        }

        var further = new FileInfo(folder.MetricsPath).Length - (last?.MetricsLength ?? 0);
        if (further > 0)
        {
            var after = last is null ? "before the first checkpoint" : string.Create(CultureInfo.InvariantCulture, $"after the checkpoint of step {last.Step}");
            var bytes = string.Create(CultureInfo.InvariantCulture, $"{further} bytes");
            log.Missing(
                folder.Relative(folder.MetricsPath),
                $"rows {after}",
                "none, as no checkpoint follows (starting the run again cuts them off)",
                bytes,
                $"metrics.csv: {bytes} {after}, which starting the run again cuts off");
        }
    }

    private static TrainingPlan? ReadPlan(RunFolder folder, VerificationLog log)
    {
        var file = folder.Relative(folder.PlanPath);
        try
        {
            var plan = TrainingPlan.Parse(folder.PlanJson);
            log.Require(plan.Hash == folder.PlanHash, file, "plan hash", $"{plan.Hash} (the plan in canonical form)", folder.PlanHash);
            log.Require(plan.FolderName == folder.Name, file, "folder name", plan.FolderName, folder.Name);
            return plan;
        }
        catch (PlanException error) when (error.InnerException is UnregisteredNameException)
        {
            CheckWithoutPlan(folder, (UnregisteredNameException)error.InnerException, log);
            return null;
        }
        catch (PlanException error)
        {
            log.Add(file, "plan", "a plan of this version of the toolkit", AtomicFile.Sentence(error));
            return null;
        }
    }

    /// <summary>What can be checked of a run whose plan names something that this program has not registered: its record, and every checkpoint by itself.</summary>
    private static void CheckWithoutPlan(RunFolder folder, UnregisteredNameException missing, VerificationLog log)
    {
        log.Missing(
            folder.Relative(folder.PlanPath),
            missing.Kind,
            $"one of {string.Join(", ", missing.Known)}",
            $"'{missing.Name}', known only to the script that trained it",
            $"whether it is what its plan says: the {missing.Kind} '{missing.Name}' is known only to the script that trained it");
        if (RecordCheck.Read(folder, log) is { } record)
        {
            RecordCheck.CheckForm(folder, record, folder.PlanHash, log);
        }

        try
        {
            var network = NetworkPlan.OfPlanJson(folder.PlanJson).Build();
            foreach (var step in folder.CheckpointSteps())
            {
                TryRead(folder, step, network, log);
            }
        }
        catch (ArgumentException error)
        {
            log.Unchecked.Add($"its checkpoints. {ErrorText.Of(error)}");
        }
    }

    private static void CheckSavedSteps(RunFolder folder, TrainingPlan plan, bool isFinished, VerificationLog log)
    {
        var found = folder.CheckpointSteps();
        var saved = found.ToHashSet();
        var last = isFinished ? plan.Steps : found.Count > 0 ? Math.Min(found[^1], plan.Steps) : -1;
        foreach (var step in plan.SavedSteps().TakeWhile(step => step <= last).Where(step => !saved.Contains(step)).Take(MostMissing))
        {
            log.Add(CheckpointName(folder, step), "checkpoint", "a file, as the plan saves this step", "none");
        }

        foreach (var step in found.Where(step => !plan.Saves(step)))
        {
            log.Add(CheckpointName(folder, step), "checkpoint", "no file, as the plan does not save this step", "one");
        }
    }

    /// <summary>Reads a checkpoint and holds it against the file that this toolkit writes of it: entries that nothing reads are not in that.</summary>
    private static Checkpoint? TryRead(RunFolder folder, int step, Network network, VerificationLog log)
    {
        var file = CheckpointName(folder, step);
        try
        {
            var checkpoint = folder.ReadCheckpoint(step, network);
            var hash = CheckpointFile.ContentHash(checkpoint);
            log.Require(hash == checkpoint.ContentHash, file, "content hash", $"{hash} (the checkpoint in canonical form)", $"{checkpoint.ContentHash}");
            return checkpoint;
        }
        catch (CheckpointException error)
        {
            log.Add(file, error.Subject, error.Expected, error.Found);
            return null;
        }
    }

    /// <summary>State beyond weights and momentum: the gradient's mean where updates need it and what the updater keeps, nothing else. Without it a run would go on otherwise.</summary>
    private static void CheckFurtherState(TrainingPlan plan, Checkpoint checkpoint, Action<string, string, string> report)
    {
        if (Unregistered(plan) is not null)
        {
            return; // only the script that trained it knows what it needs
        }

        var needsMean = plan.Connectivity.Signal == GrowthSignal.GradientMean && checkpoint.Step > 0;
        var remembers = (plan.Connectivity.LastUpdate(checkpoint.Step) ?? 0) > 0 ? plan.Connectivity.MemoryNames : [];
        string[] expected = [.. remembers.Concat(needsMean ? [Trainer.GradientMeanName] : []).Order(StringComparer.Ordinal)];
        if (!checkpoint.State.Keys.SequenceEqual(expected))
        {
            report("further state", Names(expected), Names(checkpoint.State.Keys));
        }

        static string Names(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal).DefaultIfEmpty("none"));
    }

    /// <summary>Makes the state at step 0 anew from the plan and the parents, and compares every bit.</summary>
    private void CheckStart(
        RunFolder folder, TrainingPlan plan, Network network, Checkpoint start, bool hasData, VerificationLog log)
    {
        var file = CheckpointName(folder, 0);
        CheckRequest(file, plan, start.Masks, log.Findings);
        if (plan.Mask is MaskPlan.AtInitialization && !hasData)
        {
            log.Unchecked.Add("the start, as its scores need the data");
            return;
        }

        var missing = plan.Parents.Where(parent => !RunFolder.Exists(folder.Root, parent.Folder)).DistinctBy(parent => parent.Folder).ToList();
        if (missing.Count > 0)
        {
            foreach (var parent in missing)
            {
                log.Missing(
                    folder.Relative(folder.PlanPath),
                    $"parent '{parent.Folder}'",
                    "its folder beside this one",
                    "none",
                    $"the start and where it comes from: the parent '{parent.Folder}' is not beside this run");
            }

            return;
        }

        try
        {
            var executor = new RunExecutor(folder.Root, data, engines);
            var expected = InitialState.Create(plan, network, data.Train, engines, executor.ReadParent);
            StateComparison.Compare(expected.State, start, log.Agreement, (subject, wanted, found) => log.Add(file, subject, wanted, found));
            log.Require(expected.Parents.SequenceEqual(start.Parents), file, "parents", Describe(expected.Parents), Describe(start.Parents));
            if (plan.Weights is WeightPlan.FromRun { Run: var run })
            {
                CheckRewinding(folder, network, run, start, log.Findings);
            }
        }
        catch (RunFolderException error)
        {
            log.Add(folder.Relative(error.FilePath), error.Subject, error.Expected, error.Found);
        }
        catch (Exception error) when (error is TrainingException or PlanException or ArgumentException)
        {
            log.Add(folder.Relative(folder.PlanPath), "start", "a state that can be made again", AtomicFile.Sentence(error));
        }
        catch (CheckpointException error)
        {
            log.Add(folder.Relative(error.FilePath), error.Subject, error.Expected, error.Found);
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
        MetricsLog metrics,
        HashSet<string> warnings,
        VerificationLog log,
        CancellationToken cancellation)
    {
        if (to is null && from.Step != plan.Steps)
        {
            return; // an unfinished run: nothing was saved beyond
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var sink = new ReplaySink(to is null ? null : read(to), log.Agreement, stop);
        try
        {
            new Trainer(plan, data.Train, data.Test, RunExecutor.Restore(read(from)), sink, engines)
                .Run(TrainingTotals.Of(metrics.Before(from)), stop.Token);
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested(); // Otherwise the next checkpoint was reached.
        }
        catch (TrainingException error)
        {
            log.Add(CheckpointName(folder, from.Step), "replay", "training to go on", AtomicFile.Sentence(error));
            return;
        }

        warnings.UnionWith(sink.Warnings);
        foreach (var (subject, expected, found) in sink.Differences)
        {
            log.Add(CheckpointName(folder, to!.Step), $"replay from step {from.Step}: {subject}", expected, found);
        }

        var logged = metrics.Between(from, to);
        var count = Math.Min(logged.Count, sink.Rows.Count);
        var place = Enumerable.Range(0, count).FirstOrDefault(index => !Agree(logged[index], sink.Rows[index]), count);
        if (place < Math.Max(logged.Count, sink.Rows.Count))
        {
            log.Add(
                folder.Relative(folder.MetricsPath),
                $"replay from step {from.Step}",
                place < sink.Rows.Count ? $"{sink.Rows[place]}" : "no further row",
                place < logged.Count ? $"{logged[place]}" : "no further row");
        }

        // Where bits cannot be compared, what is measured on the way differs from step to step more and more: only the rows' order is.
        bool Agree(MetricRow one, MetricRow other) => log.Agreement.IsExact ? one.Equals(other) : one.Metric == other.Metric && one.Step == other.Step;
    }

    private static string Describe(IReadOnlyList<ParentReference> parents) => parents.Count == 0
        ? "none"
        : string.Join(", ", parents.Select(parent => $"{parent.Role} of plan {parent.PlanHash} step {parent.Step} content {parent.ContentHash}"));

    private static string CheckpointName(RunFolder folder, int step) => folder.Relative(folder.CheckpointPath(step));

    private static string Relative(string folder, string file) => Path.GetRelativePath(folder, file).Replace('\\', '/');
}
