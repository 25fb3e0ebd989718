using SparseCore.Allocation;
using SparseCore.Measurement;
using SparseCore.Networks;

namespace SparseCore.Recipes;

/// <summary>The narrower dense network that stands beside a sparse one.</summary>
internal static class SmallDenseNetwork
{
    /// <summary>Width factors are tried in steps of 1 / 1000.</summary>
    private const int Resolution = 1000;

    /// <summary>
    /// The network with all widths multiplied by one factor, so chosen that its parameters take as nearly as possible the bytes of the sparse network's: four an
    /// active parameter and one bit a weight for the masks (<see cref="ModelSize"/>), as RigL's authors count. For ResNet-50 at 80% the factor is 0.462, in the
    /// paper's code 0.465; without the masks' bits it would be 0.426.
    /// </summary>
    /// <param name="network">The network that is made sparse.</param>
    /// <param name="allocation">How its sparsity is shared.</param>
    /// <param name="sparsity">Fraction of zeros, in [0, 1).</param>
    public static NetworkPlan Matching(NetworkPlan network, IAllocation allocation, double sparsity)
    {
        var wide = network.Build();
        var wanted = ModelSize.Bytes(wide, allocation.ActiveCounts(wide, sparsity));

        // Bytes grow with the factor: the last factor that does not exceed what is wanted, or its neighbor above.
        var (low, high) = (1, Resolution);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = Bytes(Scaled(network, middle)) <= wanted ? (middle, high) : (low, middle);
        }

        var (below, above) = (Scaled(network, low), Scaled(network, high));
        return Math.Abs(wanted - Bytes(below)) <= Math.Abs(Bytes(above) - wanted) ? below : above;
    }

    private static NetworkPlan Scaled(NetworkPlan network, int thousandths) => network with
    {
        Widths = [.. network.Widths.Select(width => Math.Max(1, (int)Math.Round((double)width * thousandths / Resolution, MidpointRounding.AwayFromZero)))],
    };

    private static long Bytes(NetworkPlan plan)
    {
        var network = plan.Build();
        return ModelSize.Bytes(network, [.. network.Layers.Select(layer => layer.WeightCount)]);
    }
}
