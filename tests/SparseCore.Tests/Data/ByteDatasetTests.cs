using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

public class ByteDatasetTests
{
    [Theory]
    [InlineData(1, 28, 28, 128, 128)]
    [InlineData(1, 28, 28, 128, 144)]
    [InlineData(1, 28, 28, 1, 1)]
    [InlineData(1, 28, 28, 7, 16)]
    [InlineData(1, 28, 28, 33, 50)]
    [InlineData(3, 5, 7, 130, 144)] // 105 values: a rest of 9 after whole tiles
    [InlineData(1, 1, 3, 20, 20)]
    [InlineData(1, 4, 4, 0, 32)]
    public void Gather_writes_every_value_divided_by_255_batch_innermost(int channels, int height, int width, int count, int stride)
    {
        var shape = new Shape(channels, height, width);
        var (images, labels) = Bytes(shape, 300);
        var data = new ByteDataset("test", shape, 10, images, labels);
        var examples = Enumerable.Range(0, count).Select(index => (index * 37) % 300).ToArray();
        var destination = new float[shape.Count * stride];
        Array.Fill(destination, float.NaN);

        data.Gather(examples, stride, destination);

        for (var value = 0; value < shape.Count; value++)
        {
            for (var lane = 0; lane < stride; lane++)
            {
                var expected = lane < count ? images[(examples[lane] * shape.Count) + value] / 255f : 0f;
                Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(destination[(value * stride) + lane]));
            }
        }
    }

    [Fact]
    public void Gather_divides_all_256_values_exactly_on_the_vector_path()
    {
        var shape = new Shape(1, 16, 16);
        var data = new ByteDataset("test", shape, 10, [.. Enumerable.Range(0, 256).Select(value => (byte)value)], [0]);
        var destination = new float[256 * 16];
        data.Gather(new int[16], 16, destination);
        Assert.All(Enumerable.Range(0, 256), value => Assert.Equal(value / 255f, destination[(value * 16) + 5]));
    }

    [Fact]
    public void Gather_allocates_nothing()
    {
        var data = Samples.Random(new Shape(1, 28, 28), 10, 200);
        var examples = new int[128];
        var destination = new float[784 * 128];
        data.Gather(examples, 128, destination);
        var before = GC.GetAllocatedBytesForCurrentThread();
        data.Gather(examples, 128, destination);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Gather_refuses_wrong_lengths_and_examples()
    {
        var data = Samples.Random(new Shape(1, 2, 2), 10, 3);
        Assert.Throws<ArgumentException>(() => data.Gather([0, 1], 1, new float[4]));
        Assert.Throws<ArgumentException>(() => data.Gather([0, 1], 2, new float[7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Gather([3], 1, new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Gather([-1], 1, new float[4]));
    }

    [Fact]
    public void Constructor_refuses_labels_out_of_range_and_mismatched_counts()
    {
        Assert.Contains("is 10", Assert.Throws<DataException>(() => new ByteDataset("a", new Shape(1, 1, 1), 10, [0, 0], [0, 10])).Message);
        Assert.Contains("found 3", Assert.Throws<DataException>(() => new ByteDataset("a", new Shape(1, 1, 1), 10, [0, 0, 0], [0, 1])).Message);
    }

    private static (byte[] Images, int[] Labels) Bytes(Shape shape, int count)
    {
        var stream = new SparseCore.Randomness.RandomStream(3, "test");
        var images = new byte[shape.Count * count];
        for (var index = 0; index < images.Length; index++)
        {
            images[index] = (byte)stream.NextInt32(256);
        }

        return (images, new int[count]);
    }
}
