using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Benchmarks;

/// <summary>An engine at work on any network and random batches.</summary>
internal sealed class EngineTraining : IDisposable
{
    private static readonly SgdStep Sgd = new(0.01f, 0.9f, 5e-4f);

    private readonly IEngine engine;
    private readonly Dataset data;
    private readonly RandomBatches batches;

    /// <summary>Makes the engine and loads random weights.</summary>
    /// <param name="engines">What computes.</param>
    /// <param name="network">The network.</param>
    /// <param name="masks">Its masks.</param>
    /// <param name="data">The examples.</param>
    /// <param name="batchSize">Examples of a step.</param>
    public EngineTraining(IEngineFactory engines, Network network, MaskSet masks, Dataset data, int batchSize)
    {
        this.data = data;
        engine = engines.Create(network, masks, batchSize);
        engine.Load(RandomData.Parameters(network, masks));
        batches = new RandomBatches(data.Count, batchSize);
    }

    /// <summary>Trains some steps on random batches.</summary>
    public void Train(Times times, int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            var batch = batches.Next();
            Measurement.Repeat(times, 1, () => engine.TrainingStep(data, batch, Sgd));
        }
    }

    /// <summary>Evaluates the first examples.</summary>
    public void Evaluate(Times times, int count) => Measurement.Repeat(times, 1, () => engine.Evaluate(data, 0, count));

    public void Dispose() => engine.Dispose();
}
