using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

public class ArrayDatasetTests
{
    private static readonly Shape Pair = Shape.Vector(2);

    [Fact]
    public void Read_gives_the_values_as_they_are()
    {
        var data = new ArrayDataset("rows", Pair, 3, [[1, -2], [0.5f, 4]], [2, 0]);
        Assert.Equal([0.5f, 4], Samples.Values(data, 1));
        Assert.Equal((2, 2, 3, false), (data.Count, data.Label(0), data.Classes, data.HasViews));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Read(2, new float[2]));
        Assert.Equal(Samples.Values(data, 0, 1), Samples.Values(new ArrayDataset("rows", Pair, 3, [1, -2, 0.5f, 4], [2, 0]), 0, 1));
    }

    [Fact]
    public void Arrays_that_do_not_fit_are_refused()
    {
        Refuses(() => new ArrayDataset("rows", Pair, 3, [[1, 2], [3]], [0, 0]), "example 1 has 1 values; expected 2, the shape [2]");
        Refuses(() => new ArrayDataset("rows", Pair, 3, [[1, 2]], [0, 0]), "2 labels need 4 values", "found 2");
        Refuses(() => new ArrayDataset("rows", Pair, 3, new float[0], []), "at least one example");
        Refuses(() => new ArrayDataset("rows", Pair, 3, [[1, 2]], [3]), "the label of example 0 is 3; expected 0 to 2");
        Refuses(() => new ArrayDataset("rows", Pair, 3, [[1, 2], [3, float.NaN]], [0, 1]), "value 1 of example 1 is NaN; expected a finite number");
        Refuses(() => new ArrayDataset("rows", new Shape(1, 0, 1), 3, new float[0], []), "1 or more of everything");
        Refuses(() => new ByteDataset("bytes", Pair, 0, [1, 2], [0]), "0 classes");
    }

    [Fact]
    public void Data_is_named_by_its_contents()
    {
        var data = DataSplit.Of("rows", Rows(), Rows());
        Assert.Equal($"rows-{data.ContentHash[..8]}", data.Name);
        Assert.Equal("8af563a047ee889a7e4ae4ae0cffb27ab39ef54892ef3452ece7365c0527c5bb", data.ContentHash);
        string[] others =
        [
            DataSplit.Of("rows", Rows(value: 5), Rows()).ContentHash,
            DataSplit.Of("rows", Rows(), Rows(value: 5)).ContentHash,
            DataSplit.Of("rows", Rows(label: 0), Rows()).ContentHash,
            DataSplit.Of("rows", Rows(classes: 4), Rows(classes: 4)).ContentHash,
            DataSplit.Of("rows", Rows(shape: new Shape(1, 1, 2)), Rows(shape: new Shape(1, 1, 2))).ContentHash,
        ];
        Assert.Equal(6, others.Append(data.ContentHash).Distinct().Count());
        Assert.Equal(data.ContentHash, DataSplit.Of("other", Rows(), Rows()).ContentHash);
    }

    [Fact]
    public void Bytes_count_by_their_values()
    {
        var bytes = new ByteDataset("bytes", Pair, 2, [0, 255], [1]);
        var floats = new ArrayDataset("floats", Pair, 2, [0, 1], [1]);
        Assert.Equal(DataSplit.Of("x", bytes, bytes).ContentHash, DataSplit.Of("x", floats, floats).ContentHash);
    }

    [Fact]
    public void Sets_that_do_not_fit_are_refused()
    {
        Refuses(() => DataSplit.Of("a b", Rows(), Rows()), "'a b'");
        Refuses(() => DataSplit.Of("x", Rows(), Rows(classes: 4)), "3 classes, the test examples [2] and 4");
        var views = Mnist32.Load(Samples.MnistFolder, Augmentation.Shift).Train;
        Refuses(() => DataSplit.Of("x", views, views), "random views");
    }

    private static ArrayDataset Rows(float value = 4, int label = 2, int classes = 3, Shape? shape = null) => new("rows", shape ?? Pair, classes, [1, -2, 0.5f, value], [label, 1]);

    private static void Refuses(Func<object> make, params string[] expected)
    {
        var message = Assert.Throws<DataException>(make).Message;
        Assert.All(expected, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }
}
