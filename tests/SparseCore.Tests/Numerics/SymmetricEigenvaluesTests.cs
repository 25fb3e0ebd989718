using SparseCore.Numerics;
using SparseCore.Randomness;

namespace SparseCore.Tests.Numerics;

public class SymmetricEigenvaluesTests
{
    /// <summary>What LAPACK gives for matrices that both sides build from the same formulas: Numerics/lapack_eigenvalues.py made the file.</summary>
    [Theory]
    [InlineData("hilbert", 12)]
    [InlineData("wilkinson", 21)]
    [InlineData("ones", 40)]
    [InlineData("hashes", 100)]
    [InlineData("hashes", 500)]
    public void Compute_gives_LAPACKs_values(string name, int size)
    {
        var expected = Lapack.Values[$"{name} {size}"];
        AssertClose(expected, SymmetricEigenvalues.Compute(Lapack.Matrix(name, size), 1));
    }

    public static TheoryData<string, int> Spectra => new()
    {
        { "one", 1 }, { "two", 2 }, { "clustered", 60 }, { "repeated", 90 }, { "zero", 50 }, { "negative", 33 }, { "graded", 70 }, { "clustered", 700 }, { "rank one", 200 }, { "block and zeros", 120 },
    };

    [Theory]
    [MemberData(nameof(Spectra))]
    public void Compute_finds_the_spectrum_that_a_matrix_was_made_of(string name, int size)
    {
        var (spectrum, matrix) = Made(name, size);
        AssertClose([.. spectrum.Order()], SymmetricEigenvalues.Compute(matrix, 2));
    }

    [Theory]
    [MemberData(nameof(Spectra))]
    public void Eigenvectors_are_orthonormal_and_turn_the_matrix_into_its_eigenvalues(string name, int size)
    {
        var (_, matrix) = Made(name, size);
        AssertEigenvectors(matrix);
    }

    [Fact]
    public void Eigenvectors_of_LAPACKs_matrices_belong_to_its_values()
    {
        foreach (var (name, size) in new[] { ("hilbert", 12), ("wilkinson", 21), ("ones", 40), ("hashes", 500) })
        {
            AssertClose(Lapack.Values[$"{name} {size}"], AssertEigenvectors(Lapack.Matrix(name, size)));
        }
    }

    [Fact]
    public void Rows_of_zeros_have_the_eigenvalue_0_exactly_and_change_no_other()
    {
        var stream = new RandomStream(3, "zeros");
        var small = Rotated([.. Enumerable.Range(0, 50).Select(_ => stream.NextNormal())], stream);
        var matrix = new double[120, 120];
        for (var row = 0; row < 50; row++)
        {
            for (var column = 0; column < 50; column++)
            {
                matrix[(2 * row) + 7, (2 * column) + 7] = small[row, column];
            }
        }

        Assert.Equal([.. SymmetricEigenvalues.Compute(small, 1).Concat(new double[70]).Order()], SymmetricEigenvalues.Compute(matrix, 1));
        AssertEigenvectors(matrix);
        Assert.Equal(new double[9], SymmetricEigenvalues.Compute(new double[9, 9], 1));
        AssertEigenvectors(new double[9, 9]);
    }

    /// <summary>A spectrum and a matrix that has it.</summary>
    private static (double[] Spectrum, double[,] Matrix) Made(string name, int size)
    {
        var stream = new RandomStream(1, name);
        double[] spectrum = [.. Enumerable.Range(0, size).Select(index => name switch
        {
            "clustered" => (index % 3) + (1e-9 * stream.NextNormal()),
            "repeated" => index % 4,
            "zero" => 0,
            "negative" => -1 - index,
            "graded" => Math.Pow(10, -index / 4.0) * (index % 2 == 0 ? 1 : -1),
            "block and zeros" => index < 12 ? stream.NextNormal() : 0,
            "rank one" => index == 7 ? -3 : 0,
            _ => stream.NextNormal(),
        })];
        return (spectrum, Rotated(spectrum, stream));
    }

    /// <summary>Checks A v = w v and v' v = 1, v' u = 0, the same for two threads; answers the values.</summary>
    private static double[] AssertEigenvectors(double[,] matrix)
    {
        var size = matrix.GetLength(0);
        var (values, vectors) = SymmetricEigenvalues.ComputeWithVectors(matrix, 1);
        var (again, others) = SymmetricEigenvalues.ComputeWithVectors(matrix, 2);
        Assert.Equal(values, again);
        Assert.Equal(vectors, others);
        Assert.Equal(values.Order(), values);
        var tolerance = 1e-13 * Math.Sqrt(size);
        var scale = Math.Max(values.Max(Math.Abs), double.Epsilon);
        for (var index = 0; index < size; index++)
        {
            for (var row = 0; row < size; row++)
            {
                var product = Enumerable.Range(0, size).Sum(column => matrix[row, column] * vectors[index][column]);
                Assert.True(Math.Abs(product - (values[index] * vectors[index][row])) <= tolerance * scale, $"residual of {index}");
                var along = vectors[index].Zip(vectors[row], (one, other) => one * other).Sum();
                Assert.True(Math.Abs(along - (row == index ? 1 : 0)) <= tolerance, $"{index} and {row}: {along}");
            }
        }

        return values;
    }

    [Fact]
    public void Compute_is_the_same_for_any_number_of_threads_and_leaves_the_matrix_alone()
    {
        var stream = new RandomStream(2, "threads");
        var matrix = Rotated([.. Enumerable.Range(0, 450).Select(_ => stream.NextNormal())], stream);
        var copy = (double[,])matrix.Clone();
        var one = SymmetricEigenvalues.Compute(matrix, 1);
        Assert.Equal(one, SymmetricEigenvalues.Compute(matrix, 2));
        Assert.Equal(one, SymmetricEigenvalues.Compute(matrix, 3));
        Assert.Equal(copy, matrix);
    }

    [Theory]
    [InlineData(1e-300)]
    [InlineData(1e300)]
    public void Compute_takes_values_of_any_size(double scale) =>
        Assert.Equal([-scale, 3 * scale], SymmetricEigenvalues.Compute(new[,] { { scale, 2 * scale }, { 2 * scale, scale } }, 1).Select(value => scale * Math.Round(value / scale, 12)));

    [Fact]
    public void Compute_refuses_what_has_no_spectrum()
    {
        Assert.Contains("[2, 3]", Assert.Throws<ArgumentException>(() => SymmetricEigenvalues.Compute(new double[2, 3], 1)).Message);
        Assert.Throws<ArgumentException>(() => SymmetricEigenvalues.Compute(new double[0, 0], 1));
        Assert.Contains("NaN", Assert.Throws<ArgumentException>(() => SymmetricEigenvalues.Compute(new[,] { { double.NaN } }, 1)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => SymmetricEigenvalues.Compute(new double[1, 1], 0));
    }

    /// <summary>Q diag(spectrum) Q', with Q a product of reflections.</summary>
    private static double[,] Rotated(double[] spectrum, RandomStream stream)
    {
        var size = spectrum.Length;
        var matrix = new double[size, size];
        for (var row = 0; row < size; row++)
        {
            matrix[row, row] = spectrum[row];
        }

        for (var times = 0; times < 3; times++)
        {
            double[] vector = [.. Enumerable.Range(0, size).Select(_ => stream.NextNormal())];
            var length = Math.Sqrt(vector.Sum(value => value * value));
            vector = [.. vector.Select(value => value / length)];
            Reflect(matrix, vector, rows: true);
            Reflect(matrix, vector, rows: false);
        }

        for (var row = 0; row < size; row++)
        {
            for (var column = 0; column < row; column++)
            {
                matrix[row, column] = matrix[column, row];
            }
        }

        return matrix;
    }

    private static void Reflect(double[,] matrix, double[] vector, bool rows)
    {
        for (var line = 0; line < vector.Length; line++)
        {
            ref double Entry(int index) => ref rows ? ref matrix[line, index] : ref matrix[index, line];
            var along = 0.0;
            for (var index = 0; index < vector.Length; index++)
            {
                along += Entry(index) * vector[index];
            }

            for (var index = 0; index < vector.Length; index++)
            {
                Entry(index) -= 2 * along * vector[index];
            }
        }
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        var tolerance = 1e-14 * Math.Sqrt(expected.Length) * expected.Max(Math.Abs);
        Assert.Equal(expected.Length, actual.Length);
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.True(Math.Abs(expected[index] - actual[index]) <= tolerance, $"{index}: expected {expected[index]}, found {actual[index]}");
        }
    }
}
