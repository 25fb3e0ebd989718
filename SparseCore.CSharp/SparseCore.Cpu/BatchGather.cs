using System.Runtime.CompilerServices;
using SparseCore.Cpu.Kernels;
using SparseCore.Data;

namespace SparseCore.Cpu;

/// <summary>Lays the plain examples of a data set out as the stages read them: the values of 16 examples side by side, those of absent examples 0.</summary>
internal static unsafe class BatchGather
{
    /// <summary>Bytes of an image up to which those of the next block are fetched early: 16 of them leave room in L1.</summary>
    private const int LargestHinted = 2048;

    /// <summary>Floats of scratch memory that loading takes.</summary>
    public static long ScratchFloats(TensorLayout layout) => (long)layout.Shape.Count * Lanes.Width;

    /// <summary>Loads the examples of one slice.</summary>
    /// <param name="data">The data set; its examples have the shape of the layout.</param>
    /// <param name="examples">Indices; repeats are allowed.</param>
    /// <param name="layout">Where the values lie.</param>
    /// <param name="scratch">Shape [<see cref="ScratchFloats"/>].</param>
    /// <param name="target">Shape [layout.Floats]; padding and blocks of spatial layouts without examples are left as they are.</param>
    public static void Load(Dataset data, ReadOnlySpan<int> examples, TensorLayout layout, float* scratch, float* target)
    {
        // Vectors are written over the whole slice.
        var blocks = (layout.FeatureStride > Lanes.Width ? layout.FeatureStride : Lanes.RoundUp(examples.Length)) / Lanes.Width;
        if (data.Pixels is { } pixels)
        {
            LoadPixels(data.Normalization, pixels, examples, layout, blocks, scratch, target);
            return;
        }

        for (var block = 0; block < blocks; block++)
        {
            var first = Math.Min(block * Lanes.Width, examples.Length);
            var count = Math.Min(Lanes.Width, examples.Length - first);
            LoadValues(data, examples.Slice(first, count), layout, scratch, target + ((long)block * layout.BlockStride));
        }
    }

    private static void LoadPixels(
        InputNormalization normalization, IPixelSource pixels, ReadOnlySpan<int> examples, TensorLayout layout, int blocks, float* scratch, float* target)
    {
        var shape = layout.Shape;
        var (channels, plane) = (shape.Channels, shape.Height * shape.Width);
        var stored = pixels.StoredChannels;
        var isPlain = IsPlain(normalization);
        if (isPlain && stored == channels)
        {
            (channels, plane) = (1, shape.Count); // all channels at once
        }

        var addresses = stackalloc nint[examples.Length];
        var sources = stackalloc byte*[Lanes.Width];
        using var hold = pixels.Hold(examples, new Span<nint>(addresses, examples.Length));
        for (var block = 0; block < blocks; block++)
        {
            var first = Math.Min(block * Lanes.Width, examples.Length);
            var count = Math.Min(Lanes.Width, examples.Length - first);
            var upcoming = (byte**)(addresses + first + count);
            var place = target + ((long)block * layout.BlockStride);
            var values = layout.Padding > 0 ? scratch : place;
            var stride = layout.Padding > 0 ? Lanes.Width : layout.FeatureStride;
            for (var channel = 0; channel < channels; channel++)
            {
                var offset = (nint)(channel % stored) * plane;
                for (var lane = 0; lane < count; lane++)
                {
                    sources[lane] = (byte*)addresses[first + lane] + offset;
                }

                var isLast = channel == channels - 1 && plane <= LargestHinted;
                var hints = isLast ? Math.Min(Lanes.Width, examples.Length - first - count) : 0;
                var channelValues = values + ((long)channel * plane * stride);
                if (isPlain)
                {
                    PixelTransposer.Write(sources, count, plane, stride, default(SharePixels), channelValues, upcoming, hints);
                    continue;
                }

                var scale = new StandardPixels((float)normalization.Mean[channel], (float)normalization.Std[channel], count);
                PixelTransposer.Write(sources, count, plane, stride, scale, channelValues, upcoming, hints);
            }

            if (layout.Padding > 0)
            {
                CopyPadded(scratch, layout, place);
            }
        }
    }

    /// <summary>Whether pixels are b / 255 as they are.</summary>
    private static bool IsPlain(InputNormalization normalization)
    {
        for (var channel = 0; channel < normalization.Mean.Count; channel++)
        {
            if (normalization.Mean[channel] != 0 || normalization.Std[channel] != 1)
            {
                return false;
            }
        }

        return true;
    }

    private static void CopyPadded(float* source, TensorLayout layout, float* block)
    {
        var shape = layout.Shape;
        var rowFloats = shape.Width * Lanes.Width;
        for (var row = 0; row < shape.Channels * shape.Height; row++)
        {
            var target = block + layout.Offset(row / shape.Height, row % shape.Height, 0);
            Unsafe.CopyBlock(target, source + ((long)row * rowFloats), (uint)(rowFloats * sizeof(float)));
        }
    }

    private static void LoadValues(Dataset data, ReadOnlySpan<int> examples, TensorLayout layout, float* scratch, float* block)
    {
        var shape = layout.Shape;
        for (var lane = 0; lane < examples.Length; lane++)
        {
            data.Read(examples[lane], new Span<float>(scratch + ((long)lane * shape.Count), shape.Count));
        }

        if (layout.Padding == 0)
        {
            Interleave(scratch, shape.Count, examples.Length, shape.Count, layout.FeatureStride, block);
            return;
        }

        for (var row = 0; row < shape.Channels * shape.Height; row++)
        {
            var target = block + layout.Offset(row / shape.Height, row % shape.Height, 0);
            Interleave(scratch + (row * shape.Width), shape.Count, examples.Length, shape.Width, layout.FeatureStride, target);
        }
    }

    /// <summary>Writes value v of example j to target[v * stride + j], a cache line of each example after the other; absent examples become 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Interleave(float* source, int sourceStride, int examples, int values, int stride, float* target)
    {
        for (var first = 0; first < values; first += Lanes.Width)
        {
            var count = Math.Min(Lanes.Width, values - first);
            for (var lane = 0; lane < Lanes.Width; lane++)
            {
                var one = source + ((nint)lane * sourceStride) + first;
                var column = target + ((nint)first * stride) + lane;
                for (var value = 0; value < count; value++)
                {
                    *column = lane < examples ? one[value] : 0f;
                    column += stride;
                }
            }
        }
    }
}
