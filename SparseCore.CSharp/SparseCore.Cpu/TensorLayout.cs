using SparseCore.Cpu.Kernels;
using SparseCore.Networks;

namespace SparseCore.Cpu;

/// <summary>
/// Where the values of one slice's activation lie. A slice is cut into blocks of 16 examples, one vector each; value (channel, row, column) of block b starts at
/// Offset(channel, row, column) + b * BlockStride. Spatial tensors are block-major, [block][channel][row][column][16], so that the tile a convolution works on is
/// contiguous and stays in L1; vectors are feature-major, [feature][slice], so that one weight meets all examples of the slice at consecutive addresses.
/// </summary>
internal sealed record TensorLayout
{
    private const int LeastStreamed = 2 << 20; // 8 MiB: with what two threads read and write besides, more than an L3 of 32

    private TensorLayout(Shape shape, int padding, int featureStride, int channelStride, int blockStride, int floats)
    {
        Shape = shape;
        Padding = padding;
        FeatureStride = featureStride;
        ChannelStride = channelStride;
        BlockStride = blockStride;
        Floats = floats;
    }

    /// <summary>Shape of one example, without padding.</summary>
    public Shape Shape { get; }

    /// <summary>Zero rows and columns stored on each side.</summary>
    public int Padding { get; }

    /// <summary>Floats from one value to the next of the same row.</summary>
    public int FeatureStride { get; }

    /// <summary>Floats from one block of 16 examples to the next.</summary>
    public int BlockStride { get; }

    /// <summary>Floats of the whole slice.</summary>
    public int Floats { get; }

    /// <summary>
    /// Whether a slice leaves L3 before it is read again. Whoever writes it then writes with non-temporal stores, which spares reading every line that is
    /// about to be overwritten.
    /// </summary>
    public bool IsStreamed => Floats >= LeastStreamed && FeatureStride == Lanes.Width;

    /// <summary>Floats from one row to the next.</summary>
    public int RowStride => (Shape.Width + (2 * Padding)) * FeatureStride;

    /// <summary>Floats from one channel to the next.</summary>
    public int ChannelStride { get; }

    /// <summary>Whether the channels of one block of 16 examples follow one another.</summary>
    public bool IsBlockMajor => FeatureStride == Lanes.Width && BlockStride == ChannelStride * Shape.Channels;

    /// <summary>
    /// The layout of an activation that a convolution, a pool or an elementwise operation reads. Channels an even number of vectors apart would share few places
    /// of L1: where there are many, a vector between them is left free.
    /// </summary>
    public static TensorLayout Spatial(Shape shape, int padding, int blocks)
    {
        var vectors = (shape.Height + (2 * padding)) * (shape.Width + (2 * padding));
        return Spatial(shape, padding, blocks, shape.Channels >= 16 && vectors >= 16 && vectors % 4 == 0 ? vectors + 1 : vectors);
    }

    /// <summary>The layout of examples: as <see cref="Spatial(Shape, int, int)"/>, without gaps.</summary>
    public static TensorLayout Examples(Shape shape, int padding, int blocks) =>
        Spatial(shape, padding, blocks, (shape.Height + (2 * padding)) * (shape.Width + (2 * padding)));

    /// <summary>The layout of an activation that a fully connected layer or the loss reads.</summary>
    public static TensorLayout Features(Shape shape, int blocks)
    {
        var stride = blocks * Lanes.Width;
        return new TensorLayout(shape, 0, stride, shape.Height * shape.Width * stride, Lanes.Width, shape.Count * stride);
    }

    /// <summary>The same memory as rows of another length; only without padding.</summary>
    public TensorLayout WithRows(int height, int width) =>
        Padding == 0 && height * width == Shape.Height * Shape.Width
            ? new TensorLayout(new Shape(Shape.Channels, height, width), 0, FeatureStride, ChannelStride, BlockStride, Floats)
            : throw new ArgumentException($"{Shape} with padding {Padding} cannot be seen as {height} rows of {width}.");

    /// <summary>First float of a row of one block.</summary>
    public long Place(int block, int channel, int row) => ((long)block * BlockStride) + Offset(channel, row, 0);

    /// <summary>All rows of the first blocks, in memory order within a block.</summary>
    public RowEnumerator Rows(int blocks) => new(blocks, Shape.Channels, Shape.Height);

    /// <summary>First float of value (channel, row, column) in block 0; rows and columns count without padding.</summary>
    public int Offset(int channel, int row, int column) => (channel * ChannelStride) + ((row + Padding) * RowStride) + ((column + Padding) * FeatureStride);

    private static TensorLayout Spatial(Shape shape, int padding, int blocks, int channelVectors)
    {
        var channelStride = channelVectors * Lanes.Width;
        var blockStride = shape.Channels * channelStride;
        return new TensorLayout(shape, padding, Lanes.Width, channelStride, blockStride, blocks * blockStride);
    }

    /// <summary>Counts through blocks, channels and rows without allocating.</summary>
    public struct RowEnumerator(int blocks, int channels, int rows)
    {
        private int block;
        private int channel;
        private int row = -1;

        /// <summary>Block, channel, row.</summary>
        public readonly (int Block, int Channel, int Row) Current => (block, channel, row);

        /// <summary>The enumerator itself.</summary>
        public readonly RowEnumerator GetEnumerator() => this;

        /// <summary>Goes on to the next row.</summary>
        public bool MoveNext()
        {
            if (++row < rows)
            {
                return block < blocks;
            }

            row = 0;
            if (++channel < channels)
            {
                return true;
            }

            channel = 0;
            return ++block < blocks;
        }
    }
}
