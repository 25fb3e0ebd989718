using System.Numerics;

namespace SparseCore.Parameters;

/// <summary>Which weights of one layer exist, as packed bits: bit i of the mask is weight i in the layer's row-major order. Immutable.</summary>
public sealed class Mask : IEquatable<Mask>
{
    private readonly ulong[] words;

    private Mask(int length, ulong[] words)
    {
        Length = length;
        this.words = words;
        ActiveCount = words.Sum(BitOperations.PopCount);
    }

    /// <summary>Number of weights, active or not.</summary>
    public int Length { get; }

    /// <summary>Number of active weights.</summary>
    public int ActiveCount { get; }

    /// <summary>Fraction of active weights.</summary>
    public double Density => (double)ActiveCount / Length;

    /// <summary>Whether weight <paramref name="index"/> is active.</summary>
    public bool this[int index] => (words[index >> 6] >> (index & 63) & 1) != 0;

    /// <summary>A mask with every weight active.</summary>
    public static Mask Full(int length)
    {
        var words = new ulong[(length + 63) / 64];
        Array.Fill(words, ulong.MaxValue);
        if (length % 64 != 0)
        {
            words[^1] = (1UL << (length % 64)) - 1;
        }

        return new Mask(length, words);
    }

    /// <summary>A mask with exactly the listed weights active; the order of the list does not matter.</summary>
    /// <exception cref="ArgumentException">An index is out of range or listed twice.</exception>
    public static Mask FromIndices(int length, ReadOnlySpan<int> active)
    {
        var words = new ulong[(length + 63) / 64];
        foreach (var index in active)
        {
            if ((uint)index >= (uint)length)
            {
                throw new ArgumentException($"Weight {index} is outside the mask of {length} weights.");
            }

            var bit = 1UL << (index & 63);
            if ((words[index >> 6] & bit) != 0)
            {
                throw new ArgumentException($"Weight {index} is listed twice.");
            }

            words[index >> 6] |= bit;
        }

        return new Mask(length, words);
    }

    /// <summary>Reads packed bits, least significant first: weight i is bit i mod 8 of byte i / 8.</summary>
    /// <exception cref="ArgumentException">The number of bytes does not fit, or a bit past the end is set.</exception>
    public static Mask FromBytes(int length, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != (length + 7) / 8)
        {
            throw new ArgumentException($"A mask of {length} weights takes {(length + 7) / 8} bytes, found {bytes.Length}.");
        }

        var words = new ulong[(length + 63) / 64];
        for (var index = 0; index < bytes.Length; index++)
        {
            words[index >> 3] |= (ulong)bytes[index] << (8 * (index & 7));
        }

        if (length % 64 != 0 && words.Length > 0 && words[^1] >> (length % 64) != 0)
        {
            throw new ArgumentException($"A mask of {length} weights has bits set past its end.");
        }

        return new Mask(length, words);
    }

    /// <summary>The packed bits, least significant first.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[(Length + 7) / 8];
        for (var index = 0; index < bytes.Length; index++)
        {
            bytes[index] = (byte)(words[index >> 3] >> (8 * (index & 7)));
        }

        return bytes;
    }

    /// <summary>The first weight from <paramref name="index"/> on that is not active; <see cref="Length"/> when there is none.</summary>
    public int NextInactive(int index)
    {
        while (index < Length)
        {
            var inactive = ~words[index >> 6] >> (index & 63);
            if (inactive != 0)
            {
                return Math.Min(Length, index + BitOperations.TrailingZeroCount(inactive));
            }

            index = (index | 63) + 1;
        }

        return Length;
    }

    /// <summary>The first weight from <paramref name="index"/> on that is active; <see cref="Length"/> when there is none.</summary>
    public int NextActive(int index)
    {
        while (index < Length)
        {
            var active = words[index >> 6] >> (index & 63);
            if (active != 0)
            {
                return index + BitOperations.TrailingZeroCount(active);
            }

            index = (index | 63) + 1;
        }

        return Length;
    }

    /// <summary>The active weights in ascending order. Shape [ActiveCount].</summary>
    public int[] ActiveIndices()
    {
        var indices = new int[ActiveCount];
        var count = 0;
        for (var word = 0; word < words.Length; word++)
        {
            for (var bits = words[word]; bits != 0; bits &= bits - 1)
            {
                indices[count++] = (word << 6) + BitOperations.TrailingZeroCount(bits);
            }
        }

        return indices;
    }

    /// <summary>The weights active in either mask. Lengths must agree.</summary>
    public Mask Union(Mask other) => Combine(other, static (left, right) => left | right);

    /// <summary>The weights active in both masks. Lengths must agree.</summary>
    public Mask Intersect(Mask other) => Combine(other, static (left, right) => left & right);

    /// <summary>Whether every active weight of this mask is active in <paramref name="other"/>.</summary>
    public bool IsSubsetOf(Mask other) => Intersect(other).ActiveCount == ActiveCount;

    /// <summary>Whether both masks have the same length and the same active weights.</summary>
    public bool Equals(Mask? other) => other is not null && other.Length == Length && words.AsSpan().SequenceEqual(other.words);

    /// <summary>Whether the other object is a mask of the same length with the same active weights.</summary>
    public override bool Equals(object? other) => Equals(other as Mask);

    /// <summary>A hash of length, count and the first 64 weights; equal masks have equal hashes within a process.</summary>
    public override int GetHashCode() => HashCode.Combine(Length, ActiveCount, words.Length > 0 ? words[0] : 0);

    private Mask Combine(Mask other, Func<ulong, ulong, ulong> operation)
    {
        if (other.Length != Length)
        {
            throw new ArgumentException($"Masks of {Length} and {other.Length} weights cannot be combined.");
        }

        return new Mask(Length, words.Zip(other.words, operation).ToArray());
    }
}
