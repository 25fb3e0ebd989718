using SparseCore.Data;
using SparseCore.Engine;

namespace SparseCore.Cpu;

/// <summary>
/// A batch on its way through the network and back, slice by slice on the threads of a team, and the step of SGD that follows. Slices keep their threads, whose caches
/// hold what they left behind; only batch normalizations make them wait for one another.
/// </summary>
internal sealed unsafe class BatchPass
{
    private readonly ExecutionPlan plan;
    private readonly Workspace[] workspaces;
    private readonly WorkerTeam team;
    private readonly Action<int> forwardPart;
    private readonly Action<int> backwardPart;
    private readonly Action<int> updatePart;
    private readonly Action<int> refreshPart;
    private readonly NormStage[] norms;
    private readonly int[] normPlaces;
    private readonly int[] counts;
    private readonly float[] losses;
    private Dataset? data;
    private int* examples;
    private int exampleCount;
    private float scale;
    private float smoothing;
    private int phase;
    private GradientScope scope;
    private SgdStep step;

    /// <summary>Prepares for batches of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="workspaces">One for every slice where there are batch normalizations, else one for every thread.</param>
    /// <param name="team">The threads.</param>
    public BatchPass(ExecutionPlan plan, Workspace[] workspaces, WorkerTeam team)
    {
        this.plan = plan;
        this.workspaces = workspaces;
        this.team = team;
        normPlaces = [.. Enumerable.Range(0, plan.Stages.Count).Where(stage => plan.Stages[stage] is NormStage)];
        norms = [.. normPlaces.Select(place => (NormStage)plan.Stages[place])];
        losses = new float[plan.Slices];
        counts = new int[plan.Slices];
        forwardPart = ForwardPart;
        backwardPart = BackwardPart;
        updatePart = UpdatePart;
        refreshPart = RefreshPart;
    }

    /// <summary>Runs a batch to its loss and back; the slices' gradients are then in the plan's states.</summary>
    /// <param name="source">The data set.</param>
    /// <param name="batch">The examples.</param>
    /// <param name="weight">Weight of one example in the gradient, above 0.</param>
    /// <param name="spread">Share of every label that is spread evenly over all classes.</param>
    /// <param name="wanted">Which gradients.</param>
    /// <returns>Sum of the losses, in nats.</returns>
    public double Run(Dataset source, ReadOnlySpan<int> batch, float weight, float spread, GradientScope wanted)
    {
        scope = wanted;
        (scale, smoothing) = (weight, spread);
        RunForward(source, batch);
        var used = counts.AsSpan(0, plan.SlicesOf(batch.Length));
        for (phase = norms.Length - 1; phase >= 0; phase--)
        {
            // The slices have summed what they need to know of one another; the next job begins with the stage itself.
            norms[phase].State.JoinGradients(used);
            team.Run(backwardPart);
        }

        var loss = 0.0;
        for (var slice = 0; slice < used.Length; slice++)
        {
            loss += losses[slice];
        }

        return loss;
    }

    /// <summary>Runs a batch forward only: the batch normalizations take its statistics.</summary>
    public void CollectStatistics(Dataset source, ReadOnlySpan<int> batch)
    {
        (scale, smoothing) = (0f, 0f);
        RunForward(source, batch);
    }

    /// <summary>One step of SGD from the gradients of the batch that was run last.</summary>
    public void Update(in SgdStep sgd)
    {
        step = sgd;
        team.Run(updatePart);
        if (plan.HasTiles)
        {
            team.Run(refreshPart);
        }

        foreach (var norm in plan.NormStages)
        {
            norm.State.Update(sgd);
            norm.State.UpdateRunningStatistics(exampleCount, norm.State.Norm.Decay);
        }
    }

    /// <summary>Runs a batch to its loss and, in the same job, back to the last batch normalization (or to the start where there is none).</summary>
    private void RunForward(Dataset source, ReadOnlySpan<int> batch)
    {
        data = source;
        exampleCount = batch.Length;
        var used = counts.AsSpan(0, plan.SlicesOf(batch.Length));
        for (var slice = 0; slice < used.Length; slice++)
        {
            used[slice] = Math.Min(plan.SliceSize, batch.Length - (slice * plan.SliceSize));
        }

        fixed (int* indices = batch)
        {
            examples = indices;
            for (phase = 0; phase <= norms.Length; phase++)
            {
                team.Run(forwardPart);
                if (phase < norms.Length)
                {
                    norms[phase].State.UseBatchStatistics(used);
                }
            }

            examples = null;
        }
    }

    /// <summary>From one batch normalization to the next; the last phase also computes the loss and begins the way back.</summary>
    private void ForwardPart(int part)
    {
        var first = phase == 0 ? 0 : normPlaces[phase - 1];
        var isLast = phase == norms.Length;
        var end = isLast ? plan.Stages.Count : normPlaces[phase];
        for (var slice = part; slice * plan.SliceSize < exampleCount; slice += team.Participants)
        {
            var workspace = WorkspaceOf(part, slice);
            if (phase == 0)
            {
                workspace.KeepsPositions = true;
                plan.LoadExamples(workspace, data!, new ReadOnlySpan<int>(examples + (slice * plan.SliceSize), counts[slice]));
            }

            plan.Forward(workspace, first, end);
            if (!isLast)
            {
                norms[phase].Collect(workspace, workspace.Blocks, slice);
                continue;
            }

            losses[slice] = plan.Loss(workspace, scale, smoothing, withGradient: scale > 0, out _);
            if (scale > 0)
            {
                GoBack(workspace, end, slice);
            }
        }
    }

    private void BackwardPart(int part)
    {
        for (var slice = part; slice * plan.SliceSize < exampleCount; slice += team.Participants)
        {
            GoBack(WorkspaceOf(part, slice), normPlaces[phase] + 1, slice);
        }
    }

    /// <summary>Backwards from before a stage to the batch normalization that phase - 1 names, whose sums are taken; or to the start.</summary>
    private void GoBack(Workspace workspace, int end, int slice)
    {
        var first = phase == 0 ? 0 : normPlaces[phase - 1] + 1;
        plan.Backward(workspace, end, first, slice, scope);
        if (phase > 0)
        {
            norms[phase - 1].CollectGradients(workspace, workspace.Blocks, slice);
        }
    }

    private Workspace WorkspaceOf(int part, int slice) => workspaces[norms.Length > 0 ? slice : part];

    /// <summary>A share of every layer's update; gradients of the slices are added in slice order, so that the shares do not show.</summary>
    private void UpdatePart(int part)
    {
        foreach (var state in plan.States)
        {
            state.Update(step, plan.SlicesOf(exampleCount), part, team.Participants);
        }
    }

    private void RefreshPart(int part)
    {
        foreach (var state in plan.States)
        {
            state.RefreshTiles(part, team.Participants);
        }
    }
}
