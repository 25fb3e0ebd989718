using System.Text.Json;
using SparseCore.Data;
using SparseCore.Initialization;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.Reference;
using SparseCore.Scores;
using SparseCore.Tests.Data;
using SparseCore.Tests.Engine;
using SparseCore.Tests.Reference;
using SparseCore.Tests.Training;

namespace SparseCore.Tests.Scores;

public class PruningScoreTests
{
    /// <summary>Two inputs, two classes, no biases: W = [1 2; 2 1], x = (1, 1), class 0. Logits 3 and 3, so p = 1/2 each and p - y = (-1/2, 1/2).</summary>
    private static readonly Network Softmax = new("softmax", Shape.Vector(2), [new Node("fc", new Operation.FullyConnected(2, HasBias: false), "input")]);

    private static readonly Network Small = LeNet5.Create([2, 3, 6, 5], new Shape(1, 16, 16), 4);

    [Fact]
    public void Magnitude_is_the_absolute_value() => Assert.Equal([1f, 2f, 2f, 1f], Score(new MagnitudeScore(), HandWorked([1, -2, 2, -1])));

    [Fact]
    public void Snip_of_the_hand_worked_case() => Assert.Equal([0.5f, 1f, 1f, 0.5f], Score(new SnipScore(), HandWorked([1, 2, 2, 1]))); // gradient [-1/2 -1/2; 1/2 1/2]

    [Fact]
    public void Grasp_of_the_hand_worked_case()
    {
        // Along g the logits move by g x = (-1, 1), so p moves by p (z' - mean) = (-1/2, 1/2) and H g = [-1/2 -1/2; 1/2 1/2]; w H g = [-1/2 -1; 1 1/2].
        var context = HandWorked([1, 2, 2, 1]);
        Assert.Equal([-0.5f, -1f, 1f, 0.5f], Score(new GraspScore(1), context));
        Assert.Equal([2, 3], OneShotPruning.Prune(context, new GraspScore(1), PruningScope.Global, 0.5, 1)[0].ActiveIndices());
    }

    [Fact]
    public void SynFlow_of_a_hand_worked_case()
    {
        // |W1| = [1 2; 3 4], |W2| = [1 2]: hidden (3, 7), R = 17. Flow through W1: [1 2; 2*3 2*4], through W2: [3 14]; both sum to R.
        var network = new Network("two", Shape.Vector(2), [
            new Node("fc1", new Operation.FullyConnected(2), "input"), new Node("relu", new Operation.Relu(), "fc1"), new Node("fc2", new Operation.FullyConnected(1), "relu")]);
        var parameters = new ParameterBlock(network);
        ((float[])[1, -2, -3, 4]).CopyTo(parameters.Weights(0));
        ((float[])[-1, 2]).CopyTo(parameters.Weights(1));
        parameters.Biases(0).Fill(100); // not part of any path
        var scores = new ParameterBlock(network);
        new SynFlowScore().Score(new PruningContext(network, MaskSet.Full(network), parameters, Samples.Random(Shape.Vector(2), 1, 1), [], new NoEngines(), 0), scores);
        Assert.Equal([1f / 14, 2f / 14, 6f / 14, 8f / 14], scores.Weights(0).ToArray());
        Assert.Equal([3f / 14, 1f], scores.Weights(1).ToArray());
    }

    [Fact]
    public void Snip_agrees_with_the_double_twin()
    {
        var context = Context();
        var (network, parameters, examples) = Twin(context);
        var gradient = network.Gradient(parameters, examples);
        var expected = gradient.Zip(parameters, (g, w) => Math.Abs(g * w)).ToArray();
        AssertClose(expected, Score(new SnipScore(), context), 1e-5 * expected.Max());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public void Grasp_is_how_the_squared_gradient_norm_changes_when_a_weight_shrinks(double temperature)
    {
        var context = Context() with { Examples = [0, 5, 7] };
        var (network, parameters, examples) = Twin(context, temperature);
        var scores = Score(new GraspScore(temperature), context);
        var expected = new double[parameters.Length];
        for (var layer = 0; layer < Small.Layers.Count; layer++)
        {
            for (var index = context.Parameters.WeightOffset(layer); index < context.Parameters.BiasOffset(layer); index++)
            {
                var (up, down) = ((double[])parameters.Clone(), (double[])parameters.Clone());
                up[index] *= 1 + 1e-4;
                down[index] *= 1 - 1e-4;
                expected[index] = (SquaredNorm(context, network.Gradient(up, examples)) - SquaredNorm(context, network.Gradient(down, examples))) / 4e-4;
            }
        }

        var largest = expected.Max(Math.Abs);
        AssertClose([.. expected.Select(value => value / largest)], scores, 1e-4);
    }

    [Fact]
    public void SynFlow_takes_scales_over_deviations_as_factors_and_scales_of_0_as_1()
    {
        // |w1| = 2, 3; |scale| / sqrt(variance + epsilon) = 3 / 2 and (0 as 1) 1 / 3; |w2| = 1, 5. Means and shifts are no paths.
        var network = new Network("norm", Shape.Vector(1), [
            new Node("fc1", new Operation.FullyConnected(2, HasBias: false), "input"),
            new Node("norm", new Operation.BatchNorm(Epsilon: 1), "fc1"),
            new Node("fc2", new Operation.FullyConnected(1, HasBias: false), "norm")]);
        var parameters = new ParameterBlock(network);
        ((float[])[2, -3]).CopyTo(parameters.Weights(0));
        ((float[])[-1, 5]).CopyTo(parameters.Weights(1));
        ((float[])[-3, 0]).CopyTo(parameters.Scales(0));
        ((float[])[3, 8]).CopyTo(parameters.Variances(0));
        parameters.Means(0).Fill(-7);
        parameters.Shifts(0).Fill(9);
        var context = new PruningContext(network, MaskSet.Full(network), parameters, Samples.Random(Shape.Vector(1), 1, 1), [], new NoEngines(), 0);
        var scores = new ParameterBlock(network);
        new SynFlowScore().Score(context, scores);
        float[] expected = [2 * 1.5f * 1, 3 / 3f * 5, 2 * 1.5f * 1, 3 / 3f * 5];
        for (var index = 0; index < 4; index++)
        {
            Assert.Equal(expected[index] / 5, scores.Values[index], 1e-6f);
        }

        Assert.Equal(0f, parameters.Scales(0)[1]); // the network itself stays as it was
    }

    [Fact]
    public void SynFlow_follows_both_sides_of_a_residual_sum_at_initialization()
    {
        // With fc = 1 and every weight |w|, the flow through a weight of the block is |w| times what it reads; the identity adds its own.
        var network = new Network("residual", Shape.Vector(1), [
            new Node("fc1", new Operation.FullyConnected(1, HasBias: false), "input"),
            new Node("fc2", new Operation.FullyConnected(1, HasBias: false), "fc1"),
            new Node("sum", new Operation.Add(), "fc2", "fc1")]);
        var parameters = new ParameterBlock(network);
        ((float[])[-2, 3]).CopyTo(parameters.Values, 0);
        var scores = new ParameterBlock(network);
        new SynFlowScore().Score(Norms() with { Network = network, Masks = MaskSet.Full(network), Parameters = parameters }, scores);
        Assert.Equal([1f, 0.75f], scores.Values); // 2 (3 + 1) = 8 and 3 x 2 = 6
    }

    [Fact]
    public void Snip_takes_the_statistics_of_the_examples_and_scales_of_0_as_1()
    {
        var context = Norms();
        var open = context.Parameters.Clone();
        open.Scales(3).Fill(1f);
        var parameters = DoubleNetwork.Widen(open);
        var gradient = new DoubleNetwork(context.Network).Gradient(parameters, Examples.From(context.Data, context.Examples));
        var scores = new ParameterBlock(context.Network);
        new SnipScore().Score(context, scores);
        for (var layer = 0; layer < context.Network.Layers.Count; layer++)
        {
            var (offset, found) = (open.WeightOffset(layer), scores.Weights(layer).ToArray());
            var expected = Enumerable.Range(0, found.Length).Select(index => Math.Abs(gradient[offset + index] * parameters[offset + index])).ToArray();
            Assert.True(expected.Max() > 0, context.Network.Layers[layer].Name); // every layer is seen, though a scale is 0
            AssertClose(expected, found, 1e-4 * expected.Max());
        }
    }

    [Fact]
    public void Grasp_takes_the_statistics_of_the_examples_and_the_gradient_of_weights_alone()
    {
        var context = Norms();
        var open = context.Parameters.Clone();
        open.Scales(3).Fill(1f);
        var network = new DoubleNetwork(context.Network);
        var parameters = DoubleNetwork.Widen(open);
        var examples = Examples.From(context.Data, context.Examples);
        double Norm(double[] point)
        {
            var gradient = network.Gradient(point, examples);
            return Enumerable.Range(0, context.Network.Layers.Count).Sum(layer => gradient[open.WeightOffset(layer)..open.BiasOffset(layer)].Sum(value => value * value));
        }

        var scores = Score(new GraspScore(1), context);
        var expected = new double[parameters.Length];
        for (var layer = 0; layer < context.Network.Layers.Count; layer++)
        {
            for (var index = open.WeightOffset(layer); index < open.BiasOffset(layer); index++)
            {
                var (up, down) = ((double[])parameters.Clone(), (double[])parameters.Clone());
                up[index] *= 1 + 1e-5;
                down[index] *= 1 - 1e-5;
                expected[index] = (Norm(up) - Norm(down)) / 4e-5;
            }
        }

        // Scores are scaled by the largest product, which may be a scale's: compared by their ratio to the largest of a weight.
        var (largest, scale) = (expected.Max(Math.Abs), scores[..open.ScaleOffset(0)].Max(Math.Abs));
        AssertClose([.. expected[..open.ScaleOffset(0)].Select(value => value / largest * scale)], scores[..open.ScaleOffset(0)], 1e-4);
    }

    [Fact]
    public void Prune_of_a_residual_network_meets_its_counts_by_every_score()
    {
        var context = Norms();
        IPruningScore[] all = [new MagnitudeScore(), new RandomScore(), new SnipScore(), new GraspScore(200), new SynFlowScore()];
        var counts = context.Network.Layers.Select(layer => TopK.KeepCount(0.5, layer.WeightCount)).ToArray();
        Assert.All(all, score =>
        {
            var masks = OneShotPruning.Prune(context, score, PruningScope.Layer, 0.5, 1);
            Assert.Equal(counts, Enumerable.Range(0, masks.Count).Select(layer => masks[layer].ActiveCount));
        });
    }

    [Fact]
    public void SynFlow_is_conserved_through_layers()
    {
        var context = Context();
        var scores = new ParameterBlock(Small);
        new SynFlowScore().Score(context, scores);
        var first = scores.Weights(2).ToArray().Sum(score => (double)score);
        Assert.Equal(first, scores.Weights(3).ToArray().Sum(score => (double)score), 1e-4 * first);
        Assert.Equal(first, scores.Weights(4).ToArray().Sum(score => (double)score), 1e-4 * first);
    }

    [Fact]
    public void Random_depends_on_the_seed_alone()
    {
        var context = Context();
        Assert.Equal(Score(new RandomScore(), context), Score(new RandomScore(), context));
        Assert.NotEqual(Score(new RandomScore(), context), Score(new RandomScore(), context with { Seed = 2 }));
    }

    [Fact]
    public void Scores_survive_JSON()
    {
        IPruningScore[] scores = [new MagnitudeScore(), new RandomScore(), new SnipScore(), new GraspScore(200), new SynFlowScore()];
        Assert.All(scores, score => Assert.Equal(score, JsonSerializer.Deserialize<IPruningScore>(JsonSerializer.Serialize<IPruningScore>(score, PlanJson.Options), PlanJson.Options)));
    }

    [Fact]
    public void Grasp_refuses_a_temperature_that_is_not_positive() => Assert.Throws<ArgumentOutOfRangeException>(() => new GraspScore(0));

    internal static PruningContext Context()
    {
        var data = Samples.Random(Small.Input, 4, 12);
        var parameters = InitialParameters.Draw(MaskSet.Full(Small), DenseInitializer.GlorotUniform, 1);
        return new PruningContext(Small, MaskSet.Full(Small), parameters, data, [.. Enumerable.Range(0, 12)], SmallRuns.Engine, 1);
    }

    /// <summary>A small residual network whose first block's last scales are 0.</summary>
    private static PruningContext Norms()
    {
        var network = ResidualNetworks.Torch;
        var parameters = ResidualNetworks.Parameters(MaskSet.Full(network), 1);
        parameters.Scales(3).Clear();
        return new PruningContext(network, MaskSet.Full(network), parameters, Samples.Random(network.Input, 5, 12), [.. Enumerable.Range(0, 12)], SmallRuns.Engine, 1);
    }

    private static PruningContext HandWorked(float[] weights)
    {
        var parameters = new ParameterBlock(Softmax);
        weights.CopyTo(parameters.Weights(0));
        var data = new ByteDataset("one", Shape.Vector(2), 2, [255, 255], [0]);
        return new PruningContext(Softmax, MaskSet.Full(Softmax), parameters, data, [0], SmallRuns.Engine, 1);
    }

    private static (DoubleNetwork Network, double[] Parameters, Examples Examples) Twin(PruningContext context, double temperature = 1) =>
        (new DoubleNetwork(context.Network) { Temperature = temperature }, DoubleNetwork.Widen(context.Parameters), Examples.From(context.Data, context.Examples));

    /// <summary>Squared norm of the weights' part of a gradient.</summary>
    private static double SquaredNorm(PruningContext context, double[] gradient) =>
        Enumerable.Range(0, context.Network.Layers.Count)
            .Sum(layer => gradient[context.Parameters.WeightOffset(layer)..context.Parameters.BiasOffset(layer)].Sum(value => value * value));

    private static float[] Score(IPruningScore score, PruningContext context)
    {
        var scores = new ParameterBlock(context.Network);
        score.Score(context, scores);
        for (var layer = 0; layer < context.Network.Layers.Count; layer++)
        {
            scores.Biases(layer).Clear();
        }

        return scores.Values;
    }

    private static void AssertClose(double[] expected, float[] found, double tolerance)
    {
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.True(Math.Abs(expected[index] - found[index]) <= tolerance, $"at {index}: expected {expected[index]}, found {found[index]}");
        }
    }
}
