using SparseCore.Data;

namespace SparseCore.Tests.Data;

public class BatchOrderTests
{
    [Fact]
    public void Fill_visits_every_example_once_an_epoch()
    {
        var order = new BatchOrder(5, 10);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var batch = new int[10];
            order.Fill(epoch * 10, batch);
            Assert.Equal(Enumerable.Range(0, 10), batch.Order());
        }
    }

    [Fact]
    public void Fill_depends_on_the_position_alone()
    {
        var stream = new int[100];
        new BatchOrder(5, 10).Fill(0, stream);
        var order = new BatchOrder(5, 10);
        foreach (var (position, length) in ((int, int)[])[(93, 7), (0, 1), (9, 2), (37, 25), (8, 3), (50, 50)])
        {
            var batch = new int[length];
            order.Fill(position, batch);
            Assert.Equal(stream[position..(position + length)], batch);
        }
    }

    [Fact]
    public void Fill_gives_each_epoch_and_each_seed_an_order_of_its_own()
    {
        int[] Take(ulong seed, long position)
        {
            var batch = new int[1000];
            new BatchOrder(seed, 1000).Fill(position, batch);
            return batch;
        }

        Assert.NotEqual(Take(1, 0), Take(1, 1000));
        Assert.NotEqual(Take(1, 0), Take(2, 0));
        Assert.Equal(Take(1, 3000), Take(1, 3000));
    }

    [Fact]
    public void Fill_allocates_nothing_within_an_epoch()
    {
        var order = new BatchOrder(5, 1000);
        var batch = new int[128];
        order.Fill(0, batch);
        var before = GC.GetAllocatedBytesForCurrentThread();
        order.Fill(128, batch);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Constructor_and_Fill_refuse_impossible_numbers()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOrder(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchOrder(1, 1).Fill(-1, new int[1]));
    }
}
