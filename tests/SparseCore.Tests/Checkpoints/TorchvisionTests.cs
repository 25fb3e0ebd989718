using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using SparseCore.Checkpoints;
using SparseCore.Cpu;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Checkpoints;

/// <summary>
/// ResNet-50 and VGG16 at full size against torchvision's names, shapes and logits at 224 x 224, which torchvision_exchange.py wrote. Weights and images come from
/// an integer hash on both sides.
/// </summary>
public class TorchvisionTests
{
    private const int Images = 2;

    private sealed record Reference(Dictionary<string, long[]> Shapes, float[] Logits);

    [Fact]
    public void ResNet50_through_a_file_gives_torchvisions_logits()
    {
        var network = ResNet50.Create(ResNet50.PaperWidths, new Shape(3, 224, 224), 1000, smallImages: false);
        using var folder = new TemporaryFolder();
        var path = folder.File("resnet50.safetensors");
        DenseExport.Write(path, new Checkpoint(0, new string('0', 64), [], MaskSet.Full(network), Filled(network), new ParameterBlock(network), 0));
        AssertShapes("resnet50", SafetensorsFile.ReadHeader(path).Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray()));
        var (masks, parameters, _, _) = DenseImport.Read(path, network, masksFromZeros: false);
        AssertLogits("resnet50", masks, parameters);
    }

    [Fact]
    public void Vgg16_classic_gives_torchvisions_logits()
    {
        var network = Vgg16.CreateClassic(Vgg16.ClassicWidths, new Shape(3, 224, 224), 1000, batchNorm: false);
        var shapes = network.Layers.SelectMany(layer => new[]
        {
            (layer.Name + ".weight", layer.WeightShape.Select(size => (long)size).ToArray()), (layer.Name + ".bias", new long[] { layer.Outputs }),
        });
        AssertShapes("vgg16-classic", shapes.ToDictionary(pair => pair.Item1, pair => pair.Item2));
        AssertLogits("vgg16-classic", MaskSet.Full(network), Filled(network));
    }

    private static void AssertShapes(string name, Dictionary<string, long[]> found)
    {
        var expected = Load(name).Shapes;
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, pair => Assert.Equal(pair.Value, found[pair.Key]));
    }

    private static void AssertLogits(string name, MaskSet masks, ParameterBlock parameters)
    {
        using var engine = new CpuEngine(masks.Network, masks, Images);
        engine.Load(parameters);
        var images = Uniform("images", Images * masks.Network.Input.Count);
        for (var index = 0; index < images.Length; index++)
        {
            images[index] = (images[index] * 4) - 2;
        }

        var logits = new float[Images * 1000];
        engine.LogitsOf(images, Images, logits);
        var expected = Load(name).Logits;
        var largest = expected.Zip(logits, (one, other) => Math.Abs(one - other)).Max();
        Assert.True(largest <= 1e-3, $"The largest difference is {largest}.");
    }

    /// <summary>The parameters that torchvision_exchange.py gives the network.</summary>
    private static ParameterBlock Filled(Network network)
    {
        var parameters = new ParameterBlock(network);
        for (var index = 0; index < network.Layers.Count; index++)
        {
            var layer = network.Layers[index];
            Fill(layer.Name + ".weight", parameters.Weights(index), -0.5f, (float)Math.Sqrt(24.0 / layer.FanIn));
            Fill(layer.Name + ".bias", parameters.Biases(index), -0.5f, 0.25f);
        }

        for (var index = 0; index < network.Norms.Count; index++)
        {
            var name = network.Norms[index].Name;
            Fill(name + ".weight", parameters.Scales(index), 0.5f, 0.5f);
            Fill(name + ".bias", parameters.Shifts(index), -0.5f, 0.25f);
            Fill(name + ".running_mean", parameters.Means(index), -0.5f, 0.25f);
            Fill(name + ".running_var", parameters.Variances(index), 0.5f, 1f);
        }

        return parameters;
    }

    private static void Fill(string name, Span<float> destination, float shift, float factor)
    {
        var numbers = Uniform(name, destination.Length);
        for (var index = 0; index < numbers.Length; index++)
        {
            destination[index] = (numbers[index] + shift) * factor;
        }
    }

    /// <summary>Numbers in [0, 1) with 24 bits, from a hash of name and index; the script's function of the same name.</summary>
    private static float[] Uniform(string name, int count)
    {
        var seed = 2166136261u;
        foreach (var letter in Encoding.UTF8.GetBytes(name))
        {
            seed = (seed ^ letter) * 16777619;
        }

        var numbers = new float[count];
        for (var index = 0; index < count; index++)
        {
            var key = ((uint)index * 2654435761) + seed;
            key = (key ^ (key >> 15)) * 2246822519;
            key = (key ^ (key >> 13)) * 3266489917;
            key ^= key >> 16;
            numbers[index] = (key >> 8) * (1f / 16777216);
        }

        return numbers;
    }

    private static Reference Load(string name, [CallerFilePath] string source = "")
    {
        using var file = File.OpenRead(Path.Combine(Path.GetDirectoryName(source)!, "data", "torchvision.json"));
        return JsonSerializer.Deserialize<Dictionary<string, Reference>>(file, JsonSerializerOptions.Web)![name];
    }
}
