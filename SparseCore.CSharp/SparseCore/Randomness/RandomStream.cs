using System.Text;
using SparseCore.Numerics;

namespace SparseCore.Randomness;

/// <summary>
/// A stream of random numbers that is a pure function of (seed, purpose, step): Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy
/// as 1, 2, 3"). Streams of different purposes or steps are independent, so nothing has to be saved in order to resume.
/// </summary>
public sealed class RandomStream
{
    private readonly uint key0;
    private readonly uint key1;
    private readonly uint step0;
    private readonly uint step1;
    private readonly uint[] block = new uint[4];
    private ulong counter;
    private int used = 4;
    private double spareNormal = double.NaN;

    /// <summary>Starts the stream at its beginning.</summary>
    /// <param name="seed">The run's seed for this purpose.</param>
    /// <param name="purpose">What the numbers are for: "init", "order", "grow", ...</param>
    /// <param name="step">Training step, epoch or layer, whatever distinguishes streams of one purpose.</param>
    public RandomStream(ulong seed, string purpose, ulong step = 0)
    {
        // FNV-1a of the purpose, mixed with the seed by the finalizer of SplitMix64.
        var hash = 14695981039346656037UL;
        foreach (var value in Encoding.UTF8.GetBytes(purpose))
        {
            hash = (hash ^ value) * 1099511628211UL;
        }

        var key = Mix(seed + 0x9E3779B97F4A7C15UL) ^ hash;
        key = Mix(key);
        key0 = (uint)key;
        key1 = (uint)(key >> 32);
        step0 = (uint)step;
        step1 = (uint)(step >> 32);
    }

    /// <summary>32 random bits.</summary>
    public uint NextUInt32()
    {
        if (used == 4)
        {
            Philox((uint)counter, (uint)(counter >> 32), step0, step1, key0, key1, block);
            counter++;
            used = 0;
        }

        return block[used++];
    }

    /// <summary>Uniform in [0, 1), with 53 random bits.</summary>
    public double NextDouble()
    {
        var high = NextUInt32() >> 5;
        var low = NextUInt32() >> 6;
        return ((high * 67108864.0) + low) * (1.0 / 9007199254740992.0);
    }

    /// <summary>Uniform integer in [0, bound), without bias (Lemire 2019).</summary>
    public int NextInt32(int bound)
    {
        if (bound < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(bound), bound, "The bound must be 1 or more.");
        }

        var product = (ulong)NextUInt32() * (uint)bound;
        if ((uint)product < (uint)bound)
        {
            var threshold = (uint)-bound % (uint)bound;
            while ((uint)product < threshold)
            {
                product = (ulong)NextUInt32() * (uint)bound;
            }
        }

        return (int)(product >> 32);
    }

    /// <summary>Normal with mean 0 and variance 1 (Box and Muller 1958), the same bits on every machine.</summary>
    public double NextNormal()
    {
        if (!double.IsNaN(spareNormal))
        {
            var spare = spareNormal;
            spareNormal = double.NaN;
            return spare;
        }

        var radius = Math.Sqrt(-2 * PortableMath.Log(1 - NextDouble()));
        var angle = 2 * NextDouble();
        spareNormal = radius * PortableMath.SinPi(angle);
        return radius * PortableMath.CosPi(angle);
    }

    /// <summary>A uniformly random order of 0 .. count-1 (Fisher and Yates).</summary>
    public int[] NextPermutation(int count)
    {
        var order = new int[count];
        for (var index = 0; index < count; index++)
        {
            order[index] = index;
        }

        for (var index = count - 1; index > 0; index--)
        {
            var other = NextInt32(index + 1);
            (order[index], order[other]) = (order[other], order[index]);
        }

        return order;
    }

    /// <summary>The block function, 10 rounds, with the constants of the paper's table 2.</summary>
    internal static void Philox(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, Span<uint> output)
    {
        for (var round = 0; round < 10; round++)
        {
            var product0 = 0xD2511F53UL * c0;
            var product1 = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ k1, (uint)product0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        output[0] = c0;
        output[1] = c1;
        output[2] = c2;
        output[3] = c3;
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
