using SparseCore.Cpu.Convolutions;
using SparseCore.Cpu.Kernels;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Cpu.Tangents;

/// <summary>
/// Products with the Hessian of the mean cross-entropy or its Gauss-Newton part (Pearlmutter 1994): the passes forward and backward, differentiated once more along a
/// direction. A layer is linear in its weights and in its input, so that the changes of its output and of its input's gradient are two products each, of the layer's own
/// kernels: one with its weights, one with the direction in their place. What belongs to the point alone is computed once for all products over the same examples. A product
/// then takes two thirds of the multiplications that the exact passes together have, twice those of a gradient. The same bits for any number of threads.
/// </summary>
internal sealed unsafe class CurvaturePass : IDisposable
{
    /// <summary>Examples that go through a network without batch normalizations at once, at most.</summary>
    public const int LargestBatch = 1024;

    /// <summary>From this batch on, slices have one size.</summary>
    private const int SmallBatch = 128;

    private readonly Network network;
    private readonly ExecutionPlan point;
    private readonly ExecutionPlan along;
    private readonly ParameterTransfer directions;
    private readonly CurvatureSlice[] slices;
    private readonly NormTangent?[] norms;
    private readonly int[] normPlaces;
    private readonly WorkerTeam team;
    private readonly int batchSize;
    private Dataset? data;
    private int[] examples = [];
    private int total;
    private bool hasGradients;

    /// <summary>Takes over the parameters.</summary>
    /// <param name="parameters">The point; values outside the masks are ignored.</param>
    /// <param name="masks">Which weights exist.</param>
    /// <param name="batchSize">Most examples at once: all, where there are batch normalizations.</param>
    /// <param name="team">The threads.</param>
    /// <exception cref="ArgumentException">So many examples do not fit into the memory; the message says what they take.</exception>
    public CurvaturePass(ParameterBlock parameters, MaskSet masks, int batchSize, WorkerTeam team)
    {
        network = parameters.Network;
        this.batchSize = batchSize;
        this.team = team;
        RequireMemory();
        point = new ExecutionPlan(network, batchSize, kind: PlanKind.Point);
        along = new ExecutionPlan(network, batchSize, kind: PlanKind.Direction);
        point.Rebuild(masks);
        along.Rebuild(masks);
        directions = new ParameterTransfer(network, along);
        var own = new ParameterTransfer(network, point);
        own.Load(parameters, null);

        // Set 0: the same weights without biases, for changes of inputs.
        var weights = parameters.Clone();
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            weights.Biases(layer).Clear();
        }

        own.LoadAlternatives([weights]);
        var largest = point.Stages.Where(IsLayer).Max(stage => (long)point.Floats(stage.Output));
        slices = [.. Enumerable.Range(0, point.Slices).Select(_ => new CurvatureSlice(point, largest))];
        foreach (var slice in slices)
        {
            slice.Changes.ParameterSet = 0;
            foreach (var workspace in new[] { slice.Point, slice.Changes })
            {
                point.Prepare(workspace, GradientScope.Active);
                along.Prepare(workspace, GradientScope.Active);
            }
        }

        norms = [.. point.Stages.Select(stage => stage is NormStage norm ? new NormTangent(norm, point) : null)];
        normPlaces = [.. point.Stages.Select(stage => stage is NormStage norm ? point.NormStages.ToList().IndexOf(norm) : -1)];
    }

    /// <summary>Most examples at once.</summary>
    public int BatchSize => batchSize;

    /// <summary>Adds a product's part of some examples.</summary>
    /// <param name="kind">Which matrix.</param>
    /// <param name="source">Where the examples come from.</param>
    /// <param name="batch">The examples.</param>
    /// <param name="all">Examples of the whole mean.</param>
    /// <param name="direction">The vector; its values outside the masks are ignored.</param>
    /// <param name="product">Added to.</param>
    public void Add(CurvatureKind kind, Dataset source, ReadOnlySpan<int> batch, int all, ParameterBlock direction, ParameterBlock product)
    {
        var gaussNewton = kind == CurvatureKind.GaussNewton;
        if (!ReferenceEquals(data, source) || total != all || !batch.SequenceEqual(examples))
        {
            Forward(source, batch, all);
        }

        if (!hasGradients && !gaussNewton)
        {
            Backward();
        }

        directions.Load(direction, null);
        ForwardTangent(direction);
        BackwardTangent(gaussNewton, product);
        AddProducts(gaussNewton, product);
    }

    public void Dispose()
    {
        foreach (var slice in slices)
        {
            slice.Dispose();
        }

        point.Dispose();
        along.Dispose();
    }

    private static bool IsLayer(Stage stage) => stage is ConvolutionStage or FullyConnectedStage;

    /// <summary>Refuses examples whose values, gradients and changes do not fit. Already a plan of them has memory for every slice; a small one has the same slices.</summary>
    private void RequireMemory()
    {
        using var small = new ExecutionPlan(network, Math.Min(batchSize, SmallBatch), kind: PlanKind.Point);
        var needed = small.SlicesOf(batchSize) * ((3 * small.ValueBytes) + small.GradientBytes);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (needed > memory * 0.9)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"Curvature products of '{network.Name}' over {batchSize:N0} examples at once take {needed / 1e9:F1} GB; expected at most nine tenths of the {memory / 1e9:F1} GB of memory here. Take fewer examples: batch normalizations need all of them together."));
        }
    }

    /// <summary>The values of a batch.</summary>
    private void Forward(Dataset source, ReadOnlySpan<int> batch, int all)
    {
        // Forgotten first: what fails halfway is not kept.
        data = null;
        hasGradients = false;
        examples = batch.ToArray();
        total = all;
        var counts = Counts();
        ForSlices(index =>
        {
            slices[index].SetCount(counts[index]);
            point.LoadExamples(slices[index].Point, source, examples.AsSpan(index * point.SliceSize, counts[index]));
        });
        foreach (var stage in point.Stages)
        {
            if (stage is NormStage norm)
            {
                ForSlices(index => norm.Collect(slices[index].Point, slices[index].Point.Blocks, index));
                norm.State.UseBatchStatistics(counts);
            }

            ForSlices(index => stage.Forward(slices[index].Point, slices[index].Point.Blocks));
        }

        data = source;
    }

    /// <summary>The gradients of all values of the batch.</summary>
    private void Backward()
    {
        var counts = Counts();
        ForSlices(index => LossGradient(slices[index].Point));
        for (var place = point.Stages.Count - 1; place >= 0; place--)
        {
            var stage = point.Stages[place];
            if (stage is NormStage norm)
            {
                ForSlices(index => norm.CollectGradients(slices[index].Point, slices[index].Point.Blocks, index));
                norm.State.JoinGradients(counts);
            }

            var tangent = norms[place];
            ForSlices(index =>
            {
                stage.Backward(slices[index].Point, slices[index].Point.Blocks, index, GradientScope.Active);
                tangent?.Gate(slices[index]);
            });
        }

        hasGradients = true;
    }

    /// <summary>How the values change.</summary>
    private void ForwardTangent(ParameterBlock direction)
    {
        for (var place = 0; place < point.Stages.Count; place++)
        {
            var (stage, across) = (point.Stages[place], along.Stages[place]);
            if (norms[place] is { } norm)
            {
                ForSlices(index => norm.Collect(slices[index], index));
                norm.Join(UsedSlices, examples.Length, direction.Scales(normPlaces[place]), direction.Shifts(normPlaces[place]));
                ForSlices(index => norm.Forward(slices[index]));
            }
            else if (IsLayer(stage))
            {
                ForSlices(index => ForwardLayer(slices[index], stage, across));
            }
            else
            {
                ForSlices(index => stage.ForwardTangent(slices[index].Point, slices[index].Changes, slices[index].Point.Blocks));
            }
        }
    }

    /// <summary>y' = W x' + V x, with the direction V in the place of the weights; the examples do not change.</summary>
    private void ForwardLayer(CurvatureSlice slice, Stage stage, Stage across)
    {
        var isFirst = stage.Input == 0;
        var view = slice.AcrossForward;
        var changes = slice.Changes.Values(stage.Output);
        view.SeeValues(stage.Output, isFirst ? changes : slice.Part);
        across.Forward(view, view.Blocks);
        view.SeeValues(stage.Output, slice.Point.Values(stage.Output));
        if (isFirst)
        {
            return;
        }

        stage.Forward(slice.Changes, view.Blocks);
        var layout = point.LayoutOf(stage.Output);
        foreach (var (block, channel, row) in layout.Rows(view.Blocks))
        {
            var target = layout.Place(block, channel, row);
            TangentRows.Add(
                changes + target, layout.FeatureStride, slice.Part + target, layout.FeatureStride, null, layout.Shape.Width, changes + target, layout.FeatureStride);
        }
    }

    /// <summary>How the gradients change; the products of scales and shifts are added on the way.</summary>
    private void BackwardTangent(bool gaussNewton, ParameterBlock product)
    {
        ForSlices(index => LossTangent(slices[index]));
        for (var place = point.Stages.Count - 1; place >= 0; place--)
        {
            var (stage, across) = (point.Stages[place], along.Stages[place]);
            if (norms[place] is { } norm)
            {
                ForSlices(index => norm.CollectGradients(slices[index], index, gaussNewton));
                norm.JoinGradients(UsedSlices, examples.Length, gaussNewton, product.Scales(normPlaces[place]), product.Shifts(normPlaces[place]));
                ForSlices(index => norm.Backward(slices[index], gaussNewton));
                continue;
            }

            ForSlices(index =>
            {
                var slice = slices[index];
                stage.Backward(slice.Back, slice.Back.Blocks, index, GradientScope.Active);
                if (IsLayer(stage) && SendsAcross(stage, gaussNewton))
                {
                    slice.AcrossBack.SeeGradients(stage.Input, slice.Changes.Gradients(stage.Input));
                    across.Backward(slice.AcrossBack, slice.Back.Blocks, index, GradientScope.Active);
                    slice.AcrossBack.SeeGradients(stage.Input, slice.Point.Gradients(stage.Input));
                }
            });
        }
    }

    /// <summary>Whether a layer's gradients meet changes of its input.</summary>
    private static bool SendsAcross(Stage stage, bool gaussNewton) => !gaussNewton && stage.Input != 0;

    private void LossGradient(Workspace workspace)
    {
        var layout = point.LayoutOf(point.OutputTensor);
        for (var block = 0; block < workspace.Blocks; block++)
        {
            var place = (long)block * layout.BlockStride;
            TangentRows.SoftmaxGradient(
                workspace.Values(point.OutputTensor) + place,
                workspace.Labels + (block * Lanes.Width),
                layout.Shape.Count,
                layout.FeatureStride,
                1f / total,
                workspace.ValidLanes(block),
                workspace.Gradients(point.OutputTensor) + place);
        }
    }

    private void LossTangent(CurvatureSlice slice)
    {
        var layout = point.LayoutOf(point.OutputTensor);
        for (var block = 0; block < slice.Point.Blocks; block++)
        {
            var place = (long)block * layout.BlockStride;
            TangentRows.Softmax(
                slice.Point.Values(point.OutputTensor) + place,
                slice.Changes.Values(point.OutputTensor) + place,
                layout.Shape.Count,
                layout.FeatureStride,
                1f / total,
                slice.Point.ValidLanes(block),
                slice.Changes.Gradients(point.OutputTensor) + place);
        }
    }

    /// <summary>Adds the products at weights and biases, slice by slice.</summary>
    private void AddProducts(bool gaussNewton, ParameterBlock product)
    {
        var layers = point.Stages.Select((stage, place) => (stage, place)).Where(pair => IsLayer(pair.stage)).ToDictionary(pair => pair.stage.Name, pair => pair.stage, StringComparer.Ordinal);
        for (var layer = 0; layer < network.Layers.Count; layer++)
        {
            var across = SendsAcross(layers[network.Layers[layer].Name], gaussNewton);
            for (var slice = 0; slice < UsedSlices; slice++)
            {
                point.States[layer].AddGradients(slice, GradientScope.Active, product.Weights(layer), product.Biases(layer));
                if (across)
                {
                    along.States[layer].AddGradients(slice, GradientScope.Active, product.Weights(layer), []);
                }
            }
        }
    }

    private int UsedSlices => point.SlicesOf(examples.Length);

    private int[] Counts() =>
        [.. Enumerable.Range(0, UsedSlices).Select(slice => Math.Min(point.SliceSize, examples.Length - (slice * point.SliceSize)))];

    /// <summary>Runs some work for every slice, shared among the threads.</summary>
    private void ForSlices(Action<int> work)
    {
        var used = UsedSlices;
        team.Run(part =>
        {
            for (var slice = part; slice < used; slice += team.Participants)
            {
                work(slice);
            }
        });
    }
}
