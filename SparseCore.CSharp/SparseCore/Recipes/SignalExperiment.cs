using SparseCore.Allocation;
using SparseCore.Engine;
using SparseCore.Initialization;
using SparseCore.Measurement;
using SparseCore.Networks;

namespace SparseCore.Recipes;

/// <summary>
/// The paper's Figure 1c: how the spread of the outputs at initialization depends on sparsity and initializer, for ordinary random masks and for heterogeneous
/// ones, in which some neurons have far fewer inputs than others.
/// </summary>
public static class SignalExperiment
{
    private const int Examples = 512;

    /// <summary>One random network.</summary>
    /// <param name="Heterogeneous">Whether outputs of low index lost far more connections than others.</param>
    /// <param name="Initializer">How weights were drawn, scale 2 throughout.</param>
    /// <param name="Sparsity">Fraction of zeros.</param>
    /// <param name="Repeat">Number of the random network, from 1.</param>
    /// <param name="Deviation">Standard deviation of the outputs over examples and units, a ReLU included, as in the paper's code.</param>
    public sealed record Row(bool Heterogeneous, string Initializer, double Sparsity, int Repeat, double Deviation);

    /// <summary>Fifteen sparsities from 0 to 0.98.</summary>
    public static IReadOnlyList<double> Sparsities { get; } = [.. Enumerable.Range(0, 15).Select(index => Math.Round(0.07 * index, 2))];

    /// <summary>Measures all combinations.</summary>
    /// <param name="network">The network.</param>
    /// <param name="engines">Makes engines.</param>
    /// <param name="repeats">Random networks for each combination.</param>
    /// <param name="cancellation">Stops between two networks.</param>
    public static IReadOnlyList<Row> Measure(Network network, IEngineFactory engines, int repeats, CancellationToken cancellation)
    {
        var rows = new List<Row>();
        foreach (var heterogeneous in (bool[])[false, true])
        {
            foreach (var initializer in (string[])[InitializerNames.Dense, InitializerNames.LayerScaled, InitializerNames.NeuronScaled])
            {
                foreach (var sparsity in Sparsities)
                {
                    for (var repeat = 1; repeat <= repeats; repeat++)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        rows.Add(new Row(heterogeneous, initializer, sparsity, repeat, Deviation(network, engines, heterogeneous, initializer, sparsity, (ulong)repeat)));
                    }
                }
            }
        }

        return rows;
    }

    private static double Deviation(Network network, IEngineFactory engines, bool heterogeneous, string name, double sparsity, ulong seed)
    {
        var counts = new UniformAllocation().ActiveCounts(network, sparsity);
        var masks = heterogeneous ? RandomMask.CreateHeterogeneous(network, counts, seed) : RandomMask.Create(network, counts, seed);
        IInitializer initializer = name switch
        {
            InitializerNames.Dense => DenseInitializer.HeNormal,
            InitializerNames.LayerScaled => new LayerScaledInitializer(Distribution.Normal, FanMode.FanIn, 2),
            _ => NeuronScaledInitializer.Paper,
        };
        return SignalPropagation.OutputDeviation(masks, InitialParameters.Draw(masks, initializer, seed), engines, Examples, reluAfterLast: true, seed);
    }
}
