using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

public sealed class IdxImagesTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData(IdxType.UnsignedByte)]
    [InlineData(IdxType.Int16)]
    [InlineData(IdxType.Int32)]
    [InlineData(IdxType.Single)]
    [InlineData(IdxType.Double)]
    public void Read_of_whole_numbers_gives_their_bytes(IdxType type) => Assert.Equal<byte>([0, 1, 128, 255], Read(type, [1, 2, 2], [0, 1, 128, 255]).Values);

    [Theory]
    [InlineData(IdxType.Single)]
    [InlineData(IdxType.Double)]
    public void Read_of_fractions_of_255_gives_exactly_their_bytes(IdxType type)
    {
        var values = Enumerable.Range(0, 256).ToArray();
        byte[] expected = [.. values.Select(value => (byte)value)];
        Assert.Equal(expected, Read(type, [1, 16, 16], [.. values.Select(value => value / 255.0)]).Values);
        Assert.Equal(expected, Read(type, [1, 16, 16], [.. values.Select(value => (double)(value * (1f / 255)))]).Values);
    }

    [Fact]
    public void Read_takes_floating_point_0_and_1_for_black_and_white() => Assert.Equal<byte>([0, 255], Read(IdxType.Single, [1, 1, 2], [0, 1]).Values);

    [Theory]
    [InlineData(IdxType.SignedByte, -1, "value 1 is -1, of type SignedByte; expected 0 to 255")]
    [InlineData(IdxType.Int16, 256, "value 1 is 256, of type Int16; expected 0 to 255")]
    [InlineData(IdxType.Single, 0.5, "value 1 is 0.5, of type Single; expected whole numbers from 0 to 255, or multiples of 1/255 up to 1")]
    [InlineData(IdxType.Single, -0.42421296, "value 1 is -0.4242")]
    [InlineData(IdxType.Double, 2.8, "value 1 is 2.8")]
    [InlineData(IdxType.Double, double.NaN, "value 1 is NaN")]
    [InlineData(IdxType.Single, float.PositiveInfinity, "value 1 is Infinity")]
    [InlineData(IdxType.Double, 0.39216, "value 1 is 0.39216")] // 100 / 255 is 0.392157
    public void Read_refuses_values_that_are_no_bytes(IdxType type, double value, string sentence) =>
        Assert.Contains(sentence, Assert.Throws<DataException>(() => Read(type, [1, 1, 2], [0, value])).Message);

    [Fact]
    public void Read_keeps_channels_that_come_first()
    {
        var images = Read(IdxType.UnsignedByte, [1, 3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        Assert.Equal(new Shape(3, 2, 2), images.Shape);
        Assert.Equal<byte>([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], images.Values);
    }

    [Fact]
    public void Read_puts_channels_that_come_last_first()
    {
        var images = Read(IdxType.UnsignedByte, [1, 2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        Assert.Equal(new Shape(3, 2, 2), images.Shape);
        Assert.Equal<byte>([1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12], images.Values);
        Assert.Equal(new Shape(1, 2, 4), Read(IdxType.UnsignedByte, [1, 2, 4, 1], new double[8]).Shape);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(2, 784)]
    [InlineData(1, 3, 2, 1)]
    [InlineData(1, 2, 2, 2)]
    [InlineData(1, 1, 2, 2, 1)]
    public void Read_refuses_other_shapes_and_shows_them(params int[] sizes)
    {
        var values = new double[sizes.Aggregate(1, (product, size) => product * size)];
        Assert.Contains($"has the shape [{string.Join(", ", sizes)}]; expected images as", Assert.Throws<DataException>(() => Read(IdxType.UnsignedByte, sizes, values)).Message);
    }

    [Fact]
    public void Read_puts_transposed_images_upright()
    {
        // Stored column by column: 1 2 | 3 4 | 5 6 is the image 1 3 5 over 2 4 6.
        File.WriteAllBytes(path, Samples.Idx([2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
        var images = IdxImages.Read(path, transposed: true);
        Assert.Equal(new Shape(1, 2, 3), images.Shape);
        Assert.Equal<byte>([1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12], images.Values);
    }

    private IdxImages Read(IdxType type, int[] sizes, double[] values)
    {
        File.WriteAllBytes(path, Samples.Idx(type, sizes, values));
        return IdxImages.Read(path, transposed: false);
    }
}
