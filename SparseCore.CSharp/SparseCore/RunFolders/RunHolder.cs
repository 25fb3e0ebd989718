using System.Text.Encodings.Web;
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

    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
    };

    /// <summary>When it gave its last sign of life, by the clock of the file system.</summary>
    [JsonIgnore]
    public DateTime LastSign { get; init; }

    /// <summary>Whether it gave a sign of life lately.</summary>
    /// <param name="now">The time by the clock of the file system, UTC.</param>
    public bool IsAlive(DateTime now) => now - LastSign < RunLock.Silence;

    /// <summary>This process, from now on.</summary>
    internal static RunHolder Start() => new(Worker.Current, ThisHost.Id, RunRecord.CurrentCodeVersion, DateTimeOffset.UtcNow);

    /// <summary>Whether the holder runs, or ran, on this machine since its start: its locks and ours meet.</summary>
    internal bool IsHere => Node == ThisHost.Id;

    /// <summary>The file's bytes.</summary>
    internal byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Options), (byte)'\n'];

    /// <summary>Reads the file; null when there is none, or none that says who: it is written anew with every start.</summary>
    internal static RunHolder? Read(string path)
    {
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize<RunHolder>(RegularFile.ReadAllBytes(path, LengthLimit), Options) is { } holder
                ? holder with { LastSign = File.GetLastWriteTimeUtc(path), Worker = holder.Worker with { Host = ForeignText.OneLine(holder.Worker.Host), Job = holder.Worker.Job is { } job ? ForeignText.OneLine(job) : null } }
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
