namespace SparseCore.Cpu.Convolutions;

/// <summary>One way to compute the gradients of a convolution: of its inputs, its weights and its biases.</summary>
internal abstract class BackwardPass
{
    /// <summary>Floats of scratch needed.</summary>
    public abstract long ScratchFloats { get; }

    /// <summary>Floats of weight gradients in 16 lanes needed.</summary>
    public abstract long SumFloats { get; }

    /// <summary>Computes the gradients of one slice.</summary>
    /// <param name="workspace">The slice's memory.</param>
    /// <param name="blocks">Blocks of 16 examples in use.</param>
    /// <param name="slice">Which slice's weight gradients to write.</param>
    public abstract void Run(Workspace workspace, int blocks, int slice);
}
