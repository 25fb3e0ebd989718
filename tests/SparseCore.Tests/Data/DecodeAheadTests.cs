using SparseCore.Data;

namespace SparseCore.Tests.Data;

public class DecodeAheadTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public void Hold_gives_every_example_whatever_was_requested(int threads)
    {
        var ahead = new DecodeAhead(Fill, 16, threads, memoryBytes: 16 * 100);
        for (var round = 0; round < 50; round++)
        {
            ahead.Request([.. Enumerable.Range(round * 7, 90)]);
            int[] wanted = [round, 500 + round, round, round * 7, (round * 7) + 89];
            var held = ahead.Hold(wanted);
            Assert.Equal(wanted, held.Select(image => image.Index));
            Assert.All(held, image => Assert.All(image.Pixels, pixel => Assert.Equal((byte)image.Index, pixel)));
            ahead.Release(held);
        }
    }

    [Fact]
    public void Memory_stays_within_its_bound_and_a_batch_that_is_too_large_is_begun_only()
    {
        var decoded = 0;
        var ahead = new DecodeAhead(
            (index, pixels) =>
            {
                Interlocked.Increment(ref decoded);
                Fill(index, pixels);
            },
            16,
            2,
            memoryBytes: 16 * 100);
        Assert.Equal(100, ahead.Capacity);
        ahead.Request([.. Enumerable.Range(0, 100_000)]);
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref decoded) == 50, TimeSpan.FromSeconds(60)), $"{decoded} were decoded");
        for (var first = 0; first < 5000; first += 16)
        {
            ahead.Request([.. Enumerable.Range(first, 16)]);
            ahead.Release(ahead.Hold([.. Enumerable.Range(first, 16)]));
            Assert.InRange(ahead.Allocated, 1, 100 + 16 + 2);
        }
    }

    [Fact]
    public void A_failure_reaches_the_reader_and_the_next_attempt_can_succeed()
    {
        var broken = true;
        var ahead = new DecodeAhead(
            (index, pixels) => Fill(Volatile.Read(ref broken) && index == 3 ? throw new DataException("'three.jpg' is gone") : index, pixels), 16, 2, 0);
        ahead.Request([1, 2, 3]);
        Assert.Contains("three.jpg", Assert.Throws<DataException>(() => ahead.Hold([1, 2, 3, 4])).Message);
        Volatile.Write(ref broken, false);
        var held = ahead.Hold([3]);
        Assert.Equal(3, held[0].Pixels[5]);
        ahead.Release(held);
    }

    [Fact]
    public void Readers_on_several_threads_get_their_own_examples()
    {
        var ahead = new DecodeAhead(Fill, 16, 2, 0);
        Parallel.For(0, 8, reader =>
        {
            for (var round = 0; round < 300; round++)
            {
                var held = ahead.Hold([reader + round, reader, (3 * round) + 1]);
                Assert.All(held, image => Assert.Equal((byte)image.Index, image.Pixels[^1]));
                ahead.Release(held);
            }
        });
    }

    private static void Fill(int index, byte[] pixels) => Array.Fill(pixels, (byte)index);
}
