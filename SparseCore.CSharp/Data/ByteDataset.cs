using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>
/// Images of one byte a value, kept as bytes and widened when gathered: a value b becomes the float nearest to b / 255, as in the paper.
/// </summary>
public sealed unsafe class ByteDataset : Dataset
{
    private const int Lanes = 16;

    private readonly byte[] images;
    private readonly byte[] labels;

    /// <summary>Takes over the arrays; they must not be changed afterwards.</summary>
    /// <param name="name">A readable name.</param>
    /// <param name="shape">Shape of one example.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="images">Shape [examples, channels, height, width].</param>
    /// <param name="labels">Shape [examples]; each below <paramref name="classes"/>.</param>
    /// <exception cref="DataException">The counts differ, there are no examples, or a label is out of range.</exception>
    public ByteDataset(string name, Shape shape, int classes, byte[] images, byte[] labels)
    {
        if (labels.Length == 0 || images.LongLength != (long)labels.Length * shape.Count)
        {
            throw new DataException(
                $"Data set '{name}': {labels.Length} labels need {(long)labels.Length * shape.Count} values of images of shape {shape}, found {images.LongLength}; at least one example is needed.");
        }

        for (var example = 0; example < labels.Length; example++)
        {
            if (labels[example] >= classes)
            {
                throw new DataException($"Data set '{name}': the label of example {example} is {labels[example]}; expected 0 to {classes - 1}.");
            }
        }

        Name = name;
        Shape = shape;
        Classes = classes;
        this.images = images;
        this.labels = labels;
    }

    public override string Name { get; }

    public override Shape Shape { get; }

    public override int Count => labels.Length;

    public override int Classes { get; }

    public override int Label(int example) => labels[example];

    /// <inheritdoc/>
    public override void Gather(ReadOnlySpan<int> examples, int stride, Span<float> destination)
    {
        var size = Shape.Count;
        if (stride < examples.Length)
        {
            throw new ArgumentException($"The stride {stride} is smaller than the {examples.Length} examples to gather.");
        }

        if (destination.Length != (long)size * stride)
        {
            throw new ArgumentException($"Examples of shape {Shape} at stride {stride} take {(long)size * stride} floats, the destination has {destination.Length}.");
        }

        foreach (var example in examples)
        {
            if ((uint)example >= (uint)labels.Length)
            {
                throw new ArgumentOutOfRangeException(nameof(examples), example, $"Data set '{Name}' has the examples 0 to {labels.Length - 1}.");
            }
        }

        fixed (byte* source = images)
        fixed (int* indices = examples)
        fixed (float* target = destination)
        {
            var wholeBlocks = CanInterleave ? stride / Lanes * Lanes : 0;
            for (var lane = 0; lane < wholeBlocks; lane += Lanes)
            {
                GatherBlock(source, size, indices + lane, Math.Min(Lanes, examples.Length - lane), stride, target + lane);
            }

            GatherScalar(source, size, indices, examples.Length, 0, size, wholeBlocks, stride, stride, target);
        }
    }

    private static bool CanInterleave
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector128.IsHardwareAccelerated && (Sse2.IsSupported || AdvSimd.Arm64.IsSupported);
    }

    /// <summary>Values first .. end-1 of lanes firstLane .. endLane-1; lanes past the examples become 0.</summary>
    private static void GatherScalar(
        byte* source, int size, int* indices, int count, int first, int end, int firstLane, int endLane, int stride, float* target)
    {
        for (var lane = firstLane; lane < endLane; lane++)
        {
            var image = lane < count ? source + ((long)indices[lane] * size) : null;
            for (var value = first; value < end; value++)
            {
                target[((long)value * stride) + lane] = image == null ? 0f : image[value] / 255f;
            }
        }
    }

    /// <summary>One block of 16 lanes: tiles of 16 images x 16 values are transposed as bytes, then widened; absent images read as 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherBlock(byte* source, int size, int* indices, int count, int stride, float* target)
    {
        var rows = stackalloc byte*[Lanes];
        var steps = stackalloc nint[Lanes];
        var zeros = stackalloc byte[Lanes];
        Unsafe.InitBlock(zeros, 0, Lanes);
        for (var lane = 0; lane < Lanes; lane++)
        {
            rows[lane] = lane < count ? source + ((long)indices[lane] * size) : zeros;
            steps[lane] = lane < count ? Lanes : 0;
            if (Sse.IsSupported && lane < count)
            {
                // Random examples of a large set are not in the cache: asking for all 16 at once waits for memory once.
                for (var line = 0; line < size; line += 64)
                {
                    Sse.Prefetch0(rows[lane] + line);
                }
            }
        }

        var value = 0;
        for (; value + Lanes <= size; value += Lanes)
        {
            // Interleaving row i with row i + 8 four times over transposes a 16 x 16 tile of bytes.
            var a0 = Next(rows, steps, 0);
            var a1 = Next(rows, steps, 1);
            var a2 = Next(rows, steps, 2);
            var a3 = Next(rows, steps, 3);
            var a4 = Next(rows, steps, 4);
            var a5 = Next(rows, steps, 5);
            var a6 = Next(rows, steps, 6);
            var a7 = Next(rows, steps, 7);
            var a8 = Next(rows, steps, 8);
            var a9 = Next(rows, steps, 9);
            var a10 = Next(rows, steps, 10);
            var a11 = Next(rows, steps, 11);
            var a12 = Next(rows, steps, 12);
            var a13 = Next(rows, steps, 13);
            var a14 = Next(rows, steps, 14);
            var a15 = Next(rows, steps, 15);
            for (var round = 0; round < 4; round++)
            {
                var (b0, b1, b2, b3) = (Low(a0, a8), High(a0, a8), Low(a1, a9), High(a1, a9));
                var (b4, b5, b6, b7) = (Low(a2, a10), High(a2, a10), Low(a3, a11), High(a3, a11));
                var (b8, b9, b10, b11) = (Low(a4, a12), High(a4, a12), Low(a5, a13), High(a5, a13));
                var (b12, b13, b14, b15) = (Low(a6, a14), High(a6, a14), Low(a7, a15), High(a7, a15));
                (a0, a1, a2, a3) = (b0, b1, b2, b3);
                (a4, a5, a6, a7) = (b4, b5, b6, b7);
                (a8, a9, a10, a11) = (b8, b9, b10, b11);
                (a12, a13, a14, a15) = (b12, b13, b14, b15);
            }

            var row = target + ((long)value * stride);
            Widen(a0, row);
            Widen(a1, row += stride);
            Widen(a2, row += stride);
            Widen(a3, row += stride);
            Widen(a4, row += stride);
            Widen(a5, row += stride);
            Widen(a6, row += stride);
            Widen(a7, row += stride);
            Widen(a8, row += stride);
            Widen(a9, row += stride);
            Widen(a10, row += stride);
            Widen(a11, row += stride);
            Widen(a12, row += stride);
            Widen(a13, row += stride);
            Widen(a14, row += stride);
            Widen(a15, row + stride);
        }

        GatherScalar(source, size, indices, count, value, size, 0, Lanes, stride, target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Next(byte** rows, nint* steps, int lane)
    {
        var values = Vector128.Load(rows[lane]);
        rows[lane] += steps[lane];
        return values;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Low(Vector128<byte> left, Vector128<byte> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> High(Vector128<byte> left, Vector128<byte> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);

    /// <summary>
    /// b / 255 correctly rounded without a division: q = b r, then one Newton step q + r (b - 255 q) with r = 1 / 255 (Markstein 1990). A test compares
    /// all 256 values with the division of the scalar path.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen(Vector128<byte> bytes, float* target)
    {
        var wide = Vector512.WidenLower(Vector512.WidenLower(bytes.ToVector256Unsafe().ToVector512Unsafe()));
        var numbers = Vector512.ConvertToSingle(wide.AsInt32());
        var reciprocal = Vector512.Create(1f / 255f);
        var quotient = numbers * reciprocal;
        var remainder = Vector512.FusedMultiplyAdd(quotient, Vector512.Create(-255f), numbers);
        Vector512.FusedMultiplyAdd(remainder, reciprocal, quotient).Store(target);
    }
}
