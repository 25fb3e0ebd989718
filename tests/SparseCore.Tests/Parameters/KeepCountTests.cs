using SparseCore.Parameters;

namespace SparseCore.Tests.Parameters;

public class KeepCountTests
{
    [Theory]
    [InlineData(0.95, 150, 8)]
    [InlineData(0.95, 2400, 120)]
    [InlineData(0.95, 30720, 1536)]
    [InlineData(0.95, 10080, 504)]
    [InlineData(0.95, 840, 42)]
    [InlineData(0.98, 150, 3)]
    [InlineData(0.98, 2400, 48)]
    [InlineData(0.98, 30720, 614)]
    [InlineData(0.98, 10080, 202)]
    [InlineData(0.98, 840, 17)]
    public void KeepCount_of_LeNet5_is_the_papers(double sparsity, int length, int expected) =>
        Assert.Equal(expected, TopK.KeepCount(sparsity, length));
}
