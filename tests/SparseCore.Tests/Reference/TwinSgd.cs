using SparseCore.Parameters;
using SparseCore.Reference;

namespace SparseCore.Tests.Reference;

/// <summary>Training steps of the twin, written from the definitions.</summary>
internal static class TwinSgd
{
    /// <summary>One step: v = momentum v - rate g, w = w + v (Nesterov: w + momentum v - rate g), g with L2 for weights; then the running statistics.</summary>
    /// <param name="network">A network that takes the batch's statistics, with the step's label smoothing.</param>
    /// <param name="parameters">Changed in place. Shape [ValueCount].</param>
    /// <param name="momentum">Changed in place. Shape [ValueCount].</param>
    /// <param name="examples">The batch.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="sgd">Momentum, L2 and Nesterov.</param>
    public static void Step(DoubleNetwork network, double[] parameters, double[] momentum, Examples examples, double rate, (double Momentum, double L2, bool Nesterov) sgd)
    {
        var gradient = network.Gradient(parameters, examples);
        var tracked = network.WithRunningStatistics(parameters, examples);
        var layout = new ParameterBlock(network.Network);
        for (var layer = 0; layer < network.Network.Layers.Count; layer++)
        {
            for (var index = layout.WeightOffset(layer); index < layout.BiasOffset(layer); index++)
            {
                gradient[index] += 2 * sgd.L2 * parameters[index];
            }
        }

        for (var index = 0; index < network.Network.ParameterCount; index++)
        {
            momentum[index] = (sgd.Momentum * momentum[index]) - (rate * gradient[index]);
            parameters[index] += sgd.Nesterov ? (sgd.Momentum * momentum[index]) - (rate * gradient[index]) : momentum[index];
        }

        for (var index = network.Network.ParameterCount; index < parameters.Length; index++)
        {
            parameters[index] = tracked[index];
        }
    }
}
