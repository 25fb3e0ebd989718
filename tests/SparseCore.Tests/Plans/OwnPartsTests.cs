using SparseCore.Connectivity;
using SparseCore.Initialization;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.Randomness;
using SparseCore.Recipes;
using SparseCore.RunFolders;
using SparseCore.Scores;
using SparseCore.Tests.Checkpoints;
using SparseCore.Tests.Training;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.Plans;

/// <summary>What a script brings: registered like the toolkit's own, stored in plans, trained and verified.</summary>
public sealed class OwnPartsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    static OwnPartsTests()
    {
        MaskUpdaters.Registry.Add("tests-swap", () => new SwapUpdater(10));
        Initializers.Registry.Add("tests-signs", () => new SignInitializer(0.1));
        PruningScores.Registry.Add("tests-last", () => new LastScore());
        NetworkFamilies.Registry.Add("tests-mlp", new NetworkFamily(plan => LeNet300.Create(plan.Widths, plan.Input, plan.Classes), [10, 6]));
        Methods.Registry.Add("tests-swap", new Method(run => run.Recipe.Updated(run.Name, (updates, _, _) => new SwapUpdater(updates.Interval), run.Initializer, run.Seed)));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_own_network_method_updater_and_initializer_train_resume_and_verify()
    {
        var settings = new Experiment(SmallRuns.Data, "tests-mlp") { Sparsity = 0.6, Steps = 40, BatchSize = 16 }.Settings();
        var plan = Methods.Plan(new Recipe(settings), "tests-swap", "tests-signs", 1, 1).Small().Plan;
        Assert.Equal(plan, TrainingPlan.Parse(plan.ToCanonicalJson()));
        var executor = new RunExecutor(folder.Root, SmallRuns.Data, SmallRuns.Engine);
        Assert.True(executor.Execute(plan, new SilentProgress(), CancellationToken.None));
        var verification = new RunVerifier(SmallRuns.Data, SmallRuns.Engine).Verify(executor.PathOf(plan), replay: true);
        Assert.Equal((VerificationStatus.Ok, ""), (verification.Status, string.Join("; ", verification.Findings)));
        using var run = RunFolder.Open(executor.PathOf(plan));
        Assert.Equal(10, run.ReadMetrics().Count(row => row.Metric == "swaps"));
        Assert.Equal(["swaps"], run.ReadCheckpoint(40, plan.Network.Build()).State.Keys);
    }

    [Fact]
    public void Plans_hold_what_a_constructor_takes_and_nothing_that_follows_from_it()
    {
        var json = (SmallRuns.Recipe.Dense(1).Plan with { Connectivity = new SwapUpdater(7) }).ToCanonicalJson();
        Assert.Contains("\"connectivity\": {\n    \"kind\": \"tests-swap\",\n    \"interval\": 7\n  }", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"kind\": \"static\"", "\"kind\": \"elsewhere\"", "Unknown mask updater 'elsewhere'. Known mask updaters: static,", "MaskUpdaters.Registry.Add")]
    [InlineData("\"kind\": \"dense\"", "\"kind\": \"elsewhere\"", "Unknown initializer 'elsewhere'. Known initializers: dense,", "Initializers.Registry.Add")]
    [InlineData("\"kind\": \"cosine\"", "\"kind\": \"elsewhere\"", "Unknown learning-rate schedule 'elsewhere'", "LearningRates.Registry.Add")]
    [InlineData("\"name\": \"lenet300\"", "\"name\": \"elsewhere\"", "Unknown network 'elsewhere'", "NetworkFamilies.Registry.Add")]
    public void A_name_that_is_not_registered_is_said_with_how_to_register_it(string old, string changed, string unknown, string how)
    {
        var json = SmallRuns.Recipe.Dense(1).Plan.ToCanonicalJson();
        Assert.Contains(old, json, StringComparison.Ordinal);
        var error = Assert.Throws<PlanException>(() => TrainingPlan.Parse(json.Replace(old, changed, StringComparison.Ordinal)));
        Assert.IsType<UnregisteredNameException>(error.InnerException);
        Assert.Contains(unknown, error.Message, StringComparison.Ordinal);
        Assert.Contains(how, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_is_not_registered_cannot_be_planned()
    {
        var plan = SmallRuns.Recipe.Dense(1).Plan with { Connectivity = new UnregisteredUpdater() };
        Assert.Contains("UnregisteredUpdater is not registered", Assert.Throws<PlanException>(plan.ToCanonicalJson).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_types_are_registered_once()
    {
        Assert.Contains("Two mask updaters are named 'static'", Assert.Throws<ArgumentException>(() => MaskUpdaters.Registry.Add("static", () => new UnregisteredUpdater())).Message, StringComparison.Ordinal);
        Assert.Contains("registered already, as 'tests-swap'", Assert.Throws<ArgumentException>(() => MaskUpdaters.Registry.Add("other", () => new SwapUpdater(1))).Message, StringComparison.Ordinal);
        Assert.Contains("needs a name", Assert.Throws<ArgumentException>(() => GrowthScores.Registry.Add("two words", new RandomGrowth())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_own_pruning_score_prunes()
    {
        var plan = SmallRuns.Recipe.PrunedAtInitialization("tests-last", new LastScore(), PruningScope.Layer, 1, 1, 1).Small().Plan;
        Assert.Contains("\"kind\": \"tests-last\"", plan.ToCanonicalJson(), StringComparison.Ordinal);
        var executor = new RunExecutor(folder.Root, SmallRuns.Data, SmallRuns.Engine);
        Assert.True(executor.Execute(plan, new SilentProgress(), CancellationToken.None));
        using var run = RunFolder.Open(executor.PathOf(plan));
        var mask = run.ReadCheckpoint(0, plan.Network.Build()).Masks[0];
        Assert.Equal(Enumerable.Range(mask.Length - mask.ActiveCount, mask.ActiveCount), mask.ActiveIndices());
    }

    /// <summary>Exchanges the first active weight of every layer for the first masked one, and counts how often in a block of its own.</summary>
    private sealed record SwapUpdater(int Interval) : IMaskUpdater
    {
        public bool MasksGrow => true;

        public IReadOnlyList<string> MemoryNames => ["swaps"];

        public IReadOnlyList<string> Metrics => ["swaps"];

        public bool IsUpdate(int step) => step > 0 && step % Interval == 0;

        public IEnumerable<int> UpdateSteps(int last) => Enumerable.Range(1, last / Interval).Select(update => update * Interval);

        public int? LastUpdate(int step) => step < Interval ? null : step / Interval * Interval;

        public MaskUpdate Update(MaskUpdateContext context)
        {
            if (!context.Memory.TryGetValue("swaps", out var count))
            {
                context.Memory["swaps"] = count = new ParameterBlock(context.Masks.Network);
            }

            count.Biases(0)[0]++;
            context.Log("swaps", count.Biases(0)[0]);
            return new MaskUpdate(new MaskSet(context.Masks.Network, [.. Enumerable.Range(0, context.Masks.Count).Select(layer => Swap(context.Masks[layer]))]));
        }

        public MaskExpectation Expect(MaskSet start, int step) => MaskExpectation.OfLayers(start.ActiveCounts(), MaskHistoryKind.Changing);

        private static Mask Swap(Mask mask) => Mask.FromIndices(mask.Length, [.. mask.ActiveIndices().Skip(1), mask.NextInactive(0)]);
    }

    private sealed record UnregisteredUpdater : IMaskUpdater
    {
        public bool MasksGrow => false;

        public bool IsUpdate(int step) => false;

        public IEnumerable<int> UpdateSteps(int last) => [];

        public int? LastUpdate(int step) => null;

        public MaskUpdate Update(MaskUpdateContext context) => new(context.Masks);

        public MaskExpectation Expect(MaskSet start, int step) => MaskExpectation.OfLayers(start.ActiveCounts(), MaskHistoryKind.Fixed);
    }

    private sealed record SignInitializer(double Size) : IInitializer
    {
        public void Fill(Layer layer, Mask mask, RandomStream stream, Span<float> weights)
        {
            for (var index = 0; index < weights.Length; index++)
            {
                var sign = stream.NextInt32(2) == 0 ? 1f : -1f;
                weights[index] = mask[index] ? (float)Size * sign : 0f;
            }
        }
    }

    private sealed record LastScore : IPruningScore
    {
        public void Score(PruningContext context, ParameterBlock scores)
        {
            for (var index = 0; index < scores.Values.Length; index++)
            {
                scores.Values[index] = index;
            }
        }
    }
}
