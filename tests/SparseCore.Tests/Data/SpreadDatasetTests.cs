using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

public class SpreadDatasetTests
{
    private static readonly ByteDataset Source = Samples.Random(new Shape(1, 2, 2), 3, 10);

    [Fact]
    public void Examples_are_evenly_spaced_in_stored_order()
    {
        var sample = new SpreadDataset(Source, 4); // examples 0, 2, 5, 7
        Assert.Equal(Samples.Values(Source, 0, 2, 5, 7), Samples.Values(sample, 0, 1, 2, 3));
        Assert.Equal([Source.Label(0), Source.Label(2), Source.Label(5), Source.Label(7)], Enumerable.Range(0, 4).Select(sample.Label));
        Assert.Equal((4, 3, Source.Shape), (sample.Count, sample.Classes, sample.Shape));
    }

    [Fact]
    public void Pixels_are_those_of_the_source()
    {
        var (expected, found) = (new nint[3], new nint[3]);
        using (Source.Hold([0, 2, 7], expected))
        using (new SpreadDataset(Source, 4).Pixels!.Hold([0, 1, 3], found))
        {
            Assert.Equal(expected, found);
        }

        Assert.Null(new SpreadDataset(NormalizedDataset.Of(Source, InputNormalization.Uniform(1, 0.5, 0.5)), 4).Pixels);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public void Counts_that_cannot_be_had_are_refused(int count) =>
        Assert.Contains("1 to 10 examples", Assert.Throws<ArgumentException>(() => new SpreadDataset(Source, count)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_example_beyond_the_sample_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new SpreadDataset(Source, 4).Label(4));

    [Fact]
    public void Of_gives_the_whole_data_set_where_it_is_small_enough()
    {
        Assert.Same(Source, SpreadDataset.Of(Source, null));
        Assert.Same(Source, SpreadDataset.Of(Source, 10));
        Assert.Equal(9, SpreadDataset.Of(Source, 9).Count);
    }
}
