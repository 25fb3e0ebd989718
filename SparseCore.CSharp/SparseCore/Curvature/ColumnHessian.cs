using SparseCore.Engine;
using SparseCore.Parameters;
using SparseCore.Reference;

namespace SparseCore.Curvature;

/// <summary>
/// The Hessian of the mean cross-entropy, without L2, or its Gauss-Newton part, in double precision, one product a column: for any network, and slow (24 s for LeNet5 at
/// 95% and 256 examples on two cores). Batch normalizations take the statistics of all examples together. The oracle of <see cref="ExactHessian"/>.
/// </summary>
public static class ColumnHessian
{
    /// <summary>Computes the matrix; the result does not depend on the number of threads.</summary>
    /// <param name="parameters">Where the Hessian is taken.</param>
    /// <param name="coordinates">Its rows.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="threads">Columns computed side by side, 1 or more.</param>
    /// <param name="kind">Which matrix.</param>
    /// <param name="progress">Receives how many columns are done.</param>
    /// <param name="cancellation">Stops between two columns.</param>
    /// <exception cref="ArgumentException">A value is not finite, or the matrix does not fit into the memory.</exception>
    public static HessianMatrix Compute(
        ParameterBlock parameters,
        Coordinates coordinates,
        Examples examples,
        int threads,
        CurvatureKind kind = CurvatureKind.Hessian,
        IProgress<long>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        FinitePoint.Require(parameters);
        var values = HessianMatrix.Allocate(coordinates);
        var rows = coordinates.Positions;
        var read = coordinates.WithNonZero(parameters);
        var point = DoubleNetwork.Widen(parameters);
        var columns = new double[rows.Count][];
        var done = 0L;
        Parallel.For(
            0,
            rows.Count,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            () => (Network: new DoubleNetwork(parameters.Network, read), Direction: new double[point.Length]),
            (column, _, worker) =>
            {
                worker.Direction[rows[column]] = 1;
                var product = kind == CurvatureKind.Hessian
                    ? worker.Network.HessianVector(point, worker.Direction, examples)
                    : worker.Network.GaussNewtonVector(point, worker.Direction, examples);
                worker.Direction[rows[column]] = 0;
                columns[column] = [.. rows.Select(row => product[row])];
                progress?.Report(Interlocked.Increment(ref done));
                return worker;
            },
            _ => { });

        // Rounding leaves the two triangles different in the last digits; their mean is exactly symmetric.
        for (var row = 0; row < rows.Count; row++)
        {
            for (var column = 0; column < rows.Count; column++)
            {
                values[row, column] = 0.5 * (columns[column][row] + columns[row][column]);
            }
        }

        return new HessianMatrix(values, coordinates);
    }
}
