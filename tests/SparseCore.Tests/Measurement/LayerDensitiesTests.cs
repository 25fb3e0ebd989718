using SparseCore.Data;
using SparseCore.Measurement;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Recipes;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Data;
using SparseCore.Tests.Training;
using SparseCore.Training;

namespace SparseCore.Tests.Measurement;

public sealed class LayerDensitiesTests : IDisposable
{
    /// <summary>fc1 [10, 10], fc2 [10, 10], fc3 [10, 10].</summary>
    private static readonly Network Square = LeNet300.Create([10, 10], new Shape(1, 2, 5), 10);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(null, 5, 5, 5, null)]
    [InlineData(0.05, 5, 5, 5, null)]
    [InlineData(0.05, 1, 49, 5, null)]
    [InlineData(null, 0, 10, 5, "1 of 3 layers has no active weight ('fc1').")]
    [InlineData(0.05, 0, 0, 15, "2 of 3 layers have no active weight ('fc1', 'fc2').")]
    [InlineData(0.05, 50, 9, 5, "1 of 3 layers has a density far from the 5% asked for ('fc1' 50%).")]
    [InlineData(0.2, 2, 0, 100, "1 of 3 layers has no active weight ('fc2'). 1 of 3 layers has a density far from the 20% asked for ('fc1' 2%).")]
    public void Layers_that_are_empty_or_ten_times_off_are_named(double? asked, int first, int second, int third, string? expected)
    {
        int[] counts = [first, second, third];
        var masks = new MaskSet(Square, [.. counts.Select(count => Mask.FromIndices(100, [.. Enumerable.Range(0, count)]))]);
        Assert.Equal(expected, LayerDensities.DescribeUnusual(masks, asked));
    }

    [Fact]
    public void A_run_whose_shortcuts_SynFlow_leaves_empty_says_so_and_keeps_it_in_its_record()
    {
        var shape = new Shape(3, 32, 32);
        var data = new DataSplit(Samples.Random(shape, 10, 40), Samples.Random(shape, 10, 10), "images", new string('b', 64));
        var recipe = new Recipe(new Experiment(data, "resnet50-small") { Widths = [4, 4, 4, 4], Sparsity = 0.95, Steps = 1, BatchSize = 8, FirstLayerDense = false }.Settings());
        var run = Methods.Plan(recipe, "synflow", InitializerNames.Dense, 1, 1);
        var executor = new RunExecutor(folder.Root, data, SmallRuns.Engine);
        var progress = new SilentProgress();
        executor.Execute(run.Plan, progress, CancellationToken.None);
        var warning = Assert.Single(progress.Warnings);
        Assert.Contains($"In '{run.Plan.FolderName}', at step 0: ", warning, StringComparison.Ordinal);
        Assert.Contains("no active weight ('layer", warning, StringComparison.Ordinal);
        using var opened = RunFolder.Open(executor.PathOf(run.Plan));
        Assert.Equal([warning], opened.ReadRecord()!.Warnings);
    }
}
