using SparseCore.Checkpoints;
using SparseCore.Plans;
using SparseCore.Randomness;
using SparseCore.RunFolders;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Faults;

/// <summary>
/// What can happen to a training process and its folder. Each scenario disturbs runs, starts them again as a user would, and compares every byte with
/// undisturbed runs.
/// </summary>
/// <param name="folder">For temporary files.</param>
/// <param name="seed">Decides the moments of kills and signals.</param>
/// <param name="steps">Length of every run, a multiple of 50 and at least 150.</param>
internal sealed class FaultScenarios(string folder, ulong seed, int steps = 300)
{
    private const int SaveInterval = 5;
    private const int MostReports = 14;
    private const int MostMilliseconds = 12;

    private static readonly string[] AllMethods = ["baseline", "lottery", "set", "rigl", "snfs"];

    private int nextFolder;

    /// <summary>
    /// SIGKILL at random moments, again and again until the run is finished, over static, pruning, SET, RigL and SNFS runs, with changing threads.
    /// </summary>
    public FaultResult Kills(int count)
    {
        var random = new RandomStream(seed, "kills");
        var complaints = new List<string>();
        var (kills, whileWriting, mismatches, lost, runs) = (0, 0, 0, 0, 0);
        for (; kills < count; runs++)
        {
            var method = AllMethods[runs % AllMethods.Length];
            var root = NewFolder();
            var saved = new SavedWork();
            for (var isFinished = false; !isFinished;)
            {
                using var process = TrainingProcess.Start(root, method, steps, SaveInterval, threads: 1 + random.NextInt32(2));
                if (kills < count)
                {
                    process.WaitForReports(1 + random.NextInt32(MostReports), TimeSpan.FromMilliseconds(random.NextInt32(MostMilliseconds)));
                    process.Kill();
                }

                var code = process.Wait();
                isFinished = code == 0;
                kills += code == 128 + 9 ? 1 : 0;
                whileWriting += RunFiles.HasHalfWrittenFile(root) ? 1 : 0;
                complaints.AddRange(RunFiles.BrokenCheckpoints(root).Select(path => $"half-written under its final name: {path}"));
                lost += saved.CountLost(root);
                if (code is not (0 or 128 + 9))
                {
                    complaints.Add($"{method}: exit code {code}: {process.Errors}");
                    break;
                }
            }

            mismatches += Compare(method, root, complaints);
        }

        return new FaultResult("SIGKILL", kills, $"{runs} runs went on to the same bytes; {whileWriting} kills inside writing", mismatches, lost, complaints);
    }

    /// <summary>SIGTERM and SIGINT at random moments: the process stops by itself with the signal's exit code, and goes on when started again.</summary>
    public FaultResult Signals(int count)
    {
        var random = new RandomStream(seed, "signals");
        var complaints = new List<string>();
        var (signals, mismatches, lost, runs) = (0, 0, 0, 0);
        for (; signals < count; runs++)
        {
            var method = AllMethods[runs % AllMethods.Length];
            var root = NewFolder();
            var saved = new SavedWork();
            for (var isFinished = false; !isFinished;)
            {
                using var process = TrainingProcess.Start(root, method, steps, SaveInterval, threads: 1);
                var isInterrupt = random.NextInt32(2) == 0;
                var expected = isInterrupt ? 130 : 143;
                if (signals < count)
                {
                    process.WaitForReports(1 + random.NextInt32(MostReports), TimeSpan.FromMilliseconds(random.NextInt32(MostMilliseconds)));
                    if (isInterrupt)
                    {
                        process.Interrupt();
                    }
                    else
                    {
                        process.Terminate();
                    }
                }

                var code = process.Wait();
                isFinished = code == 0;
                signals += code == expected ? 1 : 0;
                lost += saved.CountLost(root);
                if (code != 0 && code != expected)
                {
                    complaints.Add($"{method}: exit code {code} instead of {expected}: {process.Errors}");
                    break;
                }

                if (RunFiles.HasHalfWrittenFile(root))
                {
                    complaints.Add($"{method}: a temporary file was left behind");
                }
            }

            mismatches += Compare(method, root, complaints);
        }

        return new FaultResult("SIGTERM, Ctrl-C", signals, $"{runs} runs stopped between steps and went on to the same bytes", mismatches, lost, complaints);
    }

    /// <summary>Two processes started on one run at the same time: one trains, the other is refused or finds the run finished.</summary>
    public FaultResult TwoProcesses(int count)
    {
        var complaints = new List<string>();
        var (refused, mismatches) = (0, 0);
        for (var index = 0; index < count; index++)
        {
            var method = AllMethods[index % AllMethods.Length];
            var root = NewFolder();
            using var first = TrainingProcess.Start(root, method, steps, SaveInterval, threads: 1);
            using var second = TrainingProcess.Start(root, method, steps, SaveInterval, threads: 1);
            int[] codes = [first.Wait(), second.Wait()];
            var texts = new[] { first.Errors, second.Errors };
            for (var which = 0; which < 2; which++)
            {
                if (codes[which] != 0)
                {
                    refused++;
                    if (!texts[which].Contains("another process", StringComparison.Ordinal))
                    {
                        complaints.Add($"{method}: exit code {codes[which]} without saying why: {texts[which]}");
                    }
                }
            }

            if (!codes.Contains(0))
            {
                complaints.Add($"{method}: neither process finished: {texts[0]} {texts[1]}");
            }

            mismatches += Compare(method, root, complaints);
        }

        return new FaultResult("two processes, one run", count, $"{refused} processes refused with a sentence, every run whole", mismatches, 0, complaints);
    }

    /// <summary>A metrics file cut between the last checkpoint and the next, as a crash may leave it, at every <paramref name="stride"/>-th byte.</summary>
    public FaultResult MetricsCut(int stride)
    {
        var complaints = new List<string>();
        var (tried, mismatches) = (0, 0);
        foreach (var method in AllMethods)
        {
            var plan = ToyRuns.Plan(method, steps, 50);
            var reference = Reference(method, 50);
            var root = NewFolder();
            CopyFolder(reference, root);
            using var run = RunFolder.Open(ToyRuns.Executor(root).PathOf(plan.Plan));
            var whole = File.ReadAllBytes(run.MetricsPath);
            var first = (int)CheckpointFile.ReadHeader(run.CheckpointPath(100)).MetricsLength;
            var next = (int)CheckpointFile.ReadHeader(run.CheckpointPath(150)).MetricsLength;
            for (var length = first; length <= next; length += stride)
            {
                GoBack(run, 100);
                File.WriteAllBytes(run.MetricsPath, whole[..length]);
                Finish(plan, root);
                mismatches += RunFiles.Differences(reference, root).Count > 0 ? 1 : 0;
                tried++;
            }

            GoBack(run, 100);
            File.WriteAllBytes(run.MetricsPath, whole[..(first - 1)]);
            Refused(() => Finish(plan, root), "bytes that the checkpoint recorded", complaints);
        }

        return new FaultResult("metrics cut", tried, "cut rows written again, same bytes; shorter than recorded is refused", mismatches, 0, complaints);
    }

    /// <summary>The last checkpoint truncated or with a flipped byte: refused by name with what to do; after doing it the run goes on.</summary>
    public FaultResult DamagedCheckpoint(int count)
    {
        var random = new RandomStream(seed, "damage");
        var complaints = new List<string>();
        var mismatches = 0;
        for (var index = 0; index < count; index++)
        {
            var method = AllMethods[index % AllMethods.Length];
            var plan = ToyRuns.Plan(method, steps, 50);
            var root = NewFolder();
            using var run = RunFolder.Open(StopAfter(plan, root, 105));
            var path = run.CheckpointPath(100);
            var bytes = File.ReadAllBytes(path);
            if (random.NextInt32(2) == 0)
            {
                bytes[random.NextInt32(bytes.Length)] ^= (byte)(1 << random.NextInt32(8));
            }
            else
            {
                Array.Resize(ref bytes, random.NextInt32(bytes.Length));
            }

            File.WriteAllBytes(path, bytes);
            Refused(() => Finish(plan, root), path, complaints);
            Refused(() => Finish(plan, root), "delete it to go on from the checkpoint before it (step 50)", complaints);
            File.Delete(path);
            Finish(plan, root);
            mismatches += RunFiles.Differences(Reference(method, 50), root).Count > 0 ? 1 : 0;
            Directory.Delete(root, recursive: true);
        }

        return new FaultResult("checkpoint damaged", count, "refused by name; same bytes after deleting it, as the message says", mismatches, 0, complaints);
    }

    /// <summary>The parent deleted while its child trains: the child finishes; started again, the parent is made anew with the same bits.</summary>
    public FaultResult ParentDeleted()
    {
        var complaints = new List<string>();
        var mismatches = 0;
        string[] methods = ["lottery", "scratch", "prune-restart"];
        foreach (var method in methods)
        {
            var plan = ToyRuns.Plan(method, steps, 50);
            var root = NewFolder();
            var executor = ToyRuns.Executor(root);
            var parent = executor.PathOf(plan.Parents[0].Plan);
            RunGraph.Execute([plan], executor, 1, new Watcher(plan.Plan, 20, () => Directory.Delete(parent, recursive: true)), CancellationToken.None);
            var verifier = new RunVerifier(ToyRuns.Data, ToyRuns.Engine(1));
            var verification = verifier.Verify(executor.PathOf(plan.Plan), replay: false);
            if (verification.Status == VerificationStatus.Ok || !verification.ToString().Contains(Path.GetFileName(parent), StringComparison.Ordinal))
            {
                complaints.Add($"{method}: the missing parent is not reported: {verification}");
            }

            Finish(plan, root);
            mismatches += RunFiles.Differences(Reference(method, 50), root).Count > 0 ? 1 : 0;
        }

        const string outcome = "child finished; verification names the parent; made again with the same bytes";
        return new FaultResult("parent deleted", methods.Length, outcome, mismatches, 0, complaints);
    }

    /// <summary>The clock set back by a day between two sessions of a run.</summary>
    public FaultResult ClockBackwards()
    {
        var complaints = new List<string>();
        var mismatches = 0;
        foreach (var method in AllMethods)
        {
            var plan = ToyRuns.Plan(method, steps, 50);
            var root = NewFolder();
            var path = StopAfter(plan, root, 105);
            using (var run = RunFolder.Acquire(root, plan.Plan.FolderName, plan.Plan.ToCanonicalJson()))
            {
                run.WriteRecord(run.ReadRecord()! with { Started = DateTimeOffset.UtcNow.AddDays(1) });
            }

            foreach (var file in RunFiles.Checkpoints(path))
            {
                File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(1 - (Path.GetFileName(file)[3] - '0')));
            }

            Finish(plan, root);
            using var finished = RunFolder.Open(path);
            if (finished.ReadRecord() is not { Status: RunStatus.Finished, Seconds: >= 0 })
            {
                complaints.Add($"{method}: the record is {finished.ReadRecord()}");
            }

            mismatches += RunFiles.Differences(Reference(method, 50), root).Count > 0 ? 1 : 0;
        }

        const string outcome = "no decision depends on it; times spent are never negative";
        return new FaultResult("clock set back a day", AllMethods.Length, outcome, mismatches, 0, complaints);
    }

    /// <summary>
    /// A full disk: runs in a small file system of their own, again and again with a little more room, until one has enough. Needs the right to mount.
    /// </summary>
    public FaultResult DiskFull()
    {
        var complaints = new List<string>();
        var (tried, mismatches, lost) = (0, 0, 0);
        foreach (var method in AllMethods)
        {
            using var disk = SmallDisk.Mount(NewFolder(), kilobytes: 64);
            var saved = new SavedWork();
            for (var kilobytes = 64; ; kilobytes += 64)
            {
                disk.Resize(kilobytes);
                using var process = TrainingProcess.Start(disk.Path, method, steps, SaveInterval, threads: 1);
                var code = process.Wait();
                lost += saved.CountLost(disk.Path);
                complaints.AddRange(RunFiles.BrokenCheckpoints(disk.Path).Select(path => $"half-written under its final name: {path}"));
                if (code == 0)
                {
                    break;
                }

                tried++;
                if (code != 1 || !process.Errors.Contains("No space left on device", StringComparison.Ordinal))
                {
                    complaints.Add($"{method}, {kilobytes} KiB: exit code {code}: {process.Errors}");
                    break;
                }
            }

            mismatches += Compare(method, disk.Path, complaints);
        }

        return new FaultResult("disk full", tried, "a sentence and exit code 1 each time; goes on with more room", mismatches, lost, complaints);
    }

    /// <summary>A folder that becomes read-only between two sessions, at several moments of a run. Needs the right to mount.</summary>
    public FaultResult ReadOnlyFolder()
    {
        var complaints = new List<string>();
        var (tried, mismatches, lost) = (0, 0, 0);
        foreach (var method in AllMethods)
        {
            using var disk = SmallDisk.Mount(NewFolder(), kilobytes: 16_384);
            var plan = ToyRuns.Plan(method, steps, SaveInterval);
            var saved = new SavedWork();
            foreach (var step in new[] { 0, 52, 101 })
            {
                if (step > 0)
                {
                    StopAfter(plan, disk.Path, step);
                    saved.CountLost(disk.Path);
                }

                disk.SetReadOnly(true);
                using var process = TrainingProcess.Start(disk.Path, method, steps, SaveInterval, threads: 1);
                var code = process.Wait();
                tried++;
                if (code != 1 || !process.Errors.Contains("Read-only file system", StringComparison.Ordinal))
                {
                    complaints.Add($"{method}: exit code {code}: {process.Errors}");
                }

                lost += saved.CountLost(disk.Path);
                disk.SetReadOnly(false);
            }

            Finish(plan, disk.Path);
            mismatches += Compare(method, disk.Path, complaints);
        }

        return new FaultResult("read-only folder", tried, "a sentence and exit code 1 each time; goes on when writable", mismatches, lost, complaints);
    }

    /// <summary>A file in the place of the folder of runs.</summary>
    public FaultResult FileInPlaceOfFolder()
    {
        var complaints = new List<string>();
        var root = Path.Combine(NewFolder(), "runs");
        File.WriteAllText(root, "");
        Refused(() => Finish(ToyRuns.Plan("baseline", steps, 50), root), "a writable folder", complaints);
        return new FaultResult("file instead of folder", 1, "refused with a sentence", 0, 0, complaints);
    }

    /// <summary>
    /// A run folder from elsewhere in which an entry is a link that leads out of it: the run is refused by the entry's name, what the link leads to keeps every byte, and
    /// with a copy in the link's place the run goes on to the same bytes.
    /// </summary>
    public FaultResult LinksOut()
    {
        var complaints = new List<string>();
        var (mismatches, lost) = (0, 0);
        string[] entries = ["plan.json", "run.json", "metrics.csv", "lock", "checkpoints", "checkpoints/000100.safetensors", RunFolder.StoppedName];
        foreach (var entry in entries)
        {
            var plan = ToyRuns.Plan("set", steps, 50);
            var root = NewFolder();
            var path = Path.Combine(StopAfter(plan, root, 105, keeps: entry == RunFolder.StoppedName), entry);
            var outside = Path.Combine(NewFolder(), "outside");
            Directory.Move(path, outside);
            File.WriteAllText(Path.Combine(Path.GetDirectoryName(outside)!, "other"), "kept");
            File.CreateSymbolicLink(path, outside);
            File.CreateSymbolicLink(Path.Combine(Path.GetDirectoryName(path)!, "x.tmp"), Path.Combine(Path.GetDirectoryName(outside)!, "other"));
            var before = RunFiles.AllHashes(Path.GetDirectoryName(outside)!);
            Refused(() => Finish(plan, root), $"{path}: kind: expected ", complaints);
            lost += before.SequenceEqual(RunFiles.AllHashes(Path.GetDirectoryName(outside)!)) ? 0 : 1;
            File.Delete(path);
            Directory.Move(outside, path);
            Finish(plan, root);
            mismatches += RunFiles.Differences(Reference("set", 50), root).Count > 0 ? 1 : 0;
        }

        return new FaultResult("links out of the folder", entries.Length, "refused by name; nothing outside touched; same bytes without the link", mismatches, lost, complaints);
    }

    /// <summary>Trains until a step and stops as a signal would.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="root">The folder of runs.</param>
    /// <param name="step">The step.</param>
    /// <param name="keeps">Whether it keeps where it is; a kill would not let it.</param>
    /// <returns>The run's folder.</returns>
    private static string StopAfter(PlannedRun plan, string root, int step, bool keeps = false)
    {
        using var stop = new CancellationTokenSource();
        try
        {
            RunGraph.Execute([plan], ToyRuns.Executor(root), 1, new Watcher(plan.Plan, step, stop.Cancel), stop.Token);
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        var path = ToyRuns.Executor(root).PathOf(plan.Plan);
        if (!keeps)
        {
            File.Delete(Path.Combine(path, RunFolder.StoppedName));
        }

        return path;
    }

    private static void Finish(PlannedRun plan, string root)
    {
        var failed = RunGraph.Execute([plan], ToyRuns.Executor(root), 1, new Watcher(plan.Plan, -1, () => { }), CancellationToken.None);
        if (failed.Count > 0)
        {
            throw new TrainingException(string.Join("; ", failed.Select(run => run.Reason)));
        }
    }

    /// <summary>Makes a finished run look as if its process had died soon after a checkpoint.</summary>
    private static void GoBack(RunFolder run, int step)
    {
        foreach (var later in run.CheckpointSteps().Where(saved => saved > step))
        {
            File.Delete(run.CheckpointPath(later));
        }

        File.Delete(run.RecordPath);
    }

    private static void Refused(Action action, string expected, List<string> complaints)
    {
        try
        {
            action();
            complaints.Add($"expected to be refused with \"{expected}\", but was not");
        }
        catch (Exception error) when (error is TrainingException or RunFolderException && error.Message.Contains(expected, StringComparison.Ordinal))
        {
            // As it should be.
        }
        catch (TrainingException error)
        {
            complaints.Add($"expected to be refused with \"{expected}\", found \"{error.Message}\"");
        }
    }

    private static void CopyFolder(string source, string target)
    {
        foreach (var path in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }
    }

    private int Compare(string method, string root, List<string> complaints)
    {
        var differences = RunFiles.Differences(Reference(method, SaveInterval), root);
        complaints.AddRange(differences.Take(3).Select(name => $"{method}: {name} differs from the undisturbed run's"));
        return differences.Count > 0 ? 1 : 0;
    }

    /// <summary>The undisturbed runs of a method, made once, on one thread.</summary>
    private string Reference(string method, int saveInterval)
    {
        var path = Path.Combine(folder, $"reference-{method}-{saveInterval}");
        if (!Directory.Exists(path))
        {
            Finish(ToyRuns.Plan(method, steps, saveInterval), path);
        }

        return path;
    }

    private string NewFolder() => Directory.CreateDirectory(Path.Combine(folder, $"case-{nextFolder++}")).FullName;
}
