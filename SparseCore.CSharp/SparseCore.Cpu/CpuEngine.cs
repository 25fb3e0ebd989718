using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Reference;

namespace SparseCore.Cpu;

/// <summary>
/// The managed CPU engine: sparse and dense SIMD kernels on activations stored batch-innermost. Results are the same bits for every number of
/// threads, vector
/// width and machine. Batch normalisations take the statistics of the batch in training steps and gradients (of each part of
/// <see cref="BatchSize"/> examples where there are more), and the running statistics in evaluation.
/// </summary>
public sealed unsafe class CpuEngine : IEngine
{
    private readonly ExecutionPlan plan;
    private readonly Workspace[] workspaces;
    private readonly WorkerTeam team;
    private readonly Action<int> forwardPart;
    private readonly Action<int> backwardPart;
    private readonly Action<int> evaluatePart;
    private readonly int[] normPlaces;
    private readonly int[] counts;
    private readonly Action<int> updatePart;
    private readonly Action<int> refreshPart;
    private readonly float[] batchLosses;
    private readonly int threads;
    private Dataset? data;
    private int* examples;
    private int exampleCount;
    private float scale;
    private float smoothing;
    private float lastLoss = float.NaN;
    private int phase;
    private int slicesTaken;
    private GradientScope scope;
    private SgdStep update;
    private bool hasTiles;
    private int firstExample;
    private float[] sliceLosses = [];
    private int[] sliceCorrect = [];
    private int parameterSets;
    private float* rawInputs;
    private float* outputs;

    /// <summary>Builds the engine; parameters are undefined until they are loaded.</summary>
    /// <param name="network">The network.</param>
    /// <param name="masks">Which weights exist.</param>
    /// <param name="batchSize">Largest number of examples of one training step.</param>
    /// <param name="threads">Threads that share one step, evaluation or gradient; results do not depend on it.</param>
    /// <exception cref="ArgumentException">The network cannot run here (the message says why), or the masks belong to another network.</exception>
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
        counts = new int[plan.Slices];
        normPlaces = [.. Enumerable.Range(0, plan.Stages.Count).Where(stage => plan.Stages[stage] is NormStage)];

        // Where slices wait for one another, each keeps its activations meanwhile; otherwise one memory a thread is enough.
        workspaces = new Workspace[normPlaces.Length > 0 ? Math.Max(threads, plan.Slices) : threads];
        for (var index = 0; index < workspaces.Length; index++)
        {
            workspaces[index] = plan.CreateWorkspace();
        }

        this.threads = threads;
        team = new WorkerTeam(threads);
        forwardPart = ForwardPart;
        backwardPart = BackwardPart;
        evaluatePart = EvaluatePart;
        updatePart = UpdatePart;
        refreshPart = RefreshPart;
        Masks = masks;
        Rebuild(masks);
    }

    public Network Network { get; }

    public MaskSet Masks { get; private set; }

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
        hasTiles = plan.States.Any(state => state.HasTiles);
        foreach (var workspace in workspaces)
        {
            plan.Prepare(workspace, GradientScope.Active);
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

        LoadNorms(parameters);
        for (var norm = 0; norm < plan.NormStages.Count; norm++)
        {
            var state = plan.NormStages[norm].State;
            momentum.Scales(norm).CopyTo(new Span<float>(state.ScaleMomenta, state.Norm.Channels));
            momentum.Shifts(norm).CopyTo(new Span<float>(state.ShiftMomenta, state.Norm.Channels));
        }
    }

    public void Load(ParameterBlock parameters)
    {
        RequireLayout(parameters);
        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            plan.States[layer].Load(parameters.Weights(layer), parameters.Biases(layer), [], []);
        }

        LoadNorms(parameters);
        foreach (var norm in plan.NormStages)
        {
            new Span<float>(norm.State.ScaleMomenta, norm.State.Norm.Channels).Clear();
            new Span<float>(norm.State.ShiftMomenta, norm.State.Norm.Channels).Clear();
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

        for (var norm = 0; norm < plan.NormStages.Count; norm++)
        {
            var state = plan.NormStages[norm].State;
            ReadOnlySpan<float> Of(float* values) => new(values, state.Norm.Channels);
            Of(state.Scales).CopyTo(parameters.Scales(norm));
            Of(state.Shifts).CopyTo(parameters.Shifts(norm));
            Of(state.Means).CopyTo(parameters.Means(norm));
            Of(state.Variances).CopyTo(parameters.Variances(norm));
            Of(state.ScaleMomenta).CopyTo(momentum.Scales(norm));
            Of(state.ShiftMomenta).CopyTo(momentum.Shifts(norm));
        }
    }

    public void TrainingStep(Dataset data, ReadOnlySpan<int> examples, in SgdStep sgd)
    {
        RequireData(data);
        if (examples.Length < 1 || examples.Length > BatchSize)
        {
            throw new ArgumentException($"A training step takes 1 to {BatchSize} examples (the batch size the engine was built for), found {examples.Length}.");
        }

        var loss = RunBatch(data, examples, 1f / examples.Length, sgd.LabelSmoothing, GradientScope.Active);
        update = sgd;
        team.Run(updatePart);
        if (hasTiles)
        {
            team.Run(refreshPart);
        }

        foreach (var norm in plan.NormStages)
        {
            norm.State.Update(sgd);
            norm.State.UpdateRunningStatistics(examples.Length, norm.State.Norm.Decay);
        }

        lastLoss = (float)(loss / examples.Length);
    }

    public float ReadLoss() => lastLoss;

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
                plan.Prepare(workspace, GradientScope.Dense);
            }
        }

        Array.Clear(destination.Values);
        data.Prefetch(examples);
        var loss = 0.0;
        for (var first = 0; first < examples.Length; first += BatchSize)
        {
            var batch = examples.Slice(first, Math.Min(BatchSize, examples.Length - first));
            loss += RunBatch(data, batch, 1f / examples.Length, 0f, scope);
            for (var layer = 0; layer < plan.States.Length; layer++)
            {
                for (var slice = 0; slice < plan.SlicesOf(batch.Length); slice++)
                {
                    plan.States[layer].AddGradients(slice, scope, destination.Weights(layer), destination.Biases(layer));
                }
            }

            for (var norm = 0; norm < plan.NormStages.Count; norm++)
            {
                plan.NormStages[norm].State.AddGradients(destination.Scales(norm), destination.Shifts(norm));
            }
        }

        return loss / examples.Length;
    }

    public void EstimateStatistics(Dataset data, ReadOnlySpan<int> examples)
    {
        RequireData(data);
        if (examples.IsEmpty)
        {
            throw new ArgumentException("Statistics need at least 1 example, found 0.");
        }

        data.Prefetch(examples);
        for (var first = 0; first < examples.Length; first += BatchSize)
        {
            var batch = examples.Slice(first, Math.Min(BatchSize, examples.Length - first));
            RunForward(data, batch, 0f, 0f);
            foreach (var norm in plan.NormStages)
            {
                norm.State.UpdateRunningStatistics(batch.Length, (double)first / (first + batch.Length));
            }
        }
    }

    /// <summary>Computed in double precision by <see cref="DoubleNetwork"/>, exactly and slowly.</summary>
    public void HessianVector(Dataset data, ReadOnlySpan<int> examples, ParameterBlock direction, ParameterBlock destination)
    {
        RequireData(data);
        RequireLayout(direction);
        RequireLayout(destination);
        var (point, momentum) = (new ParameterBlock(Network), new ParameterBlock(Network));
        Store(point, momentum);
        var vector = direction.Clone();
        vector.Apply(Masks);
        var product = new DoubleNetwork(Network, Masks).HessianVector(DoubleNetwork.Widen(point), DoubleNetwork.Widen(vector), Examples.From(data, examples));
        for (var index = 0; index < product.Length; index++)
        {
            destination.Values[index] = (float)product[index];
        }

        destination.Apply(Masks);
    }

    public LossAndAccuracy Evaluate(Dataset data, int first, int count)
    {
        RequireData(data);
        RequireRange(data, first, count);
        RunEvaluation(data, first, count);
        return MeanOfSlices(0, count);
    }

    /// <summary>The inputs are fetched once for all vectors; each gives the same bits as <see cref="Evaluate"/> after <see cref="Load(ParameterBlock)"/>.</summary>
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

        for (var norm = 0; norm < plan.NormStages.Count; norm++)
        {
            var state = plan.NormStages[norm].State;
            state.EnsureAlternatives(parameters.Count);
            for (var set = 0; set < parameters.Count; set++)
            {
                var block = parameters[set];
                state.LoadAlternative(set, block.Scales(norm), block.Shifts(norm), block.Means(norm), block.Variances(norm));
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

    private void LoadNorms(ParameterBlock parameters)
    {
        for (var norm = 0; norm < plan.NormStages.Count; norm++)
        {
            var state = plan.NormStages[norm].State;
            Span<float> Of(float* values) => new(values, state.Norm.Channels);
            parameters.Scales(norm).CopyTo(Of(state.Scales));
            parameters.Shifts(norm).CopyTo(Of(state.Shifts));
            parameters.Means(norm).CopyTo(Of(state.Means));
            parameters.Variances(norm).CopyTo(Of(state.Variances));
        }
    }

    private double RunBatch(Dataset source, ReadOnlySpan<int> batch, float weight, float spread, GradientScope wanted)
    {
        scope = wanted;
        RunForward(source, batch, weight, spread);
        var used = counts.AsSpan(0, plan.SlicesOf(batch.Length));
        for (phase = normPlaces.Length - 1; phase >= 0; phase--)
        {
            // The slices have summed what they need to know of one another; the next job begins with the stage itself.
            ((NormStage)plan.Stages[normPlaces[phase]]).State.JoinGradients(used);
            team.Run(backwardPart);
        }

        var loss = 0.0;
        for (var slice = 0; slice < used.Length; slice++)
        {
            loss += batchLosses[slice];
        }

        return loss;
    }

    /// <summary>Runs a batch to its loss and, in the same job, back to the last batch normalisation (or to the start where there is none).</summary>
    private void RunForward(Dataset source, ReadOnlySpan<int> batch, float weight, float spread)
    {
        data = source;
        exampleCount = batch.Length;
        scale = weight;
        smoothing = spread;
        var used = counts.AsSpan(0, plan.SlicesOf(batch.Length));
        for (var slice = 0; slice < used.Length; slice++)
        {
            used[slice] = Math.Min(plan.SliceSize, batch.Length - (slice * plan.SliceSize));
        }

        fixed (int* indices = batch)
        {
            examples = indices;
            for (phase = 0; phase <= normPlaces.Length; phase++)
            {
                team.Run(forwardPart);
                if (phase < normPlaces.Length)
                {
                    ((NormStage)plan.Stages[normPlaces[phase]]).State.UseBatchStatistics(used);
                }
            }

            examples = null;
        }
    }

    /// <summary>From one batch normalisation to the next; the last phase also computes the loss and begins the way back.</summary>
    private void ForwardPart(int part)
    {
        var first = phase == 0 ? 0 : normPlaces[phase - 1];
        var isLast = phase == normPlaces.Length;
        var end = isLast ? plan.Stages.Count : normPlaces[phase];
        for (var slice = part; slice * plan.SliceSize < exampleCount; slice += threads)
        {
            var workspace = WorkspaceOf(part, slice);
            if (phase == 0)
            {
                workspace.KeepsPositions = true;
                LoadSlice(workspace, new ReadOnlySpan<int>(examples + (slice * plan.SliceSize), counts[slice]));
            }

            plan.Forward(workspace, first, end);
            if (!isLast)
            {
                ((NormStage)plan.Stages[end]).Collect(workspace, workspace.Blocks, slice);
                continue;
            }

            batchLosses[slice] = plan.Loss(workspace, scale, smoothing, withGradient: scale > 0, out _);
            if (scale > 0)
            {
                GoBack(workspace, end, slice);
            }
        }
    }

    private void BackwardPart(int part)
    {
        for (var slice = part; slice * plan.SliceSize < exampleCount; slice += threads)
        {
            GoBack(WorkspaceOf(part, slice), normPlaces[phase] + 1, slice);
        }
    }

    /// <summary>Backwards from before a stage to the batch normalisation that phase - 1 names, whose sums are taken; or to the start.</summary>
    private void GoBack(Workspace workspace, int end, int slice)
    {
        var first = phase == 0 ? 0 : normPlaces[phase - 1] + 1;
        plan.Backward(workspace, end, first, slice, scope);
        if (phase > 0)
        {
            ((NormStage)plan.Stages[first - 1]).CollectGradients(workspace, workspace.Blocks, slice);
        }
    }

    private Workspace WorkspaceOf(int part, int slice) => workspaces[normPlaces.Length > 0 ? slice : part];

    /// <summary>A share of every layer's update; gradients of the slices are added in slice order, so that the shares do not show.</summary>
    private void UpdatePart(int part)
    {
        foreach (var state in plan.States)
        {
            state.Update(update, plan.SlicesOf(exampleCount), part, threads);
        }
    }

    private void RefreshPart(int part)
    {
        foreach (var state in plan.States)
        {
            state.RefreshTiles(part, threads);
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

        foreach (var norm in plan.NormStages)
        {
            norm.State.UseRunningStatistics();
        }

        data = source;
        firstExample = first;
        exampleCount = count;
        slicesTaken = 0;
        team.Run(evaluatePart);
    }

    /// <summary>
    /// Gives out the slices of an evaluation one by one, so that a thread that is held up takes fewer; what a slice gives does not depend on who took it. (A training
    /// step's slices keep their threads, whose caches hold what they left behind.)
    /// </summary>
    private bool TakeSlice(out int slice)
    {
        slice = Interlocked.Increment(ref slicesTaken) - 1;
        return slice * plan.SliceSize < exampleCount;
    }

    private void EvaluatePart(int part)
    {
        var workspace = workspaces[part];
        workspace.KeepsPositions = false;
        var classes = Network.Output.Count;
        var slices = plan.SlicesOf(exampleCount);
        while (TakeSlice(out var slice))
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
                LoadSlice(workspace, ExamplesOf(slice, workspace));
                data!.Prefetch(ExamplesOf(slice + threads, workspace));
            }

            if (outputs is not null)
            {
                plan.Forward(workspace, 0, plan.Stages.Count);
                plan.CopyOutputs(workspace, count, new Span<float>(outputs + ((long)first * classes), count * classes));
                continue;
            }

            for (var set = 0; set < Math.Max(1, parameterSets); set++)
            {
                workspace.ParameterSet = parameterSets == 0 ? -1 : set;
                plan.Forward(workspace, 0, plan.Stages.Count);
                var place = (set * slices) + slice;
                sliceLosses[place] = plan.Loss(workspace, 0f, 0f, withGradient: false, out sliceCorrect[place]);
            }

            workspace.ParameterSet = -1;
        }
    }

    /// <summary>The examples of a slice of an evaluation, in the workspace's array; none after the last slice.</summary>
    private ReadOnlySpan<int> ExamplesOf(int slice, Workspace workspace)
    {
        var first = slice * plan.SliceSize;
        var count = Math.Clamp(exampleCount - first, 0, plan.SliceSize);
        for (var index = 0; index < count; index++)
        {
            workspace.Examples[index] = firstExample + first + index;
        }

        return workspace.Examples.AsSpan(0, count);
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
