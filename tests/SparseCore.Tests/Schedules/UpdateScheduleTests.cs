using SparseCore.Schedules;

namespace SparseCore.Tests.Schedules;

public class UpdateScheduleTests
{
    [Fact]
    public void IsUpdate_starts_at_the_first_and_ends_with_the_last() =>
        Assert.Equal([5, 15, 25], Enumerable.Range(0, 100).Where(new UpdateSchedule(5, 34, 10).IsUpdate));

    [Fact]
    public void IsUpdate_of_the_papers_settings_is_true_117_times() =>
        Assert.Equal(117, Enumerable.Range(0, 11720).Count(new UpdateSchedule(100, int.MaxValue, 100).IsUpdate));

    [Theory]
    [InlineData(0, 10, 1)]
    [InlineData(5, 4, 1)]
    [InlineData(5, 10, 0)]
    public void Constructor_refuses_impossible_numbers(int first, int last, int interval) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new UpdateSchedule(first, last, interval));

    [Fact]
    public void LastUpdate_is_the_last_step_that_is_an_update()
    {
        var schedule = new UpdateSchedule(3, 20, 4);
        for (var step = 0; step < 30; step++)
        {
            Assert.Equal(Enumerable.Range(0, step + 1).Where(schedule.IsUpdate).Select(update => (int?)update).LastOrDefault(), schedule.LastUpdate(step));
        }
    }
}
