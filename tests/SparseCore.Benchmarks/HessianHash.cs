using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SparseCore.Curvature;
using SparseCore.Networks;
using SparseCore.Numerics;

namespace SparseCore.Benchmarks;

/// <summary>A Hessian and its eigenvalues boiled down to a hash each: equal on every machine, vector width and number of threads.</summary>
internal static class HessianHash
{
    /// <summary>Takes a narrow LeNet5, half of it masked, on random images.</summary>
    /// <param name="threads">Threads at work.</param>
    /// <returns>16 hexadecimal digits for the matrix, and 16 for its eigenvalues.</returns>
    public static string Run(int threads)
    {
        var network = LeNet5.Create([3, 4, 40, 7], new Shape(1, 16, 16), 5);
        var masks = RandomData.Masks(network, 0.5);
        var data = RandomData.Images(network.Input, 5, 300);
        var rows = Coordinates.Active(masks);
        var matrix = ExactHessian.Compute(RandomData.Parameters(network, masks), rows, data, data.Count, new HessianOptions { Threads = threads });
        return $"{Hash(MemoryMarshal.CreateSpan(ref matrix.Values[0, 0], matrix.Values.Length))} {Hash(SymmetricEigenvalues.Compute(matrix.Values, threads))}";
    }

    private static string Hash(ReadOnlySpan<double> values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values)))[..16];
}
