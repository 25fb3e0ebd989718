using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SparseCore.Checkpoints;
using SparseCore.Networks;

namespace SparseCore.RunFolders;

/// <summary>
/// The folder of one run, named "readable-name-hash8" after its plan: plan.json, run.json, metrics.csv, checkpoints/000500.safetensors. This class
/// alone spells those paths. <see cref="Open(string)"/> gives a folder for reading; <see cref="Acquire"/> one for writing, which no other process can have
/// at the same time. The lock lasts until <see cref="Dispose"/> or the death of the process, however it dies. The folder may come from anyone: nothing inside
/// it is followed out of it, for reading or writing. The run folder itself may be a link, and so may the folder of runs.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private const string PlanName = "plan.json";
    private const string RecordName = "run.json";
    private const string MetricsName = "metrics.csv";
    private const string LockName = "lock";
    internal const string HolderName = "holder.json";
    internal const string StoppedName = "stopped.safetensors";
    private const string CheckpointsName = "checkpoints";
    private const string CheckpointSuffix = ".safetensors";
    private const int HashDigits = 8;

    /// <summary>Most bytes of a plan that is read; plans have a few thousand. Parsing takes at most 64 times the text's length.</summary>
    private const long PlanLimit = 1 << 20;

    private const string CopyRemedy = "Nothing inside a run folder is followed out of it; put a copy in its place, or delete it.";
    private const int NameLimit = 150;

    private RunLock? held;

    private RunFolder(string path, string planJson, RunLock? held)
    {
        FolderPath = path;
        PlanJson = planJson;
        PlanHash = HashOf(planJson);
        this.held = held;
    }

    /// <summary>The folder.</summary>
    public string FolderPath { get; }

    /// <summary>The folder's own name.</summary>
    public string Name => Path.GetFileName(FolderPath);

    /// <summary>The folder that holds this one and other runs.</summary>
    public string Root => Path.GetDirectoryName(FolderPath)!;

    /// <summary>The plan as it stands in plan.json.</summary>
    public string PlanJson { get; }

    /// <summary>SHA-256 of the plan's text (UTF-8), 64 hexadecimal digits.</summary>
    public string PlanHash { get; }

    /// <summary>Where the plan is.</summary>
    public string PlanPath => Path.Combine(FolderPath, PlanName);

    /// <summary>Where the run's record is, or would be.</summary>
    public string RecordPath => Path.Combine(FolderPath, RecordName);

    /// <summary>The table of metrics.</summary>
    public string MetricsPath => Path.Combine(FolderPath, MetricsName);

    /// <summary>SHA-256 of a plan's canonical text (UTF-8), 64 hexadecimal digits. A folder's name ends with the first 8.</summary>
    public static string HashOf(string planJson) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(planJson)));

    /// <summary>Name of a plan's folder: the readable name, a hyphen, and the first 8 digits of the plan's hash.</summary>
    public static string NameOf(string readableName, string planJson) => $"{readableName}-{HashOf(planJson)[..HashDigits]}";

    /// <summary>
    /// Takes a run's folder for writing; it is made when it does not exist. Temporary files left by a killed process are deleted.
    /// </summary>
    /// <param name="root">The folder of all runs; made when it does not exist.</param>
    /// <param name="name">The run's folder name, see <see cref="NameOf"/>.</param>
    /// <param name="planJson">The plan's canonical text.</param>
    /// <exception cref="RunFolderException">
    /// Another process has the folder, it belongs to another plan, the name is no folder name of this plan, or the place is not writable.
    /// </exception>
    public static RunFolder Acquire(string root, string name, string planJson)
    {
        RequireName(root, name, HashOf(planJson));
        var path = Path.GetFullPath(Path.Combine(root, name));
        RunLock? held = null;
        try
        {
            RequireOwnEntries(path);
            Disk.CreateFolder(Path.Combine(path, CheckpointsName));
            held = RunLock.Take(path, LockName);
            Disk.SyncFolder(Path.Combine(path, CheckpointsName)); // a process that was killed before it did so may have left the checkpoint to go on from
            DeleteTemporaryFiles(path);
            var planPath = Path.Combine(path, PlanName);
            if (!File.Exists(planPath))
            {
                AtomicFile.Write(planPath, Encoding.UTF8.GetBytes(planJson));
            }
            else if (!RegularFile.ReadAllBytes(planPath, PlanLimit).AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(planJson)))
            {
                throw new RunFolderException(
                    path,
                    "plan",
                    $"the plan with hash {HashOf(planJson)}",
                    $"another plan in {PlanName}",
                    "Move that folder away, or use another folder for runs (runs=...).");
            }

            return new RunFolder(path, planJson, held);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw exception as RunFolderException ?? new RunFolderException(
                path,
                "creating",
                "a writable folder on a disk with room",
                AtomicFile.Sentence(exception),
                "Choose another folder for runs (runs=...), or free the space or the permission.",
                exception);
        }
    }

    /// <summary>Opens an existing run for reading, even while another process writes it.</summary>
    /// <param name="path">The run's folder.</param>
    /// <exception cref="RunFolderException">
    /// There is no run, its plan does not have the hash in the folder's name, or is no JSON or has a key twice: readers would not agree on what it says.
    /// </exception>
    public static RunFolder Open(string path)
    {
        path = Path.GetFullPath(Path.TrimEndingDirectorySeparator(path));
        RequireOwnEntries(path);
        var planPath = Path.Combine(path, PlanName);
        byte[] plan;
        try
        {
            plan = RegularFile.ReadAllBytes(planPath, PlanLimit);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RunFolderException(
                planPath, "opening", "the plan of a run", AtomicFile.Sentence(exception), "Train the run first, or correct the path.", exception);
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(plan));
        var name = Path.GetFileName(path);
        if (!name.EndsWith("-" + hash[..HashDigits], StringComparison.Ordinal))
        {
            throw new RunFolderException(
                planPath,
                "plan hash",
                $"one that begins with the end of the folder's name '{name}'",
                hash[..HashDigits],
                "The plan or the folder's name was changed; restore it, or delete the folder to train the run again.");
        }

        RequireUniqueKeys(planPath, plan);
        return new RunFolder(path, Encoding.UTF8.GetString(plan), null);
    }

    /// <summary>Opens a run by its name, for example a parent that a plan names.</summary>
    /// <param name="root">The folder of all runs.</param>
    /// <param name="name">The run's folder name; refused when it is more than a name.</param>
    /// <exception cref="RunFolderException">The name is no folder name, or <see cref="Open(string)"/> refuses the folder.</exception>
    public static RunFolder Open(string root, string name) => IsName(name)
        ? Open(Path.Combine(root, name))
        : throw new RunFolderException(
            root, "folder name", $"letters, digits, '.', '_' and '-', at most {NameLimit}, not beginning with '.'", $"'{name}'", "");

    /// <summary>Whether a run of that name exists under <paramref name="root"/> (it need not be finished).</summary>
    public static bool Exists(string root, string name) => IsName(name) && File.Exists(Path.Combine(root, name, PlanName));

    /// <summary>Paths of all run folders directly under <paramref name="root"/>, in ordinal order; empty when there is no such folder.</summary>
    public static IReadOnlyList<string> List(string root) => !Directory.Exists(root)
        ? []
        : [.. Directory.EnumerateDirectories(root).Where(path => File.Exists(Path.Combine(path, PlanName))).Order(StringComparer.Ordinal)];

    /// <summary>
    /// Paths of all that should be checked under <paramref name="root"/>, in ordinal order: run folders, and folders in which something of a run was
    /// saved but the plan is missing, and those whose names are not UTF-8, of which nothing can be said. When <paramref name="root"/> is such a folder itself, it alone.
    /// </summary>
    public static IReadOnlyList<string> ListForVerification(string root) => !Directory.Exists(root)
        ? []
        : HoldsRun(root) ? [root] : [.. Directory.EnumerateDirectories(root).Where(MayBeRun).Order(StringComparer.Ordinal)];

    /// <summary>Whether a folder is one of those that <see cref="ListForVerification"/> names.</summary>
    public static bool MayBeRun(string path) => HasUnreadableName(path) || HoldsRun(path);

    /// <summary>What changes when something of a run is written, made or taken away; nothing is opened.</summary>
    /// <param name="path">The run's folder, which need not exist.</param>
    public static RunStamp StampOf(string path)
    {
        var (hash, last) = (new HashCode(), DateTime.MinValue);
        foreach (var name in (ReadOnlySpan<string>)[PlanName, RecordName, MetricsName, HolderName, StoppedName])
        {
            var file = new FileInfo(Path.Combine(path, name));
            hash.Add(file.LastWriteTimeUtc); // 1601 where there is none
            hash.Add(file.Exists ? file.Length : -1);
            if (file.Exists && name != HolderName && file.LastWriteTimeUtc > last)
            {
                last = file.LastWriteTimeUtc;
            }
        }

        hash.Add(Directory.GetLastWriteTimeUtc(Path.Combine(path, CheckpointsName)));
        return new RunStamp(Directory.GetLastWriteTimeUtc(path), hash.ToHashCode(), last);
    }

    /// <summary>
    /// What is in a run's folder and none of its own: not plan.json, run.json, metrics.csv, an empty lock, who holds it, where it was stopped, checkpoints under their names, nor a file that was being written
    /// when its process died. Nothing is opened, and no folder but that of the checkpoints is looked into.
    /// </summary>
    /// <param name="path">The run's folder.</param>
    internal static IEnumerable<RunFinding> Surplus(string path)
    {
        foreach (var entry in Entries(path))
        {
            var isOwn = entry.Name == CheckpointsName ? IsFolder(entry) : !IsFolder(entry) && IsOwnFile(entry.Name);
            if (!isOwn)
            {
                yield return SurplusEntry(entry.Name, entry);
            }
            else if (entry is FileInfo { Name: LockName, LinkTarget: null, Length: > 0 and var length })
            {
                yield return new RunFinding(LockName, "length", "0 bytes", $"{length}");
            }
        }

        if (new DirectoryInfo(Path.Combine(path, CheckpointsName)).LinkTarget is not null)
        {
            yield break; // not looked into: it leads out of the folder, and opening the run says so
        }

        foreach (var entry in Entries(Path.Combine(path, CheckpointsName)).Where(entry => IsFolder(entry) || StepOf(AtomicFile.TargetOf(entry.Name)) is null))
        {
            yield return SurplusEntry($"{CheckpointsName}/{entry.Name}", entry);
        }

        static bool IsOwnFile(string name) => name is MetricsName or LockName || AtomicFile.TargetOf(name) is PlanName or RecordName or HolderName or StoppedName;

        static bool IsFolder(FileSystemInfo entry) => entry.Attributes.HasFlag(FileAttributes.Directory);

        static RunFinding SurplusEntry(string name, FileSystemInfo entry) => HasUnreadableName(name)
            ? new RunFinding(name, "name", "UTF-8", "other bytes")
            : new RunFinding(name, "entry", "only what a run writes", IsFolder(entry) ? "another folder" : "another file");

        static IEnumerable<FileSystemInfo> Entries(string folder) =>
            Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal) : [];
    }

    /// <summary>Whether a name was not UTF-8 on the disk: .NET shows such bytes as U+FFFD, and finds nothing under what it shows.</summary>
    internal static bool HasUnreadableName(string path) => path.Contains('\uFFFD');

    private string StoppedPath => Path.Combine(FolderPath, StoppedName);

    /// <summary>Where the checkpoint of a step is, or would be.</summary>
    public string CheckpointPath(int step) => Path.Combine(FolderPath, CheckpointsName, CheckpointName(step));

    /// <summary>Steps of all saved checkpoints, ascending.</summary>
    public IReadOnlyList<int> CheckpointSteps()
    {
        var folder = Path.Combine(FolderPath, CheckpointsName);
        if (!Directory.Exists(folder))
        {
            return [];
        }

        var steps = new List<int>();
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            if (StepOf(Path.GetFileName(path)) is { } step)
            {
                steps.Add(step);
            }
        }

        steps.Sort();
        return steps;
    }

    /// <summary>A file of the run as findings name it: relative to the folder, with '/'.</summary>
    internal string Relative(string file) => Path.GetRelativePath(FolderPath, file).Replace('\\', '/');

    /// <summary>Whether the checkpoint of a step was saved.</summary>
    public bool HasCheckpoint(int step) => File.Exists(CheckpointPath(step));

    /// <summary>Reads and verifies a checkpoint, also that it is this run's and of that step.</summary>
    /// <exception cref="CheckpointException">It is missing, damaged, of another network, run or step.</exception>
    public Checkpoint ReadCheckpoint(int step, Network network)
    {
        var path = OwnCheckpointPath(step);
        var checkpoint = CheckpointFile.Read(path, network);
        RequireOwn(path, "step", $"{step}", $"{checkpoint.Step}");
        RequireOwn(path, "plan hash", PlanHash, checkpoint.PlanHash);
        return checkpoint;
    }

    /// <summary>Reads and verifies the header of a checkpoint; the tensors are not read.</summary>
    /// <exception cref="CheckpointException">It is missing, damaged or of another format.</exception>
    public CheckpointHeader ReadCheckpointHeader(int step) => CheckpointFile.ReadHeader(OwnCheckpointPath(step));

    /// <summary>The checkpoint to go on from, which may be where the run was stopped; or null when none was saved.</summary>
    /// <exception cref="CheckpointException">
    /// The last one is damaged. It was whole when it was saved, so this is never passed over silently: the message says how to go on without it.
    /// </exception>
    public Checkpoint? ReadLatestCheckpoint(Network network)
    {
        var steps = CheckpointSteps();
        if (ReadStopped(network) is { } stopped && (steps.Count == 0 || stopped.Step > steps[^1]))
        {
            return stopped;
        }

        if (steps.Count == 0)
        {
            return null;
        }

        try
        {
            return ReadCheckpoint(steps[^1], network);
        }
        catch (CheckpointException exception)
        {
            throw exception.WithRemedy(
                $"Restore the file, or delete it to go on from {(steps.Count > 1 ? $"the checkpoint before it (step {steps[^2]})" : "the start")}.");
        }
    }

    /// <summary>Saves a checkpoint of this run.</summary>
    /// <returns>Its content hash.</returns>
    /// <exception cref="CheckpointException">It cannot be written; what was saved before is intact.</exception>
    public string WriteCheckpoint(Checkpoint checkpoint)
    {
        RequireLock();
        if (checkpoint.PlanHash != PlanHash)
        {
            throw new ArgumentException($"The checkpoint belongs to plan {checkpoint.PlanHash}, the folder {FolderPath} to plan {PlanHash}.");
        }

        return CheckpointFile.Write(OwnCheckpointPath(checkpoint.Step), checkpoint);
    }

    /// <summary>Saves where the run was stopped, between two steps that its plan saves. No reader but the run's own sees it, and it goes with the next checkpoint.</summary>
    /// <exception cref="CheckpointException">It cannot be written; what was saved before is intact.</exception>
    public void WriteStopped(Checkpoint checkpoint)
    {
        RequireLock();
        CheckpointFile.Write(StoppedPath, checkpoint);
    }

    /// <summary>Takes away where the run was stopped.</summary>
    public void DeleteStopped()
    {
        RequireLock();
        if (File.Exists(StoppedPath))
        {
            Disk.Delete(StoppedPath);
            Disk.SyncFolder(FolderPath);
        }
    }

    /// <summary>Starts the table of metrics, or goes on with it where <paramref name="from"/> was saved.</summary>
    /// <param name="from">The checkpoint the run goes on from; null at the start.</param>
    /// <exception cref="RunFolderException">The table cannot be written, or does not reach to the checkpoint.</exception>
    public MetricsFile OpenMetrics(Checkpoint? from)
    {
        RequireLock();
        return from is null || from.MetricsLength == 0 ? MetricsFile.Create(MetricsPath) : MetricsFile.Resume(MetricsPath, from.MetricsLength, from.Stopped?.Metrics ?? string.Empty);
    }

    /// <summary>All metrics logged so far.</summary>
    /// <exception cref="RunFolderException">The table is missing, malformed or cut in the middle of a line.</exception>
    public IReadOnlyList<MetricRow> ReadMetrics() => MetricsFile.Read(MetricsPath);

    /// <summary>The metrics that readers can see of a run that may be under way; a last line that is being written is left out.</summary>
    /// <exception cref="RunFolderException">The table is missing or malformed.</exception>
    public IReadOnlyList<MetricRow> ReadMetricsSoFar() => MetricsFile.ReadSoFar(MetricsPath);

    /// <summary>What all metrics logged so far come to.</summary>
    /// <exception cref="RunFolderException">As of <see cref="ReadMetrics()"/>.</exception>
    public MetricsSummary SummarizeMetrics() => MetricsFile.Summarize(MetricsPath);

    /// <summary>What the metrics come to that readers can see of a run that may be under way.</summary>
    /// <exception cref="RunFolderException">As of <see cref="ReadMetricsSoFar"/>.</exception>
    public MetricsSummary SummarizeMetricsSoFar() => MetricsFile.SummarizeSoFar(MetricsPath);

    /// <summary>All metrics logged up to a checkpoint that the run goes on from, those included that were not yet in the table when it was stopped.</summary>
    /// <exception cref="RunFolderException">As of <see cref="ReadMetrics()"/>.</exception>
    public IReadOnlyList<MetricRow> ReadMetrics(Checkpoint from) =>
        from.Stopped is { } stopped ? [.. ReadMetrics(), .. MetricsFile.Rows(StoppedPath, stopped.Metrics)] : ReadMetrics();

    /// <summary>Who is making the run, or was when it died; null when nobody is.</summary>
    public RunHolder? Holder => RunHolder.Read(RunLock.HolderIn(FolderPath));

    /// <summary>The run's record, or null when none was written.</summary>
    /// <exception cref="RunFolderException">The record is malformed.</exception>
    public RunRecord? ReadRecord()
    {
        return File.Exists(RecordPath) ? RunRecord.Read(RecordPath) : null;
    }

    /// <summary>Replaces the run's record.</summary>
    /// <exception cref="CheckpointException">It cannot be written.</exception>
    public void WriteRecord(RunRecord record)
    {
        RequireLock();
        record.Write(RecordPath);
    }

    /// <summary>Releases the lock, if the folder was taken for writing.</summary>
    public void Dispose()
    {
        held?.Dispose();
        held = null;
    }

    private static string CheckpointName(int step) => step.ToString("D6", CultureInfo.InvariantCulture) + CheckpointSuffix;

    /// <summary>The step that a checkpoint's file name says, or null when it is no such name.</summary>
    private static int? StepOf(string name) =>
        int.TryParse(Path.GetFileNameWithoutExtension(name), NumberStyles.None, CultureInfo.InvariantCulture, out var step) && CheckpointName(step) == name ? step : null;

    /// <summary>Refuses a run folder in which something else stands where its files are: a link above all, which would be written or deleted through.</summary>
    private static void RequireOwnEntries(string path)
    {
        foreach (var name in (ReadOnlySpan<string>)[PlanName, RecordName, MetricsName, LockName, HolderName, StoppedName, CheckpointsName])
        {
            var entry = Path.Combine(path, name);
            var expected = name == CheckpointsName ? RegularFile.FolderKind : RegularFile.FileKind;
            if (RegularFile.Describe(entry, followLinks: false) is { } found && found != expected)
            {
                throw new RunFolderException(entry, "kind", expected, found, CopyRemedy);
            }
        }
    }

    private Checkpoint? ReadStopped(Network network)
    {
        if (!File.Exists(StoppedPath))
        {
            return null;
        }

        try
        {
            var checkpoint = CheckpointFile.Read(StoppedPath, network);
            RequireOwn(StoppedPath, "plan hash", PlanHash, checkpoint.PlanHash);
            return checkpoint;
        }
        catch (CheckpointException exception)
        {
            throw exception.WithRemedy("Delete the file to go on from the last checkpoint before it.");
        }
    }

    private string OwnCheckpointPath(int step)
    {
        var path = CheckpointPath(step);
        return RegularFile.Describe(path, followLinks: false) is { } found && found != RegularFile.FileKind
            ? throw new CheckpointException(path, "kind", RegularFile.FileKind, found, CopyRemedy)
            : path;
    }

    private static bool HoldsRun(string path)
    {
        var checkpoints = Path.Combine(path, CheckpointsName);
        return new[] { PlanName, RecordName, MetricsName }.Any(name => File.Exists(Path.Combine(path, name)))
            || (Directory.Exists(checkpoints) && Directory.EnumerateFiles(checkpoints, "*" + CheckpointSuffix).Any());
    }

    private static void DeleteTemporaryFiles(string path)
    {
        foreach (var folder in new[] { path, Path.Combine(path, CheckpointsName) })
        {
            foreach (var file in Directory.GetFiles(folder, "*" + AtomicFile.TemporarySuffix).Where(IsLeftOver))
            {
                Disk.Delete(file);
            }
        }
    }

    /// <summary>Whether nobody writes a temporary file any more: it is this machine's, whose lock is ours, or as old as a dead holder's last sign of life.</summary>
    private static bool IsLeftOver(string file) =>
        file.EndsWith($".{ThisHost.Id}{AtomicFile.TemporarySuffix}", StringComparison.Ordinal)
        || AtomicFile.TargetOf(file) == file[..^AtomicFile.TemporarySuffix.Length]
        || new FolderClock(Path.GetDirectoryName(file)!).Now - File.GetLastWriteTimeUtc(file) > RunLock.Silence;

    private static void RequireName(string root, string name, string hash)
    {
        if (!IsName(name) || !name.EndsWith("-" + hash[..HashDigits], StringComparison.Ordinal))
        {
            throw new RunFolderException(
                root,
                "folder name",
                $"letters, digits, '.', '_' and '-', at most {NameLimit}, not beginning with '.', ending with -{hash[..HashDigits]}",
                $"'{name}'",
                "");
        }
    }

    private static void RequireUniqueKeys(string path, byte[] plan)
    {
        try
        {
            using var document = JsonDocument.Parse(plan, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException exception)
        {
            throw new RunFolderException(
                path,
                "plan",
                "JSON with every key once",
                AtomicFile.Sentence(exception),
                "The plan was written by something else than this toolkit; ask for the run as it was trained, or delete the folder to train it again.",
                exception);
        }
    }

    /// <summary>Only such names are ever joined to a path, so no name read from a file can lead out of the folder of runs.</summary>
    internal static bool IsName(string name) => name.Length is > 0 and <= NameLimit
        && name[0] != '.'
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    private static void RequireOwn(string path, string subject, string expected, string found)
    {
        if (expected != found)
        {
            throw new CheckpointException(
                path, subject, expected, found, "The file was copied from another run or renamed; delete it or put the right one in its place.");
        }
    }

    private void RequireLock()
    {
        if (held is null)
        {
            throw new InvalidOperationException($"The run folder {FolderPath} was opened for reading, or released; acquire it before writing.");
        }

        if (!held.IsHeld)
        {
            throw new RunBusyException(
                FolderPath,
                Holder,
                "one that another process has taken over, for want of a sign of life from this one",
                "Start the same command again; everything saved is whole.");
        }
    }
}
