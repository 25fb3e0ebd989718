using System.Text.Json;
using SparseCore.Plans;
using SparseCore.Schedules;

namespace SparseCore.Tests.Schedules;

public class DropFractionScheduleTests
{
    private static readonly LearningRateSchedule Paper = new LearningRateSchedule.Cosine(0.05, 11719);

    /// <summary>LeNet5 at 95%: 8, 120, 1536, 504, 42 active weights; numbers to drop from the paper's settings.</summary>
    [Theory]
    [InlineData(100, new[] { 2, 35, 460, 151, 12 })]
    [InlineData(5859, new[] { 1, 18, 230, 75, 6 })]
    public void TiedToLearningRate_drops_the_papers_numbers(int step, int[] expected)
    {
        var fraction = new DropFractionSchedule.TiedToLearningRate(0.3).At(step, Paper);
        Assert.Equal(expected, ((int[])[8, 120, 1536, 504, 42]).Select(active => (int)(active * fraction)));
    }

    [Fact]
    public void TiedToLearningRate_refuses_a_rate_that_starts_at_0() =>
        Assert.Throws<ArgumentException>(() => new DropFractionSchedule.TiedToLearningRate(0.3).At(1, new LearningRateSchedule.Constant(0)));

    [Theory]
    [InlineData(0, 0.3)]
    [InlineData(500, 0.15)]
    [InlineData(1000, 0.0)]
    [InlineData(2000, 0.0)]
    public void Cosine_falls_to_0_at_its_end(int step, double expected) => Assert.Equal(expected, new DropFractionSchedule.Cosine(0.3, 1000).At(step, Paper), 1e-15);

    [Fact]
    public void Constant_never_changes() => Assert.Equal(0.25, new DropFractionSchedule.Constant(0.25).At(11000, Paper));

    [Fact]
    public void Schedules_survive_JSON()
    {
        DropFractionSchedule[] schedules = [new DropFractionSchedule.Constant(0.2), new DropFractionSchedule.Cosine(0.3, 8000), new DropFractionSchedule.TiedToLearningRate(0.3)];
        Assert.All(schedules, schedule => Assert.Equal(schedule, JsonSerializer.Deserialize<DropFractionSchedule>(JsonSerializer.Serialize<DropFractionSchedule>(schedule, PlanJson.Options), PlanJson.Options)));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Constructors_refuse_what_is_no_fraction(double fraction)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DropFractionSchedule.Constant(fraction));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DropFractionSchedule.Cosine(fraction, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DropFractionSchedule.TiedToLearningRate(fraction));
    }
}
