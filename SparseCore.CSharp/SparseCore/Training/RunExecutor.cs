using System.Diagnostics;
using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.RunFolders;

namespace SparseCore.Training;

/// <summary>
/// Turns a plan into a finished run folder: returns at once when the run is finished, goes on from the last checkpoint when it was interrupted. Used by several
/// threads at once, for different runs.
/// </summary>
/// <param name="root">The folder of all runs.</param>
/// <param name="data">The data; its hash must be the plans'.</param>
/// <param name="engines">Makes engines.</param>
public sealed class RunExecutor(string root, DataSplit data, IEngineFactory engines)
{
    /// <summary>The folder of all runs.</summary>
    public string Root => root;

    /// <summary>How the folder is shared with other processes; null when it is not.</summary>
    public SharedWork? Shared { get; init; }

    /// <summary>The folder of a plan's run.</summary>
    public string PathOf(TrainingPlan plan) => Path.Combine(root, plan.FolderName);

    /// <summary>Whether the run is finished and its last checkpoint is there.</summary>
    public bool IsFinished(TrainingPlan plan)
    {
        if (!RunFolder.Exists(root, plan.FolderName))
        {
            return false;
        }

        using var folder = RunFolder.Open(PathOf(plan));
        return IsFinished(folder, plan);
    }

    /// <summary>Makes the run. Its parents must be finished.</summary>
    /// <param name="plan">What to train.</param>
    /// <param name="progress">Told how far it is; null for nobody.</param>
    /// <param name="cancellation">Stops it; what was trained is kept.</param>
    /// <returns>Whether anything was trained; false when the run was finished before.</returns>
    /// <exception cref="PlanException">The plan does not fit the data, or a schedule of it never acts.</exception>
    /// <exception cref="TrainingException">The run cannot start or go on; it is marked as failed.</exception>
    /// <exception cref="RunBusyException">Another process makes the run.</exception>
    /// <exception cref="RunFolderException">The folder belongs to another plan, or cannot be written.</exception>
    /// <exception cref="CheckpointException">A checkpoint is damaged or cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped; it goes on from there next time.</exception>
    public bool Execute(TrainingPlan plan, IRunProgress? progress = null, CancellationToken cancellation = default)
    {
        progress ??= NoProgress.Instance;
        plan.Validate();
        if (plan.Data.ContentHash != data.ContentHash)
        {
            throw new PlanException($"'{plan.FolderName}' was planned for data '{plan.Data.Name}' ({plan.Data.ContentHash[..8]}), found '{data.Name}' ({data.ContentHash[..8]}).");
        }

        if (IsFinished(plan))
        {
            progress.Finished(plan, trained: false);
            return false;
        }

        RequireNumerics(plan);
        plan.RequireEffect();
        using var folder = RunFolder.Acquire(root, plan.FolderName, plan.ToCanonicalJson());
        if (IsFinished(folder, plan))
        {
            progress.Finished(plan, trained: false); // another process finished it meanwhile
            return false;
        }

        if (Shared?.FailureElsewhere(folder) is { } failure)
        {
            throw new TrainingException($"{failure.Error} (found by {failure.Worker?.ToString() ?? "another process"})");
        }

        if (Shared is not null)
        {
            SharedWork.AwaitParents(plan, root, cancellation);
        }

        var earlier = folder.ReadRecord();
        var record = RunRecord.Start(plan.Hash) with
        {
            Engine = EngineRecord.Of(engines.Identity).After(earlier?.Engine),
            Seconds = earlier?.Seconds ?? 0,
            Started = earlier?.Started ?? DateTimeOffset.UtcNow,
            Warnings = earlier?.Warnings,
            Worker = Worker.Current,
        };
        folder.WriteRecord(record);
        var clock = Stopwatch.StartNew();
        var warnings = new List<string>(record.Warnings ?? []);
        RunRecord Now(RunStatus status) => record with
        {
            Status = status,
            Finished = DateTimeOffset.UtcNow,
            Seconds = record.Seconds + clock.Elapsed.TotalSeconds,
            Warnings = warnings.Count > 0 ? warnings : null,
        };
        try
        {
            var verified = Train(plan, folder, progress, warnings, cancellation);
            folder.WriteRecord(Now(RunStatus.Finished) with { Verified = verified });
        }
        catch (OperationCanceledException)
        {
            folder.WriteRecord(Now(RunStatus.Running) with { Finished = null });
            throw;
        }
        catch (Exception error) when (error is TrainingException or PlanException)
        {
            folder.WriteRecord(Now(RunStatus.Failed) with { Error = error.Message });
            throw;
        }

        progress.Finished(plan, trained: true);
        return true;
    }

    /// <summary>Reads and verifies a checkpoint of a run in <see cref="Root"/>.</summary>
    /// <exception cref="TrainingException">The run is missing or another one.</exception>
    /// <exception cref="CheckpointException">The checkpoint is missing, damaged or of another network.</exception>
    public Checkpoint ReadParent(RunReference reference, Network network)
    {
        if (!RunFolder.Exists(root, reference.Folder))
        {
            throw new TrainingException($"The run '{reference.Folder}', from which another derives, is not in '{root}'. Train it first, or restore its folder.");
        }

        using var parent = RunFolder.Open(Path.Combine(root, reference.Folder));
        if (parent.PlanHash != reference.PlanHash)
        {
            throw new TrainingException($"The run '{reference.Folder}' has the plan {parent.PlanHash}, but {reference.PlanHash} is meant. Move that folder away and train again.");
        }

        return parent.ReadCheckpoint(reference.Step, network);
    }

    private static bool IsFinished(RunFolder folder, TrainingPlan plan) =>
        folder.PlanHash == plan.Hash && folder.HasCheckpoint(plan.Steps) && folder.ReadRecord()?.Status == RunStatus.Finished;

    private static string[] Verify(RunFolder folder, TrainingPlan plan, TrainingState state)
    {
        var saved = folder.ReadCheckpoint(plan.Steps, state.Network);
        if (!saved.Masks.Equals(state.Masks)
            || !saved.Parameters.Values.AsSpan().SequenceEqual(state.Parameters.Values)
            || !saved.Momentum.Values.AsSpan().SequenceEqual(state.Momentum.Values))
        {
            throw new TrainingException($"The last checkpoint of '{plan.FolderName}' does not hold what was trained; the disk may be failing. Delete the folder and train again.");
        }

        return Verified(saved);
    }

    /// <summary>What the record of a finished run says was verified, a phrase each. Hashes are short to be read; the whole ones are in the checkpoint.</summary>
    internal static string[] Verified(Checkpoint last) =>
    [
        "last checkpoint read back equals the trained state",
        FormattableString.Invariant($"{last.Masks.ActiveCount} active weights, exactly 0 elsewhere"),
        .. last.Parents.Select(parent => FormattableString.Invariant($"{parent.Role} from plan {Short(parent.PlanHash)} step {parent.Step}, content {Short(parent.ContentHash)}")),
    ];

    private static string Short(string hash) => hash[..Math.Min(8, hash.Length)];

    private string[] Train(TrainingPlan plan, RunFolder folder, IRunProgress progress, List<string> warnings, CancellationToken cancellation)
    {
        RequireInputs(plan);
        var network = plan.Network.Build();
        var latest = folder.ReadLatestCheckpoint(network);
        var (state, parents) = latest is null
            ? InitialState.Create(plan, network, data.Train, engines, ReadParent)
            : new InitialState(Restore(latest), latest.Parents);
        using var metrics = folder.OpenMetrics(latest);
        TrainingTotals? totals = latest is null ? null : TrainingTotals.Of(folder.ReadMetrics(latest), latest.Stopped?.TrainFlops);
        progress.Started(plan, state.Step);
        var sink = new FolderSink(plan, folder, metrics, parents, progress, warnings);
        new Trainer(plan, data.Train, data.Test, state, sink, engines).Run(totals, cancellation);
        metrics.Flush();
        return Verify(folder, plan, state);
    }

    /// <summary>Refuses a plan for another arithmetic than the engine's: equal plans would give other bits.</summary>
    private void RequireNumerics(TrainingPlan plan)
    {
        if (plan.Numerics != engines.Identity.Numerics)
        {
            throw new PlanException(
                $"'{plan.FolderName}' was planned for {Named(plan.Numerics)}, found {Named(engines.Identity.Numerics)} ({engines.Identity.Library} on {engines.Identity.Device}). Choose the engine that the plan names, or plan the run for this one.");
        }

        static string Named(string? numerics) => numerics is null ? "the arithmetic of the CPU engine" : $"the arithmetic '{numerics}'";
    }

    /// <summary>Refuses weights of an imported network whose pixels were normalized otherwise than the data's: it would see images that it was not trained for.</summary>
    private void RequireInputs(TrainingPlan plan)
    {
        if (plan.Weights is not WeightPlan.FromRun { Run: var reference } || !RunFolder.Exists(root, reference.Folder))
        {
            return;
        }

        using var parent = RunFolder.Open(root, reference.Folder);
        if (ImportPlan.InputsOf(parent.PlanJson) is { } inputs && !inputs.Equals(data.Train.Normalization))
        {
            throw new PlanException(
                $"'{plan.FolderName}' goes on from '{reference.Folder}', which takes pixels with {inputs}; the data '{data.Name}' gives them with {data.Train.Normalization}. "
                + "Only its masks can be used with this data.");
        }
    }

    /// <summary>The state to go on from.</summary>
    internal static TrainingState Restore(Checkpoint checkpoint)
    {
        var state = new TrainingState(checkpoint.Masks, checkpoint.Parameters.Clone())
        {
            Step = checkpoint.Step,
            Explored = checkpoint.Explored ?? checkpoint.Masks,
        };
        foreach (var (name, block) in checkpoint.State)
        {
            state.Memory[name] = block.Clone();
        }

        state.Momentum.CopyFrom(checkpoint.Momentum);
        return state;
    }

    /// <summary>Writes what the trainer produces into the run's folder.</summary>
    private sealed class FolderSink(
        TrainingPlan plan, RunFolder folder, MetricsFile metrics, IReadOnlyList<ParentReference> parents, IRunProgress progress, List<string> warnings)
        : ITrainingSink
    {
        private const int MostWarnings = 100;

        /// <summary>Time after which readers see what was measured, whether or not a checkpoint is due.</summary>
        private static readonly TimeSpan ShowAfter = TimeSpan.FromSeconds(1);

        private long lastShown = Stopwatch.GetTimestamp();

        public void Metric(string metric, int step, double value) => metrics.Append(metric, step, value);

        public void Save(TrainingState state)
        {
            metrics.Flush();
            folder.WriteCheckpoint(Of(state, metrics.Length));
            folder.DeleteStopped();
        }

        public void Stop(TrainingState state, TrainingTotals totals)
        {
            // The table ends where the last checkpoint says; what was logged since is kept here.
            metrics.Hide();
            folder.WriteStopped(Of(state, metrics.FlushedLength) with { Stopped = new StoppedRun(totals.TrainFlops, metrics.Pending) });
        }

        public void Warn(int step, string message)
        {
            if (warnings.Count < MostWarnings && !warnings.Contains(message))
            {
                warnings.Add(message);
            }

            progress.Warned(plan, message);
        }

        public void Advance(int step)
        {
            if (Stopwatch.GetElapsedTime(lastShown) >= ShowAfter)
            {
                metrics.Show();
                lastShown = Stopwatch.GetTimestamp();
            }

            progress.Advanced(plan, step);
        }

        private Checkpoint Of(TrainingState state, long metricsLength) => new(state.Step, plan.Hash, parents, state.Masks, state.Parameters, state.Momentum, metricsLength)
        {
            Explored = plan.Connectivity.MasksGrow ? state.Explored : null,
            State = new Dictionary<string, ParameterBlock>(state.Memory),
        };
    }
}
