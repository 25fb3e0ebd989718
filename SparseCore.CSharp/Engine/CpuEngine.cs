using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Engine;

/// <summary>
/// The managed CPU engine: sparse and dense SIMD kernels on activations stored batch-innermost. Results are the same bits for every number of
/// threads, vector
/// width and machine. Networks must be chains: every node reads the node before it.
/// </summary>
public sealed unsafe class CpuEngine : IEngine
{
    private readonly ExecutionPlan plan;
    private readonly Workspace[] workspaces;
    private readonly WorkerTeam team;
    private readonly Action<int> trainPart;
    private readonly Action<int> evaluatePart;
    private readonly float[] batchLosses;
    private Dataset? data;
    private int* examples;
    private int exampleCount;
    private float scale;
    private GradientScope scope;
    private int firstExample;
    private float[] sliceLosses = [];
    private int[] sliceCorrect = [];
    private int parameterSets;
    private float* rawInputs;
    private float* outputs;

    /// <summary>Builds the engine; parameters are undefined until they are loaded.</summary>
    /// <param name="network">The network, a chain.</param>
    /// <param name="masks">Which weights exist.</param>
    /// <param name="batchSize">Largest number of examples of one training step.</param>
    /// <param name="threads">Threads that share one step, evaluation or gradient; results do not depend on it.</param>
    /// <exception cref="ArgumentException">The network is not a chain, or the masks belong to another network.</exception>
    public CpuEngine(Network network, MaskSet masks, int batchSize, int threads = 1)
        : this(network, masks, batchSize, threads, null)
    {
    }

    /// <summary>For tests and benchmarks: dense or sparse kernels for all layers, whatever their density.</summary>
    internal CpuEngine(Network network, MaskSet masks, int batchSize, int threads, bool? dense)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Network = network;
        BatchSize = batchSize;
        plan = new ExecutionPlan(network, batchSize, dense);
        batchLosses = new float[plan.Slices];
        workspaces = new Workspace[threads];
        for (var thread = 0; thread < threads; thread++)
        {
            workspaces[thread] = plan.CreateWorkspace();
        }

        team = new WorkerTeam(threads);
        trainPart = TrainPart;
        evaluatePart = EvaluatePart;
        Masks = masks;
        Rebuild(masks);
    }

    public Network Network { get; }

    public MaskSet Masks { get; private set; }

    /// <summary>Largest number of examples of one training step.</summary>
    public int BatchSize { get; }

    /// <summary>Native memory the engine holds: weights, momentum, gradients, activations and scratch areas, in bytes.</summary>
    public long NativeBytes => plan.Bytes + workspaces.Sum(workspace => workspace.Bytes);

    public void Rebuild(MaskSet masks)
    {
        if (masks.Count != Network.Layers.Count)
        {
            throw new ArgumentException($"Network '{Network.Name}' has {Network.Layers.Count} layers with weights, found {masks.Count} masks.");
        }

        for (var layer = 0; layer < masks.Count; layer++)
        {
            if (masks[layer].Length != Network.Layers[layer].WeightCount)
            {
                throw new ArgumentException(
                    $"Layer '{Network.Layers[layer].Name}' has {Network.Layers[layer].WeightCount} weights, its mask {masks[layer].Length}.");
            }
        }

        Masks = masks;
        plan.Rebuild(masks);
        foreach (var workspace in workspaces)
        {
            plan.Prepare(workspace, dense: false);
        }
    }

    public void Load(ParameterBlock parameters, ParameterBlock momentum)
    {
        RequireLayout(parameters);
        RequireLayout(momentum);
        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            plan.States[layer].Load(parameters.Weights(layer), parameters.Biases(layer), momentum.Weights(layer), momentum.Biases(layer));
        }
    }

    public void Load(ParameterBlock parameters)
    {
        RequireLayout(parameters);
        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            plan.States[layer].Load(parameters.Weights(layer), parameters.Biases(layer), [], []);
        }
    }

    public void Store(ParameterBlock parameters, ParameterBlock momentum)
    {
        RequireLayout(parameters);
        RequireLayout(momentum);
        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            var state = plan.States[layer];
            var biases = Network.Layers[layer].BiasCount;
            state.CopyOut(state.Weights, parameters.Weights(layer));
            state.CopyOut(state.Momenta, momentum.Weights(layer));
            new ReadOnlySpan<float>(state.Biases, biases).CopyTo(parameters.Biases(layer));
            new ReadOnlySpan<float>(state.BiasMomenta, biases).CopyTo(momentum.Biases(layer));
        }
    }

    public float TrainingStep(Dataset data, ReadOnlySpan<int> examples, in SgdStep sgd)
    {
        RequireData(data);
        if (examples.Length < 1 || examples.Length > BatchSize)
        {
            throw new ArgumentException($"A training step takes 1 to {BatchSize} examples (the batch size the engine was built for), found {examples.Length}.");
        }

        var loss = RunBatch(data, examples, 1f / examples.Length, GradientScope.Active);
        var slices = plan.SlicesOf(examples.Length);
        foreach (var state in plan.States)
        {
            state.Update(sgd, slices);
        }

        return (float)(loss / examples.Length);
    }

    public double Gradient(Dataset data, ReadOnlySpan<int> examples, GradientScope scope, ParameterBlock destination)
    {
        RequireData(data);
        RequireLayout(destination);
        if (examples.IsEmpty)
        {
            throw new ArgumentException("A gradient needs at least 1 example, found 0.");
        }

        if (scope == GradientScope.Dense)
        {
            foreach (var state in plan.States)
            {
                state.EnsureDenseGradients();
            }

            foreach (var workspace in workspaces)
            {
                plan.Prepare(workspace, dense: true);
            }
        }

        Array.Clear(destination.Values);
        var loss = 0.0;
        for (var first = 0; first < examples.Length; first += BatchSize)
        {
            var batch = examples.Slice(first, Math.Min(BatchSize, examples.Length - first));
            loss += RunBatch(data, batch, 1f / examples.Length, scope);
            for (var layer = 0; layer < plan.States.Length; layer++)
            {
                for (var slice = 0; slice < plan.SlicesOf(batch.Length); slice++)
                {
                    plan.States[layer].AddGradients(slice, scope, destination.Weights(layer), destination.Biases(layer));
                }
            }
        }

        return loss / examples.Length;
    }

    public LossAndAccuracy Evaluate(Dataset data, int first, int count)
    {
        RequireData(data);
        RequireRange(data, first, count);
        RunEvaluation(data, first, count);
        return MeanOfSlices(0, count);
    }

    /// <summary>
    /// Evaluates many parameter vectors that share the masks, for example the points of a path, on the same examples. The inputs are fetched once for
    /// all of them; the engine's own parameters stay as they are.
    /// </summary>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="first">First example.</param>
    /// <param name="count">Number of examples.</param>
    /// <param name="parameters">Parameter vectors; values outside the masks are ignored.</param>
    /// <returns>For each vector the same bits as <see cref="Evaluate"/> after <see cref="Load(ParameterBlock)"/>.</returns>
    public LossAndAccuracy[] EvaluateMany(Dataset data, int first, int count, IReadOnlyList<ParameterBlock> parameters)
    {
        RequireData(data);
        RequireRange(data, first, count);
        foreach (var block in parameters)
        {
            RequireLayout(block);
        }

        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            plan.States[layer].EnsureAlternatives(parameters.Count);
            for (var set = 0; set < parameters.Count; set++)
            {
                plan.States[layer].LoadAlternative(set, parameters[set].Weights(layer), parameters[set].Biases(layer));
            }
        }

        parameterSets = parameters.Count;
        try
        {
            RunEvaluation(data, first, count);
        }
        finally
        {
            parameterSets = 0;
        }

        return [.. Enumerable.Range(0, parameters.Count).Select(set => MeanOfSlices(set, count))];
    }

    public void Logits(Dataset data, int first, int count, Span<float> destination)
    {
        RequireData(data);
        RequireRange(data, first, count);
        RequireOutputs(count, destination);
        fixed (float* target = destination)
        {
            outputs = target;
            try
            {
                RunEvaluation(data, first, count);
            }
            finally
            {
                outputs = null;
            }
        }
    }

    public void LogitsOf(ReadOnlySpan<float> inputs, int count, Span<float> destination)
    {
        if (inputs.Length != (long)count * Network.Input.Count)
        {
            throw new ArgumentException($"{count} inputs of shape {Network.Input} take {(long)count * Network.Input.Count} values, found {inputs.Length}.");
        }

        RequireOutputs(count, destination);
        fixed (float* source = inputs)
        fixed (float* target = destination)
        {
            rawInputs = source;
            outputs = target;
            try
            {
                RunEvaluation(null, 0, count);
            }
            finally
            {
                rawInputs = null;
                outputs = null;
            }
        }
    }

    public string? FindNonFiniteLayer()
    {
        foreach (var workspace in workspaces)
        {
            var name = plan.FindNonFinite(workspace);
            if (name is not null)
            {
                return name;
            }
        }

        foreach (var state in plan.States)
        {
            if (!state.IsFinite)
            {
                return state.Layer.Name;
            }
        }

        return null;
    }

    public void Dispose()
    {
        team.Dispose();
        plan.Dispose();
        foreach (var workspace in workspaces)
        {
            workspace.Dispose();
        }
    }

    private double RunBatch(Dataset source, ReadOnlySpan<int> batch, float weight, GradientScope wanted)
    {
        data = source;
        exampleCount = batch.Length;
        scale = weight;
        scope = wanted;
        fixed (int* indices = batch)
        {
            examples = indices;
            team.Run(trainPart);
            examples = null;
        }

        var loss = 0.0;
        for (var slice = 0; slice < plan.SlicesOf(batch.Length); slice++)
        {
            loss += batchLosses[slice];
        }

        return loss;
    }

    private void TrainPart(int part)
    {
        var workspace = workspaces[part];
        workspace.KeepsPositions = true;
        for (var slice = part; slice * plan.SliceSize < exampleCount; slice += workspaces.Length)
        {
            var first = slice * plan.SliceSize;
            var chosen = new ReadOnlySpan<int>(examples + first, Math.Min(plan.SliceSize, exampleCount - first));
            LoadSlice(workspace, chosen);
            plan.Forward(workspace, chosen.Length);
            batchLosses[slice] = plan.Loss(workspace, chosen.Length, scale, withGradient: true, out _);
            plan.Backward(workspace, chosen.Length, slice, scope);
        }
    }

    private LossAndAccuracy MeanOfSlices(int set, int count)
    {
        var slices = plan.SlicesOf(count);
        var loss = 0.0;
        var correct = 0;
        for (var slice = 0; slice < slices; slice++)
        {
            loss += sliceLosses[(set * slices) + slice];
            correct += sliceCorrect[(set * slices) + slice];
        }

        return new LossAndAccuracy(loss / count, (double)correct / count);
    }

    private void RunEvaluation(Dataset? source, int first, int count)
    {
        var slices = plan.SlicesOf(count) * Math.Max(1, parameterSets);
        if (sliceLosses.Length < slices)
        {
            sliceLosses = new float[slices];
            sliceCorrect = new int[slices];
        }

        data = source;
        firstExample = first;
        exampleCount = count;
        team.Run(evaluatePart);
    }

    private void EvaluatePart(int part)
    {
        var workspace = workspaces[part];
        workspace.KeepsPositions = false;
        var classes = Network.Output.Count;
        var slices = plan.SlicesOf(exampleCount);
        for (var slice = part; slice * plan.SliceSize < exampleCount; slice += workspaces.Length)
        {
            var first = slice * plan.SliceSize;
            var count = Math.Min(plan.SliceSize, exampleCount - first);
            if (rawInputs is not null)
            {
                var features = Network.Input.Count;
                plan.LoadInputs(workspace, new ReadOnlySpan<float>(rawInputs + ((long)first * features), count * features), count);
            }
            else
            {
                for (var index = 0; index < count; index++)
                {
                    workspace.Examples[index] = firstExample + first + index;
                }

                LoadSlice(workspace, workspace.Examples.AsSpan(0, count));
            }

            if (outputs is not null)
            {
                plan.Forward(workspace, count);
                plan.CopyOutputs(workspace, count, new Span<float>(outputs + ((long)first * classes), count * classes));
                continue;
            }

            for (var set = 0; set < Math.Max(1, parameterSets); set++)
            {
                workspace.ParameterSet = parameterSets == 0 ? -1 : set;
                plan.Forward(workspace, count);
                var place = (set * slices) + slice;
                sliceLosses[place] = plan.Loss(workspace, count, 0f, withGradient: false, out sliceCorrect[place]);
            }

            workspace.ParameterSet = -1;
        }
    }

    private void LoadSlice(Workspace workspace, ReadOnlySpan<int> chosen)
    {
        plan.LoadInputs(workspace, data!, chosen);
        for (var index = 0; index < chosen.Length; index++)
        {
            workspace.Labels[index] = data!.Label(chosen[index]);
        }
    }

    private void RequireLayout(ParameterBlock block)
    {
        if (block.Values.Length != Network.ValueCount || block.Network.Layers.Count != Network.Layers.Count)
        {
            throw new ArgumentException(
                $"The engine runs '{Network.Name}' with {Network.ValueCount} values, found {block.Values.Length} values of '{block.Network.Name}'.");
        }
    }

    private void RequireData(Dataset source)
    {
        if (source.Shape != Network.Input || source.Classes != Network.Output.Count)
        {
            throw new ArgumentException(
                $"Network '{Network.Name}' takes {Network.Input} and gives {Network.Output.Count} classes; " +
                $"data set '{source.Name}' has {source.Shape} and {source.Classes}.");
        }
    }

    private static void RequireRange(Dataset source, int first, int count)
    {
        if (count < 1 || first < 0 || first > source.Count - count)
        {
            throw new ArgumentException($"Examples {first} .. {(long)first + count - 1} are not all in data set '{source.Name}' of {source.Count} examples.");
        }
    }

    private void RequireOutputs(int count, Span<float> destination)
    {
        if (count < 1 || destination.Length != (long)count * Network.Output.Count)
        {
            throw new ArgumentException(
                $"The outputs of {count} examples with {Network.Output.Count} classes take {(long)count * Network.Output.Count} values, " +
                $"found room for {destination.Length}.");
        }
    }
}
