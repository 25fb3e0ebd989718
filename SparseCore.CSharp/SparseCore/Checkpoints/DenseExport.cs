using System.Globalization;
using SparseCore.Networks;

namespace SparseCore.Checkpoints;

/// <summary>
/// Plain dense safetensors with PyTorch's names and layouts: "conv1.weight" [out, in, kh, kw], "conv1.bias" [out], "fc1.weight" [out, in], "bn1.weight",
/// "bn1.bias", "bn1.running_mean", "bn1.running_var" [channels].
/// </summary>
public static class DenseExport
{
    /// <summary>Writes the parameters of a checkpoint; masked weights are zeros.</summary>
    /// <param name="path">Where; the folder must exist.</param>
    /// <param name="checkpoint">What to export.</param>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public static void Write(string path, Checkpoint checkpoint)
    {
        var tensors = new List<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)>();
        for (var index = 0; index < checkpoint.Network.Layers.Count; index++)
        {
            var layer = checkpoint.Network.Layers[index];
            tensors.Add((layer.Name + ".weight", "F32", Shape(layer), SafetensorsFile.ToBytes(checkpoint.Parameters.Weights(index))));
            if (layer.HasBias)
            {
                tensors.Add((layer.Name + ".bias", "F32", [layer.Outputs], SafetensorsFile.ToBytes(checkpoint.Parameters.Biases(index))));
            }
        }

        for (var index = 0; index < checkpoint.Network.Norms.Count; index++)
        {
            var norm = checkpoint.Network.Norms[index];
            void Add(string part, ReadOnlySpan<float> values) => tensors.Add((norm.Name + part, "F32", [norm.Channels], SafetensorsFile.ToBytes(values)));
            Add(".weight", checkpoint.Parameters.Scales(index));
            Add(".bias", checkpoint.Parameters.Shifts(index));
            Add(".running_mean", checkpoint.Parameters.Means(index));
            Add(".running_var", checkpoint.Parameters.Variances(index));
        }

        SafetensorsFile.Write(
            path,
            [
                new("format", "pt"), // how loaders of PyTorch recognise their own layout
                new("network", checkpoint.Network.Name),
                new("step", checkpoint.Step.ToString(CultureInfo.InvariantCulture)),
                new("plan_hash", checkpoint.PlanHash),
            ],
            tensors);
    }

    private static long[] Shape(Layer layer) => [.. layer.WeightShape];
}
