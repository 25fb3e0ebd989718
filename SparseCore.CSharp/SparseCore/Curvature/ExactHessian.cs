using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using SparseCore.Curvature.Tangents;
using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Reference;

namespace SparseCore.Curvature;

/// <summary>
/// The exact Hessian of the mean cross-entropy, without L2, of a network without batch normalization, or its Gauss-Newton part. Such a network f is piecewise linear in the
/// weights of any one layer, so that with the softmax's A = diag(p) - p p' and an example's Jacobian J,
/// <code>
/// H = mean of J' A J + (p - y) . d2f
/// </code>
/// where the second term only couples weights of different layers. The rows of a fully connected layer's neuron are multiples of one another by the inputs they read, so both
/// terms are computed for neurons, and then multiplied out: in place of 2,446 columns LeNet5 at 95% has 364 directions. Values are float, 256 examples are summed in
/// float, and batches in double. The bits are the same for any number of threads, on every machine.
/// </summary>
public static class ExactHessian
{
    /// <summary>Whether a network can be taken: it has no batch normalization. For others there is <see cref="ColumnHessian"/>.</summary>
    public static bool CanTake(Network network) => TangentNetwork.CanTake(network);

    /// <summary>Computes the matrix over the first examples of a data set.</summary>
    /// <param name="parameters">Where it is taken. Weights that are not 0 count even where they are no rows.</param>
    /// <param name="coordinates">Its rows.</param>
    /// <param name="data">The examples, in the order of their numbers.</param>
    /// <param name="count">How many, 1 or more.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">A value is not finite, the matrix does not fit into the memory, or there are fewer examples.</exception>
    /// <exception cref="NotSupportedException">The network has batch normalizations.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static HessianMatrix Compute(ParameterBlock parameters, Coordinates coordinates, Dataset data, int count, HessianOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        Examples.RequireCount(data, count);
        FinitePoint.Require(parameters);
        RequireMemory(parameters.Network, options.Threads);
        var values = HessianMatrix.Allocate(coordinates);
        var network = new TangentNetwork(parameters);
        var batch = new HessianBatch(network, Direction.All(network, coordinates), options.GaussNewton, values);
        var workers = new ConcurrentBag<HessianBatch.Worker>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = options.Cancellation };
        for (var first = 0; first < count; first += LaneMap.Lanes)
        {
            network.Forward(data, first, Math.Min(LaneMap.Lanes, count - first));
            ForAll((worker, direction) => batch.Push(worker, direction));
            ForAll((worker, direction) => batch.Add(worker, direction));
            options.Progress?.Report(Math.Min(first + LaneMap.Lanes, count));
        }

        Finish(MemoryMarshal.CreateSpan(ref values[0, 0], values.Length), coordinates.Count, count);
        return new HessianMatrix(values, coordinates);

        void ForAll(Action<HessianBatch.Worker, int> work) => Parallel.For(0, batch.Directions.Count, parallel, direction =>
        {
            if (!workers.TryTake(out var worker))
            {
                worker = new HessianBatch.Worker(batch);
            }

            work(worker, direction);
            workers.Add(worker);
        });
    }

    /// <summary>Refuses a network whose activations for a batch of examples do not fit beside one another.</summary>
    private static void RequireMemory(Network network, int threads)
    {
        // Values, derivatives, and what changes along a direction on every thread.
        var (needed, memory) = (TangentNetwork.MapBytes(network) * (threads + 2), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        if (needed > memory / 2)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"The exact Hessian of '{network.Name}' takes {needed / 1e9:F1} GB for the activations of {LaneMap.Lanes} examples on {threads} threads; expected at most half of the {memory / 1e9:F1} GB of memory here. Fewer threads need less."));
        }
    }

    /// <summary>Sums become means, and the upper triangle what the lower one is.</summary>
    private static void Finish(Span<double> values, int rows, int count)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column <= row; column++)
            {
                var mean = values[(row * rows) + column] / count;
                values[(row * rows) + column] = mean;
                values[(column * rows) + row] = mean;
            }
        }
    }
}
