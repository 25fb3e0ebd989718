using SparseCore.Connectivity;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Recipes;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Training;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.Connectivity;

public sealed class GlobalDropAndGrowTests : IDisposable
{
    /// <summary>Two layers of 8 and 4 weights.</summary>
    private static readonly Network Network = new(
        "two",
        Shape.Vector(4),
        [new Node("a", new Operation.FullyConnected(2), "input"), new Node("b", new Operation.FullyConnected(2), "a")]);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_smallest_weights_of_the_whole_network_go_and_survivors_decide_where_new_ones_come()
    {
        // Layer a keeps 4 of its 4 active weights, layer b loses both of its small ones and keeps 1: of 2 new ones, 4 / 5 * 2 = 1.6 and 0.4 give 2 and 0.
        var masks = new MaskSet(Network, [Mask.FromIndices(8, [0, 1, 2, 3]), Mask.FromIndices(4, [0, 1, 2])]);
        var parameters = Parameters([1, -2, 3, -4, 0, 0, 0, 0], [5, .1f, -.2f, 0]);
        var updated = GlobalDropAndGrow.Exchange(Context(masks, parameters), 0.3, new LastFirst());
        Assert.Equal([0, 1, 2, 3, 6, 7], updated[0].ActiveIndices());
        Assert.Equal([0], updated[1].ActiveIndices());
    }

    [Fact]
    public void A_layer_without_room_passes_its_share_on()
    {
        // Layer b is full but for what it loses: 3 survivors and 1 place; layer a has 1 survivor and 7 places. Of 4 new ones b would get 3.
        var masks = new MaskSet(Network, [Mask.FromIndices(8, [0, 1, 2, 3]), Mask.Full(4)]);
        var parameters = Parameters([9, .1f, .2f, .3f, 0, 0, 0, 0], [8, 7, 6, .4f]);
        var updated = GlobalDropAndGrow.Exchange(Context(masks, parameters), 0.5, new LastFirst());
        Assert.Equal([0, 5, 6, 7], updated[0].ActiveIndices());
        Assert.Equal([0, 1, 2, 3], updated[1].ActiveIndices());
    }

    [Fact]
    public void A_run_keeps_its_count_moves_weights_between_layers_and_verifies()
    {
        var plan = Methods.Plan(SmallRuns.Recipe, "dsr", InitializerNames.NeuronScaled, 1, 1).Small().Plan;
        var executor = new RunExecutor(folder.Root, SmallRuns.Data, SmallRuns.Engine);
        Assert.True(executor.Execute(plan, new SilentProgress(), CancellationToken.None));
        using var run = RunFolder.Open(executor.PathOf(plan));
        var network = plan.Network.Build();
        var (first, last) = (run.ReadCheckpoint(0, network).Masks, run.ReadCheckpoint(120, network).Masks);
        Assert.Equal(first.ActiveCount, last.ActiveCount);
        Assert.NotEqual(first.ActiveCounts(), last.ActiveCounts());
        Assert.Contains(run.ReadMetrics(), row => row.Metric == GlobalDropAndGrow.MovedMetric && row.Value > 0);
        var verification = new RunVerifier(SmallRuns.Data, SmallRuns.Engine).Verify(run.FolderPath, replay: true);
        Assert.Equal((VerificationStatus.Ok, ""), (verification.Status, string.Join("; ", verification.Findings)));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    public void A_drop_fraction_outside_0_to_1_is_refused(double fraction)
    {
        var context = Context(MaskSet.Full(Network), Parameters(new float[8], new float[4]));
        Assert.Throws<ArgumentException>(() => GlobalDropAndGrow.Exchange(context, fraction, new LastFirst()));
    }

    private static GrowthContext Context(MaskSet masks, ParameterBlock parameters) => new(1, masks, parameters, new ParameterBlock(Network), 1);

    private static ParameterBlock Parameters(float[] a, float[] b)
    {
        var block = new ParameterBlock(Network);
        a.CopyTo(block.Weights(0));
        b.CopyTo(block.Weights(1));
        return block;
    }

    /// <summary>Grows the weights of highest index.</summary>
    private sealed class LastFirst : IGrowthScore
    {
        public string Name => "last-first";

        public GrowthSignal Signal => GrowthSignal.None;

        public float[] Score(GrowthContext context, int layer) => [.. Enumerable.Range(0, context.Masks[layer].Length).Select(index => (float)index)];
    }
}
