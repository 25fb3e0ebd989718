using System.Text.Json;
using SparseCore.Initialization;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.Randomness;

namespace SparseCore.Tests.Initialization;

public class InitializerTests
{
    private static readonly Layer FullyConnected = new("fc", 4, 64, 1, 1, HasBias: true, 1, IsConvolution: false);
    private static readonly Layer Convolution = new("conv", 4, 16, 2, 2, HasBias: true, 9, IsConvolution: true);

    public static IEnumerable<object[]> Kinds =>
        from distribution in Enum.GetValues<Distribution>() from fan in Enum.GetValues<FanMode>() select new object[] { distribution, fan };

    /// <summary>Neurons 0..3 with 1, 4, 64 and 0 inputs; both layers have 64 weights a neuron.</summary>
    private static Mask Heterogeneous { get; } = Mask.FromIndices(256, [7, 64 + 1, 64 + 2, 64 + 33, 64 + 63, .. Enumerable.Range(128, 64)]);

    [Theory]
    [InlineData(Distribution.Normal, false)]
    [InlineData(Distribution.TruncatedNormal, false)]
    [InlineData(Distribution.Uniform, false)]
    [InlineData(Distribution.Normal, true)]
    [InlineData(Distribution.TruncatedNormal, true)]
    [InlineData(Distribution.Uniform, true)]
    public void NeuronScaled_gives_each_neuron_the_variance_of_its_own_fan_in(Distribution distribution, bool convolution)
    {
        var squares = MeanSquares(new NeuronScaledInitializer(distribution, FanMode.FanIn, 2), convolution ? Convolution : FullyConnected, Heterogeneous);
        foreach (var index in Heterogeneous.ActiveIndices())
        {
            var expected = 2.0 / (index < 64 ? 1 : index < 128 ? 4 : 64);
            Assert.InRange(squares[index] / expected, 0.85, 1.15); // 4000 draws: the error of a normal's variance is 2.2%
        }
    }

    [Fact]
    public void NeuronScaled_fan_out_counts_the_outputs_and_taps_of_each_input()
    {
        // Convolution of 2 outputs, 3 inputs, 2 taps. Input 0 has 4 active weights, inputs 1 and 2 have 1 each.
        var layer = new Layer("conv", 2, 3, 1, 2, HasBias: true, 4, IsConvolution: true);
        var mask = Mask.FromIndices(12, [0, 1, 6, 7, 2, 11]);
        var squares = MeanSquares(new NeuronScaledInitializer(Distribution.Normal, FanMode.FanOut, 1), layer, mask);
        Assert.InRange(squares[0] * 4, 0.85, 1.15);
        Assert.InRange(squares[7] * 4, 0.85, 1.15);
        Assert.InRange(squares[2], 0.85, 1.15);
        Assert.InRange(squares[11], 0.85, 1.15);
    }

    [Fact]
    public void NeuronScaled_average_halves_the_sum_of_both_fans()
    {
        // Weight 0 joins output 0 (fan-in 3: 0, 1, 2) and input 0 (fan-out 4: 0, 1, 6, 7).
        var layer = new Layer("conv", 2, 3, 1, 2, HasBias: true, 4, IsConvolution: true);
        var squares = MeanSquares(new NeuronScaledInitializer(Distribution.Normal, FanMode.Average, 1), layer, Mask.FromIndices(12, [0, 1, 6, 7, 2, 11]));
        Assert.InRange(squares[0] * 3.5, 0.85, 1.15);
        Assert.InRange(squares[11] * 2, 0.85, 1.15); // output 1 has 3 inputs, input 2 one output
    }

    [Fact]
    public void LayerScaled_gives_every_neuron_the_variance_of_the_mean_fan_in()
    {
        var squares = MeanSquares(LayerScaledInitializer.HeTruncatedNormal, FullyConnected, Heterogeneous);
        var expected = 2.0 / (64 * Heterogeneous.Density);
        Assert.All(Heterogeneous.ActiveIndices(), index => Assert.InRange(squares[index] / expected, 0.85, 1.15));
    }

    [Theory]
    [InlineData(FanMode.FanIn, 64)]
    [InlineData(FanMode.FanOut, 16)]
    [InlineData(FanMode.Average, 40)]
    public void Dense_divides_by_the_fans_of_the_dense_layer_with_taps(FanMode fan, int connections)
    {
        var squares = MeanSquares(new DenseInitializer(Distribution.Uniform, fan, 1), Convolution, Heterogeneous);
        Assert.All(Heterogeneous.ActiveIndices(), index => Assert.InRange(squares[index] * connections, 0.85, 1.15));
    }

    [Fact]
    public void Dense_GlorotUniform_keeps_to_Keras_limit()
    {
        var weights = new float[30720];
        var layer = new Layer("fc1", 120, 256, 1, 1, HasBias: true, 1, IsConvolution: false);
        DenseInitializer.GlorotUniform.Fill(layer, Mask.Full(30720), new RandomStream(1, "init"), weights);
        var limit = MathF.Sqrt(6f / (256 + 120));
        Assert.InRange(weights.Max(), 0.999f * limit, limit);
        Assert.InRange(weights.Min(), -limit, -0.999f * limit);
    }

    [Fact]
    public void TruncatedNormal_ends_at_two_deviations_of_the_widened_normal()
    {
        var weights = new float[100_000];
        var layer = new Layer("fc", 1, 100_000, 1, 1, HasBias: true, 1, IsConvolution: false);
        new DenseInitializer(Distribution.TruncatedNormal, FanMode.FanOut, 1).Fill(layer, Mask.Full(100_000), new RandomStream(1, "init"), weights);
        Assert.InRange(weights.Max(), 2.27f, 2.2737f); // 2 / 0.8796
        Assert.InRange(weights.Average(weight => weight * weight), 0.98, 1.02);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void All_initializers_are_the_dense_one_under_a_full_mask(Distribution distribution, FanMode fan)
    {
        foreach (var layer in (Layer[])[FullyConnected, Convolution])
        {
            var dense = Fill(new DenseInitializer(distribution, fan, 2), layer, Mask.Full(256));
            Assert.Equal(dense, Fill(new LayerScaledInitializer(distribution, fan, 2), layer, Mask.Full(256)));
            Assert.Equal(dense, Fill(new NeuronScaledInitializer(distribution, fan, 2), layer, Mask.Full(256)));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Masked_weights_are_positive_zero_and_the_numbers_behind_the_others_do_not_depend_on_the_mask(Distribution distribution, FanMode fan)
    {
        IInitializer[] initializers = [new DenseInitializer(distribution, fan, 2), new LayerScaledInitializer(distribution, fan, 2), new NeuronScaledInitializer(distribution, fan, 2)];
        foreach (var initializer in initializers)
        {
            var full = Fill(initializer, FullyConnected, Mask.Full(256));
            var masked = Fill(initializer, FullyConnected, Heterogeneous);
            for (var index = 0; index < 256; index++)
            {
                Assert.True(Heterogeneous[index] ? Math.Sign(full[index]) == Math.Sign(masked[index]) : BitConverter.SingleToUInt32Bits(masked[index]) == 0);
            }
        }

        var dense = Fill(initializers[0], FullyConnected, Mask.Full(256));
        Assert.Equal(dense.Select((weight, index) => Heterogeneous[index] ? weight : 0f), Fill(initializers[0], FullyConnected, Heterogeneous));
    }

    [Fact]
    public void An_empty_mask_gives_zeros() =>
        Assert.All(
            (IInitializer[])[DenseInitializer.HeNormal, LayerScaledInitializer.HeTruncatedNormal, NeuronScaledInitializer.Paper],
            initializer => Assert.All(Fill(initializer, FullyConnected, Mask.FromIndices(256, [])), weight => Assert.Equal(0u, BitConverter.SingleToUInt32Bits(weight))));

    [Fact]
    public void Fill_refuses_wrong_lengths()
    {
        Assert.Contains("255", Assert.Throws<ArgumentException>(() => DenseInitializer.HeNormal.Fill(FullyConnected, Mask.Full(255), new RandomStream(1, ""), new float[256])).Message);
        Assert.Throws<ArgumentException>(() => NeuronScaledInitializer.Paper.Fill(FullyConnected, Mask.Full(256), new RandomStream(1, ""), new float[257]));
    }

    [Fact]
    public void Constructors_refuse_a_scale_that_is_not_positive()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DenseInitializer(Distribution.Normal, FanMode.FanIn, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NeuronScaledInitializer(Distribution.Normal, FanMode.FanIn, double.NaN));
    }

    [Fact]
    public void Initializers_survive_JSON()
    {
        IInitializer[] initializers = [DenseInitializer.GlorotUniform, LayerScaledInitializer.HeTruncatedNormal, NeuronScaledInitializer.Paper];
        Assert.All(initializers, initializer => Assert.Equal(initializer, JsonSerializer.Deserialize<IInitializer>(JsonSerializer.Serialize<IInitializer>(initializer, PlanJson.Options), PlanJson.Options)));
    }

    [Fact]
    public void InitialParameters_draws_layers_independently_and_leaves_biases_0()
    {
        var network = LeNet300.Create([4, 4], new Shape(1, 2, 2), 4); // three layers of 16 weights
        var parameters = InitialParameters.Draw(MaskSet.Full(network), DenseInitializer.HeNormal, 3);
        Assert.NotEqual(parameters.Weights(0).ToArray(), parameters.Weights(1).ToArray());
        Assert.NotEqual(parameters.Weights(1).ToArray(), parameters.Weights(2).ToArray());
        Assert.All(Enumerable.Range(0, 3), layer => Assert.Equal(new float[4], parameters.Biases(layer).ToArray()));
        Assert.Equal(parameters.Values, InitialParameters.Draw(MaskSet.Full(network), DenseInitializer.HeNormal, 3).Values);
        Assert.NotEqual(parameters.Values, InitialParameters.Draw(MaskSet.Full(network), DenseInitializer.HeNormal, 4).Values);
    }

    private static float[] Fill(IInitializer initializer, Layer layer, Mask mask)
    {
        var weights = new float[layer.WeightCount];
        Array.Fill(weights, float.NaN);
        initializer.Fill(layer, mask, new RandomStream(1, "init"), weights);
        return weights;
    }

    private static double[] MeanSquares(IInitializer initializer, Layer layer, Mask mask)
    {
        const int Draws = 4000;
        var squares = new double[layer.WeightCount];
        var weights = new float[layer.WeightCount];
        for (var draw = 0; draw < Draws; draw++)
        {
            initializer.Fill(layer, mask, new RandomStream(1, "init", (ulong)draw), weights);
            for (var index = 0; index < weights.Length; index++)
            {
                squares[index] += weights[index] * weights[index] / (double)Draws;
            }
        }

        return squares;
    }
}
