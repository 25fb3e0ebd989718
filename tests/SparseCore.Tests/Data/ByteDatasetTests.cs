using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

public class ByteDatasetTests
{
    [Fact]
    public void Read_gives_every_byte_divided_by_255()
    {
        var shape = new Shape(1, 16, 17); // whole vectors and a rest
        var data = new ByteDataset("test", shape, 10, [.. Enumerable.Range(0, 2 * shape.Count).Select(value => (byte)value)], [0, 1]);
        for (var example = 0; example < 2; example++)
        {
            Assert.Equal(Enumerable.Range(example * shape.Count, shape.Count).Select(value => (byte)value / 255f), Samples.Values(data, example));
        }
    }

    [Fact]
    public void Read_allocates_nothing()
    {
        var data = Samples.Random(new Shape(1, 28, 28), 10, 200);
        var destination = new float[784];
        data.Read(1, destination);
        var before = GC.GetAllocatedBytesForCurrentThread();
        data.Read(2, destination);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Read_and_Hold_refuse_wrong_lengths_and_examples()
    {
        var data = Samples.Random(new Shape(1, 2, 2), 10, 3);
        Assert.Throws<ArgumentException>(() => data.Read(0, new float[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Read(3, new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Read(-1, new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Hold([0, 3], new nint[2]));
        Assert.Throws<ArgumentException>(() => data.Hold([0, 1], new nint[1]));
    }

    [Fact]
    public void Constructor_refuses_labels_out_of_range_and_mismatched_counts()
    {
        Assert.Contains("is 10", Assert.Throws<DataException>(() => new ByteDataset("a", new Shape(1, 1, 1), 10, [0, 0], [0, 10])).Message);
        Assert.Contains("found 3", Assert.Throws<DataException>(() => new ByteDataset("a", new Shape(1, 1, 1), 10, [0, 0, 0], [0, 1])).Message);
    }
}
