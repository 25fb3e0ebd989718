using System.Text.Json;
using SparseCore.Schedules;

namespace SparseCore.Tests.Schedules;

public class CubicSparsityTests
{
    private static readonly CubicSparsity Paper = new(0, 0.95, 3000, 7000, 100);

    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(3000, 0.0)]
    [InlineData(3100, 0.069484)]
    [InlineData(4000, 0.549219)]
    [InlineData(5000, 0.83125)]
    [InlineData(7000, 0.95)]
    [InlineData(11719, 0.95)]
    public void At_gives_the_papers_numbers(int step, double expected) => Assert.Equal(expected, Paper.At(step), 5e-7);

    [Fact]
    public void At_reaches_the_final_sparsity_exactly() => Assert.Equal(0.95, Paper.At(7000));

    [Fact]
    public void IsUpdate_is_true_41_times_in_the_papers_window()
    {
        var updates = Enumerable.Range(0, 11720).Where(Paper.IsUpdate).ToArray();
        Assert.Equal(41, updates.Length);
        Assert.Equal((3000, 3100, 7000), (updates[0], updates[1], updates[^1]));
    }

    [Fact]
    public void IsUpdate_includes_the_end_where_the_interval_does_not_divide_the_window() =>
        Assert.Equal([30, 37, 44, 50], Enumerable.Range(0, 100).Where(new CubicSparsity(0, 0.9, 30, 50, 7).IsUpdate));

    [Fact]
    public void An_empty_window_prunes_at_once()
    {
        var schedule = new CubicSparsity(0, 0.9, 10, 10, 5);
        Assert.Equal([10], Enumerable.Range(0, 100).Where(schedule.IsUpdate));
        Assert.Equal((0.0, 0.9), (schedule.At(9), schedule.At(10)));
    }

    [Fact]
    public void Schedule_survives_JSON() => Assert.Equal(Paper, JsonSerializer.Deserialize<CubicSparsity>(JsonSerializer.Serialize(Paper)));

    [Theory]
    [InlineData(-0.1, 0.5, 0, 10, 1)]
    [InlineData(0, 1.0, 0, 10, 1)]
    [InlineData(0.6, 0.5, 0, 10, 1)]
    [InlineData(0, 0.5, -1, 10, 1)]
    [InlineData(0, 0.5, 10, 9, 1)]
    [InlineData(0, 0.5, 0, 10, 0)]
    public void Constructor_refuses_impossible_numbers(double initial, double final, int begin, int end, int interval) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CubicSparsity(initial, final, begin, end, interval));

    [Theory]
    [InlineData(3, 20, 4)]
    [InlineData(0, 19, 1)]
    [InlineData(5, 5, 7)]
    public void LastUpdate_is_the_last_step_that_is_an_update(int begin, int end, int interval)
    {
        var schedule = new CubicSparsity(0, 0.9, begin, end, interval);
        for (var step = -1; step < 30; step++)
        {
            Assert.Equal(Enumerable.Range(0, step + 1).Where(schedule.IsUpdate).Select(update => (int?)update).LastOrDefault(), schedule.LastUpdate(step));
        }
    }
}
