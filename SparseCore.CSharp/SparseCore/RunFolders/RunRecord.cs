using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using SparseCore.Checkpoints;

namespace SparseCore.RunFolders;

/// <summary>
/// What run.json holds: everything about a run that may differ between two equal runs. It is what the run says of itself: verification checks its form, that it agrees with
/// the plan and the last checkpoint and, by training again, its warnings; code version, machine and times can only be believed.
/// </summary>
/// <param name="Status">How far the run came.</param>
/// <param name="PlanHash">Hash of the run's plan.</param>
/// <param name="CodeVersion">Version of the library that trained it, with the source commit where known.</param>
/// <param name="Machine">Where it was trained.</param>
/// <param name="Started">When it was started the first time.</param>
/// <param name="Finished">When it reached its status; null while it is running. May lie before the start if the clock was set back.</param>
/// <param name="Seconds">Time spent, by a clock that is never set back; of all sessions together.</param>
/// <param name="Verified">What was checked when the run was finished, a phrase each: <see cref="Training.RunExecutor"/> writes them from the last checkpoint.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
public sealed record RunRecord(
    RunStatus Status,
    string PlanHash,
    string CodeVersion,
    Machine Machine,
    DateTimeOffset Started,
    DateTimeOffset? Finished,
    double Seconds,
    IReadOnlyList<string> Verified,
    string? Error)
{
    /// <summary>Most bytes of a file that is read; a record has a few thousand.</summary>
    private const long LengthLimit = 1 << 20;

    /// <summary>What computed it, in the session that wrote last; null, which is not written, in records of older versions and imported runs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EngineRecord? Engine { get; init; }

    /// <summary>Who trained it, in the session that wrote last; null, which is not written, in records of older versions and imported runs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Worker? Worker { get; init; }

    /// <summary>What was said while it trained (empty layers, a cut path), at most 100 sentences; null, which is not written, for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>Version of this library, with the source commit where the build knew it: "0.1.0+2f3c...".</summary>
    public static string CurrentCodeVersion { get; } =
        typeof(RunRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The record of a run that starts now, here.</summary>
    public static RunRecord Start(string planHash) =>
        new(RunStatus.Running, planHash, CurrentCodeVersion, Machine.Current, DateTimeOffset.UtcNow, null, 0, [], null);

    /// <summary>Replaces the file in one step.</summary>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    internal void Write(string path) => AtomicFile.Write(path, RecordJson.ToBytes(this));

    /// <summary>Reads the file, of at most 1 MiB.</summary>
    /// <exception cref="RunFolderException">The file is unreadable or malformed.</exception>
    internal static RunRecord Read(string path)
    {
        try
        {
            return Parse(RegularFile.ReadAllBytes(path, LengthLimit));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RunFolderException(
                path,
                "reading",
                "a run record (JSON)",
                AtomicFile.Sentence(exception),
                "Delete the file; it is written anew when the run is started again.",
                exception);
        }
    }

    /// <summary>The record in a file's bytes.</summary>
    /// <exception cref="JsonException">The bytes are no such record.</exception>
    internal static RunRecord Parse(ReadOnlySpan<byte> content) => RecordJson.Parse<RunRecord>(content);
}
