using SparseCore.Data;

namespace SparseCore.Tests.Data;

public sealed class IdxLabelsTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData(IdxType.UnsignedByte, 200)]
    [InlineData(IdxType.SignedByte, 100)]
    [InlineData(IdxType.Int16, 3000)]
    [InlineData(IdxType.Int32, 70000)]
    public void Read_takes_every_integer_type(IdxType type, int label) => Assert.Equal([label, 0, 1], Read(type, [3], [label, 0, 1]));

    [Fact]
    public void Read_takes_a_single_column_for_a_list() => Assert.Equal([4, 5, 6], Read(IdxType.Int32, [3, 1], [4, 5, 6]));

    [Fact]
    public void Read_takes_the_first_of_the_columns_that_are_expected() => Assert.Equal([4, 6], Read(IdxType.Int32, [2, 3], [4, 9, 9, 6, 9, 9], columns: 3));

    [Fact]
    public void Read_refuses_columns_that_are_not_expected()
    {
        Refuses("has the shape [2, 3]; expected labels as [labels] or [labels, 1], the", () => Read(IdxType.UnsignedByte, [2, 3], new double[6]));
        Refuses("has the shape [2, 3]; expected labels as [labels] or [labels, 1] or [labels, 8], the", () => Read(IdxType.Int32, [2, 3], new double[6], columns: 8));
    }

    [Fact]
    public void Read_refuses_images_where_labels_are_wanted() => Refuses("has the shape [1, 2, 2]", () => Read(IdxType.UnsignedByte, [1, 2, 2], new double[4]));

    [Theory]
    [InlineData(IdxType.Single)]
    [InlineData(IdxType.Double)]
    public void Read_refuses_floating_point_numbers(IdxType type) => Refuses($"has values of type {type}; expected labels of an integer type", () => Read(type, [1], [1]));

    private static void Refuses(string sentence, Func<int[]> read) => Assert.Contains(sentence, Assert.Throws<DataException>(() => read()).Message);

    private int[] Read(IdxType type, int[] sizes, double[] values, int columns = 1)
    {
        File.WriteAllBytes(path, Samples.Idx(type, sizes, values));
        return IdxLabels.Read(path, columns).Values;
    }

    [Fact]
    public void Read_refuses_more_labels_than_any_data_has_before_they_are_read()
    {
        File.WriteAllBytes(path, Samples.Idx([(1 << 25) + 1], []));
        Assert.Contains("dimension 0 is 33554433; expected at least 1, and at most 33554432 bytes", Assert.Throws<DataException>(() => IdxLabels.Read(path, 1)).Message);
    }
}
