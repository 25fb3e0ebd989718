using SparseCore.Checkpoints;
using SparseCore.Faults;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.Verification;

/// <summary>Runs of the toy problem, made once, that can be copied to be tampered with.</summary>
internal sealed class TamperedRuns : IDisposable
{
    private const int Steps = 120;
    private const int SaveInterval = 30;
    private const string Imported = "import";
    private const string Interrupted = "set, interrupted";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("sparse-tamperings-");
    private readonly Dictionary<string, string> names = [];
    private int copies;

    /// <summary>Makes the runs: RigL, a ticket and the pruning solution it derives from, one that was interrupted, and an imported network.</summary>
    public TamperedRuns()
    {
        var executor = ToyRuns.Executor(Original);
        foreach (var method in new[] { "rigl", "lottery" })
        {
            var run = ToyRuns.Plan(method, Steps, SaveInterval);
            Assert.Empty(RunGraph.Execute([run], executor, 1, new Watcher(run.Plan, -1, () => { }), CancellationToken.None));
            names[method] = run.Plan.FolderName;
        }

        names["prune"] = ToyRuns.Plan("lottery", Steps, SaveInterval).Parents[0].Plan.FolderName;
        var set = ToyRuns.Plan("set", Steps, SaveInterval);
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => RunGraph.Execute([set], executor, 1, new Watcher(set.Plan, 70, stop.Cancel), stop.Token));
        names[Interrupted] = set.Plan.FolderName;
        names[Imported] = Path.GetFileName(ImportPlan.Import(Original, Export(set), set.Plan.Network, masksFromZeros: true).FolderPath);
    }

    /// <summary>What the runs are called.</summary>
    public static IReadOnlyList<string> Names { get; } = ["rigl", "lottery", "prune", Interrupted, Imported];

    private string Original => Path.Combine(folder.FullName, "original");

    /// <summary>Makes a tampering on a copy of all runs, and verifies the run that it changed.</summary>
    public (RunVerification Plain, RunVerification Replayed) Verify(Tampering tampering)
    {
        var root = Path.Combine(folder.FullName, $"{copies++}");
        foreach (var file in Directory.EnumerateFiles(Original, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(root, Path.GetRelativePath(Original, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        var forgery = new Forgery(Path.Combine(root, names[tampering.Run]));
        tampering.Change(forgery);
        var verifier = new RunVerifier(ToyRuns.Data, ToyRuns.Engine(1));
        return (verifier.Verify(forgery.Path, replay: false), verifier.Verify(forgery.Path, replay: true));
    }

    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>A network as somebody else might save it: values that do not repeat, the first three weights 0.</summary>
    private string Export(PlannedRun like)
    {
        var network = like.Plan.Network.Build();
        var parameters = new ParameterBlock(network);
        for (var index = 0; index < parameters.Values.Length; index++)
        {
            parameters.Values[index] = 0.001f * (index + 1);
        }

        parameters.Weights(0)[..3].Clear();
        var path = Path.Combine(folder.FullName, "net.safetensors");
        DenseExport.Write(path, new Checkpoint(0, new string('a', 64), [], MaskSet.Full(network), parameters, new ParameterBlock(network), 0));
        return path;
    }
}
