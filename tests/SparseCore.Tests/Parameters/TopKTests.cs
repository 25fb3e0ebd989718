using FsCheck;
using FsCheck.Fluent;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Tests.Parameters;

public class TopKTests
{
    [Fact]
    public void Select_equals_a_stable_sort_for_any_scores()
    {
        var score = Gen.Elements(0f, -0f, 1f, -1f, 1.5f, float.Epsilon, -float.Epsilon, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity, 1.0000001f);
        Prop.ForAll(score.ArrayOf().ToArbitrary(), scores => Enumerable.Range(0, scores.Length + 1).All(count => Naive(scores, count).SequenceEqual(TopK.Select(scores, count))))
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Select_equals_a_stable_sort_of_random_bits()
    {
        var stream = new RandomStream(1, "test");
        for (var repeat = 0; repeat < 200; repeat++)
        {
            var scores = Enumerable.Range(0, 1 + stream.NextInt32(300)).Select(_ => BitConverter.UInt32BitsToSingle(stream.NextUInt32())).Where(x => !float.IsNaN(x)).ToArray();
            var count = stream.NextInt32(scores.Length + 1);
            Assert.Equal(Naive(scores, count), TopK.Select(scores, count));
        }
    }

    [Fact]
    public void Select_of_equal_scores_takes_the_lowest_indices() => Assert.Equal([0, 1, 2], TopK.Select([4, 4, 4, 4, 4], 3));

    [Fact]
    public void Select_treats_both_zeros_as_one_value() => Assert.Equal([0, 1], TopK.Select([-0f, 0f, -0f, 0f], 2));

    [Fact]
    public void Select_refuses_NaN_and_names_its_place() => Assert.Contains("Score 1", Assert.Throws<ArgumentException>(() => TopK.Select([1, float.NaN], 1)).Message);

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void Select_refuses_counts_outside_the_scores(int count) => Assert.Throws<ArgumentException>(() => TopK.Select([1, 2], count));

    [Theory]
    [InlineData(0.0, 7, 7)]
    [InlineData(0.5, 5, 3)] // 2.5: half away from zero
    [InlineData(0.9, 5, 1)] // 0.5
    [InlineData(0.95, 30, 2)] // 1.5, although 1 - 0.95 is a little above 0.05 in binary
    [InlineData(0.85, 10, 2)] // 1.5, although 1 - 0.85 is a little above 0.15
    [InlineData(0.7, 5, 2)] // 1.5, although 1 - 0.7 is a little above 0.3
    public void KeepCount_rounds_the_decimal_number(double sparsity, int length, int expected) => Assert.Equal(expected, TopK.KeepCount(sparsity, length));

    [Theory]
    [InlineData(1.0)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void KeepCount_refuses_what_is_no_sparsity(double sparsity) => Assert.Throws<ArgumentOutOfRangeException>(() => TopK.KeepCount(sparsity, 10));

    private static IEnumerable<int> Naive(float[] scores, int count) =>
        Enumerable.Range(0, scores.Length).OrderByDescending(index => (double)scores[index] + 0.0).Take(count).Order();
}
