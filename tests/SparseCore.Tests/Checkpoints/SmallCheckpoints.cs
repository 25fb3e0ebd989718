using SparseCore.Checkpoints;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Tests.Checkpoints;

/// <summary>A network of 30 weights and 5 biases, and checkpoints of it.</summary>
internal static class SmallCheckpoints
{
    public static readonly string PlanHash = new('a', 64);

    /// <summary>conv [2, 1, 2, 2] with bias, pool, fc [3, 2] with bias, out [2, 3] without.</summary>
    public static Network Network { get; } = Create("small", 3);

    public static Network Create(string name, int hidden) => new(name, new Shape(1, 3, 3), [
        new Node("conv", new Operation.Convolution(2, 2, 2), Network.InputName),
        new Node("pool", new Operation.MaxPool(2, 2), "conv"),
        new Node("flatten", new Operation.Flatten(), "pool"),
        new Node("fc", new Operation.FullyConnected(hidden), "flatten"),
        new Node("out", new Operation.FullyConnected(2, HasBias: false), "fc"),
    ]);

    /// <summary>Everything random by the seed: masks of any density (0 and 1 among them), values of any bits, with or without optional parts.</summary>
    public static Checkpoint Random(Network network, int seed)
    {
        var stream = new RandomStream((ulong)(uint)seed, "test");
        var masks = RandomMasks(network, stream);
        var parameters = RandomBlock(network, stream);
        var momentum = RandomBlock(network, stream);
        parameters.Apply(masks);
        momentum.Apply(masks);
        ParentReference[] parents = [
            new("mask", new string('b', 64), stream.NextInt32(1000), new string('c', 64)),
            new("weights \"of\" the start", new string('d', 64), 0, new string('e', 64))];
        return new Checkpoint(stream.NextInt32(2_000_000), PlanHash, parents[..stream.NextInt32(3)], masks, parameters, momentum, stream.NextInt32(100_000))
        {
            Explored = stream.NextInt32(2) == 0 ? null : RandomMasks(network, stream),
            State = stream.NextInt32(2) == 0
                ? new Dictionary<string, ParameterBlock>()
                : new() { ["growth-momentum"] = RandomBlock(network, stream), ["a.b"] = RandomBlock(network, stream) },
        };
    }

    private static MaskSet RandomMasks(Network network, RandomStream stream) => new(network, [.. network.Layers.Select(layer =>
    {
        var count = stream.NextInt32(4) switch { 0 => 0, 1 => layer.WeightCount, _ => stream.NextInt32(layer.WeightCount + 1) };
        return Mask.FromIndices(layer.WeightCount, stream.NextPermutation(layer.WeightCount).AsSpan(0, count));
    })]);

    private static ParameterBlock RandomBlock(Network network, RandomStream stream)
    {
        var block = new ParameterBlock(network);
        for (var index = 0; index < block.Values.Length; index++)
        {
            block.Values[index] = BitConverter.UInt32BitsToSingle(stream.NextUInt32());
        }

        return block;
    }
}
