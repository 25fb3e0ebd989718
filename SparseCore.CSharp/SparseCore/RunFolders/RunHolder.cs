using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SparseCore.RunFolders;

/// <summary>Who is making a run: what holder.json in its folder says while somebody is.</summary>
/// <param name="Worker">The process.</param>
/// <param name="Node">Its machine, told apart from others of the same name.</param>
/// <param name="CodeVersion">Version of the toolkit that it runs.</param>
/// <param name="Since">When it began, by its own clock.</param>
public sealed record RunHolder(Worker Worker, string Node, string CodeVersion, DateTimeOffset Since)
{
    /// <summary>Most bytes of a file that is read; a holder has a few hundred.</summary>
    private const long LengthLimit = 1 << 14;

    /// <summary>When it gave its last sign of life, by the clock of the file system.</summary>
    [JsonIgnore]
    public DateTime LastSign { get; init; }

    /// <summary>Whether it gave a sign of life lately. A time in the future is none: the file was copied, or its time set.</summary>
    /// <param name="now">The time by the clock of the file system, UTC.</param>
    public bool IsAlive(DateTime now) => (now - LastSign).Duration() < RunLock.Silence;

    /// <summary>Whether it still makes the run, as far as can be seen without asking for the lock: it gave a sign of life lately and, on this machine, its process is there.</summary>
    /// <param name="now">As of <see cref="IsAlive"/>.</param>
    public bool IsAtWork(DateTime now) => IsAlive(now) && (!IsHere || IsProcess(Worker.Process));

    private static bool IsProcess(int number)
    {
        try
        {
            using var process = Process.GetProcessById(number);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>This process, from now on.</summary>
    internal static RunHolder Start() => new(Worker.Current, ThisHost.Id, RunRecord.CurrentCodeVersion, DateTimeOffset.UtcNow);

    /// <summary>Whether the holder runs, or ran, on this machine since its start: its locks and ours meet.</summary>
    [JsonIgnore]
    public bool IsHere => Node == ThisHost.Id;

    /// <summary>The file's bytes.</summary>
    internal byte[] ToBytes() => RecordJson.ToBytes(this);

    /// <summary>Reads the file; null when there is none, or none that says who: it is written anew with every start.</summary>
    internal static RunHolder? Read(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            var holder = RecordJson.Parse<RunHolder>(RegularFile.ReadAllBytes(path, LengthLimit));
            return holder with { LastSign = File.GetLastWriteTimeUtc(path), Worker = holder.Worker.Shown };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
