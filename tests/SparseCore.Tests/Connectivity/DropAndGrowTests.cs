using FsCheck;
using FsCheck.Fluent;
using SparseCore.Connectivity;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Tests.Connectivity;

public class DropAndGrowTests
{
    private static readonly Network Line = new("line", Shape.Vector(8), [new Node("fc", new Operation.FullyConnected(1), Network.InputName)]);

    // index      0     1     2     3     4     5     6     7
    // weight    .5   -.1    .3     -     -   -.2     -     -      (- is masked)
    // signal   .01    .9   .02    .4   -.8    .3     0    .7
    private static GrowthContext Context() => ContextOf([0, 1, 2, 5], [.5f, -.1f, .3f, 0, 0, -.2f, 0, 0], [.01f, .9f, .02f, .4f, -.8f, .3f, 0, .7f]);

    private static GrowthContext ContextOf(int[] active, float[] weights, float[] signal)
    {
        var parameters = new ParameterBlock(Line);
        weights.CopyTo(parameters.Weights(0));
        var gradient = new ParameterBlock(Line);
        signal.CopyTo(gradient.Weights(0));
        return new GrowthContext(100, new MaskSet(Line, [Mask.FromIndices(8, active)]), parameters, gradient, 7);
    }

    [Fact]
    public void Update_RigL_drops_the_smallest_and_grows_the_largest_gradients_the_just_dropped_included()
    {
        // Half of 4 is dropped: 1 (|.1|) and 5 (|.2|). Among 1 3 4 5 6 7 the largest |signal| are 1 (.9) and 4 (.8): 1 comes back at once.
        var masks = DropAndGrow.Exchange(Context(), 0.5, new GradientGrowth()).Masks;
        Assert.Equal([0, 1, 2, 4], masks[0].ActiveIndices());
    }

    [Fact]
    public void FanIns_counts_the_active_inputs_of_the_neuron_behind_every_weight()
    {
        // Two neurons of 3 inputs: the first has inputs 0 and 2, the second none.
        var network = new Network("two", Shape.Vector(3), [new Node("fc", new Operation.FullyConnected(2), Network.InputName)]);
        var (parameters, signal) = (new ParameterBlock(network), new ParameterBlock(network));
        var context = new GrowthContext(1, new MaskSet(network, [Mask.FromIndices(6, [0, 2])]), parameters, signal, 7);
        Assert.Equal([2, 2, 2, 0, 0, 0], context.FanIns(0));
    }

    [Fact]
    public void Update_RigL_inverted_grows_the_smallest_gradients()
    {
        // Among 1 3 4 5 6 7 the smallest |signal| are 6 (0) and 5 (.3).
        var masks = DropAndGrow.Exchange(Context(), 0.5, new InverseGradientGrowth()).Masks;
        Assert.Equal([0, 2, 5, 6], masks[0].ActiveIndices());
    }

    [Fact]
    public void Update_truncates_the_number_dropped()
    {
        // 0.49 of 4 is 1.96: one is dropped, weight 1, and one grown.
        var masks = DropAndGrow.Exchange(Context(), 0.49, new GradientGrowth()).Masks;
        Assert.Equal([0, 1, 2, 5], masks[0].ActiveIndices());
    }

    [Fact]
    public void Update_drops_by_index_when_all_magnitudes_are_equal()
    {
        var context = ContextOf([0, 1, 2, 3], [1, -1, 1, -1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1, 2]);
        Assert.Equal([0, 1, 6, 7], DropAndGrow.Exchange(context, 0.5, new GradientGrowth()).Masks[0].ActiveIndices());
    }

    [Fact]
    public void Update_keeps_the_count_for_any_mask_fraction_and_growth()
    {
        var scores = new IGrowthScore[] { new RandomGrowth(), new GradientGrowth(), new InverseGradientGrowth(), new MomentumGrowth() };
        Prop.ForAll(
            Gen.Choose(1, 8).SelectMany(count => Gen.Choose(0, 100).SelectMany(percent => Gen.Choose(0, 1000).Select(seed => (count, percent, seed)))).ToArbitrary(),
            input =>
            {
                var (count, percent, seed) = input;
                var random = new RandomStream((ulong)seed, "test");
                var active = random.NextPermutation(8)[..count];
                var weights = new float[8];
                var signal = new float[8];
                foreach (var index in active)
                {
                    weights[index] = (float)random.NextNormal();
                }

                for (var index = 0; index < 8; index++)
                {
                    signal[index] = (float)random.NextNormal();
                }

                return scores.All(score => DropAndGrow.Exchange(ContextOf(active, weights, signal), percent / 100.0, score).Masks[0].ActiveCount == count);
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Update_SET_grows_every_candidate_equally_often()
    {
        // A quarter of 4 is dropped: weight 1. It and 3 4 6 7 are the candidates.
        var counts = new int[8];
        for (var step = 1; step <= 6000; step++)
        {
            var context = Context() with { Step = step };
            var masks = DropAndGrow.Exchange(context, 0.25, new RandomGrowth()).Masks;
            foreach (var index in masks[0].ActiveIndices())
            {
                counts[index]++;
            }
        }

        // 0, 2 and 5 are always kept; each of the five candidates is grown about 1,200 times (standard deviation 31).
        Assert.Equal([6000, 6000, 6000], [counts[0], counts[2], counts[5]]);
        Assert.All([counts[1], counts[3], counts[4], counts[6], counts[7]], count => Assert.InRange(count, 1200 - 155, 1200 + 155));
    }

    [Fact]
    public void Update_refuses_a_score_of_wrong_length()
    {
        var error = Assert.Throws<InvalidOperationException>(() => DropAndGrow.Exchange(Context(), 0.5, new ShortScore()));
        Assert.Contains("'short' gave 3 scores", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Update_refuses_a_score_that_is_no_finite_number(float score)
    {
        var context = ContextOf([0, 1, 2, 5], [.5f, -.1f, .3f, 0, 0, -.2f, 0, 0], [0, 0, 0, score, 0, 0, 0, 0]);
        var error = Assert.Throws<InvalidOperationException>(() => DropAndGrow.Exchange(context, 0.5, new SignalScore()));
        Assert.Contains("for weight 3 of layer 'fc'; scores must be finite numbers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_of_an_unknown_score_lists_the_known()
    {
        var error = Assert.Throws<UnregisteredNameException>(() => GrowthScores.Registry.Find("nothing"));
        Assert.Contains("Known growth scores: random, gradient, inverse-gradient, momentum", error.Message, StringComparison.Ordinal);
    }

    private sealed class SignalScore : IGrowthScore
    {
        public string Name => "signal";

        public GrowthSignal Signal => GrowthSignal.Gradient;

        public float[] Score(GrowthContext context, int layer) => context.Signal.Weights(layer).ToArray();
    }

    private sealed class ShortScore : IGrowthScore
    {
        public string Name => "short";

        public GrowthSignal Signal => GrowthSignal.None;

        public float[] Score(GrowthContext context, int layer) => new float[3];
    }
}
