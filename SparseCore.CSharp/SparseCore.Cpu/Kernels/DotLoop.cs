namespace SparseCore.Cpu.Kernels;

/// <summary>Extent and strides of a dense weight gradient, in floats: a sum over rows and columns of vectors.</summary>
internal struct DotLoop
{
    /// <summary>Rows and columns of the output.</summary>
    public int Rows, Columns;

    /// <summary>Steps of the output gradient from channel to channel and row to row; columns are 16 floats apart.</summary>
    public nint GradientChannel, GradientRow;

    /// <summary>Steps of the input from row to row and column to column.</summary>
    public nint InputRow, InputStep;
}
