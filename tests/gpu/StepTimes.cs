using System.Diagnostics;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Tests.Engine;

namespace SparseCore.GpuChecks;

/// <summary>How training steps are timed.</summary>
/// <param name="Network">The network.</param>
/// <param name="Density">Share of the weights that exist.</param>
/// <param name="Data">The images.</param>
/// <param name="BatchSize">Images of a step.</param>
/// <param name="WarmUp">Steps that are not counted.</param>
/// <param name="Steps">Steps that are.</param>
internal sealed record StepTimes(Network Network, double Density, Dataset Data, int BatchSize, int WarmUp, int Steps)
{
    /// <summary>Median time of a step, in milliseconds. The loss is read after each, which waits for the device.</summary>
    public double Measure(IEngineFactory engines)
    {
        var masks = Setups.Masks(Network, Density);
        using var engine = engines.Create(Network, masks, BatchSize);
        engine.Load(Graphs.Parameters(Network, masks));
        var batch = new int[BatchSize];
        var times = new double[Steps];
        for (var step = -WarmUp; step < Steps; step++)
        {
            for (var index = 0; index < BatchSize; index++)
            {
                batch[index] = (((step + WarmUp) * BatchSize) + index) % Data.Count;
            }

            var start = Stopwatch.GetTimestamp();
            engine.TrainingStep(Data, batch, new SgdStep(1e-3f, 0.9f, 1e-4f));
            engine.ReadLoss();
            if (step >= 0)
            {
                times[step] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        Array.Sort(times);
        return times[Steps / 2];
    }
}
