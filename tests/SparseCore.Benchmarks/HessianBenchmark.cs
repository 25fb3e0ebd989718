using SparseCore.Curvature;
using SparseCore.Networks;
using SparseCore.Numerics;
using SparseCore.Reference;

namespace SparseCore.Benchmarks;

/// <summary>The exact Hessian of LeNet5 at 95%, its eigenvalues, and the same columns one product at a time in double precision.</summary>
internal static class HessianBenchmark
{
    private const double Sparsity = 0.95;
    private const int TwinExamples = 32;

    /// <summary>Measures in turns.</summary>
    /// <param name="rounds">Turns.</param>
    public static IReadOnlyList<Result> Run(int rounds)
    {
        var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        var masks = RandomData.Masks(network, Sparsity);
        var parameters = RandomData.Parameters(network, masks);
        var data = RandomData.Images(network.Input, 10, 60_000);
        var rows = Coordinates.Active(masks);
        Console.WriteLine($"LeNet5 at {Sparsity:P0}: {rows.Count} rows");
        var matrix = Hessian(2, 6000);
        (string Name, int Count, int Threads, Action Work)[] all =
        [
            ("hessian", 60_000, 1, () => Hessian(1, 60_000)),
            ("hessian", 60_000, 2, () => Hessian(2, 60_000)),
            ("eigenvalues", rows.Count, 1, () => SymmetricEigenvalues.Compute(matrix.Values, 1)),
            ("eigenvalues", rows.Count, 2, () => SymmetricEigenvalues.Compute(matrix.Values, 2)),
            ("hessian and eigenvalues", 6000, 2, () => SymmetricEigenvalues.Compute(Hessian(2, 6000).Values, 2)),
            ("columns in double", TwinExamples, 2, () => ColumnHessian.Compute(parameters, rows, Examples.FirstOf(data, TwinExamples), 2)),
        ];
        var times = all.Select(_ => new Times()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var index = 0; index < all.Length; index++)
            {
                Measurement.Repeat(times[index], 1, all[index].Work);
            }
        }

        for (var index = 0; index < all.Length; index++)
        {
            Console.WriteLine($"{all[index].Name}, {all[index].Count}, {all[index].Threads} threads: {times[index].Median / 1e6:F2} s");
        }

        return [.. all.Select((work, index) => new Result(work.Name, "ours", "uniform", Sparsity, work.Count, work.Threads, times[index].Median, times[index].Minimum, 0, 0))];

        HessianMatrix Hessian(int threads, int count) => ExactHessian.Compute(parameters, rows, data, count, new HessianOptions { Threads = threads });
    }
}
