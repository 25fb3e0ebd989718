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

    /// <summary>
    /// Maximum over <paramref name="Size"/> x <paramref name="Size"/> windows; on ties the gradient goes to the first position in row order. Positions of
    /// the <paramref name="Padding"/> never win.
    /// </summary>
    public sealed record MaxPool(int Size, int Stride, int Padding = 0) : Operation;

    /// <summary>Mean over all rows and columns: [channels, height, width] to [channels].</summary>
    public sealed record GlobalAveragePool : Operation;

    /// <summary>Sum of two activations of one shape: the residual connection.</summary>
    public sealed record Add : Operation;

    /// <summary>
    /// Batch normalisation (Ioffe and Szegedy 2015): per channel scale * (x - mean) / sqrt(variance + <paramref name="Epsilon"/>) + shift. Training takes
    /// mean and (biased) variance of the batch over examples, rows and columns, and keeps running statistics r = <paramref name="Decay"/> r +
    /// (1 - <paramref name="Decay"/>) s, in which s is the batch's mean or its unbiased variance; evaluation takes the running statistics.
    /// </summary>
    /// <param name="Epsilon">Added to the variance.</param>
    /// <param name="Decay">Share of the running statistics that a step keeps.</param>
    /// <param name="InitialScale">Scale before training; 0 makes a residual block start as the identity.</param>
    public sealed record BatchNorm(double Epsilon = 1e-5, double Decay = 0.9, double InitialScale = 1) : Operation;

    /// <summary>[channels, height, width] to [channels * height * width], in that order (PyTorch's).</summary>
    public sealed record Flatten : Operation;
}
