using SparseCore.Recipes;
using SparseCore.Schedules;
using SparseCore.Training;

namespace SparseCore.Tests.Training;

public class TrainingPlanTests
{
    public static TheoryData<string> AllMethods => [.. Methods.Names];

    private static TrainingPlan Rigl => Methods.Plan(SmallRuns.Recipe, "rigl", InitializerName.NeuronScaled, 1, 1).Plan;

    [Theory]
    [MemberData(nameof(AllMethods))]
    public void Parse_of_the_canonical_text_gives_the_same_text(string method)
    {
        var plan = Methods.Plan(SmallRuns.Recipe, method, InitializerName.LayerScaled, 2, 3).Plan;
        var text = plan.ToCanonicalJson();
        Assert.Equal(text, TrainingPlan.Parse(text).ToCanonicalJson());
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Hash_changes_with_every_setting()
    {
        var plan = Rigl;
        TrainingPlan[] others =
        [
            plan with { Steps = 121 },
            plan with { BatchSize = 17 },
            plan with { OrderSeed = 9 },
            plan with { Optimizer = plan.Optimizer with { L2 = 2e-4 } },
            plan with { Optimizer = plan.Optimizer with { Nesterov = true } },
            plan with { Network = plan.Network with { Widths = [12, 9] } },
            plan with { Connectivity = (ConnectivityPlan.DropAndGrow)plan.Connectivity with { Updates = new UpdateSchedule(10, 120, 11) } },
            plan with { Mask = (MaskPlan.RandomMasks)plan.Mask with { Seed = 2 } },
            plan with { Logging = plan.Logging with { Interval = 7 } },
        ];
        Assert.Equal(others.Length + 1, others.Append(plan).Select(other => other.Hash).Distinct().Count());
    }

    [Fact]
    public void Parse_refuses_what_it_does_not_know()
    {
        var text = Rigl.ToCanonicalJson().Replace("\"steps\"", "\"stepz\"", StringComparison.Ordinal);
        Assert.Contains("stepz", Assert.Throws<PlanException>(() => TrainingPlan.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"format\":1}")]
    public void Parse_refuses_what_is_no_plan(string text) => Assert.Throws<PlanException>(() => TrainingPlan.Parse(text));

    [Fact]
    public void Validate_names_the_setting_and_the_found_value()
    {
        var plan = Rigl;
        var dynamic = (ConnectivityPlan.DropAndGrow)plan.Connectivity;
        Assert.Equal("The plan needs steps of 1 or more, found 0.", Message(plan with { Steps = 0 }));
        Assert.Equal(
            "The plan needs growth examples from 0 on, at least 1, found ExampleRange { First = 0, Count = 0 }.",
            Message(plan with { Connectivity = dynamic with { GrowthExamples = new ExampleRange(0, 0) } }));
        Assert.Equal("The plan needs a sparsity in [0, 1), found 1.", Message(plan with { Mask = (MaskPlan.RandomMasks)plan.Mask with { Sparsity = 1 } }));
        Assert.Equal(
            "The plan needs a sparse starting mask for dynamic sparse training, found a dense network, which has nothing to grow.",
            Message(plan with { Mask = new MaskPlan.AllActive() }));
        Assert.Contains("Known networks: lenet5, lenet300", Message(plan with { Network = plan.Network with { Name = "vgg" } }), StringComparison.Ordinal);
    }

    [Fact]
    public void At_a_step_that_is_not_saved_is_refused()
    {
        var error = Assert.Throws<PlanException>(() => Rigl.At(33));
        Assert.Contains("does not save step 33; it saves every 500 steps up to 120", error.Message, StringComparison.Ordinal);
    }

    private static string Message(TrainingPlan plan) => Assert.Throws<PlanException>(plan.Validate).Message;
}
