using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Measurement;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.RunFolders;

/// <summary>
/// Stands in plan.json of a run that was not trained here: where its one checkpoint, of step 0, came from. Other runs can derive from it, and the analysis reads it
/// like any run.
/// </summary>
public sealed record ImportPlan
{
    /// <summary>The version of the format this code reads and writes.</summary>
    public const int CurrentFormat = 1;

    private const string ImportedKind = "imported";

    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
        TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Version of the format.</summary>
    public required int Format { get; init; }

    /// <summary>Always "imported"; what tells this plan from that of a training.</summary>
    public required string Kind { get; init; }

    /// <summary>Readable name, the first part of the folder's name.</summary>
    public required string Name { get; init; }

    /// <summary>The network.</summary>
    public required NetworkPlan Network { get; init; }

    /// <summary>Name of the file, without its folder.</summary>
    public required string File { get; init; }

    /// <summary>SHA-256 of the file, 64 hexadecimal digits.</summary>
    public required string FileHash { get; init; }

    /// <summary>Whether weights that are exactly 0 are masked.</summary>
    public required bool MasksFromZeros { get; init; }

    /// <summary>Whether masks are those that the file stores. False, the usual value, is not written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool MasksFromFile { get; init; }

    /// <summary>Whether tensors of other names were taken by shape and order. False, the usual value, is not written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TensorsByOrder { get; init; }

    /// <summary>How the network's pixels are normalized; null, which is not written, is as the data does it (b / 255 for MNIST).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public InputNormalization? Inputs { get; init; }

    /// <summary>The plan in canonical form; its hash names the run's folder.</summary>
    public string ToCanonicalJson() => JsonSerializer.Serialize(this, Options) + "\n";

    /// <summary>The plan in a text, or null when the text is another kind of plan.</summary>
    public static ImportPlan? TryParse(string json)
    {
        try
        {
            var plan = JsonSerializer.Deserialize<ImportPlan>(json, Options);
            return plan is { Kind: ImportedKind, Format: CurrentFormat } ? plan : null;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>How the pixels of the network in a run's plan are normalized; null where the run was trained here, or imported without saying so.</summary>
    public static InputNormalization? InputsOf(string planJson) => TryParse(planJson)?.Inputs;

    /// <summary>Makes a run folder with one checkpoint from a safetensors file; returns at once when it is there.</summary>
    /// <param name="root">The folder of all runs.</param>
    /// <param name="path">The file, see <see cref="DenseImport"/>.</param>
    /// <param name="network">The network it belongs to.</param>
    /// <param name="masksFromZeros">Whether weights that are exactly 0 are masked where the file stores no masks.</param>
    /// <param name="byOrder">Whether tensors of other names are taken by shape and order.</param>
    /// <param name="inputs">How the network's pixels are normalized; null for as the data does it.</param>
    /// <returns>The run's folder, and sentences about what was converted.</returns>
    /// <exception cref="CheckpointException">The file cannot be read or does not fit the network.</exception>
    /// <exception cref="RunFolderException">The folder cannot be written.</exception>
    /// <exception cref="ArgumentException">The network cannot be built.</exception>
    public static ImportedRun Import(
        string root, string path, NetworkPlan network, bool masksFromZeros, bool byOrder = false, InputNormalization? inputs = null)
    {
        var description = network.Build();
        if (inputs is not null && inputs.Mean.Count != network.Input.Channels)
        {
            throw new ArgumentException($"The network takes images of {network.Input.Channels} channel(s); expected as many means and stds, found {inputs.Mean.Count}.");
        }

        var tensors = DenseImport.Read(path, description, masksFromZeros, byOrder);
        var (masks, parameters) = (tensors.Masks, tensors.Parameters);
        string[] notes = [.. tensors.Notes, .. LayerDensities.DescribeUnusual(masks, null) is { } densities ? [densities] : Array.Empty<string>()];
        var plan = new ImportPlan
        {
            Format = CurrentFormat,
            Kind = ImportedKind,
            Name = NameOf(network, Path.GetFileName(path)),
            Network = network,
            File = Path.GetFileName(path),
            FileHash = HashOf(path),
            MasksFromZeros = masksFromZeros,
            MasksFromFile = tensors.HasStoredMasks,
            TensorsByOrder = byOrder,
            Inputs = inputs,
        };
        var json = plan.ToCanonicalJson();
        var name = RunFolder.NameOf(plan.Name, json);
        if (RunFolder.Exists(root, name))
        {
            using var existing = RunFolder.Open(root, name);
            if (existing.HasCheckpoint(0) && existing.ReadRecord()?.Status == RunStatus.Finished)
            {
                return new ImportedRun(existing.FolderPath, notes);
            }
        }

        using var folder = RunFolder.Acquire(root, name, json);
        using (var metrics = folder.OpenMetrics(null))
        {
            metrics.Flush();
            folder.WriteCheckpoint(new Checkpoint(0, folder.PlanHash, [], masks, parameters, new ParameterBlock(description), metrics.Length));
        }

        var record = RunRecord.Start(folder.PlanHash);
        folder.WriteRecord(record with
        {
            Status = RunStatus.Finished,
            Finished = DateTimeOffset.UtcNow,
            Verified = plan.Verified(masks),
        });
        return new ImportedRun(folder.FolderPath, notes);
    }

    /// <summary>The readable name of a run that is imported from a file.</summary>
    internal static string NameOf(NetworkPlan network, string file) => $"{network.Name}-imported-{Readable(Path.GetFileNameWithoutExtension(file))}";

    /// <summary>What is known of the run when it has been imported, a phrase each.</summary>
    internal string[] Verified(MaskSet masks) => [FormattableString.Invariant($"{masks.ActiveCount} active weights from {File}, SHA-256 {FileHash}")];

    private static string HashOf(string path)
    {
        try
        {
            using var stream = RegularFile.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, "file", "one that can be read", AtomicFile.Sentence(exception), "Correct the path.", exception);
        }
    }

    /// <summary>The part of a name that folders may have.</summary>
    private static string Readable(string name)
    {
        var letters = string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' ? letter : '-')).Trim('-', '.');
        return letters.Length is > 0 and <= 60 ? letters : letters.Length == 0 ? "file" : letters[..60];
    }
}
