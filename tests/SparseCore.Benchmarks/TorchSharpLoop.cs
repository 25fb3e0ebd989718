using SparseCore.Data;
using SparseCore.Parameters;
using TorchSharp;
using TorchSharp.Modules;
using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace SparseCore.Benchmarks;

/// <summary>
/// Masked training as a user of TorchSharp writes it without this toolkit: modules, masks multiplied into dense weights before every forward pass and into
/// gradients after every backward pass, and TorchSharp's SGD.
/// </summary>
internal sealed class TorchSharpLoop : IDisposable
{
    private const int EvaluatedAtOnce = 1000;

    private readonly torch.nn.Module<Tensor, Tensor> model;
    private readonly torch.optim.Optimizer optimizer;
    private readonly (Parameter Weights, Tensor Mask)[] masked;
    private readonly Tensor images;
    private readonly Tensor labels;
    private readonly RandomBatches batches;
    private readonly int threads;

    /// <summary>Takes over the model.</summary>
    /// <param name="model">One of <see cref="TorchSharpModels"/>; in a process that has loaded libtorch.</param>
    /// <param name="masks">Masks of its weights, in their order.</param>
    /// <param name="data">What <see cref="RandomData.Images"/> gave.</param>
    /// <param name="batchSize">Examples of a step.</param>
    /// <param name="threads">Threads of one operation.</param>
    public TorchSharpLoop(torch.nn.Module<Tensor, Tensor> model, MaskSet masks, ByteDataset data, int batchSize, int threads)
    {
        this.model = model;
        this.threads = threads;
        batches = new RandomBatches(data.Count, batchSize);
        images = torch.tensor(RandomData.Bytes(data.Shape, data.Count), [data.Count, data.Shape.Channels, data.Shape.Height, data.Shape.Width]);
        labels = torch.tensor([.. Enumerable.Range(0, data.Count).Select(example => (long)data.Label(example))]);
        var weights = model.parameters().Where(parameter => parameter.dim() > 1).ToArray();
        masked = [.. weights.Select((parameter, layer) => (parameter, MaskOf(masks[layer], parameter)))];
        optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum: 0.9, weight_decay: 1e-3);
    }

    /// <summary>Trains some steps on random batches.</summary>
    public void Train(Times times, int steps)
    {
        torch.set_num_threads(threads);
        model.train();
        for (var step = 0; step < steps; step++)
        {
            long[] batch = [.. batches.Next()];
            Measurement.Repeat(times, 1, () => Step(batch));
        }
    }

    /// <summary>Evaluates the first examples.</summary>
    public void Evaluate(Times times, int count)
    {
        torch.set_num_threads(threads);
        model.eval();
        Measurement.Repeat(times, 1, () => Evaluate(count));
    }

    public void Dispose()
    {
        foreach (var (_, mask) in masked)
        {
            mask.Dispose();
        }

        optimizer.Dispose();
        model.Dispose();
        images.Dispose();
        labels.Dispose();
    }

    private static Tensor MaskOf(Mask mask, Parameter parameter)
    {
        if (mask.Length != parameter.numel())
        {
            throw new ArgumentException($"A layer of the model has {parameter.numel()} weights, its mask {mask.Length}.");
        }

        var values = new float[mask.Length];
        foreach (var index in mask.ActiveIndices())
        {
            values[index] = 1;
        }

        return torch.tensor(values, parameter.shape);
    }

    private void Step(long[] batch)
    {
        using var scope = torch.NewDisposeScope();
        ApplyMasks();
        var places = torch.tensor(batch);
        var inputs = images.index_select(0, places).to_type(torch.ScalarType.Float32) / 255f;
        var loss = F.cross_entropy(model.forward(inputs), labels.index_select(0, places));
        optimizer.zero_grad();
        loss.backward();
        foreach (var (weights, mask) in masked)
        {
            weights.grad!.mul_(mask);
        }

        optimizer.step();
    }

    private (double Loss, double Accuracy) Evaluate(int count)
    {
        using var scope = torch.NewDisposeScope();
        using var _ = torch.no_grad();
        ApplyMasks();
        var (loss, correct) = (0.0, 0.0);
        for (var first = 0; first < count; first += EvaluatedAtOnce)
        {
            using var part = torch.NewDisposeScope();
            var size = Math.Min(EvaluatedAtOnce, count - first);
            var outputs = model.forward(images.narrow(0, first, size).to_type(torch.ScalarType.Float32) / 255f);
            var targets = labels.narrow(0, first, size);
            loss += F.cross_entropy(outputs, targets, reduction: torch.nn.Reduction.Sum).item<float>();
            correct += outputs.argmax(1).eq(targets).sum().item<long>();
        }

        return (loss / count, correct / count);
    }

    private void ApplyMasks()
    {
        using var _ = torch.no_grad();
        foreach (var (weights, mask) in masked)
        {
            weights.mul_(mask);
        }
    }
}
