namespace SparseCore.Networks;

/// <summary>What a node of the network graph computes. Operations hold no weights and no state.</summary>
public abstract record Operation
{
    private Operation()
    {
    }

    /// <summary>
    /// Cross-correlation with weights [<paramref name="OutputChannels"/>, input channels, <paramref name="KernelHeight"/>,
    /// <paramref name="KernelWidth"/>]; zero <paramref name="Padding"/> on all four sides.
    /// </summary>
    public sealed record Convolution(int OutputChannels, int KernelHeight, int KernelWidth, int Stride = 1, int Padding = 0, bool HasBias = true) : Operation;

    /// <summary>Affine map with weights [<paramref name="Outputs"/>, inputs]; the input is read in channel, row, column order.</summary>
    public sealed record FullyConnected(int Outputs, bool HasBias = true) : Operation;

    /// <summary>max(x, 0). The derivative at 0 is 0.</summary>
    public sealed record Relu : Operation;

    /// <summary>Maximum over <paramref name="Size"/> x <paramref name="Size"/> windows; on ties the gradient goes to the first position in row order.</summary>
    public sealed record MaxPool(int Size, int Stride) : Operation;

    /// <summary>[channels, height, width] to [channels * height * width], in that order (PyTorch's).</summary>
    public sealed record Flatten : Operation;
}
