using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu.Convolutions;

/// <summary>How large the parts of a sparse convolution's channels are, so that what a chunk of a row meets stays in L1 (48 KiB, or 32).</summary>
/// <param name="geometry">The convolution.</param>
/// <param name="active">Number of active weights.</param>
internal sealed class PartSizes(ConvolutionGeometry geometry, int active)
{
    private const int WeightsOfPart = 12;
    private const int LongestPart = 128;
    private const int WeightsOfTile = 60;
    private const int LongestTile = 256;

    /// <summary>Columns of a row that lists go through together.</summary>
    public int Chunk { get; } = !Lanes.UsesAvx2 ? 14 : geometry.Columns % 7 == 0 ? 7 : 8;

    /// <summary>Floats of one packed run: a chunk of columns of one phase.</summary>
    public int PackedPhase => (Chunk + ((geometry.Layer.KernelWidth - 1) / geometry.Stride)) * Lanes.Width;

    /// <summary>Floats of one packed channel.</summary>
    public int PackedChannel => geometry.Layer.KernelHeight * geometry.Stride * PackedPhase;

    /// <summary>
    /// Input channels of one part of a forward pass, and the number of parts: what one chunk of a row meets stays in L1, unless that left too few weights to a part to
    /// pay for loading and storing its sums.
    /// </summary>
    public (int Channels, int Parts) Parts => Even(geometry.Layer.Inputs, ChannelsFor(WeightsOfPart, LongestPart, geometry.Layer.Inputs));

    /// <summary>
    /// Output channels of one tile of a backward pass, and the number of tiles: larger than parts, because each tile goes through the inputs and their gradients of all
    /// channels, and an output gradient is used twice for each load.
    /// </summary>
    public (int Outputs, int Tiles) Tiles => Even(geometry.Layer.Outputs, ChannelsFor(WeightsOfTile, LongestTile, geometry.Layer.Outputs));

    private static int PartFloats => Lanes.UsesAvx2 ? 6144 : 9216;

    private int ChunkFloats
    {
        get
        {
            var layer = geometry.Layer;
            return geometry.Stride == 1
                ? layer.KernelHeight * Math.Min(geometry.Columns + layer.KernelWidth - 1, Chunk - 1 + layer.KernelWidth) * Lanes.Width
                : PackedChannel;
        }
    }

    /// <summary>Sets of about the wanted size that share a number evenly: their size and how many there are.</summary>
    private static (int Size, int Count) Even(int total, int wanted)
    {
        var count = Math.Max(1, (total + (wanted / 2)) / wanted);
        var size = (total + count - 1) / count;
        return (size, (total + size - 1) / size);
    }

    /// <summary>Channels whose chunks fit in L1; but where that means fewer weights of a list than wanted, as many as give those, up to a longest set.</summary>
    private int ChannelsFor(int weights, int longest, int channels)
    {
        var enough = Math.Min(longest, weights * (long)geometry.Layer.Outputs * geometry.Layer.Inputs / Math.Max(1, active));
        return (int)Math.Clamp(Math.Max(enough, PartFloats / ChunkFloats), 1, channels);
    }
}
