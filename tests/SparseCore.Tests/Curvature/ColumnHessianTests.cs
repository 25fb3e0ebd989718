using SparseCore.Allocation;
using SparseCore.Curvature;
using SparseCore.Initialization;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Reference;
using SparseCore.Tests.Data;
using SparseCore.Tests.Reference;

namespace SparseCore.Tests.Curvature;

public class ColumnHessianTests
{
    [Fact]
    public void Compute_of_the_hand_worked_case()
    {
        // Two inputs (1, 1), two classes, equal logits: p = 1/2 each, and d2L / dw_oi dw_qj = (p_o [o = q] - p_o p_q) x_i x_j = 1/4 or -1/4.
        var network = new Network("softmax", Shape.Vector(2), [new Node("fc", new Operation.FullyConnected(2, HasBias: false), "input")]);
        var hessian = ColumnHessian.Compute(new ParameterBlock(network), Coordinates.All(network), new Examples([1, 1], [0]), 1);
        Assert.Equal([0, 1, 2, 3], hessian.Coordinates.Positions);
        for (var row = 0; row < 4; row++)
        {
            for (var column = 0; column < 4; column++)
            {
                Assert.Equal(row / 2 == column / 2 ? 0.25 : -0.25, hessian.Values[row, column], 1e-15);
            }
        }
    }

    [Fact]
    public void Compute_covers_scales_and_shifts_and_lets_gradients_through_the_batchs_statistics()
    {
        var network = ResidualNetworks.Odd;
        var masks = ResidualNetworks.Masks(network, 0.2);
        var parameters = ResidualNetworks.Parameters(masks, 1);
        var examples = ResidualNetworks.Examples(network, 9, 2);
        var hessian = ColumnHessian.Compute(parameters, Coordinates.Active(masks), examples, 2);
        Assert.Equal(masks.ActiveCount + 3 + 4 + (2 * (3 + 2 + 4)), hessian.Coordinates.Positions.Count);
        Assert.True(hessian.Coordinates.Positions.All(index => index < network.ParameterCount));

        var twin = new DoubleNetwork(network, masks);
        for (var column = 0; column < hessian.Coordinates.Positions.Count; column++)
        {
            var (up, down) = (DoubleNetwork.Widen(parameters), DoubleNetwork.Widen(parameters));
            up[hessian.Coordinates.Positions[column]] += 1e-6;
            down[hessian.Coordinates.Positions[column]] -= 1e-6;
            var (high, low) = (twin.Gradient(up, examples), twin.Gradient(down, examples));
            for (var row = 0; row < hessian.Coordinates.Positions.Count; row++)
            {
                var index = hessian.Coordinates.Positions[row];
                Assert.Equal((high[index] - low[index]) / 2e-6, hessian.Values[row, column], 1e-7);
            }
        }
    }

    [Fact]
    public void Compute_covers_active_weights_and_biases_and_is_the_central_difference_of_the_gradient()
    {
        var network = LeNet5.Create([2, 2, 4, 3], new Shape(1, 16, 16), 3);
        var masks = RandomMask.Create(network, new UniformAllocation().ActiveCounts(network, 0.6), 1);
        var parameters = InitialParameters.Draw(masks, NeuronScaledInitializer.Paper, 1);
        var examples = Examples.From(Samples.Random(network.Input, 3, 11), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        var hessian = ColumnHessian.Compute(parameters, Coordinates.Active(masks), examples, 2);
        Assert.Equal(masks.ActiveCount + 14, hessian.Coordinates.Positions.Count);
        Assert.Equal(hessian.Values, ColumnHessian.Compute(parameters, Coordinates.Active(masks), examples, 1).Values);

        var twin = new DoubleNetwork(network, masks);
        for (var column = 0; column < hessian.Coordinates.Positions.Count; column += 9)
        {
            var (up, down) = (DoubleNetwork.Widen(parameters), DoubleNetwork.Widen(parameters));
            up[hessian.Coordinates.Positions[column]] += 1e-6;
            down[hessian.Coordinates.Positions[column]] -= 1e-6;
            var (high, low) = (twin.Gradient(up, examples), twin.Gradient(down, examples));
            for (var row = 0; row < hessian.Coordinates.Positions.Count; row++)
            {
                var index = hessian.Coordinates.Positions[row];
                Assert.Equal((high[index] - low[index]) / 2e-6, hessian.Values[row, column], 1e-7);
            }
        }
    }
}
