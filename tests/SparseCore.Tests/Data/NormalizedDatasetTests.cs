using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

public class NormalizedDatasetTests
{
    private static readonly ByteDataset Bytes = Samples.Random(new Shape(2, 3, 2), 3, 5);

    [Fact]
    public void Read_standardizes_every_channel_as_PyTorch_does()
    {
        var normalization = new InputNormalization([0.1307, 0.5], [0.3081, 0.25]);
        var source = Samples.Random(new Shape(2, 5, 7), 3, 5);
        var plain = Samples.Values(source, 4, 0);
        var found = Samples.Values(NormalizedDataset.Of(source, normalization), 4, 0);
        for (var index = 0; index < found.Length; index++)
        {
            var channel = index / 35 % 2;
            Assert.Equal((plain[index] - (float)normalization.Mean[channel]) / (float)normalization.Std[channel], found[index]);
        }
    }

    [Fact]
    public void Of_the_datas_own_normalization_or_none_is_the_data_itself()
    {
        Assert.Same(Bytes, NormalizedDataset.Of(Bytes, null));
        Assert.Same(Bytes, NormalizedDataset.Of(Bytes, InputNormalization.None(2)));
    }

    [Fact]
    public void Back_to_plain_pixels_is_what_they_were_but_for_rounding()
    {
        var there = NormalizedDataset.Of(Bytes, new InputNormalization([0.2, 0.4], [0.3, 0.7]));
        var (plain, back) = (Samples.Values(Bytes, 1, 2), Samples.Values(NormalizedDataset.Of(there, InputNormalization.None(2)), 1, 2));
        Assert.All(plain.Zip(back), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void A_sample_keeps_the_normalization_of_its_source()
    {
        var normalization = InputNormalization.Uniform(2, 0.5, 0.5);
        Assert.Equal(normalization, SpreadDataset.Of(NormalizedDataset.Of(Bytes, normalization), 2).Normalization);
    }

    [Fact]
    public void Another_number_of_channels_is_refused()
    {
        var error = Assert.Throws<DataException>(() => NormalizedDataset.Of(Bytes, InputNormalization.Uniform(3, 0, 2)));
        Assert.Contains("3 channel(s) (mean=0 std=2), and the data 'random' has 2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.5, -1)]
    [InlineData(double.NaN, 1)]
    [InlineData(0.5, double.PositiveInfinity)]
    public void A_std_that_is_not_above_0_or_a_number_that_is_not_finite_is_refused(double mean, double std) =>
        Assert.Contains("above 0", Assert.Throws<ArgumentException>(() => InputNormalization.Uniform(1, mean, std)).Message, StringComparison.Ordinal);
}
