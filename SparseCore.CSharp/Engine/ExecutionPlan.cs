using System.Runtime.CompilerServices;
using SparseCore.Engine.Kernels;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Engine;

/// <summary>
/// How one network runs at one batch size: stages in order, the layout of every tensor between them, and the layers' weights. A batch is cut
/// into slices whose
/// size follows from the batch size alone; each slice goes through the whole network and back on one thread, so that it stays in that core's
/// cache and the
/// result does not depend on the number of threads.
/// </summary>
internal sealed class ExecutionPlan : IDisposable
{
    private const int LargestSlice = 64;
    private const int LargestFusedPool = 15; // positions within a window are stored as bytes
    private readonly List<TensorLayout> tensors = [];
    private readonly List<Stage> stages = [];

    /// <summary>Plans a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="batchSize">Largest batch.</param>
    /// <param name="dense">Kernels for all layers; null to choose by shape and density.</param>
    /// <exception cref="ArgumentException">A node's output is read by more than one node, or by none although it is not the last.</exception>
    public ExecutionPlan(Network network, int batchSize, bool? dense = null)
    {
        Network = network;
        SliceSize = batchSize >= 2 * LargestSlice ? LargestSlice : Lanes.RoundUp((batchSize + 1) / 2);
        Slices = (batchSize + SliceSize - 1) / SliceSize;
        RequireChain(network);
        States = new LayerState[network.Layers.Count];
        var groups = Group(network);
        for (var group = 0; group <= groups.Count; group++)
        {
            var shape = group == 0 ? network.Input : network.ShapeOf(groups[group - 1][^1].Name);
            tensors.Add(LayoutFor(shape, group < groups.Count ? groups[group][0].Operation : null));
        }

        var layer = 0;
        for (var group = 0; group < groups.Count; group++)
        {
            var nodes = groups[group];
            var input = tensors[group];
            var output = tensors[group + 1];
            var relu = nodes.Any(node => node.Operation is Operation.Relu);
            switch (nodes[0].Operation)
            {
                case Operation.Convolution convolution:
                    States[layer] = new LayerState(network.Layers[layer], input, output, Slices, group == 0, dense);
                    var pool = nodes.Select(node => node.Operation).OfType<Operation.MaxPool>().FirstOrDefault();
                    stages.Add(new ConvolutionStage(group, group + 1, input, output, States[layer++], convolution, relu, pool?.Size ?? 1));
                    break;
                case Operation.FullyConnected:
                    States[layer] = new LayerState(network.Layers[layer], input, output, Slices, group == 0, dense);
                    stages.Add(new FullyConnectedStage(group, group + 1, input, output, States[layer++], relu));
                    break;
                default:
                    stages.Add(new ElementwiseStage(nodes[0], group, group + 1, input, output));
                    break;
            }
        }
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Examples of a slice, a multiple of 16.</summary>
    public int SliceSize { get; }

    /// <summary>Slices of a full batch.</summary>
    public int Slices { get; }

    /// <summary>Weights of every layer.</summary>
    public LayerState[] States { get; }

    /// <summary>The stages in order.</summary>
    public IReadOnlyList<Stage> Stages => stages;

    /// <summary>Floats of one tensor of a slice; tensor 0 is the input.</summary>
    public int Floats(int tensor) => tensors[tensor].Floats;

    /// <summary>Bytes of native memory of the layers.</summary>
    public long Bytes => States.Sum(state => state.Bytes);

    private TensorLayout OutputLayout => tensors[^1];

    /// <summary>Number of slices that <paramref name="count"/> examples take.</summary>
    public int SlicesOf(int count) => (count + SliceSize - 1) / SliceSize;

    /// <summary>Chooses kernels and lays out the weights for new masks.</summary>
    public void Rebuild(MaskSet masks)
    {
        for (var layer = 0; layer < States.Length; layer++)
        {
            States[layer].Rebuild(masks[layer]);
        }

        foreach (var stage in stages)
        {
            (stage as ConvolutionStage)?.Rebuild();
        }
    }

    /// <summary>A thread's memory for this plan.</summary>
    public Workspace CreateWorkspace() => new(tensors, [0, .. stages.Select(stage => stage.PositionBytes)], SliceSize);

    /// <summary>Makes a workspace large enough for the current masks.</summary>
    /// <param name="workspace">The thread's memory.</param>
    /// <param name="dense">Whether gradients of masked weights will be wanted.</param>
    public void Prepare(Workspace workspace, bool dense)
    {
        var sums = 0L;
        var scratch = (long)Network.Input.Count * Lanes.Width;
        foreach (var stage in stages)
        {
            scratch = Math.Max(scratch, stage.ScratchFloats);
            sums = Math.Max(sums, stage switch
            {
                ConvolutionStage convolution => convolution.SumFloats(dense: false) + (dense ? convolution.SumFloats(dense: true) : 0),
                FullyConnectedStage fullyConnected => fullyConnected.SumFloats,
                _ => 0,
            });
        }

        workspace.EnsureScratch(scratch, sums);
    }

    /// <summary>Fetches the inputs of one slice.</summary>
    public unsafe void LoadInputs(Workspace workspace, Data.Dataset data, ReadOnlySpan<int> examples)
    {
        var layout = tensors[0];
        var x = workspace.Values(0);
        if (layout.BlockStride == Lanes.Width)
        {
            data.Gather(examples, layout.FeatureStride, new Span<float>(x, layout.Floats));
            return;
        }

        for (var first = 0; first < examples.Length; first += Lanes.Width)
        {
            var block = x + ((long)(first / Lanes.Width) * layout.BlockStride);
            var part = examples.Slice(first, Math.Min(Lanes.Width, examples.Length - first));
            if (layout.Padding == 0)
            {
                data.Gather(part, Lanes.Width, new Span<float>(block, layout.BlockStride));
                continue;
            }

            data.Gather(part, Lanes.Width, new Span<float>(workspace.Scratch, layout.Shape.Count * Lanes.Width));
            CopyPadded(workspace.Scratch, block);
        }
    }

    /// <summary>Fetches the inputs of one slice from rows of floats.</summary>
    /// <param name="workspace">The thread's memory.</param>
    /// <param name="inputs">Shape [count, features].</param>
    /// <param name="count">Number of examples, at most a slice.</param>
    public unsafe void LoadInputs(Workspace workspace, ReadOnlySpan<float> inputs, int count)
    {
        var layout = tensors[0];
        var shape = layout.Shape;
        var x = workspace.Values(0);
        for (var example = 0; example < Lanes.RoundUp(count); example++)
        {
            var start = (example / Lanes.Width * layout.BlockStride) + (example % Lanes.Width);
            for (var feature = 0; feature < shape.Count; feature++)
            {
                var row = feature / shape.Width;
                var place = layout.Offset(row / shape.Height, row % shape.Height, feature % shape.Width);
                x[start + place] = example < count ? inputs[(example * shape.Count) + feature] : 0f;
            }
        }
    }

    /// <summary>Runs the loaded slice forward.</summary>
    public void Forward(Workspace workspace, int count)
    {
        foreach (var stage in stages)
        {
            stage.Forward(workspace, (count + Lanes.Width - 1) / Lanes.Width);
        }
    }

    /// <summary>Loss of the slice that ran forward; with its gradient when it will run backward.</summary>
    /// <param name="workspace">The thread's memory, with labels.</param>
    /// <param name="count">Examples of the slice.</param>
    /// <param name="scale">Weight of one example in the gradient.</param>
    /// <param name="withGradient">Whether the gradient is wanted.</param>
    /// <param name="correct">Number of correct answers.</param>
    /// <returns>Sum of the losses, in nats.</returns>
    public unsafe float Loss(Workspace workspace, int count, float scale, bool withGradient, out int correct) =>
        SoftmaxCrossEntropy.Run(
            workspace.Values(tensors.Count - 1),
            OutputLayout.Shape.Count,
            OutputLayout.FeatureStride,
            OutputLayout.BlockStride,
            workspace.Labels,
            count,
            scale,
            withGradient ? workspace.Gradients(tensors.Count - 1) : null,
            out correct);

    /// <summary>Runs the slice backward.</summary>
    public void Backward(Workspace workspace, int count, int slice, GradientScope scope)
    {
        for (var stage = stages.Count - 1; stage >= 0; stage--)
        {
            stages[stage].Backward(workspace, (count + Lanes.Width - 1) / Lanes.Width, slice, scope);
        }
    }

    /// <summary>Writes the outputs of the slice as rows.</summary>
    /// <param name="workspace">The thread's memory.</param>
    /// <param name="count">Examples of the slice.</param>
    /// <param name="destination">Shape [count, classes].</param>
    public unsafe void CopyOutputs(Workspace workspace, int count, Span<float> destination)
    {
        var classes = OutputLayout.Shape.Count;
        var values = workspace.Values(tensors.Count - 1);
        for (var example = 0; example < count; example++)
        {
            var start = (example / Lanes.Width * OutputLayout.BlockStride) + (example % Lanes.Width);
            for (var c = 0; c < classes; c++)
            {
                destination[(example * classes) + c] = values[start + (c * OutputLayout.FeatureStride)];
            }
        }
    }

    /// <summary>Name of the first stage whose activations in this workspace are not all finite; null when all are.</summary>
    public unsafe string? FindNonFinite(Workspace workspace)
    {
        foreach (var stage in stages)
        {
            var values = new ReadOnlySpan<float>(workspace.Values(stage.Output), tensors[stage.Output].Floats);
            foreach (var value in values)
            {
                if (!float.IsFinite(value))
                {
                    return stage.Name;
                }
            }
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var state in States)
        {
            state.Dispose();
        }
    }

    private static void RequireChain(Network network)
    {
        var previous = Network.InputName;
        foreach (var node in network.Nodes)
        {
            if (node.Inputs.Count != 1 || node.Inputs[0] != previous)
            {
                throw new ArgumentException(
                    $"The CPU engine runs chains: node '{node.Name}' of network '{network.Name}' must read '{previous}', " +
                    $"found '{string.Join(", ", node.Inputs)}'.");
            }

            previous = node.Name;
        }
    }

    /// <summary>Cuts the chain into stages: a layer takes the ReLU and the non-overlapping pool that follow it; Flatten only renames.</summary>
    private static List<List<Node>> Group(Network network)
    {
        var groups = new List<List<Node>>();
        foreach (var node in network.Nodes)
        {
            var current = groups.Count > 0 ? groups[^1] : null;
            var isLayer = current?[0].Operation is Operation.Convolution or Operation.FullyConnected;
            switch (node.Operation)
            {
                case Operation.Flatten:
                    break;
                case Operation.Relu when isLayer:
                case Operation.MaxPool { Size: <= LargestFusedPool and > 1 } pool when CanFuse(current!, pool):
                    current!.Add(node);
                    break;
                default:
                    groups.Add([node]);
                    break;
            }
        }

        return groups;

        static bool CanFuse(List<Node>? nodes, Operation.MaxPool pool) =>
            nodes?[0].Operation is Operation.Convolution && pool.Size == pool.Stride && !nodes.Any(node => node.Operation is Operation.MaxPool);
    }

    private TensorLayout LayoutFor(Shape shape, Operation? reader) => reader switch
    {
        Operation.Convolution convolution => TensorLayout.Spatial(shape, convolution.Padding, SliceSize / Lanes.Width),
        Operation.Relu or Operation.MaxPool => TensorLayout.Spatial(shape, 0, SliceSize / Lanes.Width),
        _ => TensorLayout.Features(shape, SliceSize / Lanes.Width),
    };

    private unsafe void CopyPadded(float* source, float* block)
    {
        var layout = tensors[0];
        var shape = layout.Shape;
        for (var row = 0; row < shape.Channels * shape.Height; row++)
        {
            var target = block + layout.Offset(row / shape.Height, row % shape.Height, 0);
            Unsafe.CopyBlock(target, source + ((long)row * shape.Width * Lanes.Width), (uint)(shape.Width * Lanes.Width * sizeof(float)));
        }
    }
}
