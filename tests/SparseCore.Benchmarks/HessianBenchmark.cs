using SparseCore.Curvature;
using SparseCore.Networks;
using SparseCore.Numerics;
using SparseCore.Randomness;
using SparseCore.Reference;

namespace SparseCore.Benchmarks;

/// <summary>The exact Hessian of LeNet5 at 95%, its eigenvalues, and the same columns one product at a time in double precision.</summary>
internal static class HessianBenchmark
{
    private const double Sparsity = 0.95;
    private const int AllExamples = 60_000;
    private const int TwinExamples = 32;

    /// <summary>Measures in turns.</summary>
    /// <param name="rounds">Turns.</param>
    /// <param name="python">The Python interpreter; empty to leave PyTorch out.</param>
    public static IReadOnlyList<Result>? Run(int rounds, string python)
    {
        using var peer = python.Length == 0 ? null : Peer.Start(python, "hessian_rows.py", "2 threads, a row of the Hessian by double backward");
        if (python.Length > 0 && peer is null)
        {
            return null;
        }

        var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        var masks = RandomData.Masks(network, Sparsity);
        var parameters = RandomData.Parameters(network, masks);
        var data = RandomData.Images(network.Input, 10, AllExamples);
        var rows = Coordinates.Active(masks);
        Console.WriteLine($"LeNet5 at {Sparsity:P0}: {rows.Count} rows");
        var matrix = Hessian(2, 6000);
        var full = Full(rows.Count);
        (string Name, int Count, int Threads, Action Work)[] all =
        [
            ("hessian", AllExamples, 1, () => Hessian(1, AllExamples)),
            ("hessian", AllExamples, 2, () => Hessian(2, AllExamples)),
            ("eigenvalues", rows.Count, 1, () => SymmetricEigenvalues.Compute(matrix.Values, 1)),
            ("eigenvalues", rows.Count, 2, () => SymmetricEigenvalues.Compute(matrix.Values, 2)),
            ("eigenvalues, no row of zeros", rows.Count, 1, () => SymmetricEigenvalues.Compute(full, 1)),
            ("eigenvalues, no row of zeros", rows.Count, 2, () => SymmetricEigenvalues.Compute(full, 2)),
            ("eigenvectors, no row of zeros", rows.Count, 2, () => SymmetricEigenvalues.ComputeWithVectors(full, 2)),
            ("hessian and eigenvalues", 6000, 2, () => SymmetricEigenvalues.Compute(Hessian(2, 6000).Values, 2)),
            ("columns in double", TwinExamples, 2, () => ColumnHessian.Compute(parameters, rows, Examples.FirstOf(data, TwinExamples), 2)),
        ];
        var times = all.Select(_ => new Times()).ToArray();
        var row = new Times();
        for (var round = 0; round < rounds; round++)
        {
            for (var index = 0; index < all.Length; index++)
            {
                Measurement.Repeat(times[index], 1, all[index].Work);
            }

            peer?.Ask($"{Sparsity} {AllExamples} 10", row);
        }

        for (var index = 0; index < all.Length; index++)
        {
            Console.WriteLine($"{all[index].Name}, {all[index].Count}, {all[index].Threads} threads: {times[index].Median / 1e6:F2} s");
        }

        var results = all.Select((work, index) => new Result(work.Name, "ours", "uniform", Sparsity, work.Count, work.Threads, times[index].Median, times[index].Minimum, 0, 0)).ToList();
        if (peer is not null)
        {
            results.Add(new Result("a row of the hessian", "pytorch", "uniform", Sparsity, AllExamples, 2, row.Median, row.Minimum, 0, 0));
            Console.WriteLine(
                $"PyTorch, a row over {AllExamples} images: {row.Median / 1e6:F2} s, {row.Median / 1e6 * rows.Count / 3600:F1} hours for all; ours is {row.Median * rows.Count / times[1].Median:F0} times as fast");
        }

        return results;

        HessianMatrix Hessian(int threads, int count) => ExactHessian.Compute(parameters, rows, data, count, new HessianOptions { Threads = threads });
    }

    /// <summary>A symmetric matrix of normal numbers.</summary>
    private static double[,] Full(int size)
    {
        var stream = new RandomStream(1, "full matrix");
        var matrix = new double[size, size];
        for (var row = 0; row < size; row++)
        {
            for (var column = 0; column <= row; column++)
            {
                matrix[row, column] = matrix[column, row] = stream.NextNormal();
            }
        }

        return matrix;
    }
}
