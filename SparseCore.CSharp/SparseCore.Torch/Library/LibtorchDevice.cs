using System.Globalization;

namespace SparseCore.Torch.Library;

/// <summary>A device as users name it: cpu, cuda or cuda:N.</summary>
internal static class LibtorchDevice
{
    /// <summary>Whether the device is a GPU, and which; 0 is the first.</summary>
    /// <exception cref="TorchException">It is none of the devices.</exception>
    public static (bool IsCuda, int Index) Parse(string device)
    {
        const string Numbered = "cuda:";
        return device switch
        {
            "cpu" => (false, 0),
            "cuda" => (true, 0),
            _ when device.StartsWith(Numbered, StringComparison.Ordinal)
                && int.TryParse(device.AsSpan(Numbered.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index) => (true, index),
            _ => throw new TorchException($"device: expected cpu, cuda or cuda:N with the number of a GPU, found '{device}'. Name one of these."),
        };
    }
}
