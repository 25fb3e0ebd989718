using SparseCore.Data;
using SparseCore.Engine;

namespace SparseCore.Cpu;

/// <summary>
/// Examples on their way through the network without a way back. The threads of a team take slices one by one, so that a thread that is held up takes fewer; what a
/// slice gives does not depend on who took it.
/// </summary>
internal sealed unsafe class EvaluationPass
{
    private readonly ExecutionPlan plan;
    private readonly Workspace[] workspaces;
    private readonly WorkerTeam team;
    private readonly Action<int> lossPart;
    private readonly Action<int> outputPart;
    private Dataset? data;
    private int firstExample;
    private int exampleCount;
    private int slicesTaken;
    private int parameterSets;
    private float[] losses = [];
    private int[] correct = [];
    private float* inputs;
    private float* outputs;

    /// <summary>Prepares for evaluations with a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="workspaces">At least one for every thread.</param>
    /// <param name="team">The threads.</param>
    public EvaluationPass(ExecutionPlan plan, Workspace[] workspaces, WorkerTeam team)
    {
        this.plan = plan;
        this.workspaces = workspaces;
        this.team = team;
        lossPart = LossPart;
        outputPart = OutputPart;
    }

    /// <summary>Loss and accuracy under the plan's own parameters.</summary>
    public LossAndAccuracy Evaluate(Dataset source, int first, int count)
    {
        RunLosses(source, first, count, 0);
        return MeanOfSlices(0);
    }

    /// <summary>The same under each of the sets of parameters that were loaded beside the plan's own; the inputs are fetched once for all.</summary>
    public LossAndAccuracy[] EvaluateMany(Dataset source, int first, int count, int sets)
    {
        RunLosses(source, first, count, sets);
        return [.. Enumerable.Range(0, sets).Select(MeanOfSlices)];
    }

    /// <summary>Outputs for examples of a data set.</summary>
    /// <param name="source">The data set.</param>
    /// <param name="first">First example.</param>
    /// <param name="count">Number of examples.</param>
    /// <param name="destination">Shape [count, classes].</param>
    public void Outputs(Dataset source, int first, int count, Span<float> destination)
    {
        fixed (float* target = destination)
        {
            inputs = null;
            outputs = target;
            Run(source, first, count, outputPart);
        }
    }

    /// <summary>Outputs for rows of inputs.</summary>
    /// <param name="rows">Shape [count, features].</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="destination">Shape [count, classes].</param>
    public void OutputsOf(ReadOnlySpan<float> rows, int count, Span<float> destination)
    {
        fixed (float* source = rows)
        fixed (float* target = destination)
        {
            inputs = source;
            outputs = target;
            Run(null, 0, count, outputPart);
        }
    }

    private void RunLosses(Dataset source, int first, int count, int sets)
    {
        var places = plan.SlicesOf(count) * Math.Max(1, sets);
        if (losses.Length < places)
        {
            losses = new float[places];
            correct = new int[places];
        }

        parameterSets = sets;
        Run(source, first, count, lossPart);
    }

    private void Run(Dataset? source, int first, int count, Action<int> part)
    {
        foreach (var norm in plan.NormStages)
        {
            norm.State.UseRunningStatistics();
        }

        data = source;
        firstExample = first;
        exampleCount = count;
        slicesTaken = 0;
        team.Run(part);
    }

    private LossAndAccuracy MeanOfSlices(int set)
    {
        var slices = plan.SlicesOf(exampleCount);
        var loss = 0.0;
        var right = 0;
        for (var slice = 0; slice < slices; slice++)
        {
            loss += losses[(set * slices) + slice];
            right += correct[(set * slices) + slice];
        }

        return new LossAndAccuracy(loss / exampleCount, (double)right / exampleCount);
    }

    private bool TakeSlice(out int slice)
    {
        slice = Interlocked.Increment(ref slicesTaken) - 1;
        return slice * plan.SliceSize < exampleCount;
    }

    private void LossPart(int part)
    {
        var workspace = workspaces[part];
        workspace.KeepsPositions = false;
        var slices = plan.SlicesOf(exampleCount);
        while (TakeSlice(out var slice))
        {
            LoadSlice(workspace, slice);
            for (var set = 0; set < Math.Max(1, parameterSets); set++)
            {
                workspace.ParameterSet = parameterSets == 0 ? -1 : set;
                plan.Forward(workspace, 0, plan.Stages.Count);
                var place = (set * slices) + slice;
                losses[place] = plan.Loss(workspace, 0f, 0f, withGradient: false, out correct[place]);
            }

            workspace.ParameterSet = -1;
        }
    }

    private void OutputPart(int part)
    {
        var workspace = workspaces[part];
        workspace.KeepsPositions = false;
        var (features, classes) = (plan.Network.Input.Count, plan.Network.Output.Count);
        while (TakeSlice(out var slice))
        {
            var first = (long)slice * plan.SliceSize;
            var count = Math.Min(plan.SliceSize, exampleCount - (int)first);
            if (inputs is not null)
            {
                plan.LoadInputs(workspace, new ReadOnlySpan<float>(inputs + (first * features), count * features), count);
            }
            else
            {
                LoadSlice(workspace, slice);
            }

            plan.Forward(workspace, 0, plan.Stages.Count);
            plan.CopyOutputs(workspace, count, new Span<float>(outputs + (first * classes), count * classes));
        }
    }

    private void LoadSlice(Workspace workspace, int slice)
    {
        plan.LoadExamples(workspace, data!, ExamplesOf(slice, workspace));
        data!.Prefetch(ExamplesOf(slice + team.Participants, workspace));
    }

    /// <summary>The examples of a slice, in the workspace's array; none after the last slice.</summary>
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
}
