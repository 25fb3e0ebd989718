namespace SparseCore.Cpu;

/// <summary>Gradients of a convolution's outputs before the pool, wherever they lie.</summary>
/// <param name="Pointer">Block 0, channel 0, row 0, column 0, as an address.</param>
/// <param name="Block">Floats between blocks of 16 examples.</param>
/// <param name="Channel">Floats between channels.</param>
/// <param name="Row">Floats between rows.</param>
/// <param name="Column">Floats between columns.</param>
internal readonly unsafe record struct GradientView(nint Pointer, nint Block, nint Channel, nint Row, nint Column)
{
    /// <summary>Block 0, channel 0, row 0, column 0.</summary>
    public float* Start => (float*)Pointer;

    /// <summary>The view from another block on.</summary>
    public GradientView From(int block) => this with { Pointer = Pointer + (block * Block * sizeof(float)) };
}
