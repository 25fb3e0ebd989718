using System.Text.Json;
using SparseCore.Plans;
using SparseCore.Schedules;

namespace SparseCore.Tests.Schedules;

public class LearningRateScheduleTests
{
    [Theory]
    [InlineData(-1, 0.05f)]
    [InlineData(0, 0.05f)]
    [InlineData(250, 0.042677669f)] // 0.05 (1 + sqrt(1/2)) / 2
    [InlineData(500, 0.025f)]
    [InlineData(1000, 0f)]
    [InlineData(1001, 0f)]
    public void Cosine_falls_from_the_initial_rate_to_0(int step, float expected) => Assert.Equal(expected, new LearningRateSchedule.Cosine(0.05, 1000).At(step), 1e-9f);

    [Theory]
    [InlineData(0, 1f)]
    [InlineData(9, 1f)]
    [InlineData(10, 0.1f)]
    [InlineData(19, 0.1f)]
    [InlineData(20, 0.01f)]
    [InlineData(1000, 0.01f)]
    public void Steps_changes_at_each_boundary(int step, float expected) => Assert.Equal(expected, new LearningRateSchedule.Steps([10, 20], [1, 0.1, 0.01]).At(step));

    [Theory]
    [InlineData(0, 0.1f)]
    [InlineData(3, 0.4f)]
    [InlineData(8, 0.9f)]
    [InlineData(9, 0.1f)] // the boundary lies within the warm-up
    [InlineData(10, 0.1f)]
    public void WarmUp_rises_linearly_to_the_schedule_behind_it(int step, float expected) =>
        Assert.Equal(expected, new LearningRateSchedule.WarmUp(10, new LearningRateSchedule.Steps([9], [1, 0.1])).At(step), 1e-7f);

    [Fact]
    public void WarmUp_of_no_steps_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LearningRateSchedule.WarmUp(0, new LearningRateSchedule.Constant(1)));

    [Fact]
    public void Constant_never_changes()
    {
        var schedule = new LearningRateSchedule.Constant(0.2);
        Assert.Equal([0.2f, 0.2f], [schedule.At(0), schedule.At(11719)]);
    }

    [Fact]
    public void Schedules_survive_JSON()
    {
        LearningRateSchedule[] schedules = [new LearningRateSchedule.Constant(0.2), new LearningRateSchedule.Cosine(0.05, 11719), new LearningRateSchedule.Steps([10, 20], [1, 0.1, 0.01])];
        Assert.All(schedules, schedule => Assert.Equal(schedule, JsonSerializer.Deserialize<LearningRateSchedule>(JsonSerializer.Serialize<LearningRateSchedule>(schedule, PlanJson.Options), PlanJson.Options)));
    }

    [Fact]
    public void Steps_with_other_values_are_not_equal()
    {
        Assert.Equal(new LearningRateSchedule.Steps([10], [1, 0.1]).GetHashCode(), new LearningRateSchedule.Steps([10], [1, 0.1]).GetHashCode());
        Assert.NotEqual(new LearningRateSchedule.Steps([10], [1, 0.1]), new LearningRateSchedule.Steps([10], [1, 0.2]));
        Assert.NotEqual(new LearningRateSchedule.Steps([10], [1, 0.1]), new LearningRateSchedule.Steps([11], [1, 0.1]));
    }

    [Fact]
    public void Constructors_refuse_impossible_numbers()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LearningRateSchedule.Constant(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LearningRateSchedule.Constant(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LearningRateSchedule.Cosine(0.1, 0));
        Assert.Contains("20, 10", Assert.Throws<ArgumentException>(() => new LearningRateSchedule.Steps([20, 10], [1, 2, 3])).Message);
        Assert.Contains("found 2", Assert.Throws<ArgumentException>(() => new LearningRateSchedule.Steps([10, 20], [1, 2])).Message);
    }
}
