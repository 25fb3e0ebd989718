using SparseCore.Connectivity;
using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.Schedules;
using SparseCore.Tests.Training;

namespace SparseCore.Tests.Plans;

public class TrainingPlanTests
{
    public static TheoryData<string> AllMethods => [.. Methods.Names];

    private static TrainingPlan Rigl => Methods.Plan(SmallRuns.Recipe, "rigl", InitializerNames.NeuronScaled, 1, 1).Plan;

    [Theory]
    [MemberData(nameof(AllMethods))]
    public void Parse_of_the_canonical_text_gives_the_same_text(string method)
    {
        var plan = Methods.Plan(SmallRuns.Recipe, method, InitializerNames.LayerScaled, 2, 3).Plan;
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
            plan with { Connectivity = (DropAndGrow)plan.Connectivity with { Updates = new UpdateSchedule(10, 120, 11) } },
            plan with { Mask = (MaskPlan.RandomMasks)plan.Mask with { Seed = 2 } },
            plan with { Logging = plan.Logging with { Interval = 7 } },
            plan with { Logging = plan.Logging with { EvaluationInterval = 400 } },
            plan with { Logging = plan.Logging with { TrainExamples = 50 } },
            plan with { Logging = plan.Logging with { GradientExamples = new ExampleRange(0, 1000) { Step = 2 } } },
            plan with { LabelSmoothing = 0.1 },
        ];
        Assert.Equal(others.Length + 1, others.Append(plan).Select(other => other.Hash).Distinct().Count());
    }

    [Fact]
    public void Settings_at_their_usual_values_are_not_written_so_that_earlier_plans_keep_their_hash()
    {
        var text = Rigl.ToCanonicalJson();
        Assert.All(
            new[] { "label_smoothing", "evaluation_interval", "train_examples", "\"step\"", "stride" },
            name => Assert.DoesNotContain(name, text, StringComparison.Ordinal));
        Assert.DoesNotContain("allocation", Methods.Plan(SmallRuns.Recipe, "prune", InitializerNames.Dense, 1, 1).Plan.ToCanonicalJson(), StringComparison.Ordinal);
        Assert.Equal(new ExampleRange(3, 4), new ExampleRange(3, 4) { Step = 1 });
    }

    [Fact]
    public void Parse_of_a_plan_with_the_settings_of_large_networks_gives_the_same_text()
    {
        var plan = Rigl with
        {
            LabelSmoothing = 0.1,
            Optimizer = new OptimizerPlan(
                new LearningRateSchedule.WarmUp(5, new LearningRateSchedule.Steps([30, 70], [0.1, 0.01, 0.001])), 0.9, Nesterov: true, 5e-5),
            Connectivity = new GradualPruning(new CubicSparsity(0, 0.7, 10, 60, 10))
            {
                Allocation = new SparseCore.Allocation.ErdosRenyiKernelAllocation("fc3"),
            },
            Logging = new LoggingPlan(10, new ExampleRange(0, 20) { Step = 20 }, 40, []) { EvaluationInterval = 20, TrainExamples = 100 },
        };
        var text = plan.ToCanonicalJson();
        Assert.Equal(text, TrainingPlan.Parse(text).ToCanonicalJson());
        Assert.Equal([0, 20, 120], Enumerable.Range(0, 121).Where(plan.Evaluates).Where(step => step is < 40 or 120));
        Assert.Equal([0, 20, 380], plan.Logging.GradientExamples.Indices().Where((_, index) => index is 0 or 1 or 19));
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
        var dynamic = (DropAndGrow)plan.Connectivity;
        Assert.Equal("The plan needs steps of 1 or more, found 0.", Message(plan with { Steps = 0 }));
        Assert.Equal(
            "The plan needs growth examples from 0 on, at least 1, found ExampleRange { First = 0, Count = 0, Step = 0 }.",
            Message(plan with { Connectivity = dynamic with { GrowthExamples = new ExampleRange(0, 0) } }));
        Assert.Equal("The plan needs a sparsity in [0, 1), found 1.", Message(plan with { Mask = (MaskPlan.RandomMasks)plan.Mask with { Sparsity = 1 } }));
        Assert.Equal(
            "The plan needs a sparse starting mask for dynamic sparse training, found a dense network, which has nothing to grow.",
            Message(plan with { Mask = new MaskPlan.AllActive() }));
        Assert.Equal(
            "The plan needs a sparse starting mask for dynamic sparse training, found a dense network, which has nothing to grow.",
            Message(plan with { Mask = (MaskPlan.RandomMasks)plan.Mask with { Sparsity = 0 } }));
        Assert.Equal("The plan needs a label smoothing in [0, 1), found 1.", Message(plan with { LabelSmoothing = 1 }));
        Assert.Equal(
            "The plan needs an evaluation interval that is a multiple of the logging interval 200, found 300.",
            Message(plan with { Logging = plan.Logging with { EvaluationInterval = 300 } }));
        var warmUp = new LearningRateSchedule.WarmUp(5, plan.Optimizer.LearningRate);
        Assert.Contains(
            "a drop fraction that does not follow a learning rate with warm-up",
            Message(plan with { Optimizer = plan.Optimizer with { LearningRate = warmUp } }),
            StringComparison.Ordinal);
        Assert.Contains("Known networks: lenet5, lenet300", Message(plan with { Network = plan.Network with { Name = "vgg" } }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"classes\": 3", "\"classes\": 4, \"classes\": 3")]
    [InlineData("\"steps\": 120", "\"steps\": 120, \"steps\": 120")]
    [InlineData("\"nesterov\": false", "\"nesterov\": true, \"nesterov\": false")]
    public void Parse_refuses_a_repeated_key(string once, string twice)
    {
        var text = Rigl.ToCanonicalJson();
        Assert.Contains(once, text, StringComparison.Ordinal);
        Assert.Contains("Duplicate property", Assert.Throws<PlanException>(() => TrainingPlan.Parse(text.Replace(once, twice))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OfPlanJson_refuses_a_repeated_key()
    {
        var text = Rigl.ToCanonicalJson();
        Assert.Equal(3, NetworkPlan.OfPlanJson(text).Classes);
        Assert.Throws<ArgumentException>(() => NetworkPlan.OfPlanJson(text.Replace("\"classes\": 3", "\"classes\": 4, \"classes\": 3")));
    }

    [Fact]
    public void At_a_step_that_is_not_saved_is_refused()
    {
        var error = Assert.Throws<PlanException>(() => Rigl.At(33));
        Assert.Contains("does not save step 33; it saves every 500 steps up to 120", error.Message, StringComparison.Ordinal);
    }

    private static string Message(TrainingPlan plan) => Assert.Throws<PlanException>(plan.Validate).Message;

    [Theory]
    [InlineData(100, 30, new int[0])]
    [InlineData(100, 25, new[] { 7, 25, 99, 7, 101, -1 })]
    [InlineData(1, 5, new[] { 1, 0 })]
    public void SavedSteps_are_the_steps_that_are_saved(int steps, int interval, int[] extra)
    {
        var plan = Rigl with { Steps = steps, Logging = Rigl.Logging with { SaveInterval = interval, ExtraSaves = extra } };
        Assert.Equal(Enumerable.Range(0, 200).Where(plan.Saves), plan.SavedSteps());
    }

    [Fact]
    public void SavedSteps_of_a_run_without_end_cost_what_is_enumerated()
    {
        var plan = Rigl with { Steps = int.MaxValue, Logging = Rigl.Logging with { SaveInterval = 2_000_000_000, ExtraSaves = [.. Enumerable.Range(1, 20_000)] } };
        Assert.Equal([.. Enumerable.Range(0, 20_001), 2_000_000_000, int.MaxValue], plan.SavedSteps());
    }
}
