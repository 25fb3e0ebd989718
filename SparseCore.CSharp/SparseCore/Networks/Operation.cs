using System.Text.Json.Serialization;

namespace SparseCore.Networks;

/// <summary>
/// What a node of the network graph computes. Operations hold no weights and no state; each declares how its channels are connected, the shape it produces and
/// the tensors of parameters it needs, so that whoever adds one has to say all of it.
/// </summary>
[JsonConverter(typeof(OperationConverter))]
public abstract record Operation
{
    /// <summary>Largest kernel (height x width), window, stride and padding.</summary>
    public const int LargestWindow = 65535;

    private Operation(string kind, int inputCount, ChannelConnections connections) => (Kind, InputCount, Connections) = (kind, inputCount, connections);

    /// <summary>The operation's name in plans: "convolution".</summary>
    [JsonPropertyOrder(-1)]
    public string Kind { get; }

    /// <summary>Number of nodes that it reads.</summary>
    [JsonIgnore]
    public int InputCount { get; }

    /// <summary>How its output's channels depend on those of its inputs.</summary>
    [JsonIgnore]
    public ChannelConnections Connections { get; }

    /// <summary>The tensors of its parameters: weights before biases, scales before shifts, running means before variances.</summary>
    /// <param name="input">Shape of its (first) input.</param>
    public abstract IReadOnlyList<ParameterTensor> Tensors(Shape input);

    /// <summary>The shape it produces.</summary>
    /// <param name="node">The node, for messages.</param>
    /// <param name="inputs">Shapes of what it reads. Shape [InputCount].</param>
    /// <exception cref="ArgumentException">A size is out of range, or a shape does not fit; the message names both.</exception>
    internal abstract Shape OutputShape(Node node, IReadOnlyList<Shape> inputs);

    private static void RequirePositive(Node node, int size)
    {
        if (size < 1)
        {
            throw new ArgumentException($"Node '{node.Name}' has the size {size}; every size must be 1 or more.");
        }
    }

    private static void RequireWindow(Node node, params ReadOnlySpan<int> sizes)
    {
        foreach (var size in sizes)
        {
            if (size is < 1 or > LargestWindow)
            {
                throw new ArgumentException($"Node '{node.Name}' has a kernel, window or stride of {size}; expected 1 to {LargestWindow}.");
            }
        }
    }

    /// <summary>Places at which a window lies inside the padded input; below 1 where it does not fit.</summary>
    private static int Places(int size, int window, int stride, int padding)
    {
        var room = size + (2L * padding) - window;
        return room < 0 ? 0 : (int)Math.Min(int.MaxValue, (room / stride) + 1);
    }

    /// <summary>
    /// Cross-correlation with weights [<paramref name="OutputChannels"/>, input channels, <paramref name="KernelHeight"/>,
    /// <paramref name="KernelWidth"/>]; zero <paramref name="Padding"/> on all four sides.
    /// </summary>
    /// <param name="OutputChannels">Number of kernels.</param>
    /// <param name="KernelHeight">Rows of a kernel.</param>
    /// <param name="KernelWidth">Columns of a kernel.</param>
    /// <param name="Stride">Pixels between two places of a kernel, in both directions.</param>
    /// <param name="Padding">Rows and columns of zeros around the input.</param>
    /// <param name="HasBias">Whether a bias is added for each output channel.</param>
    public sealed record Convolution(int OutputChannels, int KernelHeight, int KernelWidth, int Stride = 1, int Padding = 0, bool HasBias = true)
        : Operation("convolution", 1, ChannelConnections.Weights)
    {
        /// <inheritdoc/>
        public override IReadOnlyList<ParameterTensor> Tensors(Shape input) =>
            WeightsAndBiases(HasBias, OutputChannels, input.Channels, KernelHeight, KernelWidth);

        internal override Shape OutputShape(Node node, IReadOnlyList<Shape> inputs)
        {
            RequirePositive(node, OutputChannels);
            RequireWindow(node, KernelHeight, KernelWidth, Stride);
            if ((long)KernelHeight * KernelWidth > LargestWindow)
            {
                throw new ArgumentException($"Node '{node.Name}' has a {KernelHeight}x{KernelWidth} kernel; at most {LargestWindow} taps are allowed.");
            }

            if (Padding is < 0 or > LargestWindow)
            {
                throw new ArgumentException($"Node '{node.Name}' has padding {Padding}; expected 0 to {LargestWindow}.");
            }

            var shape = new Shape(OutputChannels, Places(inputs[0].Height, KernelHeight, Stride, Padding), Places(inputs[0].Width, KernelWidth, Stride, Padding));
            return shape is { Height: > 0, Width: > 0 }
                ? shape
                : throw new ArgumentException(
                    $"Node '{node.Name}': a {KernelHeight}x{KernelWidth} kernel with padding {Padding} does not fit the input {inputs[0]} from '{node.Inputs[0]}'.");
        }
    }

    /// <summary>Affine map with weights [<paramref name="Outputs"/>, inputs]; the input is read in channel, row, column order.</summary>
    /// <param name="Outputs">Number of neurons.</param>
    /// <param name="HasBias">Whether a bias is added for each neuron.</param>
    public sealed record FullyConnected(int Outputs, bool HasBias = true) : Operation("fully-connected", 1, ChannelConnections.Weights)
    {
        /// <inheritdoc/>
        public override IReadOnlyList<ParameterTensor> Tensors(Shape input) => WeightsAndBiases(HasBias, Outputs, input.Channels);

        internal override Shape OutputShape(Node node, IReadOnlyList<Shape> inputs)
        {
            RequirePositive(node, Outputs);
            return inputs[0] is { Height: 1, Width: 1 }
                ? Shape.Vector(Outputs)
                : throw new ArgumentException($"Node '{node.Name}' needs a vector [n], but '{node.Inputs[0]}' gives {inputs[0]}; put a Flatten between them.");
        }
    }

    /// <summary>max(x, 0). The derivative at 0 is 0.</summary>
    public sealed record Relu() : Operation("relu", 1, ChannelConnections.SameChannel)
    {
        /// <inheritdoc/>
        public override IReadOnlyList<ParameterTensor> Tensors(Shape input) => [];

        internal override Shape OutputShape(Node node, IReadOnlyList<Shape> inputs) => inputs[0];
    }

    /// <summary>
    /// Maximum over <paramref name="Size"/> x <paramref name="Size"/> windows; on ties the gradient goes to the first position in row order. Positions of
    /// the <paramref name="Padding"/> never win.
    /// </summary>
    /// <param name="Size">Rows and columns of a window.</param>
    /// <param name="Stride">Pixels between two windows, in both directions.</param>
    /// <param name="Padding">Rows and columns around the input that never win.</param>
    public sealed record MaxPool(int Size, int Stride, int Padding = 0) : Operation("max-pool", 1, ChannelConnections.SameChannel)
    {
        /// <inheritdoc/>
        public override IReadOnlyList<ParameterTensor> Tensors(Shape input) => [];

        internal override Shape OutputShape(Node node, IReadOnlyList<Shape> inputs)
        {
            RequireWindow(node, Size, Stride);
            if (Padding < 0 || Padding > Size / 2)
            {
                throw new ArgumentException($"Node '{node.Name}' has padding {Padding}; a {Size}x{Size} window takes 0 to {Size / 2}.");
            }

            var shape = new Shape(inputs[0].Channels, Places(inputs[0].Height, Size, Stride, Padding), Places(inputs[0].Width, Size, Stride, Padding));
            return shape is { Height: > 0, Width: > 0 }
                ? shape
                : throw new ArgumentException($"Node '{node.Name}': a {Size}x{Size} window does not fit the input {inputs[0]} from '{node.Inputs[0]}'.");
        }
    }

    /// <summary>Mean over all rows and columns: [channels, height, width] to [channels].</summary>
    public sealed record GlobalAveragePool() : Operation("global-average-pool", 1, ChannelConnections.SameChannel)
    {
        /// <inheritdoc/>
        public override IReadOnlyList<ParameterTensor> Tensors(Shape input) => [];

        internal override Shape OutputShape(Node node, IReadOnlyList<Shape> inputs) => Shape.Vector(inputs[0].Channels);
    }

    /// <summary>Sum of two activations of one shape: the residual connection.</summary>
    public sealed record Add() : Operation("add", 2, ChannelConnections.SameChannel)
    {
        /// <inheritdoc/>
        public override IReadOnlyList<ParameterTensor> Tensors(Shape input) => [];

        internal override Shape OutputShape(Node node, IReadOnlyList<Shape> inputs) => inputs[0] == inputs[1]
            ? inputs[0]
            : throw new ArgumentException(
                $"Node '{node.Name}' adds {inputs[0]} from '{node.Inputs[0]}' and {inputs[1]} from '{node.Inputs[1]}'; the shapes must be equal.");
    }

    /// <summary>
    /// Batch normalization (Ioffe and Szegedy 2015): per channel scale * (x - mean) / sqrt(variance + <paramref name="Epsilon"/>) + shift. Training takes
    /// mean and (biased) variance of the batch over examples, rows and columns, and keeps running statistics r = <paramref name="Decay"/> r +
    /// (1 - <paramref name="Decay"/>) s, in which s is the batch's mean or its unbiased variance; evaluation takes the running statistics.
    /// </summary>
    /// <param name="Epsilon">Added to the variance.</param>
    /// <param name="Decay">Share of the running statistics that a step keeps.</param>
    /// <param name="InitialScale">Scale before training; 0 makes a residual block start as the identity.</param>
    public sealed record BatchNorm(double Epsilon = 1e-5, double Decay = 0.9, double InitialScale = 1) : Operation("batch-norm", 1, ChannelConnections.SameChannel)
    {
        /// <inheritdoc/>
        public override IReadOnlyList<ParameterTensor> Tensors(Shape input) =>
        [
            new(TensorRole.Scale, input.Channels), new(TensorRole.Shift, input.Channels),
            new(TensorRole.RunningMean, input.Channels), new(TensorRole.RunningVariance, input.Channels),
        ];

        internal override Shape OutputShape(Node node, IReadOnlyList<Shape> inputs) => Epsilon > 0 && double.IsFinite(Epsilon) && Decay is >= 0 and <= 1 && double.IsFinite(InitialScale)
            ? inputs[0]
            : throw new ArgumentException(FormattableString.Invariant(
                $"Node '{node.Name}' has epsilon {Epsilon}, decay {Decay} and initial scale {InitialScale}; expected above 0, 0 to 1, and a finite number."));
    }

    /// <summary>[channels, height, width] to [channels * height * width], in that order (PyTorch's).</summary>
    public sealed record Flatten() : Operation("flatten", 1, ChannelConnections.Positions)
    {
        /// <inheritdoc/>
        public override IReadOnlyList<ParameterTensor> Tensors(Shape input) => [];

        internal override Shape OutputShape(Node node, IReadOnlyList<Shape> inputs) => Shape.Vector(inputs[0].Count);
    }

    private static ParameterTensor[] WeightsAndBiases(bool hasBias, params int[] weights) =>
        hasBias ? [new(TensorRole.Weight, weights), new(TensorRole.Bias, weights[0])] : [new(TensorRole.Weight, weights)];
}
