using System.Runtime.CompilerServices;
using System.Text.Json;
using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Engine;

/// <summary>Compares with PyTorch's numbers; make_torch_reference.py wrote them.</summary>
public class TorchReferenceTests
{
    private sealed record Reference(
        int[] Widths,
        int Side,
        int Classes,
        float[] Images,
        int[] Labels,
        int[][] Masks,
        float[][] Weights,
        float[][] Biases,
        double[] Logits,
        double Loss,
        double[][] WeightGradients,
        double[][] BiasGradients);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Logits_loss_and_gradients_are_those_of_PyTorch(bool dense)
    {
        var reference = Load();
        var network = LeNet5.Create(reference.Widths, new Shape(1, reference.Side, reference.Side), reference.Classes);
        var masks = new MaskSet(network, [.. reference.Masks.Select(mask =>
            Mask.FromIndices(mask.Length, [.. Enumerable.Range(0, mask.Length).Where(index => mask[index] == 1)]))]);
        var parameters = new ParameterBlock(network);
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            reference.Weights[layer].CopyTo(parameters.Weights(layer));
            reference.Biases[layer].CopyTo(parameters.Biases(layer));
        }

        var count = reference.Labels.Length;
        var data = new RandomExamples(network.Input, reference.Images, reference.Labels, reference.Classes);
        using var engine = new CpuEngine(network, masks, count, 1, dense);
        engine.Load(parameters);
        var logits = new float[reference.Logits.Length];
        engine.Logits(data, 0, count, logits);
        AssertClose(reference.Logits, logits);
        var gradient = new ParameterBlock(network);
        Assert.Equal(reference.Loss, engine.Gradient(data, Setups.Range(count), GradientScope.Dense, gradient), 1e-5);
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            AssertClose(reference.WeightGradients[layer], gradient.Weights(layer));
            AssertClose(reference.BiasGradients[layer], gradient.Biases(layer));
        }
    }

    private static void AssertClose(double[] expected, ReadOnlySpan<float> found)
    {
        Assert.Equal(expected.Length, found.Length);
        var scale = expected.Max(Math.Abs);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.Equal(expected[index], found[index], 1e-6 * (1 + scale));
        }
    }

    private static Reference Load([CallerFilePath] string source = "") => JsonSerializer.Deserialize<Reference>(
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(source)!, "data", "torch_lenet5.json")), JsonSerializerOptions.Web)!;
}
