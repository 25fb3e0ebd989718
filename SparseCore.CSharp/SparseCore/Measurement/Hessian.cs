using SparseCore.Parameters;
using SparseCore.Reference;

namespace SparseCore.Measurement;

/// <summary>
/// The exact Hessian of the mean cross-entropy, without L2, over active weights and all biases (2,446 rows for LeNet5 at 95%), scales and shifts, one
/// Hessian-vector product a column. Batch normalizations take the statistics of all examples together. The spectrum is the caller's business.
/// </summary>
public static class Hessian
{
    /// <summary>Computes the matrix; the result does not depend on the number of threads.</summary>
    /// <param name="masks">The network and its masks.</param>
    /// <param name="parameters">Where the Hessian is taken.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="threads">Columns computed side by side, 1 or more.</param>
    public static HessianMatrix Compute(MaskSet masks, ParameterBlock parameters, Examples examples, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var rows = Rows(masks, parameters);
        var point = DoubleNetwork.Widen(parameters);
        var columns = new double[rows.Length][];
        Parallel.For(
            0,
            rows.Length,
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            () => (Network: new DoubleNetwork(masks.Network, masks), Direction: new double[point.Length]),
            (column, _, worker) =>
            {
                worker.Direction[rows[column]] = 1;
                var product = worker.Network.HessianVector(point, worker.Direction, examples);
                worker.Direction[rows[column]] = 0;
                columns[column] = Array.ConvertAll(rows, row => product[row]);
                return worker;
            },
            _ => { });

        // Rounding leaves the two triangles different in the last digits; their mean is exactly symmetric.
        var values = new double[rows.Length, rows.Length];
        for (var row = 0; row < rows.Length; row++)
        {
            for (var column = 0; column < rows.Length; column++)
            {
                values[row, column] = 0.5 * (columns[column][row] + columns[row][column]);
            }
        }

        return new HessianMatrix(values, rows);
    }

    private static int[] Rows(MaskSet masks, ParameterBlock layout)
    {
        var rows = new List<int>();
        for (var layer = 0; layer < masks.Count; layer++)
        {
            rows.AddRange(masks[layer].ActiveIndices().Select(index => layout.WeightOffset(layer) + index));
            rows.AddRange(Enumerable.Range(layout.BiasOffset(layer), masks.Network.Layers[layer].BiasCount));
        }

        for (var norm = 0; norm < masks.Network.Norms.Count; norm++)
        {
            rows.AddRange(Enumerable.Range(layout.ScaleOffset(norm), 2 * masks.Network.Norms[norm].Channels));
        }

        return [.. rows];
    }
}
