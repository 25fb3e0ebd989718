using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Engine;

/// <summary>What every engine refuses, each with both numbers in the message.</summary>
public static class EngineArguments
{
    /// <summary>Masks have to be those of the network's layers.</summary>
    public static void RequireMasks(Network network, MaskSet masks)
    {
        if (masks.Count != network.Layers.Count)
        {
            throw new ArgumentException($"Network '{network.Name}' has {network.Layers.Count} layers with weights, found {masks.Count} masks.");
        }

        for (var layer = 0; layer < masks.Count; layer++)
        {
            if (masks[layer].Length != network.Layers[layer].WeightCount)
            {
                throw new ArgumentException(
                    $"Layer '{network.Layers[layer].Name}' has {network.Layers[layer].WeightCount} weights, its mask {masks[layer].Length}.");
            }
        }
    }

    /// <summary>Parameters, momentum and gradients have to be laid out as the network's.</summary>
    public static void RequireLayout(Network network, ParameterBlock block)
    {
        if (block.Values.Length != network.ValueCount || block.Network.Layers.Count != network.Layers.Count)
        {
            throw new ArgumentException(
                $"The engine runs '{network.Name}' with {network.ValueCount} values, found {block.Values.Length} values of '{block.Network.Name}'.");
        }
    }

    /// <summary>Examples and classes have to be what the network takes and gives.</summary>
    public static void RequireData(Network network, Dataset data)
    {
        if (data.Shape != network.Input || data.Classes != network.Output.Count)
        {
            throw new ArgumentException(
                $"Network '{network.Name}' takes {network.Input} and gives {network.Output.Count} classes; " +
                $"data set '{data.Name}' has {data.Shape} and {data.Classes}.");
        }
    }

    /// <summary>A training step takes at least one example and at most as many as the engine was built for.</summary>
    public static void RequireBatch(int batchSize, int examples)
    {
        if (examples < 1 || examples > batchSize)
        {
            throw new ArgumentException($"A training step takes 1 to {batchSize} examples (the batch size the engine was built for), found {examples}.");
        }
    }

    /// <summary>A mean over examples needs one.</summary>
    /// <param name="what">What is measured, in the plural: "Gradients".</param>
    /// <param name="examples">How many there are.</param>
    public static void RequireSome(string what, int examples)
    {
        if (examples < 1)
        {
            throw new ArgumentException($"{what} need at least 1 example, found {examples}.");
        }
    }

    /// <summary>Examples first .. first + count - 1 have to exist.</summary>
    public static void RequireRange(Dataset data, int first, int count)
    {
        if (count < 1 || first < 0 || first > data.Count - count)
        {
            throw new ArgumentException($"Examples {first} .. {(long)first + count - 1} are not all in data set '{data.Name}' of {data.Count} examples.");
        }
    }

    /// <summary>Outputs need room for every class of every example.</summary>
    public static void RequireOutputs(Network network, int count, ReadOnlySpan<float> destination)
    {
        if (count < 1 || destination.Length != (long)count * network.Output.Count)
        {
            throw new ArgumentException(
                $"The outputs of {count} examples with {network.Output.Count} classes take {(long)count * network.Output.Count} values, " +
                $"found room for {destination.Length}.");
        }
    }

    /// <summary>Inputs that belong to no data set have to be as many values as the examples take.</summary>
    public static void RequireInputs(Network network, int count, ReadOnlySpan<float> inputs)
    {
        if (inputs.Length != (long)count * network.Input.Count)
        {
            throw new ArgumentException($"{count} inputs of shape {network.Input} take {(long)count * network.Input.Count} values, found {inputs.Length}.");
        }
    }
}
