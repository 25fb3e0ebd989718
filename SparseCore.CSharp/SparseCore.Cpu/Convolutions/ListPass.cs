namespace SparseCore.Cpu.Convolutions;

/// <summary>One way to send the gradients of one block back through the lists of a sparse convolution's weights.</summary>
internal abstract unsafe class ListPass
{
    /// <summary>Floats of scratch needed.</summary>
    public abstract long ScratchFloats { get; }

    /// <summary>Floats of weight gradients in 16 lanes needed.</summary>
    public abstract long SumFloats { get; }

    /// <summary>Whether output gradients come from a batch normalization, piece by piece, and not from memory, where it is asked for.</summary>
    public virtual bool CanTakeNorm => false;

    /// <summary>Adds one block's weight gradients to the sums, and writes or adds its input gradient.</summary>
    /// <param name="workspace">The slice's memory.</param>
    /// <param name="block">The block.</param>
    /// <param name="scratch">Room of <see cref="ScratchFloats"/>.</param>
    /// <param name="biasSums">Receives the sums of the output gradients. Shape [outputs, 16].</param>
    /// <param name="sums">Weight gradients. Shape [<see cref="SumFloats"/>].</param>
    /// <param name="takesNorm">Whether output gradients come from the batch normalization; only where <see cref="CanTakeNorm"/>.</param>
    public abstract void Run(Workspace workspace, int block, float* scratch, float* biasSums, float* sums, bool takesNorm);

    /// <summary>Folds the lanes of the sums to the gradients of the stored weights.</summary>
    /// <param name="sums">The sums of all blocks; overwritten.</param>
    /// <param name="gradients">Shape [stored].</param>
    public abstract void Fold(float* sums, float* gradients);
}
