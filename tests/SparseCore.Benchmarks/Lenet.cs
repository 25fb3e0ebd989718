using SparseCore.Cpu;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Randomness;

namespace SparseCore.Benchmarks;

/// <summary>An engine at work on LeNet5 and random images.</summary>
internal sealed class Lenet : IDisposable
{
    private readonly Dataset data;
    private readonly RandomStream order = new(1, "order");
    private readonly int[] batch;
    private readonly double macs;

    /// <summary>Builds the engine.</summary>
    /// <param name="data">Images of 28 x 28.</param>
    /// <param name="sparsity">Fraction of zeros in every layer.</param>
    /// <param name="batchSize">Examples of a step.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="dense">Kernels for all layers; null to let the engine choose.</param>
    /// <param name="width">Factor on all widths.</param>
    public Lenet(Dataset data, double sparsity, int batchSize, int threads, bool? dense = null, int width = 1)
    {
        this.data = data;
        Sparsity = sparsity;
        Threads = threads;
        var network = LeNet5.Create([.. LeNet5.PaperWidths.Select(count => count * width)], data.Shape, data.Classes);
        var masks = RandomData.Masks(network, sparsity);
        Engine = new CpuEngine(network, masks, batchSize, threads, dense);
        Engine.Load(RandomData.Parameters(network, masks));
        batch = new int[batchSize];

        // Forward, input gradient (not of the first layer) and weight gradient: one multiply-add each for every active weight and position.
        macs = network.Layers.Select((layer, index) => (double)masks[index].ActiveCount * layer.OutputPositions * (index == 0 ? 2 : 3)).Sum();
        ForwardMacs = network.Layers.Select((layer, index) => (double)masks[index].ActiveCount * layer.OutputPositions).Sum();
    }

    /// <summary>The engine.</summary>
    public CpuEngine Engine { get; }

    /// <summary>Fraction of zeros.</summary>
    public double Sparsity { get; }

    /// <summary>Threads.</summary>
    public int Threads { get; }

    /// <summary>Multiply-adds of one training step.</summary>
    public double StepMacs => macs * batch.Length;

    /// <summary>Multiply-adds of one example forward.</summary>
    public double ForwardMacs { get; }

    /// <summary>Trains some steps on random batches.</summary>
    public void Train(Times times, int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            ChooseBatch();
            Measurement.Repeat(times, 1, Step);
        }
    }

    /// <summary>
    /// Trains two networks on a core each, step by step abreast: what two cores of this machine can do for work that waits for the slower of them but shares nothing.
    /// </summary>
    public static void TrainAbreast(WorkerTeam team, Lenet first, Lenet second, Times times, int steps)
    {
        void Step(int part) => (part == 0 ? first : second).Step();
        Action<int> step = Step;
        for (var index = 0; index < steps; index++)
        {
            first.ChooseBatch();
            second.ChooseBatch();
            Measurement.Repeat(times, 1, () => team.Run(step));
        }
    }

    /// <summary>Evaluates the first examples.</summary>
    public void Evaluate(Times times, int count) => Measurement.Repeat(times, 1, () => Engine.Evaluate(data, 0, count));

    /// <summary>A line of the table for training steps.</summary>
    public Result TrainResult(Times times, string engine, double peak) =>
        new("lenet5-train", engine, "uniform", Sparsity, batch.Length, Threads, times.Median, times.Minimum, StepMacs, peak * Threads)
        {
            Bytes = Engine.NativeBytes,
        };

    public void Dispose() => Engine.Dispose();

    private void ChooseBatch()
    {
        foreach (ref var example in batch.AsSpan())
        {
            example = order.NextInt32(data.Count);
        }
    }

    private void Step() => Engine.TrainingStep(data, batch, new SgdStep(0.01f, 0.9f, 5e-4f));
}
