using SparseCore.Randomness;

namespace SparseCore.Tests.Randomness;

public class RandomStreamTests
{
    /// <summary>Known answers from the authors' Random123 distribution (kat_vectors, philox4x32 10).</summary>
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, "6627e8d5 e169c58d bc57ac4c 9b00dbd8")]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, "408f276d 41c83b0e a20bc7c6 6d5451fd")]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, "d16cfe09 94fdcceb 5001e420 24126ea1")]
    public void Philox_gives_the_known_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, string expected)
    {
        var output = new uint[4];
        RandomStream.Philox(c0, c1, c2, c3, k0, k1, output);
        Assert.Equal(expected, string.Join(' ', output.Select(word => word.ToString("x8"))));
    }

    [Fact]
    public void Streams_differ_by_seed_purpose_and_step()
    {
        RandomStream[] streams = [new(1, "init"), new(2, "init"), new(1, "order"), new(1, "init", 1), new(1, "init", 1UL << 40), new(0, ""), new(ulong.MaxValue, "init")];
        Assert.Equal(streams.Length, streams.Select(stream => ((ulong)stream.NextUInt32() << 32) | stream.NextUInt32()).Distinct().Count());
    }

    [Fact]
    public void Streams_never_change()
    {
        var stream = new RandomStream(42, "pinned", 7);
        Assert.Equal("98dfdeaf 0.4616903458405438 453 0.6520480144587266 -1.0757332743603711", $"{stream.NextUInt32():x8} {stream.NextDouble():R} {stream.NextInt32(1000)} {stream.NextNormal():R} {stream.NextNormal():R}");
    }

    [Fact]
    public void NextDouble_is_uniform()
    {
        var stream = new RandomStream(1, "test");
        var counts = new int[20];
        for (var draw = 0; draw < 100_000; draw++)
        {
            counts[(int)(stream.NextDouble() * 20)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 4700, 5300)); // 5000 expected, standard deviation 69
    }

    [Fact]
    public void NextInt32_is_uniform_and_within_its_bound()
    {
        var stream = new RandomStream(1, "test");
        var counts = new int[7];
        for (var draw = 0; draw < 70_000; draw++)
        {
            counts[stream.NextInt32(7)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 9600, 10400)); // standard deviation 93
        Assert.InRange(stream.NextInt32(int.MaxValue), 0, int.MaxValue - 1);
        Assert.Equal(0, stream.NextInt32(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.NextInt32(0));
    }

    [Fact]
    public void NextNormal_has_the_moments_and_tails_of_a_normal()
    {
        var stream = new RandomStream(1, "test");
        var draws = Enumerable.Range(0, 200_000).Select(_ => stream.NextNormal()).ToArray();
        Assert.InRange(draws.Average(), -0.01, 0.01);
        Assert.InRange(draws.Average(x => x * x), 0.985, 1.015);
        Assert.InRange(draws.Average(x => x * x * x), -0.03, 0.03);
        Assert.InRange(draws.Average(x => x * x * x * x), 2.9, 3.1);
        Assert.InRange(draws.Count(x => Math.Abs(x) > 1.959964) / 200_000.0, 0.048, 0.052);
        Assert.InRange(draws.Zip(draws.Skip(1), (a, b) => a * b).Average(), -0.01, 0.01);
    }

    [Fact]
    public void NextPermutation_is_a_uniform_permutation()
    {
        var stream = new RandomStream(1, "test");
        var counts = new Dictionary<string, int>();
        for (var draw = 0; draw < 24_000; draw++)
        {
            var key = string.Concat(stream.NextPermutation(4));
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }

        Assert.Equal(24, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 850, 1150)); // standard deviation 31
        Assert.Empty(stream.NextPermutation(0));
    }
}
