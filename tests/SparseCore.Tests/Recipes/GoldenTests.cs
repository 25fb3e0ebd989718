using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Training;
using SparseCore.Training;

namespace SparseCore.Tests.Recipes;

/// <summary>Plans and short runs of every kind are, bit for bit, what they were when the committed results were made.</summary>
public sealed class GoldenTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> PlanNames => [.. Golden.Plans().Select(plan => plan.Name)];

    public static TheoryData<string> NetworkNames => [.. Golden.Networks.Select(network => network.Name)];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(PlanNames))]
    public void Plan_has_the_golden_canonical_JSON(string name)
    {
        var plan = Golden.Plans().Single(plan => plan.Name == name).Plan;
        var golden = File.ReadAllText(Path.Combine(Golden.Folder, name + ".json"));
        Assert.Equal(golden, plan.ToCanonicalJson());
        Assert.Equal(golden, TrainingPlan.Parse(golden).ToCanonicalJson());
    }

    /// <summary>Every line of runs.txt is network, method, hash of the plan, hash of the last checkpoint's content, and of the metrics without times.</summary>
    [Theory]
    [MemberData(nameof(NetworkNames))]
    public void Short_runs_of_every_method_give_the_golden_bits(string network)
    {
        var golden = File.ReadAllLines(Path.Combine(Golden.Folder, "runs.txt")).Where(line => line.StartsWith(network + " ", StringComparison.Ordinal));
        Assert.Equal(golden, Golden.Methods.Select(method => Line(network, method)));
    }

    private string Line(string network, string method)
    {
        var (run, data) = Golden.Run(network, method);
        var executor = new RunExecutor(folder.File("runs"), data, SmallRuns.Engine);
        Assert.Empty(RunGraph.Execute([run], executor, 1, new SilentProgress(), CancellationToken.None));
        using var made = RunFolder.Open(executor.PathOf(run.Plan));
        var content = made.ReadCheckpoint(run.Plan.Steps, run.Plan.Network.Build()).ContentHash;
        var metrics = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(made.MetricsPath)));
        return $"{network} {method} {run.Plan.Hash} {content} {metrics}";
    }
}
