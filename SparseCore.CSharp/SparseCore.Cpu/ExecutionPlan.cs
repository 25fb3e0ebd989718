using SparseCore.Cpu.Convolutions;
using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Cpu;

/// <summary>
/// How one network runs at one batch size: stages in order, the layout of every tensor between them, and the layers' weights. A batch is cut into slices whose size
/// follows from the batch size alone; each slice goes through the whole network and back on one thread, so that it stays in that core's cache and the result does
/// not depend on the number of threads. Only batch normalizations make the slices wait for one another.
/// </summary>
internal sealed class ExecutionPlan : IDisposable
{
    private const int LargestSlice = 64;
    private readonly List<TensorLayout> tensors = [];
    private readonly List<Stage> stages = [];
    private readonly PlanKind kind;
    private readonly long[] gradientOffsets;
    private readonly long gradientFloats;

    /// <summary>Plans a network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="batchSize">Largest batch.</param>
    /// <param name="dense">Kernels for all layers; null to choose by shape and density.</param>
    /// <param name="kind">What it is for.</param>
    /// <exception cref="ArgumentException">A node's output is read by none although it is not the last, or by both convolutions and fully connected layers.</exception>
    public ExecutionPlan(Network network, int batchSize, bool? dense = null, PlanKind kind = PlanKind.Training)
    {
        Network = network;
        this.kind = kind;
        SliceSize = batchSize >= 2 * LargestSlice ? LargestSlice : Lanes.RoundUp((batchSize + 1) / 2);
        Slices = (batchSize + SliceSize - 1) / SliceSize;
        var groups = NodeGroups.Of(network, fusesLayers: kind == PlanKind.Training);
        var lastReader = groups.LastReaders();
        for (var tensor = 0; tensor <= groups.Count; tensor++)
        {
            tensors.Add(LayoutOf(groups.ShapeOf(tensor), tensor == 0 ? null : groups[tensor - 1].Nodes[0], groups.ReadersOf(tensor)));
        }

        States = new LayerState[network.Layers.Count];
        var norms = new List<NormStage>();
        for (var group = 0; group < groups.Count; group++)
        {
            var first = groups[group].Nodes[0];
            var (source, sum) = (groups[group].Input, groups[group].Residual);
            var isNorm = first.Operation is Operation.BatchNorm; // which passes gradients to the residual first, all others to the input
            var own = new StageTensors(source, group + 1, sum)
            {
                AddsToInput = lastReader[source] > group || (sum == source && isNorm) || kind == PlanKind.Direction,
                AddsToResidual = sum >= 0 && (lastReader[sum] > group || (sum == source && !isNorm)),
            };
            var input = tensors[own.Input];
            var output = tensors[own.Output];
            var residual = own.Residual < 0 ? null : tensors[own.Residual];
            var relu = groups[group].HasRelu;
            switch (first.Operation)
            {
                case Operation.Convolution convolution:
                    AddConvolution(first.Name, convolution, own, input, output, relu, groups[group].Pool, dense);
                    break;
                case Operation.FullyConnected:
                    stages.Add(new FullyConnectedStage(own, input, output, NewState(first.Name, input, output, own.Input == 0, dense), relu));
                    break;
                case Operation.BatchNorm:
                    var norm = network.Norms.Single(norm => norm.Name == first.Name);
                    norms.Add(new NormStage(own, input, output, residual, new NormState(norm, input.Shape.Height * input.Shape.Width, Slices), relu));
                    stages.Add(norms[^1]);
                    break;
                case Operation.MaxPool pool:
                    stages.Add(new PoolStage(first.Name, own, input, output, pool));
                    break;
                case Operation.GlobalAveragePool:
                    stages.Add(new AverageStage(first.Name, own, input, output));
                    break;
                case Operation.Relu or Operation.Add:
                    stages.Add(new ReluStage(first.Name, own, input, output, residual, relu));
                    break;
                default:
                    throw new ArgumentException($"The CPU engine does not run the operation {first.Operation.GetType().Name} of node '{first.Name}'.");
            }
        }

        // The states in the network's order, which is not the stages' where a residual sum delays a batch normalization.
        NormStages = [.. network.Norms.Select(norm => norms.Single(stage => stage.Name == norm.Name))];
        OutputTensor = groups.Count;
        if (kind == PlanKind.Training)
        {
            JoinNorms();
        }

        (gradientOffsets, gradientFloats) = GradientMemory.Place(tensors, stages, OutputTensor);
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Examples of a slice, a multiple of 16.</summary>
    public int SliceSize { get; }

    /// <summary>Slices of a full batch.</summary>
    public int Slices { get; }

    /// <summary>Weights of every layer.</summary>
    public LayerState[] States { get; }

    /// <summary>The batch normalizations, in the network's order.</summary>
    public IReadOnlyList<NormStage> NormStages { get; }

    /// <summary>The stages in order.</summary>
    public IReadOnlyList<Stage> Stages => stages;

    /// <summary>Whether a step of SGD must end with a refresh of the orders by tile.</summary>
    public bool HasTiles { get; private set; }

    /// <summary>Floats of one tensor of a slice; tensor 0 is the input.</summary>
    public int Floats(int tensor) => tensors[tensor].Floats;

    /// <summary>Where the values of one tensor lie; tensor 0 is the input.</summary>
    public TensorLayout LayoutOf(int tensor) => tensors[tensor];

    /// <summary>Bytes of native memory of the layers.</summary>
    public long Bytes => States.Sum(state => state.Bytes) + NormStages.Sum(norm => norm.State.Bytes);

    /// <summary>The tensor that the loss reads.</summary>
    public int OutputTensor { get; }

    private TensorLayout OutputLayout => tensors[OutputTensor];

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
            stage.Rebuild();
        }

        HasTiles = States.Any(state => state.HasTiles);
    }

    /// <summary>A slice's memory for this plan.</summary>
    /// <param name="keepsGradients">Whether every tensor's gradient stays until the next batch; otherwise many share memory.</param>
    public Workspace CreateWorkspace(bool keepsGradients = false)
    {
        var positionBytes = new int[tensors.Count];
        foreach (var stage in stages)
        {
            positionBytes[stage.Output] = stage.PositionBytes;
        }

        var (offsets, floats) = keepsGradients ? GradientMemory.PlaceApart(tensors) : (gradientOffsets, gradientFloats);
        return new Workspace(tensors, positionBytes, offsets, floats, SliceSize);
    }

    /// <summary>Bytes of the values of all tensors of a slice.</summary>
    public long ValueBytes => tensors.Sum(layout => (long)layout.Floats * sizeof(float));

    /// <summary>Bytes of the gradients of all tensors of a slice, as many as share memory.</summary>
    public long GradientBytes => gradientFloats * sizeof(float);

    /// <summary>Makes a workspace large enough for the current masks.</summary>
    /// <param name="workspace">The thread's memory.</param>
    /// <param name="scope">Which gradients will be wanted.</param>
    public void Prepare(Workspace workspace, GradientScope scope)
    {
        var sums = 0L;
        var scratch = BatchGather.ScratchFloats(tensors[0]);
        foreach (var stage in stages)
        {
            scratch = Math.Max(scratch, stage.ScratchFloats);
            sums = Math.Max(sums, stage.SumFloats(scope));
        }

        workspace.EnsureScratch(scratch, sums);
    }

    /// <summary>Fetches the inputs of one slice.</summary>
    public unsafe void LoadInputs(Workspace workspace, Data.Dataset data, ReadOnlySpan<int> examples)
    {
        workspace.Count = examples.Length;
        BatchGather.Load(data, examples, tensors[0], workspace.Scratch, workspace.Values(0));
    }

    /// <summary>Fetches the inputs and labels of one slice.</summary>
    public unsafe void LoadExamples(Workspace workspace, Data.Dataset data, ReadOnlySpan<int> examples)
    {
        LoadInputs(workspace, data, examples);
        for (var index = 0; index < examples.Length; index++)
        {
            workspace.Labels[index] = data.Label(examples[index]);
        }
    }

    /// <summary>Fetches the inputs of one slice from rows of floats.</summary>
    /// <param name="workspace">The thread's memory.</param>
    /// <param name="inputs">Shape [count, features].</param>
    /// <param name="count">Number of examples, at most a slice.</param>
    public unsafe void LoadInputs(Workspace workspace, ReadOnlySpan<float> inputs, int count)
    {
        workspace.Count = count;
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

    /// <summary>Runs the loaded slice forward, from one stage to before another.</summary>
    public void Forward(Workspace workspace, int first, int end)
    {
        for (var stage = first; stage < end; stage++)
        {
            stages[stage].Forward(workspace, workspace.Blocks);
        }
    }

    /// <summary>Loss of the slice that ran forward; with its gradient when it will run backward.</summary>
    /// <param name="workspace">The thread's memory, with labels.</param>
    /// <param name="scale">Weight of one example in the gradient.</param>
    /// <param name="smoothing">Share of every label that is spread evenly over all classes.</param>
    /// <param name="withGradient">Whether the gradient is wanted.</param>
    /// <param name="correct">Number of correct answers.</param>
    /// <returns>Sum of the losses, in nats.</returns>
    public unsafe float Loss(Workspace workspace, float scale, float smoothing, bool withGradient, out int correct) =>
        SoftmaxCrossEntropy.Run(
            workspace.Values(OutputTensor),
            OutputLayout.Shape.Count,
            OutputLayout.FeatureStride,
            OutputLayout.BlockStride,
            workspace.Labels,
            workspace.Count,
            scale,
            smoothing,
            withGradient ? workspace.Gradients(OutputTensor) : null,
            out correct);

    /// <summary>Runs the slice backward, from before one stage down to another.</summary>
    public void Backward(Workspace workspace, int end, int first, int slice, GradientScope scope)
    {
        for (var stage = end - 1; stage >= first; stage--)
        {
            stages[stage].Backward(workspace, workspace.Blocks, slice, scope);
        }
    }

    /// <summary>Writes the outputs of the slice as rows.</summary>
    /// <param name="workspace">The thread's memory.</param>
    /// <param name="count">Examples of the slice.</param>
    /// <param name="destination">Shape [count, classes].</param>
    public unsafe void CopyOutputs(Workspace workspace, int count, Span<float> destination)
    {
        var classes = OutputLayout.Shape.Count;
        var values = workspace.Values(OutputTensor);
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

        foreach (var norm in NormStages)
        {
            norm.State.Dispose();
        }
    }

    private LayerState NewState(string name, TensorLayout input, TensorLayout output, bool readsExamples, bool? dense)
    {
        var layer = Network.Layers.Select((layer, index) => (layer, index)).Single(pair => pair.layer.Name == name);
        return States[layer.index] = new LayerState(layer.layer, input, output, Slices, readsExamples, dense);
    }

    /// <summary>
    /// A 1x1 convolution reads every stride-th value and knows no neighbors: with a stride, the values it reads are copied together first; short
    /// rows are joined to longer ones, which fill the registers better. A copy is also made for a convolution that wants fewer zeros around its input than
    /// another reader.
    /// </summary>
    private void AddConvolution(
        string name, Operation.Convolution convolution, StageTensors own, TensorLayout input, TensorLayout output, bool relu, int pool, bool? dense)
    {
        var isPoint = convolution is { KernelHeight: 1, KernelWidth: 1, Padding: 0 };
        var step = isPoint && pool == 1 ? convolution.Stride : 1;
        if (step > 1 || convolution.Padding != input.Padding)
        {
            var shape = step > 1 ? new Shape(input.Shape.Channels, output.Shape.Height, output.Shape.Width) : input.Shape;
            var copied = TensorLayout.Spatial(shape, convolution.Padding, SliceSize / Lanes.Width);
            tensors.Add(copied);
            stages.Add(new SubsampleStage(name, own with { Output = tensors.Count - 1 }, input, copied, step));
            convolution = convolution with { Stride = convolution.Stride / step };
            own = new StageTensors(tensors.Count - 1, own.Output) { AddsToInput = kind == PlanKind.Direction };
            input = copied;
        }

        if (isPoint && pool == 1 && input.Padding == 0 && output.Padding == 0 && input.IsBlockMajor && output.IsBlockMajor)
        {
            var (height, width) = JoinedRows(output.Shape);
            (input, output) = (input.WithRows(height, width), output.WithRows(height, width));
        }

        stages.Add(new ConvolutionStage(own, input, output, NewState(name, input, output, own.Input == 0, dense), convolution, relu, pool));
    }

    /// <summary>
    /// Finds the convolutions whose output only a batch normalization reads, and the residuals whose gradient can lie where the sum's does: until the stage has
    /// passed its gradient on, no other reads or writes it.
    /// </summary>
    private void JoinNorms()
    {
        for (var place = 0; place < stages.Count; place++)
        {
            if (stages[place] is not NormStage norm)
            {
                continue;
            }

            var isOnlyReader = stages.Count(stage => stage.Input == norm.Input || stage.Tensors.Residual == norm.Input) == 1;
            var source = stages.FindIndex(stage => stage.Output == norm.Input && stage is ConvolutionStage { IsPlain: true });
            if (isOnlyReader && source >= 0)
            {
                norm.Source = (ConvolutionStage)stages[source];
                norm.Source.Norm = norm;
            }

            var residual = norm.Tensors.Residual;
            norm.SharesResidual = residual > 0
                && !norm.Tensors.AddsToResidual
                && tensors[residual] == tensors[norm.Output]
                && stages.Take(place).Skip(norm.Source is null ? place : source).All(stage => LeavesGradient(stage, residual));
        }

        // A batch normalization without residual only reads its output's gradient.
        static bool LeavesGradient(Stage stage, int tensor) =>
            stage.Input != tensor
            && stage.Tensors.Residual != tensor
            && (stage.Output != tensor || stage is NormStage { Tensors.Residual: < 0 });
    }

    /// <summary>Rows of at least 16 values whose number is a multiple of 4, as far as the image allows.</summary>
    private static (int Height, int Width) JoinedRows(Shape shape)
    {
        var (height, width) = (shape.Height, shape.Width);
        for (var joined = 1; joined <= height; joined++)
        {
            if (height % joined == 0 && ((width * joined >= 16 && width * joined % 4 == 0) || joined == height))
            {
                return (height / joined, width * joined);
            }
        }

        return (height, width);
    }

    /// <summary>Vectors lie as fully connected layers want them, everything else as convolutions do; a fully connected layer reads it flattened.</summary>
    private TensorLayout LayoutOf(Shape shape, Node? writer, IReadOnlyList<Node> readers)
    {
        var blocks = SliceSize / Lanes.Width;
        var convolutions = readers.Select(node => node.Operation).OfType<Operation.Convolution>().ToList();
        if (convolutions.Count > 0 && (writer?.Operation is Operation.FullyConnected || readers.Any(node => node.Operation is Operation.FullyConnected)))
        {
            throw new ArgumentException(
                $"The CPU engine does not run convolutions beside fully connected layers: the node before '{readers[0].Name}' of network '{Network.Name}' " +
                "meets both kinds; use a 1x1 convolution in place of the fully connected layer.");
        }

        var isVector = shape is { Height: 1, Width: 1 } || readers.Any(node => node.Operation is Operation.FullyConnected);
        var padding = convolutions.Select(convolution => convolution.Padding).DefaultIfEmpty().Max();
        return isVector && convolutions.Count == 0 ? TensorLayout.Features(shape, blocks)
            : writer is null ? TensorLayout.Examples(shape, padding, blocks)
            : TensorLayout.Spatial(shape, padding, blocks);
    }
}
