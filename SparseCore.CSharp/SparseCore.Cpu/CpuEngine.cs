using SparseCore.Cpu.Tangents;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Cpu;

/// <summary>
/// The managed CPU engine: sparse and dense SIMD kernels on activations stored with the batch last. Results are bit-identical for every number of threads, vector width and
/// machine.
/// </summary>
public sealed class CpuEngine : IEngine
{
    private readonly ExecutionPlan plan;
    private readonly Workspace[] workspaces;
    private readonly WorkerTeam team;
    private readonly ParameterTransfer transfer;
    private readonly BatchPass batches;
    private readonly EvaluationPass evaluations;
    private CurvaturePass? curvature;
    private float lastLoss = float.NaN;

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

        // Where slices wait for one another, each keeps its activations meanwhile; otherwise one memory a thread is enough.
        workspaces = new Workspace[plan.NormStages.Count > 0 ? Math.Max(threads, plan.Slices) : threads];
        for (var index = 0; index < workspaces.Length; index++)
        {
            workspaces[index] = plan.CreateWorkspace();
        }

        team = new WorkerTeam(threads);
        transfer = new ParameterTransfer(network, plan);
        batches = new BatchPass(plan, workspaces, team);
        evaluations = new EvaluationPass(plan, workspaces, team);
        Masks = masks;
        Rebuild(masks);
    }

    /// <inheritdoc/>
    public Network Network { get; }

    /// <inheritdoc/>
    public MaskSet Masks { get; private set; }

    /// <inheritdoc/>
    public int BatchSize { get; }

    /// <summary>Native memory the engine holds for training: weights, momentum, gradients, activations and scratch areas, in bytes.</summary>
    public long NativeBytes => plan.Bytes + workspaces.Sum(workspace => workspace.Bytes);

    /// <inheritdoc/>
    public void Rebuild(MaskSet masks)
    {
        EngineArguments.RequireMasks(Network, masks);
        Forget();
        Masks = masks;
        plan.Rebuild(masks);
        foreach (var workspace in workspaces)
        {
            plan.Prepare(workspace, GradientScope.Active);
        }
    }

    /// <inheritdoc/>
    public void Load(ParameterBlock parameters, ParameterBlock momentum)
    {
        EngineArguments.RequireLayout(Network, parameters);
        EngineArguments.RequireLayout(Network, momentum);
        Forget();
        transfer.Load(parameters, momentum);
    }

    /// <inheritdoc/>
    public void Load(ParameterBlock parameters)
    {
        EngineArguments.RequireLayout(Network, parameters);
        Forget();
        transfer.Load(parameters, null);
    }

    /// <inheritdoc/>
    public void Store(ParameterBlock parameters, ParameterBlock momentum)
    {
        EngineArguments.RequireLayout(Network, parameters);
        EngineArguments.RequireLayout(Network, momentum);
        transfer.Store(parameters, momentum);
    }

    /// <summary>One step of SGD, see <see cref="IEngine.TrainingStep"/>. Allocates nothing.</summary>
    public void TrainingStep(Dataset data, ReadOnlySpan<int> examples, in SgdStep sgd)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireBatch(BatchSize, examples.Length);
        Forget();
        var loss = batches.Run(data, examples, 1f / examples.Length, sgd.LabelSmoothing, GradientScope.Active);
        batches.Update(sgd);
        lastLoss = (float)(loss / examples.Length);
    }

    /// <inheritdoc/>
    public float ReadLoss() => lastLoss;

    /// <inheritdoc/>
    public double Gradient(Dataset data, ReadOnlySpan<int> examples, GradientScope scope, ParameterBlock destination)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireLayout(Network, destination);
        EngineArguments.RequireSome("Gradients", examples.Length);
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
            loss += batches.Run(data, batch, 1f / examples.Length, 0f, scope);
            transfer.AddGradients(batch.Length, scope, destination);
        }

        return loss / examples.Length;
    }

    /// <inheritdoc/>
    public void EstimateStatistics(Dataset data, ReadOnlySpan<int> examples)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireSome("Statistics", examples.Length);
        data.Prefetch(examples);
        for (var first = 0; first < examples.Length; first += BatchSize)
        {
            var batch = examples.Slice(first, Math.Min(BatchSize, examples.Length - first));
            batches.CollectStatistics(data, batch);
            foreach (var norm in plan.NormStages)
            {
                norm.State.UpdateRunningStatistics(batch.Length, (double)first / (first + batch.Length));
            }
        }
    }

    /// <summary>
    /// Exact derivatives of the engine's own passes, in single precision, see <see cref="CurvaturePass"/>. What belongs to the point alone is kept for the next product over the
    /// same examples.
    /// </summary>
    public void CurvatureVector(CurvatureKind kind, Dataset data, ReadOnlySpan<int> examples, ParameterBlock direction, ParameterBlock destination)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireLayout(Network, direction);
        EngineArguments.RequireLayout(Network, destination);
        EngineArguments.RequireSome("Curvature products", examples.Length);
        data.Prefetch(examples);
        var batch = Network.Norms.Count > 0 ? examples.Length : Math.Min(examples.Length, CurvaturePass.LargestBatch);
        if (curvature?.BatchSize != batch)
        {
            Forget();
            var (point, momentum) = (new ParameterBlock(Network), new ParameterBlock(Network));
            Store(point, momentum);
            curvature = new CurvaturePass(point, Masks, batch, team);
        }

        Array.Clear(destination.Values);
        for (var first = 0; first < examples.Length; first += batch)
        {
            var part = examples.Slice(first, Math.Min(batch, examples.Length - first));
            curvature.Add(kind, data, part, examples.Length, direction, destination);
        }
    }

    /// <inheritdoc/>
    public LossAndAccuracy Evaluate(Dataset data, int first, int count)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireRange(data, first, count);
        return evaluations.Evaluate(data, first, count);
    }

    /// <summary>The inputs are fetched once for all vectors; each gives the same bits as <see cref="Evaluate"/> after <see cref="Load(ParameterBlock)"/>.</summary>
    public LossAndAccuracy[] EvaluateMany(Dataset data, int first, int count, IReadOnlyList<ParameterBlock> parameters)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireRange(data, first, count);
        foreach (var block in parameters)
        {
            EngineArguments.RequireLayout(Network, block);
        }

        transfer.LoadAlternatives(parameters);
        return evaluations.EvaluateMany(data, first, count, parameters.Count);
    }

    /// <inheritdoc/>
    public void Logits(Dataset data, int first, int count, Span<float> destination)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireRange(data, first, count);
        EngineArguments.RequireOutputs(Network, count, destination);
        evaluations.Outputs(data, first, count, destination);
    }

    /// <inheritdoc/>
    public void LogitsOf(ReadOnlySpan<float> inputs, int count, Span<float> destination)
    {
        EngineArguments.RequireInputs(Network, count, inputs);
        EngineArguments.RequireOutputs(Network, count, destination);
        evaluations.OutputsOf(inputs, count, destination);
    }

    /// <inheritdoc/>
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

        return transfer.FindNonFinite();
    }

    /// <summary>Ends the engine's threads and frees its native memory.</summary>
    public void Dispose()
    {
        Forget();
        team.Dispose();
        plan.Dispose();
        foreach (var workspace in workspaces)
        {
            workspace.Dispose();
        }
    }

    /// <summary>Lets go of what was kept for products at parameters that change now.</summary>
    private void Forget()
    {
        curvature?.Dispose();
        curvature = null;
    }
}
