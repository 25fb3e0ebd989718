using System.Globalization;

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
        var tensors =
            from node in checkpoint.Network.TensorsByNode
            from tensor in node
            select (tensor.Name, "F32", (IReadOnlyList<long>)[.. tensor.Tensor.Shape], (ReadOnlyMemory<byte>)SafetensorsFile.ToBytes(checkpoint.Parameters.Of(tensor)));
        SafetensorsFile.Write(
            path,
            [
                new("format", "pt"), // how loaders of PyTorch recognize their own layout
                new("network", checkpoint.Network.Name),
                new("step", checkpoint.Step.ToString(CultureInfo.InvariantCulture)),
                new("plan_hash", checkpoint.PlanHash),
            ],
            [.. tensors]);
    }
}
