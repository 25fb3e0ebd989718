using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using SparseCore.Checkpoints;
using SparseCore.Plans;
using SparseCore.Randomness;
using SparseCore.RunFolders;
using SparseCore.Training;

namespace SparseCore.Faults;

/// <summary>
/// Power that goes at any moment of a run. Everything that a run does to its files is recorded, and states of the disk are built that POSIX allows after a crash. In every
/// one all that was saved has to be there, and the run, started again, has to end with the bytes of the undisturbed one.
/// </summary>
/// <param name="folder">For temporary files.</param>
/// <param name="seed">Decides the states.</param>
internal sealed partial class CrashScenarios(string folder, ulong seed)
{
    private const int Steps = 150;
    private const int SaveInterval = 25;
    private const int StopStep = 80;
    private const int StatesOfARecording = 10;
    private const int MostComplaints = 5;

    private readonly string work = Path.Combine(folder, "crash");
    private readonly Dictionary<string, CrashRecording> whole = new(StringComparer.Ordinal);

    /// <summary>The scenarios, each with its recordings: one that never changes, or as many as are asked for.</summary>
    private IReadOnlyList<(string Name, Func<int, CrashRecording> Record, bool IsDrawn)> All =>
    [
        ("baseline", _ => Whole("baseline"), false),
        ("prune", _ => Whole("prune"), false),
        ("set", _ => Whole("set"), false),
        ("rigl", _ => Whole("rigl"), false),
        ("ticket of a pruned run", _ => Whole("lottery"), false),
        ("stopped, gone on", _ => Stopped("rigl"), false),
        ("killed, gone on", part => KilledAndGoneOn("set", part), true),
        ("power lost before", part => LostBefore("rigl", part), true),
    ];

    /// <summary>Shares a number of states among the scenarios.</summary>
    public IEnumerable<CrashResult> Run(int states)
    {
        var scenarios = All;
        return scenarios.Select((scenario, index) => Run(
            scenario.Name, scenario.Record, scenario.IsDrawn, (int)(((long)states * (index + 1) / scenarios.Count) - ((long)states * index / scenarios.Count))));
    }

    /// <summary>A run from its start to its end, and the folder it leaves.</summary>
    internal (CrashRecording Recording, CrashTree Left) Record(string method)
    {
        var recording = RecordWhole(method);
        return (recording, CrashTree.Read(work));
    }

    private CrashResult Run(string name, Func<int, CrashRecording> record, bool isDrawn, int states)
    {
        var clock = Stopwatch.StartNew();
        var complaints = new List<string>();
        var (resumed, waited, advised, mismatches, lost) = (0, 0, 0, 0, 0);
        CrashRecording recording = null!;
        CrashStates source = null!;
        for (var index = 0; index < states; index++)
        {
            var part = isDrawn ? index / StatesOfARecording : 0;
            if (index == 0 || (isDrawn && index % StatesOfARecording == 0))
            {
                recording = record(part);
                source = new CrashStates(recording, seed, FormattableString.Invariant($"{name} {part}"));
            }

            var number = isDrawn ? index % StatesOfARecording : index;
            var state = source[number];
            var check = new Check(this, recording, state);
            check.Run();
            resumed += check is { IsSame: true, HasWaited: false, HasFollowed: false } ? 1 : 0;
            waited += check is { IsSame: true, HasWaited: true, HasFollowed: false } ? 1 : 0;
            advised += check is { IsSame: true, HasFollowed: true } ? 1 : 0;
            mismatches += check.HasMismatch ? 1 : 0;
            lost += check.HasLost ? 1 : 0;
            if (complaints.Count < MostComplaints)
            {
                complaints.AddRange(check.Complaints.Take(2).Select(sentence => FormattableString.Invariant(
                    $"{name}, seed {seed}, recording {part}, state {number} ({state.Kind} after {state.Operations} of {recording.Operations.Count} operations): {sentence}")));
            }
        }

        return new CrashResult(name, states, resumed, waited, advised, mismatches, lost, complaints, clock.Elapsed.TotalSeconds);
    }

    /// <summary>A run whose parents are finished before, recorded once.</summary>
    private CrashRecording Whole(string method)
    {
        if (!whole.TryGetValue(method, out var recording))
        {
            whole.Add(method, recording = RecordWhole(method));
        }

        return recording;
    }

    private CrashRecording RecordWhole(string method)
    {
        var run = ToyRuns.Plan(method, Steps, SaveInterval);
        var before = WithParents(run);
        before.Write(work);
        var journal = new CrashJournal(work);
        journal.Listen(() => Execute(run, work));
        return new CrashRecording(run, before, journal.Operations, [.. before.Files.Keys.Where(CrashRecording.IsCheckpoint)]);
    }

    /// <summary>A run that is stopped as a signal stops it, and then goes on to its end.</summary>
    private CrashRecording Stopped(string method)
    {
        var run = ToyRuns.Plan(method, Steps, SaveInterval);
        CrashTree.Empty.Write(work);
        var journal = new CrashJournal(work);
        using var stop = new CancellationTokenSource();
        journal.Listen(() =>
        {
            try
            {
                ToyRuns.Executor(RunsIn(work)).Execute(run.Plan, new Watcher(run.Plan, StopStep, stop.Cancel), stop.Token);
            }
            catch (OperationCanceledException)
            {
                // As asked.
            }
        });
        journal.Listen(() => Execute(run, work));
        return new CrashRecording(run, CrashTree.Empty, journal.Operations, []);
    }

    /// <summary>
    /// A run that is killed and goes on to its end: what the killed process had not flushed lasts only when the other one flushes it. Every second time it is killed
    /// between a new name and its flush, from the last to the first, else at a drawn moment.
    /// </summary>
    private CrashRecording KilledAndGoneOn(string method, int part)
    {
        var first = Whole(method);
        var flushes = Enumerable.Range(0, first.Operations.Count).Where(done => first.Operations[done].Action == CrashAction.SyncFolder).Reverse().ToArray();
        var count = part % 2 == 0 ? flushes[part / 2 % flushes.Length] : new RandomStream(seed, $"kill of {method}", (ulong)part).NextInt32(first.Operations.Count);
        CrashTree.Done(first.DiskAfter(count)).Write(work);
        var journal = new CrashJournal(work);
        journal.Listen(() => Execute(first.Run, work));
        return first with { Operations = [.. first.Operations.Take(count), new CrashOperation(CrashAction.Killed, "."), .. journal.Operations] };
    }

    /// <summary>A run that goes on from what an earlier loss of power left, to its end.</summary>
    private CrashRecording LostBefore(string method, int part)
    {
        var first = Whole(method);
        var random = new RandomStream(seed, $"loss before {method}", (ulong)part);
        var count = random.NextInt32(first.Operations.Count + 1);
        var state = new CrashStates(first, seed, $"before {method}").Drawn(count, random) with { Age = CrashStates.LongAgo };
        Write(state, first);
        var journal = new CrashJournal(work);
        journal.Listen(() =>
        {
            try
            {
                Execute(first.Run, work);
            }
            catch (Exception error) when (error is RunFolderException or CheckpointException or TrainingException)
            {
                // The states of the undisturbed runs say so; here the recording ends.
            }
        });
        return new CrashRecording(first.Run, state.Tree, journal.Operations, first.SavedAfter(count));
    }

    /// <summary>The finished parents of a run, and nothing else.</summary>
    private CrashTree WithParents(PlannedRun run)
    {
        if (run.Parents.Count == 0)
        {
            return CrashTree.Empty;
        }

        CrashTree.Empty.Write(work);
        foreach (var parent in PlannedRun.WithParents(run.Parents))
        {
            Execute(parent, work);
        }

        return CrashTree.Read(work);
    }

    /// <summary>What the undisturbed run leaves, with its parents; made once.</summary>
    private string Reference(PlannedRun run)
    {
        var path = Path.Combine(folder, $"crash-reference-{run.Plan.FolderName}");
        if (!Directory.Exists(path))
        {
            foreach (var one in PlannedRun.WithParents([run]))
            {
                Execute(one, path);
            }
        }

        return path;
    }

    /// <summary>Puts a state on the disk, with its age.</summary>
    private void Write(CrashState state, CrashRecording recording)
    {
        state.Tree.Write(work);
        SetAge(recording, state.Age);
    }

    private void SetAge(CrashRecording recording, TimeSpan age)
    {
        var path = Path.Combine(work, recording.RunPath);
        if (Directory.Exists(path))
        {
            foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
            {
                var isOlder = file.EndsWith($".{CrashStates.EarlierId}{AtomicFile.TemporarySuffix}", StringComparison.Ordinal)
                    && recording.Before.Files.ContainsKey(Path.GetRelativePath(work, file).Replace('\\', '/'));
                File.SetLastWriteTimeUtc(file, DateTime.UtcNow - (isOlder ? CrashStates.LongAgo : age));
            }
        }
    }

    private static string RunsIn(string root) => Path.Combine(root, CrashRecording.RunsName);

    private static bool Execute(PlannedRun run, string root) =>
        ToyRuns.Executor(RunsIn(root)).Execute(run.Plan, new Watcher(run.Plan, -1, () => { }), CancellationToken.None);

    [GeneratedRegex(@"the run is free in [0-9]+ s\b")]
    private static partial Regex FreePattern();

    [GeneratedRegex(@"\b[Dd]elete (the (run )?folder|the run folder)\b")]
    private static partial Regex DeleteFolderPattern();

    [GeneratedRegex(@"\b[Dd]elete (the file|it)\b")]
    private static partial Regex DeleteFilePattern();

    /// <summary>One state: whether what was saved is there, and what the run does that is started again in it.</summary>
    private sealed class Check(CrashScenarios scenarios, CrashRecording recording, CrashState state)
    {
        private readonly string work = scenarios.work;
        private readonly string reference = scenarios.Reference(recording.Run);
        private readonly List<string> complaints = [];

        /// <summary>What was not as promised.</summary>
        public IReadOnlyList<string> Complaints => complaints;

        /// <summary>Whether the run ended with the same bytes as the undisturbed one.</summary>
        public bool IsSame { get; private set; }

        /// <summary>Whether it ended with others.</summary>
        public bool HasMismatch { get; private set; }

        /// <summary>Whether something was gone that had been saved, or had to be deleted.</summary>
        public bool HasLost { get; private set; }

        /// <summary>Whether the run had to wait for a silent holder.</summary>
        public bool HasWaited { get; private set; }

        /// <summary>Whether the advice of a refusal was followed.</summary>
        public bool HasFollowed { get; private set; }

        /// <summary>Checks the state.</summary>
        public void Run()
        {
            scenarios.Write(state, recording);
            RequireSaved("after the crash");
            var isFinished = recording.IsFinishedAfter(state.Operations);
            if (isFinished && Differences(isTrained: false) is [var first, ..])
            {
                Lose($"the run was finished, and '{first}' is not as it was");
            }

            if (Execute() is not { } isTrained)
            {
                return;
            }

            if (isFinished && isTrained)
            {
                Lose("the run was finished, and is not");
            }

            RequireSaved("in the end");
            var differences = Differences(isTrained);
            IsSame = differences.Count == 0;
            HasMismatch = !IsSame;
            complaints.AddRange(differences.Take(1).Select(name => $"'{name}' differs from the undisturbed run's"));
            using var run = RunFolder.Open(RunsIn(work), recording.Run.Plan.FolderName);
            if (run.ReadRecord()?.Status != RunStatus.Finished)
            {
                complaints.Add("the record does not say that the run is finished");
            }
        }

        /// <summary>Starts the run, waits where it says so, and does once what it says.</summary>
        /// <returns>Whether it was trained; null when it cannot be.</returns>
        private bool? Execute()
        {
            while (true)
            {
                try
                {
                    return CrashScenarios.Execute(recording.Run, work);
                }
                catch (RunBusyException busy) when (!HasWaited && FreePattern().Match(busy.Message) is { Success: true } match)
                {
                    HasWaited = true;
                    var seconds = double.Parse(match.Value.Split(' ')[^2], CultureInfo.InvariantCulture);
                    scenarios.SetAge(recording, state.Age + TimeSpan.FromSeconds(seconds + 1));
                }
                catch (Exception error) when (!HasFollowed && error is RunFolderException or CheckpointException or TrainingException)
                {
                    HasFollowed = true;
                    if (!Follow(error))
                    {
                        complaints.Add($"refused without advice that helps: {error.Message}");
                        return null;
                    }
                }
                catch (Exception error)
                {
                    complaints.Add(error.ToString());
                    return null;
                }
            }
        }

        private bool Follow(Exception error)
        {
            if (DeleteFilePattern().IsMatch(error.Message) && ((error as CheckpointException)?.FilePath ?? (error as RunFolderException)?.FilePath) is { } path && File.Exists(path))
            {
                File.Delete(path);
            }
            else if (DeleteFolderPattern().IsMatch(error.Message))
            {
                Directory.Delete(Path.Combine(work, recording.RunPath), recursive: true);
            }
            else
            {
                return false;
            }

            RequireSaved($"when done what is said: {error.Message}");
            return true;
        }

        private void RequireSaved(string when)
        {
            var gone = recording.SavedAfter(state.Operations).FirstOrDefault(path =>
                !File.Exists(Path.Combine(work, path)) || !File.ReadAllBytes(Path.Combine(work, path)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(reference, path))));
            if (gone is not null)
            {
                Lose($"'{gone}' was saved, and is gone or different {when}");
            }
        }

        private void Lose(string sentence)
        {
            HasLost = true;
            complaints.Add(sentence);
        }

        /// <summary>
        /// Files that are not as the undisturbed run's. What is never read may stay: what was in a folder that needed no training, and for two minutes what a machine was
        /// writing that has a new name since its start.
        /// </summary>
        private List<string> Differences(bool isTrained) =>
            [.. RunFiles.Differences(RunsIn(reference), RunsIn(work)).Where(name => !(isTrained ? IsOfEarlierStart(name) : IsUnread(name)))];

        private bool IsOfEarlierStart(string name) =>
            state.IsRestarted && state.Age < RunLock.Silence && name.EndsWith($".{CrashStates.EarlierId}{AtomicFile.TemporarySuffix}", StringComparison.Ordinal);

        private static bool IsUnread(string name) => name.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal);
    }
}
