using System.Text;
using SparseCore.Checkpoints;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.RunFolders;

namespace SparseCore.Tests.Verification;

/// <summary>Changes a finished run as somebody would who knows the format: hashes, lengths and names can be made right again.</summary>
/// <param name="path">The run's folder.</param>
internal sealed class Forgery(string path)
{
    /// <summary>The run's folder, also after it was renamed.</summary>
    public string Path { get; private set; } = path;

    private string Plan => File.ReadAllText(Of("plan.json"));

    private Network Network => NetworkPlan.OfPlanJson(Plan).Build();

    /// <summary>Path of one of the run's files.</summary>
    public string Of(string file) => System.IO.Path.Combine(Path, file);

    /// <summary>Replaces text that occurs in a file.</summary>
    public void Edit(string file, string text, string replacement)
    {
        var old = File.ReadAllText(Of(file));
        Assert.Contains(text, old, StringComparison.Ordinal);
        File.WriteAllText(Of(file), old.Replace(text, replacement));
    }

    /// <summary>Changes run.json by its values.</summary>
    public void Record(Func<RunRecord, RunRecord> change) => change(RunRecord.Read(Of("run.json"))).Write(Of("run.json"));

    /// <summary>Changes the lines of the metrics without touching the checkpoints.</summary>
    public void Metrics(Action<List<string>> change)
    {
        var lines = File.ReadAllLines(Of("metrics.csv")).ToList();
        change(lines);
        File.WriteAllText(Of("metrics.csv"), string.Join('\n', lines) + "\n");
    }

    /// <summary>Replaces a row's value, and moves the lengths that the checkpoints recorded with it.</summary>
    public void Metric(string row, string value)
    {
        var old = File.ReadAllText(Of("metrics.csv"));
        var start = old.IndexOf("\n" + row, StringComparison.Ordinal) + 1 + row.Length;
        var end = old.IndexOf('\n', start);
        Assert.True(start > row.Length, row);
        Assert.NotEqual(value, old[start..end]);
        File.WriteAllText(Of("metrics.csv"), old[..start] + value + old[end..]);
        Checkpoints(checkpoint => checkpoint.MetricsLength > start ? With(checkpoint, metricsLength: checkpoint.MetricsLength + value.Length - (end - start)) : checkpoint);
    }

    /// <summary>Replaces the checkpoint of a step; the content hash is made right.</summary>
    public void Checkpoint(int step, Func<Checkpoint, Checkpoint> change)
    {
        using var run = RunFolder.Open(Path);
        CheckpointFile.Write(run.CheckpointPath(step), change(run.ReadCheckpoint(step, Network)));
    }

    /// <summary>Replaces every checkpoint.</summary>
    public void Checkpoints(Func<Checkpoint, Checkpoint> change)
    {
        using var run = RunFolder.Open(Path);
        foreach (var step in run.CheckpointSteps())
        {
            Checkpoint(step, change);
        }
    }

    /// <summary>Replaces text of a checkpoint's header, pads it to the length that it had, and makes the content hash right.</summary>
    public void Header(int step, string text, string replacement)
    {
        using var run = RunFolder.Open(Path);
        var bytes = File.ReadAllBytes(run.CheckpointPath(step));
        var length = BitConverter.ToInt32(bytes);
        var header = Encoding.UTF8.GetString(bytes, 8, length);
        Assert.Contains(text, header, StringComparison.Ordinal);
        header = header.Replace(text, replacement).TrimEnd();
        header = header.PadRight((header.Length + 7) / 8 * 8);
        const string start = "{\"__metadata__\":{\"content_hash\":\"";
        byte[] Whole(string hash) => [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(start + hash + header[(start.Length + 64)..])];
        var sealedHash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Whole(new string('0', 64))));
        File.WriteAllBytes(run.CheckpointPath(step), [.. Whole(sealedHash), .. bytes[(8 + length)..]]);
    }

    /// <summary>Changes the plan, and with it the folder's name, every checkpoint and the record.</summary>
    public void Reseal(string text, string replacement)
    {
        using var run = RunFolder.Open(Path);
        var network = Network;
        Assert.Contains(text, run.PlanJson, StringComparison.Ordinal);
        var plan = run.PlanJson.Replace(text, replacement);
        var hash = RunFolder.HashOf(plan);
        foreach (var step in run.CheckpointSteps())
        {
            CheckpointFile.Write(run.CheckpointPath(step), With(run.ReadCheckpoint(step, network), planHash: hash));
        }

        File.WriteAllText(run.PlanPath, plan);
        Edit("run.json", run.PlanHash, hash);
        Rename(run.Name[..^8] + hash[..8]);
    }

    /// <summary>Gives the folder another name.</summary>
    public void Rename(string name)
    {
        var renamed = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, name);
        Directory.Move(Path, renamed);
        Path = renamed;
    }

    /// <summary>A checkpoint with other parts; values outside the masks become 0.</summary>
    public static Checkpoint With(
        Checkpoint checkpoint,
        MaskSet? masks = null,
        Action<ParameterBlock>? parameters = null,
        Action<ParameterBlock>? momentum = null,
        string? planHash = null,
        IReadOnlyList<ParentReference>? parents = null,
        long? metricsLength = null)
    {
        masks ??= checkpoint.Masks;
        var (values, speed) = (checkpoint.Parameters.Clone(), checkpoint.Momentum.Clone());
        parameters?.Invoke(values);
        momentum?.Invoke(speed);
        values.Apply(masks);
        speed.Apply(masks);
        return new Checkpoint(
            checkpoint.Step, planHash ?? checkpoint.PlanHash, parents ?? checkpoint.Parents, masks, values, speed, metricsLength ?? checkpoint.MetricsLength)
        {
            Explored = checkpoint.Explored,
            State = checkpoint.State,
        };
    }
}
