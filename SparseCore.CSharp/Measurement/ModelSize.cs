using SparseCore.Parameters;

namespace SparseCore.Measurement;

/// <summary>Memory of a network's parameters.</summary>
public static class ModelSize
{
    /// <summary>Bytes that hold the parameters: four for every active weight and bias, and one bit for every weight of a layer that is masked.</summary>
    public static long Bytes(MaskSet masks)
    {
        var bytes = 0L;
        for (var layer = 0; layer < masks.Count; layer++)
        {
            var mask = masks[layer];
            bytes += 4L * (mask.ActiveCount + masks.Network.Layers[layer].BiasCount);
            bytes += mask.ActiveCount < mask.Length ? (mask.Length + 7) / 8 : 0;
        }

        return bytes;
    }
}
