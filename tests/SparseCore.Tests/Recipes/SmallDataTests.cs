using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Recipes;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Data;
using SparseCore.Tests.Training;
using SparseCore.Training;

namespace SparseCore.Tests.Recipes;

/// <summary>Data with fewer examples than the paper measures on.</summary>
public sealed class SmallDataTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string, string, Preset> AllMethods
    {
        get
        {
            var data = new TheoryData<string, string, Preset>();
            foreach (var method in Methods.Names)
            {
                data.Add("lenet5", method, Preset.Paper);
                data.Add("lenet300", method, Preset.PaperCode);
            }

            return data;
        }
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(AllMethods))]
    public void Every_method_trains_on_one_example_a_class(string network, string method, Preset preset)
    {
        var data = Split(network == "lenet5" ? new Shape(1, 28, 28) : new Shape(1, 4, 5), classes: 3);
        int[] widths = network == "lenet5" ? [2, 3, 12, 8] : [9, 8];
        var settings = new Experiment(data, network) { Widths = widths, Sparsity = 0.6, Steps = 12, Preset = preset, BatchSize = 4 }.Settings();
        var run = Methods.Plan(new Recipe(settings), method, InitializerNames.NeuronScaled, 1, 1);
        var failed = RunGraph.Execute([run], new RunExecutor(folder.File("runs"), data, SmallRuns.Engine), 1, new SilentProgress(), CancellationToken.None);
        Assert.Empty(failed);
    }

    [Theory]
    [InlineData(3, 1, 2)]
    [InlineData(7, 3, 4)]
    [InlineData(1999, 999, 1000)]
    [InlineData(2000, 1000, 1000)]
    [InlineData(60000, 1000, 1000)]
    public void Growth_of_the_papers_code_sees_examples_1000_to_1999_or_the_second_half(int count, int first, int length)
    {
        var recipe = new Recipe(new Experiment(Split(new Shape(1, 4, 4), 3, count), "lenet300") { Widths = [5, 4], Preset = Preset.PaperCode }.Settings());
        var plan = Methods.Plan(recipe, "rigl", InitializerNames.Dense, 1, 1).Plan;
        Assert.Equal(new ExampleRange(first, length), ((DropAndGrow)plan.Connectivity).GrowthExamples);
        Assert.Equal(new ExampleRange(0, Math.Min(1000, count)), plan.Logging.GradientExamples);
    }

    [Theory]
    [InlineData(1000, Preset.Paper, null)]
    [InlineData(999, Preset.Paper, "as the data has 999 for training: gradient norms and SNIP's scores (1,000 there).")]
    [InlineData(99, Preset.Paper, "gradient norms and SNIP's scores (1,000 there), GraSP's scores (100 there).")]
    [InlineData(2000, Preset.PaperCode, null)]
    [InlineData(1999, Preset.PaperCode, "as the data has 1999 for training: growth of RigL (1,000 there).")]
    [InlineData(50, Preset.PaperCode, "gradient norms and SNIP's scores (1,000 there), GraSP's scores (100 there), growth of RigL (1,000 there).")]
    public void FewExamples_says_what_is_measured_on_fewer(int count, Preset preset, string? expected)
    {
        var sentence = new Experiment(Split(new Shape(1, 4, 4), 3, count), "lenet300") { Widths = [5, 4], Preset = preset }.Settings().FewExamples;
        if (expected is null)
        {
            Assert.Null(sentence);
            return;
        }

        Assert.EndsWith(expected, sentence, StringComparison.Ordinal);
    }

    private static DataSplit Split(Shape shape, int classes, int count = 0)
    {
        var images = new byte[shape.Count * Math.Max(count, classes)];
        new Random(1).NextBytes(images);
        int[] labels = [.. Enumerable.Range(0, images.Length / shape.Count).Select(example => example % classes)];
        var train = new ByteDataset("small-train", shape, classes, images, labels);
        return new DataSplit(train, Samples.Random(shape, classes, 2), "small", new string('c', 64));
    }
}
