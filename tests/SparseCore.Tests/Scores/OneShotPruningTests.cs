using SparseCore.Allocation;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Scores;

namespace SparseCore.Tests.Scores;

public class OneShotPruningTests
{
    public static TheoryData<IPruningScore> Scores { get; } = [new MagnitudeScore(), new RandomScore(), new SnipScore(), new GraspScore(1), new SynFlowScore()];

    [Theory]
    [MemberData(nameof(Scores))]
    public void Prune_meets_the_allocation_in_every_layer_and_the_total_over_all(IPruningScore score)
    {
        var context = PruningScoreTests.Context();
        var counts = new UniformAllocation().ActiveCounts(context.Network, 0.8);
        Assert.Equal(counts, Counts(OneShotPruning.Prune(context, score, PruningScope.Layer, 0.8, 1)));
        Assert.Equal(counts, Counts(OneShotPruning.Prune(context, score, PruningScope.Layer, 0.8, 3)));
        Assert.Equal(TopK.KeepCount(0.5, context.Network.Layers.Sum(layer => layer.WeightCount)), OneShotPruning.Prune(context, score, PruningScope.Global, 0.5, 2).ActiveCount);
    }

    [Fact]
    public void Prune_by_layer_keeps_the_highest_of_each_layer_and_globally_the_highest_of_all()
    {
        // fc1 = (4, 1), fc2 = (3, 2): two of four are kept.
        var network = new Network("two", Shape.Vector(1), [new Node("fc1", new Operation.FullyConnected(2), "input"), new Node("fc2", new Operation.FullyConnected(1), "fc1")]);
        var parameters = new ParameterBlock(network);
        ((float[])[-4, 1]).CopyTo(parameters.Weights(0));
        ((float[])[2, -3]).CopyTo(parameters.Weights(1));
        var context = PruningScoreTests.Context() with { Network = network, Masks = MaskSet.Full(network), Parameters = parameters };

        var layers = OneShotPruning.Prune(context, new MagnitudeScore(), PruningScope.Layer, 0.5, 1);
        Assert.Equal([0], layers[0].ActiveIndices());
        Assert.Equal([1], layers[1].ActiveIndices());

        ((float[])[-4, 5]).CopyTo(parameters.Weights(0));
        var global = OneShotPruning.Prune(context, new MagnitudeScore(), PruningScope.Global, 0.25, 1);
        Assert.Equal([0, 1], global[0].ActiveIndices());
        Assert.Equal([1], global[1].ActiveIndices());

        Assert.Equal(0, OneShotPruning.Prune(context, new MagnitudeScore(), PruningScope.Global, 0.5, 1)[1].ActiveCount);
    }

    [Fact]
    public void Prune_only_ever_removes_weights_that_are_active()
    {
        var context = PruningScoreTests.Context();
        var first = OneShotPruning.Prune(context, new RandomScore(), PruningScope.Layer, 0.5, 1);
        var parameters = context.Parameters.Clone();
        parameters.Apply(first);
        var second = OneShotPruning.Prune(context with { Masks = first, Parameters = parameters }, new SnipScore(), PruningScope.Layer, 0.8, 4);
        Assert.All(Enumerable.Range(0, first.Count), layer => Assert.True(second[layer].IsSubsetOf(first[layer])));
    }

    [Fact]
    public void SynFlow_in_rounds_keeps_every_layer_where_one_round_would_empty_one()
    {
        var network = LeNet300.Create([40, 20], new Shape(1, 14, 14), 10); // 7840, 800 and 200 weights
        var parameters = SparseCore.Initialization.InitialParameters.Draw(MaskSet.Full(network), SparseCore.Initialization.DenseInitializer.HeNormal, 1);
        var context = PruningScoreTests.Context() with { Network = network, Masks = MaskSet.Full(network), Parameters = parameters };
        Assert.Contains(0, Counts(OneShotPruning.Prune(context, new SynFlowScore(), PruningScope.Global, 0.998, 1)));
        Assert.All(Counts(OneShotPruning.Prune(context, new SynFlowScore(), PruningScope.Global, 0.998, 100)), count => Assert.True(count > 0));
    }

    [Fact]
    public void RoundTarget_falls_exponentially_and_ends_exactly()
    {
        Assert.Equal([100, 10, 1], [OneShotPruning.RoundTarget(1000, 1, 1, 3), OneShotPruning.RoundTarget(1000, 1, 2, 3), OneShotPruning.RoundTarget(1000, 1, 3, 3)]);
        Assert.Equal(500, OneShotPruning.RoundTarget(1000, 500, 1, 1));
    }

    [Fact]
    public void Prune_refuses_NaN_scores_and_names_the_layer()
    {
        var context = PruningScoreTests.Context();
        context.Parameters.Weights(1)[3] = float.NaN;
        Assert.Contains("weight 3 of layer 'conv2'", Assert.Throws<ArgumentException>(() => OneShotPruning.Prune(context, new MagnitudeScore(), PruningScope.Global, 0.5, 1)).Message);
    }

    [Fact]
    public void Prune_refuses_to_keep_more_than_is_active()
    {
        var context = PruningScoreTests.Context();
        var masks = OneShotPruning.Prune(context, new RandomScore(), PruningScope.Global, 0.9, 1);
        Assert.Contains("only", Assert.Throws<ArgumentException>(() => OneShotPruning.Prune(context with { Masks = masks }, new RandomScore(), PruningScope.Global, 0.5, 1)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => OneShotPruning.Prune(context, new RandomScore(), PruningScope.Global, 0.5, 0));
    }

    private static int[] Counts(MaskSet masks) => [.. Enumerable.Range(0, masks.Count).Select(layer => masks[layer].ActiveCount)];
}
