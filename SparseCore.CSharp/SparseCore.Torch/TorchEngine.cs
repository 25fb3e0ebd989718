using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace SparseCore.Torch;

/// <summary>
/// Trains and measures on libtorch: masked weights are zeros of dense tensors, which is what GPUs are fast at. Parameters, momentum and masks stay on the device, as do
/// examples that fit; nothing is read back in a step. No tensor lives longer than the call that made it, but for the flat ones.
/// </summary>
public sealed class TorchEngine : IEngine, IWeightExchange
{
    private readonly TorchDevice device;
    private readonly FlatTensors tensors;
    private readonly ForwardPass forward;
    private readonly LossHistory history;
    private readonly int microBatch;

    internal TorchEngine(Network network, MaskSet masks, int batchSize, TorchDevice device, int? microBatch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        this.device = device;
        this.microBatch = Math.Min(batchSize, microBatch ?? batchSize);
        Network = network;
        BatchSize = batchSize;
        Masks = masks;
        EngineArguments.RequireMasks(Network, masks);
        forward = new ForwardPass(network, device.Precision);
        (tensors, history) = device.Run(() => (new FlatTensors(network, device.Device, device.ReadsFreely), new LossHistory(device.Device)));
        Rebuild(masks);
    }

    /// <inheritdoc/>
    public Network Network { get; }

    /// <inheritdoc/>
    public MaskSet Masks { get; private set; }

    /// <inheritdoc/>
    public int BatchSize { get; }

    /// <inheritdoc/>
    public void Rebuild(MaskSet masks)
    {
        EngineArguments.RequireMasks(Network, masks);
        Masks = masks;
        device.Run(() => tensors.Rebuild(masks));
    }

    /// <inheritdoc/>
    public void Load(ParameterBlock parameters, ParameterBlock momentum)
    {
        EngineArguments.RequireLayout(Network, momentum);
        LoadAll(parameters, momentum);
    }

    /// <inheritdoc/>
    public void Load(ParameterBlock parameters) => LoadAll(parameters, null);

    /// <inheritdoc/>
    public void Store(ParameterBlock parameters, ParameterBlock momentum)
    {
        EngineArguments.RequireLayout(Network, parameters);
        EngineArguments.RequireLayout(Network, momentum);
        device.Run(() => tensors.Store(Masks, parameters, momentum));
    }

    /// <summary>
    /// One step of SGD, see <see cref="IEngine.TrainingStep"/>. Where the engine computes a smaller number of examples at once, the gradient is the mean over all of
    /// them, and batch normalizations take the statistics of each part and move the running ones once a part.
    /// </summary>
    public void TrainingStep(Dataset data, ReadOnlySpan<int> examples, in SgdStep sgd)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireBatch(BatchSize, examples.Length);
        var (batch, step) = (examples.ToArray(), sgd);
        device.Run(() =>
        {
            var loss = Backward(data, batch, microBatch, step.LabelSmoothing, NormStatistics.BatchAndUpdate);
            using var _ = torch.no_grad();
            tensors.Update(loss, step);
            history.Add(loss, data, batch);
        });
    }

    /// <summary>The loss of the last step, or the first since the parameters were loaded that is not finite: nothing was changed after that one.</summary>
    public float ReadLoss() => device.Run(history.Read);

    /// <inheritdoc/>
    public double Gradient(Dataset data, ReadOnlySpan<int> examples, GradientScope scope, ParameterBlock destination)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireLayout(Network, destination);
        EngineArguments.RequireSome("Gradients", examples.Length);
        data.Prefetch(examples);
        var all = examples.ToArray();
        var loss = device.Run(() =>
        {
            var mean = Backward(data, all, BatchSize, 0, NormStatistics.Batch).item<double>();
            HostTensors.Read(tensors.Gradient, destination.Trained);
            return mean;
        });
        destination.Values.AsSpan(Network.ParameterCount).Clear();
        if (scope == GradientScope.Active)
        {
            destination.Apply(Masks);
        }

        return loss;
    }

    /// <inheritdoc/>
    public MaskSet ExchangeByGradient(Dataset data, ReadOnlySpan<int> examples, float l2, IReadOnlyList<int> drops)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireSome("Gradients", examples.Length);
        data.Prefetch(examples);
        var all = examples.ToArray();
        Masks = device.Run(() =>
        {
            Backward(data, all, BatchSize, 0, NormStatistics.Batch);
            using var _ = torch.no_grad();
            return new MaskSet(Network, tensors.Exchange(Masks, l2, drops));
        });
        return Masks;
    }

    /// <summary>
    /// Computed in double precision on the device: the Hessian by differentiating the gradient's product with the vector, its Gauss-Newton part by differentiating the
    /// outputs' gradient by what it is multiplied with, which gives the outputs' derivative along the vector.
    /// </summary>
    public void CurvatureVector(CurvatureKind kind, Dataset data, ReadOnlySpan<int> examples, ParameterBlock direction, ParameterBlock destination)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireLayout(Network, direction);
        EngineArguments.RequireLayout(Network, destination);
        EngineArguments.RequireSome("Hessian products", examples.Length);
        data.Prefetch(examples);
        var vector = direction.Clone();
        vector.Apply(Masks);
        var (all, part) = (examples.ToArray(), Network.Norms.Count > 0 ? examples.Length : BatchSize);
        device.Run(() =>
        {
            var along = HostTensors.From(vector.Values, device.Device).to_type(torch.ScalarType.Float64);
            var product = torch.zeros(Network.ParameterCount, torch.ScalarType.Float64, device.Device);
            var wide = tensors.Values.to_type(torch.ScalarType.Float64);
            for (var first = 0; first < all.Length; first += part)
            {
                using var scope = torch.NewDisposeScope();
                var batch = all.AsSpan(first, Math.Min(part, all.Length - first));
                AddCurvatureVector(kind, data, batch, (double)batch.Length / all.Length, wide, along, product);
            }

            HostTensors.Read(product.to_type(torch.ScalarType.Float32), destination.Trained);
        });
        destination.Values.AsSpan(Network.ParameterCount).Clear();
        destination.Apply(Masks);
    }

    /// <inheritdoc/>
    public void EstimateStatistics(Dataset data, ReadOnlySpan<int> examples)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireSome("Statistics", examples.Length);
        data.Prefetch(examples);
        var all = examples.ToArray();
        device.Run(() =>
        {
            using var _ = torch.no_grad();
            for (var first = 0; first < all.Length; first += BatchSize)
            {
                using var scope = torch.NewDisposeScope();
                var batch = all.AsSpan(first, Math.Min(BatchSize, all.Length - first));
                var keep = (double)first / (first + batch.Length);
                forward.Run(device.Examples.Fetch(data, batch).Inputs, tensors.Views, NormStatistics.BatchAndUpdate, keep: keep);
            }
        });
    }

    /// <inheritdoc/>
    public LossAndAccuracy Evaluate(Dataset data, int first, int count)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireRange(data, first, count);
        return device.Run(() => Evaluate(data, first, count, tensors.Views, 1))[0];
    }

    /// <summary>As many vectors at once as <see cref="TorchDevice.VectorsAtOnce"/> says; the examples are fetched once for those.</summary>
    public LossAndAccuracy[] EvaluateMany(Dataset data, int first, int count, IReadOnlyList<ParameterBlock> parameters)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireRange(data, first, count);
        foreach (var block in parameters)
        {
            EngineArguments.RequireLayout(Network, block);
        }

        return [.. parameters.Chunk(device.VectorsAtOnce).SelectMany(group => device.Run(() =>
            Evaluate(data, first, count, tensors.Join(group), group.Length)))];
    }

    /// <inheritdoc/>
    public void Logits(Dataset data, int first, int count, Span<float> destination)
    {
        EngineArguments.RequireData(Network, data);
        EngineArguments.RequireRange(data, first, count);
        EngineArguments.RequireOutputs(Network, count, destination);
        var classes = Network.Output.Count;
        for (var done = 0; done < count; done += BatchSize)
        {
            var (start, part) = (first + done, Math.Min(BatchSize, count - done));
            Outputs(() => device.Examples.Fetch(data, start, part).Inputs).CopyTo(destination[(done * classes)..]);
        }
    }

    /// <inheritdoc/>
    public void LogitsOf(ReadOnlySpan<float> inputs, int count, Span<float> destination)
    {
        var size = Network.Input.Count;
        EngineArguments.RequireInputs(Network, count, inputs);
        EngineArguments.RequireOutputs(Network, count, destination);
        for (var done = 0; done < count; done += BatchSize)
        {
            var part = inputs.Slice(done * size, Math.Min(BatchSize, count - done) * size).ToArray();
            Outputs(() => HostTensors.From(part, device.Device).view(-1, Network.Input.Channels, Network.Input.Height, Network.Input.Width))
                .CopyTo(destination[(done * Network.Output.Count)..]);
        }
    }

    /// <inheritdoc/>
    public string? FindNonFiniteLayer() => device.Run(() =>
    {
        history.Read();
        return (history.Suspect is { } batch ? FindNonFinite(batch) : null) ?? tensors.FindNonFinite();
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        tensors.Dispose();
        history.Dispose();
    }

    private void LoadAll(ParameterBlock parameters, ParameterBlock? momentum)
    {
        EngineArguments.RequireLayout(Network, parameters);
        device.Run(() =>
        {
            tensors.Load(parameters, momentum);
            history.Clear();
        });
    }

    /// <summary>Leaves the gradient of the mean loss in <see cref="FlatTensors.Gradient"/>.</summary>
    /// <returns>The mean loss. Shape [], double precision, on the device.</returns>
    private Tensor Backward(Dataset data, int[] examples, int part, float smoothing, NormStatistics statistics)
    {
        tensors.Gradient.zero_();
        var sum = torch.zeros([], torch.ScalarType.Float64, device.Device);
        for (var first = 0; first < examples.Length; first += part)
        {
            using var scope = torch.NewDisposeScope();
            var batch = device.Examples.Fetch(data, examples.AsSpan(first, Math.Min(part, examples.Length - first)));
            var share = (double)batch.Labels.numel() / examples.Length;
            var loss = F.cross_entropy(forward.Run(batch.Inputs, tensors.Views, statistics), batch.Labels, label_smoothing: smoothing);
            if (loss.requires_grad)
            {
                (share == 1 ? loss : loss.mul(share)).backward();
            }

            sum.add_(loss.detach(), share);
        }

        return sum;
    }

    private void AddCurvatureVector(
        CurvatureKind kind, Dataset data, ReadOnlySpan<int> examples, double share, Tensor values, Tensor along, Tensor product)
    {
        var batch = device.Examples.Fetch(data, examples);
        var leaves = Network.Tensors.Select(tensor => FlatTensors.PlaceOf(tensor, values).detach().requires_grad_(tensor.Tensor.IsTrained)).ToArray();
        var outputs = forward.Run(batch.Inputs.to_type(torch.ScalarType.Float64), leaves, NormStatistics.Batch);
        if (!outputs.requires_grad)
        {
            return;
        }

        // Only of what the outputs depend on: of anything else, this call would end the process.
        var used = Enumerable.Range(0, leaves.Length).Where(place => leaves[place].requires_grad && forward.Uses(place)).ToArray();
        if (kind == CurvatureKind.Hessian)
        {
            var slope = Slope(F.cross_entropy(outputs, batch.Labels), used, leaves, along);
            if (!slope.requires_grad)
            {
                return; // a gradient that is constant
            }

            slope.backward();
        }
        else
        {
            var weights = torch.zeros_like(outputs).requires_grad_(true);
            var slope = Slope(outputs.mul(weights).sum(), used, leaves, along);
            var change = torch.autograd.grad([slope], [weights], retain_graph: true)[0].detach();
            var probabilities = outputs.detach().softmax(1);
            var seen = probabilities.mul(change - probabilities.mul(change).sum([1], keepdim: true)).div(examples.Length);
            outputs.mul(seen).sum().backward();
        }

        foreach (var (leaf, tensor) in leaves.Zip(Network.Tensors))
        {
            if (leaf.grad is { } change)
            {
                FlatTensors.PlaceOf(tensor, product).add_(change.detach(), share);
            }
        }
    }

    /// <summary>The derivative of a number along a direction, which can itself be differentiated.</summary>
    private Tensor Slope(Tensor number, int[] used, Tensor[] leaves, Tensor along)
    {
        var gradients = torch.autograd.grad([number], [.. used.Select(place => leaves[place])], retain_graph: true, create_graph: true);
        var slope = torch.zeros([], torch.ScalarType.Float64, device.Device);
        foreach (var (gradient, place) in gradients.Zip(used))
        {
            slope = slope.add(gradient.mul(FlatTensors.PlaceOf(Network.Tensors[place], along)).sum());
        }

        return slope;
    }

    private LossAndAccuracy[] Evaluate(Dataset data, int first, int count, IReadOnlyList<Tensor> parameters, int vectors)
    {
        using var _ = torch.no_grad();
        var classes = Network.Output.Count;
        var losses = torch.zeros(vectors, torch.ScalarType.Float64, device.Device);
        var correct = torch.zeros(vectors, torch.ScalarType.Float64, device.Device);
        var part = Math.Max(BatchSize, device.EvaluationBatch / vectors);
        for (var done = 0; done < count; done += part)
        {
            using var scope = torch.NewDisposeScope();
            var batch = device.Examples.Fetch(data, first + done, Math.Min(part, count - done));
            var examples = batch.Labels.numel();
            var outputs = forward.Run(batch.Inputs, parameters, NormStatistics.Running, vectors).view(examples * vectors, classes);
            var labels = batch.Labels.unsqueeze(1).expand(examples, vectors).reshape(-1);
            var each = F.cross_entropy(outputs, labels, reduction: torch.nn.Reduction.None);
            losses.add_(each.to_type(torch.ScalarType.Float64).view(examples, vectors).sum([0]));
            correct.add_(outputs.argmax(1).eq(labels).view(examples, vectors).sum([0]));
        }

        var (sums, hits) = (HostTensors.ReadDoubles(losses), HostTensors.ReadDoubles(correct));
        return [.. sums.Zip(hits, (loss, hit) => new LossAndAccuracy(loss / count, hit / count))];
    }

    private float[] Outputs(Func<Tensor> inputs) => device.Run(() =>
    {
        using var _ = torch.no_grad();
        var outputs = forward.Run(inputs(), tensors.Views, NormStatistics.Running);
        var values = new float[outputs.numel()];
        HostTensors.Read(outputs.view(-1), values);
        return values;
    });

    private string? FindNonFinite(LossHistory.Batch batch)
    {
        using var _ = torch.no_grad();
        string? found = null;
        forward.Run(device.Examples.Fetch(batch.Data, batch.Examples).Inputs, tensors.Views, NormStatistics.Batch, seen: (node, outputs) =>
            found ??= outputs.isfinite().all().item<bool>() ? null : node.Name);
        return found;
    }
}
