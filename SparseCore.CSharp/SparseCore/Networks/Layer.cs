namespace SparseCore.Networks;

/// <summary>
/// A node with weights, seen as parameters. Weights are stored row-major as [outputs, inputs, kernel height, kernel width]
/// (fully connected: [outputs, inputs, 1, 1]); the index of weight (o, i, r, c) is ((o * Inputs + i) * KernelHeight + r) * KernelWidth + c.
/// </summary>
/// <param name="Name">The node's name, for example "conv1".</param>
/// <param name="Outputs">Output channels or neurons.</param>
/// <param name="Inputs">Input channels or features.</param>
/// <param name="KernelHeight">Taps down; 1 for fully connected layers.</param>
/// <param name="KernelWidth">Taps across; 1 for fully connected layers.</param>
/// <param name="HasBias">Whether a bias per output exists. Biases are never masked.</param>
/// <param name="OutputPositions">Positions at which every weight is applied to one example (rows x columns of the output); 1 for fully connected layers.</param>
/// <param name="IsConvolution">True for convolutions, including 1x1 ones.</param>
public sealed record Layer(
    string Name,
    int Outputs,
    int Inputs,
    int KernelHeight,
    int KernelWidth,
    bool HasBias,
    int OutputPositions,
    bool IsConvolution)
{
    /// <summary>Taps of one kernel, 1 for fully connected layers.</summary>
    public int KernelArea => KernelHeight * KernelWidth;

    /// <summary>Number of weights, masked or not, without biases.</summary>
    public int WeightCount => Outputs * Inputs * KernelArea;

    /// <summary>Weights entering one output when dense: inputs x taps.</summary>
    public int FanIn => Inputs * KernelArea;

    /// <summary>Weights leaving one input when dense: outputs x taps.</summary>
    public int FanOut => Outputs * KernelArea;

    /// <summary>Number of biases.</summary>
    public int BiasCount => HasBias ? Outputs : 0;

    /// <summary>The weights' shape in PyTorch's order: [out, in, kh, kw] for convolutions, [out, in] otherwise.</summary>
    public IReadOnlyList<int> WeightShape => IsConvolution ? [Outputs, Inputs, KernelHeight, KernelWidth] : [Outputs, Inputs];
}
