namespace SparseCore.Cpu.Kernels;

/// <summary>Strides of a dense product, in floats. The sum runs over three nested loops; a matrix product uses only the inner one.</summary>
internal struct TileLoop
{
    /// <summary>Trips of the three loops.</summary>
    public int Outer, Middle, Inner;

    /// <summary>Steps of the weight per trip, and from one output to the next.</summary>
    public nint WeightOuter, WeightMiddle, WeightInner, WeightRow;

    /// <summary>Steps of the input per trip, and from one column to the next.</summary>
    public nint InputOuter, InputMiddle, InputInner, InputColumn;

    /// <summary>Steps of the output from one output to the next and from one column to the next.</summary>
    public nint OutputRow, OutputColumn;

    /// <summary>Whether the sums start from the output instead of the bias.</summary>
    public bool Accumulate;
}
