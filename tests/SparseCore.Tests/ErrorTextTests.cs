using SparseCore.Plans;
using SparseCore.Schedules;
using SparseCore.Tests.Training;

namespace SparseCore.Tests;

/// <summary>What .NET adds to messages never reaches a user.</summary>
public class ErrorTextTests
{
    [Fact]
    public void Of_an_argument_leaves_the_parameters_name_out_and_keeps_the_found_value()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new CubicSparsity(2, 3, 0, 1, 1));
        Assert.Equal("A sparsity must be at least 0 and below 1. Found 2.", ErrorText.Of(error));
    }

    [Fact]
    public void Of_another_exception_is_its_message() => Assert.Equal("a (Parameter 'b')", ErrorText.Of(new InvalidOperationException("a (Parameter 'b')")));

    [Fact]
    public void A_plan_with_a_wrong_value_says_so_without_NETs_words()
    {
        var json = SmallRuns.Recipe.Prune(1).Plan.ToCanonicalJson().Replace("\"final\": 0.7", "\"final\": 7", StringComparison.Ordinal);
        var message = Assert.Throws<PlanException>(() => TrainingPlan.Parse(json)).Message;
        Assert.Contains("Found 7", message, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
