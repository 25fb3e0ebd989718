using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Numerics;

/// <summary>
/// Reflections that make a symmetric matrix tridiagonal. Only the upper triangle is kept, row by row. A panel of <see cref="PanelWidth"/> reflections is found before
/// the rest of the matrix is changed by all of them: A - V W' - W V'.
/// </summary>
internal sealed class Tridiagonalization
{
    private const int PanelWidth = 32;
    private const int Width = 4;

    /// <summary>Columns of the rest that are changed together: what of the panel belongs to them stays in the cache.</summary>
    private const int ColumnBlock = 256;

    /// <summary>Rows below which one thread is faster.</summary>
    private const int FewRows = 384;

    private const int Parts = 8;

    private readonly int size;
    private readonly double[] values;
    private readonly double[][] reflectors = [.. Enumerable.Repeat(0, PanelWidth).Select(_ => Array.Empty<double>())];
    private readonly double[][] products = [.. Enumerable.Repeat(0, PanelWidth).Select(_ => Array.Empty<double>())];
    private readonly double[][] partSums;
    private readonly ParallelOptions options;
    private readonly (double[] Vector, double Factor)[]? reflections;

    /// <summary>Copies the matrix.</summary>
    /// <param name="matrix">Symmetric; the upper triangle is read. Shape [n, n].</param>
    /// <param name="rows">The rows that are taken, and the same columns; rising.</param>
    /// <param name="scale">By which every value is multiplied.</param>
    /// <param name="threads">Threads at work.</param>
    /// <param name="keepsReflections">Whether <see cref="TurnBack"/> will be asked for; takes as much memory again.</param>
    public Tridiagonalization(double[,] matrix, int[] rows, double scale, int threads, bool keepsReflections = false)
    {
        size = rows.Length;
        values = new double[size * size];
        reflections = keepsReflections ? new (double[], double)[size] : null;
        for (var row = 0; row < size; row++)
        {
            var source = MemoryMarshal.CreateReadOnlySpan(ref matrix[rows[row], 0], matrix.GetLength(1));
            var line = values.AsSpan(row * size, size);
            for (var column = 0; column < size; column++)
            {
                line[column] = source[rows[column]] * scale;
            }
        }

        for (var place = 0; place < PanelWidth; place++)
        {
            reflectors[place] = new double[size];
            products[place] = new double[size];
        }

        partSums = [.. Enumerable.Range(0, Parts).Select(_ => new double[size])];
        options = new ParallelOptions { MaxDegreeOfParallelism = threads };
    }

    /// <summary>Computes the tridiagonal matrix.</summary>
    /// <returns>Its diagonal and the entries beside it, with an unused last one. Shapes [n].</returns>
    public (double[] Diagonal, double[] Beside) Run(CancellationToken cancellation)
    {
        var (diagonal, beside) = (new double[size], new double[size]);
        for (var first = 0; first < size; first += PanelWidth)
        {
            var end = Math.Min(first + PanelWidth, size);
            for (var row = first; row < end; row++)
            {
                cancellation.ThrowIfCancellationRequested();
                var line = Row(row);
                for (var place = 0; place < row - first; place++)
                {
                    RealVectors.AddMultiple(line, products[place].AsSpan(row), -reflectors[place][row]);
                    RealVectors.AddMultiple(line, reflectors[place].AsSpan(row), -products[place][row]);
                }

                diagonal[row] = line[0];
                if (row < size - 1)
                {
                    beside[row] = Reflect(row, first, line[1..]);
                }
            }

            Update(first, end);
        }

        return (diagonal, beside);
    }

    /// <summary>Makes eigenvectors of the matrix out of eigenvectors of the tridiagonal one, some side by side.</summary>
    /// <param name="vectors">Shapes [n]; overwritten.</param>
    public void TurnBack(ReadOnlySpan<double[]> vectors)
    {
        for (var row = size - 2; row >= 0; row--)
        {
            var (vector, factor) = reflections![row];
            foreach (var target in vectors)
            {
                var rest = target.AsSpan(row + 1);
                RealVectors.AddMultiple(rest, vector, -factor * RealVectors.Dot(vector, rest));
            }
        }
    }

    /// <summary>A row of the upper triangle, from its diagonal entry on.</summary>
    private Span<double> Row(int row) => values.AsSpan((row * size) + row, size - row);

    /// <summary>Finds the reflection that clears a row beyond its second entry, and what it does to the rest. Returns the entry beside the diagonal.</summary>
    private double Reflect(int row, int first, ReadOnlySpan<double> line)
    {
        var place = row - first;
        var (reflector, product) = (reflectors[place], products[place]);
        Array.Clear(reflector);
        Array.Clear(product);
        if (reflections is not null)
        {
            reflections[row] = (new double[size - row - 1], 0);
        }

        var rest = RealVectors.Dot(line[1..], line[1..]);
        if (rest == 0)
        {
            return line[0];
        }

        var beside = -Math.CopySign(Math.Sqrt((line[0] * line[0]) + rest), line[0]);
        var factor = (beside - line[0]) / beside;
        var vector = reflector.AsSpan(row + 1);
        for (var index = 1; index < vector.Length; index++)
        {
            vector[index] = line[index] / (line[0] - beside);
        }

        vector[0] = 1;
        if (reflections is not null)
        {
            vector.CopyTo(reflections[row].Vector);
            reflections[row].Factor = factor;
        }

        Multiply(row + 1, reflector, product);
        var result = product.AsSpan(row + 1);
        for (var earlier = 0; earlier < place; earlier++)
        {
            var left = reflectors[earlier].AsSpan(row + 1);
            var right = products[earlier].AsSpan(row + 1);
            var (along, across) = (RealVectors.Dot(right, vector), RealVectors.Dot(left, vector));
            RealVectors.AddMultiple(result, left, -along);
            RealVectors.AddMultiple(result, right, -across);
        }

        foreach (ref var value in result)
        {
            value *= factor;
        }

        // A reflection is I - factor v v'; with the factor in the product, the change of the rest is v w' + w v'.
        RealVectors.AddMultiple(result, vector, -0.5 * factor * RealVectors.Dot(result, vector));
        return beside;
    }

    /// <summary>product = (the rest of the matrix, from a row on) times vector.</summary>
    private void Multiply(int from, double[] vector, double[] product)
    {
        var rows = size - from;
        var parts = rows < FewRows ? 1 : Parts;

        // A part has rows of about the same area: the rows above row r hold 1 - (1 - r / n)^2 of it.
        int Border(int part) => from + (int)(rows * (1 - Math.Sqrt(1 - ((double)part / parts))));

        void Part(int part)
        {
            var sums = partSums[part];
            Array.Clear(sums, from, rows);
            MultiplyRows(Border(part), part == parts - 1 ? size : Border(part + 1), vector, sums);
        }

        if (parts == 1)
        {
            Part(0);
        }
        else
        {
            Parallel.For(0, parts, options, Part);
        }

        partSums[0].AsSpan(from).CopyTo(product.AsSpan(from));
        for (var part = 1; part < parts; part++)
        {
            RealVectors.AddMultiple(product.AsSpan(from), partSums[part].AsSpan(from), 1);
        }
    }

    /// <summary>Adds what the rows' entries do: each in its place and in its mirror image. Four rows at a time share the loads of vector and sums.</summary>
    private void MultiplyRows(int from, int to, double[] vector, double[] sums)
    {
        var row = from;
        for (; row + 4 <= to; row += 4)
        {
            // The corner of four rows, entry by entry; then the columns that all of them have.
            for (var line = row; line < row + 4; line++)
            {
                var entries = Row(line);
                sums[line] += entries[0] * vector[line];
                for (var column = line + 1; column < row + 4; column++)
                {
                    sums[line] += entries[column - line] * vector[column];
                    sums[column] += entries[column - line] * vector[line];
                }
            }

            if (row + 4 < size)
            {
                MultiplyFour(row, vector, sums);
            }
        }

        for (; row < to; row++)
        {
            var entries = Row(row);
            sums[row] += entries[0] * vector[row];
            if (entries.Length > 1)
            {
                sums[row] += RealVectors.Dot(entries[1..], vector.AsSpan(row + 1));
                RealVectors.AddMultiple(sums.AsSpan(row + 1), entries[1..], vector[row]);
            }
        }
    }

    private void MultiplyFour(int row, double[] vector, double[] sums)
    {
        var start = row + 4;
        var count = size - start;
        ref var first = ref values[(row * size) + start];
        ref var second = ref Unsafe.Add(ref first, size);
        ref var third = ref Unsafe.Add(ref second, size);
        ref var fourth = ref Unsafe.Add(ref third, size);
        ref var from = ref vector[start];
        ref var to = ref sums[start];
        var (v1, v2, v3, v4) = (Vector256.Create(vector[row]), Vector256.Create(vector[row + 1]), Vector256.Create(vector[row + 2]), Vector256.Create(vector[row + 3]));
        Vector256<double> s1 = default, s2 = default, s3 = default, s4 = default;
        nuint column = 0;
        for (; (int)column + Width <= count; column += Width)
        {
            var x = Vector256.LoadUnsafe(ref from, column);
            var y = Vector256.LoadUnsafe(ref to, column);
            var a = Vector256.LoadUnsafe(ref first, column);
            s1 = Vector256.FusedMultiplyAdd(a, x, s1);
            y = Vector256.FusedMultiplyAdd(a, v1, y);
            a = Vector256.LoadUnsafe(ref second, column);
            s2 = Vector256.FusedMultiplyAdd(a, x, s2);
            y = Vector256.FusedMultiplyAdd(a, v2, y);
            a = Vector256.LoadUnsafe(ref third, column);
            s3 = Vector256.FusedMultiplyAdd(a, x, s3);
            y = Vector256.FusedMultiplyAdd(a, v3, y);
            a = Vector256.LoadUnsafe(ref fourth, column);
            s4 = Vector256.FusedMultiplyAdd(a, x, s4);
            y = Vector256.FusedMultiplyAdd(a, v4, y);
            y.StoreUnsafe(ref to, column);
        }

        var (t1, t2, t3, t4) = (Vector256.Sum(s1), Vector256.Sum(s2), Vector256.Sum(s3), Vector256.Sum(s4));
        for (; (int)column < count; column++)
        {
            var (a, b, c, d) = (Unsafe.Add(ref first, column), Unsafe.Add(ref second, column), Unsafe.Add(ref third, column), Unsafe.Add(ref fourth, column));
            var x = Unsafe.Add(ref from, column);
            (t1, t2, t3, t4) = (t1 + (a * x), t2 + (b * x), t3 + (c * x), t4 + (d * x));
            Unsafe.Add(ref to, column) += (a * vector[row]) + (b * vector[row + 1]) + (c * vector[row + 2]) + (d * vector[row + 3]);
        }

        sums[row] += t1;
        sums[row + 1] += t2;
        sums[row + 2] += t3;
        sums[row + 3] += t4;
    }

    /// <summary>Changes the rest of the matrix, from row end on, by the panel's reflections.</summary>
    private void Update(int first, int end)
    {
        if (end >= size)
        {
            return;
        }

        var blocks = (size - end + ColumnBlock - 1) / ColumnBlock;
        var width = end - first;
        if (size - end < FewRows)
        {
            for (var block = 0; block < blocks; block++)
            {
                UpdateBlock(end, block, width);
            }
        }
        else
        {
            // The last blocks are the tallest: they are begun first.
            Parallel.For(0, blocks, options, block => UpdateBlock(end, blocks - 1 - block, width));
        }
    }

    private void UpdateBlock(int end, int block, int width)
    {
        var (left, right) = (end + (block * ColumnBlock), Math.Min(end + ((block + 1) * ColumnBlock), size));
        for (var row = end; row < right; row++)
        {
            // Rows whose diagonal lies in the block begin there.
            var column = Math.Max(left, row);
            for (; column + (4 * Width) <= right; column += 4 * Width)
            {
                UpdateChunk(row, column, width);
            }

            for (; column < right; column++)
            {
                var sum = values[(row * size) + column];
                for (var place = 0; place < width; place++)
                {
                    sum -= (reflectors[place][row] * products[place][column]) + (products[place][row] * reflectors[place][column]);
                }

                values[(row * size) + column] = sum;
            }
        }
    }

    private void UpdateChunk(int row, int column, int width)
    {
        ref var target = ref values[(row * size) + column];
        var first = Vector256.LoadUnsafe(ref target);
        var second = Vector256.LoadUnsafe(ref target, Width);
        var third = Vector256.LoadUnsafe(ref target, 2 * Width);
        var fourth = Vector256.LoadUnsafe(ref target, 3 * Width);
        for (var place = 0; place < width; place++)
        {
            ref var across = ref products[place][column];
            ref var along = ref reflectors[place][column];
            var factor = Vector256.Create(-reflectors[place][row]);
            var other = Vector256.Create(-products[place][row]);
            first = Vector256.FusedMultiplyAdd(other, Vector256.LoadUnsafe(ref along), Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref across), first));
            second = Vector256.FusedMultiplyAdd(other, Vector256.LoadUnsafe(ref along, Width), Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref across, Width), second));
            third = Vector256.FusedMultiplyAdd(other, Vector256.LoadUnsafe(ref along, 2 * Width), Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref across, 2 * Width), third));
            fourth = Vector256.FusedMultiplyAdd(other, Vector256.LoadUnsafe(ref along, 3 * Width), Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref across, 3 * Width), fourth));
        }

        first.StoreUnsafe(ref target);
        second.StoreUnsafe(ref target, Width);
        third.StoreUnsafe(ref target, 2 * Width);
        fourth.StoreUnsafe(ref target, 3 * Width);
    }
}
