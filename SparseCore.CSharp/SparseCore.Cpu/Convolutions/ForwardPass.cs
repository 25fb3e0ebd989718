namespace SparseCore.Cpu.Convolutions;

/// <summary>One way to compute the output of a convolution with its bias, its ReLU and its pool.</summary>
internal abstract unsafe class ForwardPass
{
    /// <summary>Floats of scratch needed.</summary>
    public virtual long ScratchFloats => 0;

    /// <summary>Computes one block.</summary>
    /// <param name="workspace">The slice's memory.</param>
    /// <param name="block">The block.</param>
    /// <param name="weights">The layer's weights in the order of the forward pass.</param>
    /// <param name="biases">Shape [outputs].</param>
    public abstract void Run(Workspace workspace, int block, float* weights, float* biases);
}
