using SparseCore.Faults;
using SparseCore.Tests.Checkpoints;

namespace SparseCore.Tests.RunFolders;

public class FuzzTests
{
    /// <summary>The same cases as the first ones of `dotnet run --project tests/faults -- fuzz`, which runs a million.</summary>
    [Fact]
    public void Readers_meet_hostile_input_with_documented_exceptions_and_bounded_memory()
    {
        using var folder = new TemporaryFolder();
        var results = Fuzzer.Run(FuzzTargets.All(folder.Root), seed: 1, cases: 20_000).ToList();
        Assert.Empty(results.SelectMany(result => result.Failures));
        Assert.All(results, result => Assert.InRange(result.Accepted, 1, result.Cases - 1)); // both sides of every reader are reached
    }
}
