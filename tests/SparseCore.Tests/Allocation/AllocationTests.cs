using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using SparseCore.Allocation;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;

namespace SparseCore.Tests.Allocation;

public class AllocationTests
{
    private static readonly Network LeNet = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);

    [Theory]
    [InlineData(0.95, new[] { 8, 120, 1536, 504, 42 })]
    [InlineData(0.98, new[] { 3, 48, 614, 202, 17 })]
    [InlineData(0.0, new[] { 150, 2400, 30720, 10080, 840 })]
    public void Uniform_gives_LeNet5_the_papers_counts(double sparsity, int[] expected) => Assert.Equal(expected, new UniformAllocation().ActiveCounts(LeNet, sparsity));

    [Fact]
    public void Uniform_leaves_the_sparsity_of_other_layers_alone_when_one_stays_dense() =>
        Assert.Equal([150, 120, 1536, 504, 42], new UniformAllocation("conv1").ActiveCounts(LeNet, 0.95));

    [Fact]
    public void ErdosRenyiKernel_gives_LeNet5_the_published_sparsities()
    {
        var counts = new ErdosRenyiKernelAllocation().ActiveCounts(LeNet, 0.95);
        double[] expected = [0.6536, 0.9592, 0.9626, 0.9381, 0.6579];
        for (var layer = 0; layer < 5; layer++)
        {
            var length = LeNet.Layers[layer].WeightCount;
            Assert.InRange(counts[layer], ((1 - expected[layer] - 5e-5) * length) - 1, ((1 - expected[layer] + 5e-5) * length) + 1);
        }
    }

    [Fact]
    public void ErdosRenyi_shares_in_proportion_to_inputs_plus_outputs()
    {
        // 4 -> 8 -> 2: raw counts n_in + n_out = 12 and 10 of 32 and 16 weights; half of 48 = 24 = epsilon 22: 13.09 and 10.91.
        var network = LeNet300.Create([4, 8], new Shape(1, 1, 2), 2);
        var three = new ErdosRenyiAllocation("fc1").ActiveCounts(network, 8.0 / 56 * 3); // 56 weights, fc1's 8 dense, 32 kept in all
        Assert.Equal([8, 13, 11], three);
    }

    [Fact]
    public void ErdosRenyi_makes_layers_dense_that_would_pass_density_1_and_solves_again()
    {
        // 2 -> 4 -> 8 -> 2: n_in + n_out = 6, 12, 10; 40 of 56 kept gives epsilon 40/28, densities 1.07, 0.54, 0.89: fc1 full, 32 shared 12 : 10 as 17.45 and 14.55.
        var network = LeNet300.Create([4, 8], new Shape(1, 1, 2), 2);
        Assert.Equal([8, 17, 15], new ErdosRenyiAllocation().ActiveCounts(network, 16.0 / 56));
    }

    [Fact]
    public void ErdosRenyi_and_its_kernel_form_meet_the_total_exactly_at_any_sparsity()
    {
        IAllocation[] allocations = [new ErdosRenyiAllocation(), new ErdosRenyiKernelAllocation(), new ErdosRenyiKernelAllocation("conv1", "fc3")];
        Prop.ForAll(Gen.Choose(0, 970).ToArbitrary(), perMille =>
        {
            foreach (var allocation in allocations)
            {
                var counts = allocation.ActiveCounts(LeNet, perMille / 1000.0);
                Assert.Equal(TopK.KeepCount(perMille / 1000.0, 44190), counts.Sum());
                Assert.All(counts.Zip(LeNet.Layers), pair => Assert.InRange(pair.First, 1, pair.Second.WeightCount));
            }

            var kept = allocations[2].ActiveCounts(LeNet, perMille / 1000.0);
            Assert.Equal((150, 840), (kept[0], kept[4]));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void ActiveCounts_refuses_a_budget_below_the_dense_layers()
    {
        var message = Assert.Throws<ArgumentException>(() => new ErdosRenyiAllocation("fc1").ActiveCounts(LeNet, 0.95)).Message;
        Assert.Contains("2210", message);
        Assert.Contains("30720", message);
    }

    [Fact]
    public void ActiveCounts_refuses_to_empty_a_layer_and_names_it()
    {
        Assert.Contains("'conv1' of 150", Assert.Throws<ArgumentException>(() => new UniformAllocation().ActiveCounts(LeNet, 0.998)).Message);
        Assert.Contains("'fc1'", Assert.Throws<ArgumentException>(() => new ErdosRenyiAllocation("conv1", "conv2", "fc2", "fc3").ActiveCounts(LeNet, 30720.0 / 44190)).Message);
    }

    [Fact]
    public void ActiveCounts_refuses_unknown_layers_and_lists_the_known() =>
        Assert.Contains("conv1, conv2, fc1, fc2, fc3", Assert.Throws<ArgumentException>(() => new UniformAllocation("conv9").ActiveCounts(LeNet, 0.5)).Message);

    [Theory]
    [InlineData(1.0)]
    [InlineData(-0.5)]
    [InlineData(double.NaN)]
    public void ActiveCounts_refuses_what_is_no_sparsity(double sparsity)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new UniformAllocation().ActiveCounts(LeNet, sparsity));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ErdosRenyiKernelAllocation().ActiveCounts(LeNet, sparsity));
    }

    [Fact]
    public void Allocations_are_compared_by_value_and_survive_JSON()
    {
        IAllocation[] allocations = [new UniformAllocation(), new UniformAllocation("conv1"), new ErdosRenyiAllocation("fc3"), new ErdosRenyiKernelAllocation()];
        Assert.Equal(4, allocations.Distinct().Count());
        Assert.All(allocations, allocation => Assert.Equal(allocation, JsonSerializer.Deserialize<IAllocation>(JsonSerializer.Serialize<IAllocation>(allocation, PlanJson.Options), PlanJson.Options)));
    }
}
