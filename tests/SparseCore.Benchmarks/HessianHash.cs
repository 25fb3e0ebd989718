using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SparseCore.Cpu;
using SparseCore.Curvature;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Numerics;
using SparseCore.Parameters;

namespace SparseCore.Benchmarks;

/// <summary>A Hessian, its eigenvalues and an engine's product with it boiled down to a hash each: equal on every machine, vector width and number of threads.</summary>
internal static class HessianHash
{
    /// <summary>Takes a narrow LeNet5, half of it masked, on random images.</summary>
    /// <param name="threads">Threads at work.</param>
    /// <returns>16 hexadecimal digits for the matrix, 16 for its eigenvalues, and 16 for products with the Hessian of a small ResNet-50.</returns>
    public static string Run(int threads)
    {
        var network = LeNet5.Create([3, 4, 40, 7], new Shape(1, 16, 16), 5);
        var masks = RandomData.Masks(network, 0.5);
        var data = RandomData.Images(network.Input, 5, 300);
        var rows = Coordinates.Active(masks);
        var matrix = ExactHessian.Compute(RandomData.Parameters(network, masks), rows, data, data.Count, new HessianOptions { Threads = threads });
        return $"{Hash(MemoryMarshal.CreateSpan(ref matrix.Values[0, 0], matrix.Values.Length))} {Hash(SymmetricEigenvalues.Compute(matrix.Values, threads))} {Hash(Product(threads))}";
    }

    private static double[] Product(int threads)
    {
        var network = new NetworkPlan("resnet50-small", [8, 8, 16, 16], new Shape(3, 16, 16), 5).Build();
        var masks = RandomData.Masks(network, 0.5);
        var parameters = RandomData.Parameters(network, masks);
        var product = new ParameterBlock(network);
        using var engine = new CpuEngine(network, masks, 16, threads);
        engine.Load(parameters);
        engine.CurvatureVector(CurvatureKind.Hessian, RandomData.Images(network.Input, 5, 50), [.. Enumerable.Range(0, 50)], RandomData.Parameters(network, masks, seed: 2), product);
        return [.. product.Values];
    }

    private static string Hash(ReadOnlySpan<double> values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values)))[..16];
}
