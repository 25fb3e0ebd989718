using System.Text;
using SparseCore.Checkpoints;
using SparseCore.Randomness;
using SparseCore.RunFolders;

namespace SparseCore.Faults;

/// <summary>
/// The states that a crash may leave of a recording. Every second one is systematic while there are such: after each number of operations everything lost that is not
/// certain, and everything done; the first is everything lost after the last operation. All others are drawn. State n of a seed is the same on every machine, apart from the times and names in records.
/// </summary>
internal sealed class CrashStates
{
    private const string EarlierStart = "00c0ffee";
    private const int MostGarbage = 600;

    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(10);
    private static readonly double[] ChancesOfDone = [0.05, 0.5, 0.95];

    private readonly CrashRecording recording;
    private readonly ulong seed;
    private readonly string name;
    private readonly int[] systematic;

    /// <summary>Orders the systematic states.</summary>
    /// <param name="recording">What was done.</param>
    /// <param name="seed">Decides what is drawn.</param>
    /// <param name="name">The recording's, unique for the seed.</param>
    public CrashStates(CrashRecording recording, ulong seed, string name)
    {
        this.recording = recording;
        this.seed = seed;
        this.name = name;
        systematic = [.. Enumerable.Range(0, 2 * (recording.Operations.Count + 1))];
        var random = new RandomStream(seed, $"order of {name}");
        for (var last = systematic.Length - 1; last > 0; last--)
        {
            var other = random.NextInt32(last + 1);
            (systematic[last], systematic[other]) = (systematic[other], systematic[last]);
        }

        var end = Array.IndexOf(systematic, 2 * recording.Operations.Count);
        (systematic[0], systematic[end]) = (systematic[end], systematic[0]);
    }

    /// <summary>Longer ago than anybody waits for a sign of life.</summary>
    public static TimeSpan LongAgo { get; } = TimeSpan.FromSeconds(200);

    /// <summary>The name of this machine before it started anew.</summary>
    public static string EarlierId { get; } = ThisHost.Id[..^EarlierStart.Length] + EarlierStart;

    /// <summary>State n.</summary>
    public CrashState this[int number]
    {
        get
        {
            var random = new RandomStream(seed, name, (ulong)number);
            if (number % 2 == 0 && number / 2 < systematic.Length)
            {
                var (count, isDone) = (systematic[number / 2] / 2, systematic[number / 2] % 2 == 1);
                var disk = recording.DiskAfter(count);
                return With(count, isDone ? "done" : "lost", isDone ? CrashTree.Done(disk) : CrashTree.Certain(disk), random);
            }

            var operations = random.NextInt32(recording.Operations.Count + 1);
            return Drawn(operations, random);
        }
    }

    /// <summary>A drawn state after so many operations.</summary>
    public CrashState Drawn(int operations, RandomStream random)
    {
        var chance = ChancesOfDone[random.NextInt32(ChancesOfDone.Length)];
        var tree = CrashTree.Choose(
            recording.DiskAfter(operations),
            nodes => random.NextDouble() < chance ? nodes[^1] : nodes[random.NextInt32(nodes.Count)],
            file => file.Draw(random));
        return With(operations, "drawn", tree, random);
    }

    /// <summary>Adds what is never flushed and in no journal, and names temporary files as the machine that left them would have.</summary>
    private CrashState With(int operations, string kind, CrashTree tree, RandomStream random)
    {
        var isRestarted = random.NextInt32(2) == 0;
        var age = random.NextInt32(2) == 0 ? Recent : LongAgo;
        var id = isRestarted ? EarlierId : ThisHost.Id;
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (path, bytes) in tree.Files)
        {
            files[path.Replace($".{ThisHost.Id}{AtomicFile.TemporarySuffix}", $".{id}{AtomicFile.TemporarySuffix}", StringComparison.Ordinal)] = bytes;
        }

        if (tree.Folders.Contains(recording.RunPath))
        {
            var holder = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(RunHolder.Start().ToBytes()).Replace(ThisHost.Id, id, StringComparison.Ordinal));
            Leave("lock", []);
            Leave("holder.json", holder);
            Leave($"holder.json.{id}{AtomicFile.TemporarySuffix}", holder);
            Leave($"probe-1-1.{id}{AtomicFile.TemporarySuffix}", [(byte)'x']);
        }

        return new CrashState(operations, kind, tree with { Files = files }, isRestarted, age);

        void Leave(string file, byte[] whole)
        {
            var bytes = random.NextInt32(5) switch
            {
                0 => whole,
                1 => [],
                2 => Enumerable.Range(0, random.NextInt32(MostGarbage)).Select(_ => (byte)random.NextUInt32()).ToArray(),
                3 => new byte[whole.Length],
                _ => null,
            };
            if (bytes is not null)
            {
                files[$"{recording.RunPath}/{file}"] = bytes;
            }
        }
    }
}
