using System.Text.Json;
using SparseCore.Tests.Data;

namespace SparseCore.Tests.Numerics;

/// <summary>LAPACK's eigenvalues, and the matrices they are of; made by lapack_eigenvalues.py beside this file.</summary>
internal static class Lapack
{
    public static IReadOnlyDictionary<string, double[]> Values { get; } = JsonSerializer.Deserialize<Dictionary<string, double[]>>(
        File.ReadAllText(Path.Combine(Samples.Repository, "tests", "SparseCore.Tests", "Numerics", "lapack-eigenvalues.json")))!;

    public static double[,] Matrix(string name, int size)
    {
        var matrix = new double[size, size];
        for (var row = 0; row < size; row++)
        {
            for (var column = 0; column < size; column++)
            {
                matrix[row, column] = Entry(name, size, row, column);
            }
        }

        return matrix;
    }

    private static double Entry(string name, int size, long row, long column) => name switch
    {
        "hilbert" => 1.0 / (row + column + 1),
        "wilkinson" => row == column ? Math.Abs(row - (size / 2)) : Math.Abs(row - column) == 1 ? 1 : 0,
        "ones" => 1,
        _ => ((((Math.Min(row, column) * 7919) + (Math.Max(row, column) * 104729)) * 1103515245 % 2001) - 1000) / 1000.0,
    };
}
