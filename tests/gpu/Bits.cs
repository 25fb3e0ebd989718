using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Torch;

namespace SparseCore.GpuChecks;

/// <summary>Short runs on the processor boiled down to hashes, for processes with other numbers of threads to compare.</summary>
internal static class Bits
{
    /// <summary>The verb of <see cref="Program"/>.</summary>
    public const string Verb = "bits";

    private const int Steps = 60;

    /// <summary>Prints a line for each network: its name and the hash of what a run of RigL leaves.</summary>
    public static void Print(Settings settings)
    {
        var engines = new TorchEngineFactory(new EngineOptions { Threads = settings.Threads, IsRepeatable = settings.IsRepeatable }, settings.Torch);
        foreach (var (network, batch) in new[]
        {
            (LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10), 128),
            (ResNet20.Create([8, 16, 32], new Shape(3, 32, 32), 10), 32),
        })
        {
            var run = RigLRun.Train(engines, network, Patterns.Create(network.Input, 10, 1024), batch, Steps);
            Console.WriteLine($"{network.Name} {run.Hash}");
        }
    }
}
