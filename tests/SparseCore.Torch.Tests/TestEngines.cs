using SparseCore.Engine;
using SparseCore.Torch.Library;
using SparseCore.Torch.Tests.Library;
using TorchSharp;

namespace SparseCore.Torch.Tests;

/// <summary>Engines on the libtorch that the tests restore.</summary>
internal static class TestEngines
{
    /// <summary>Engines with these options.</summary>
    public static TorchEngineFactory On(EngineOptions options) => new(options, RealLibraries.Folder);

    /// <summary>Engines on the processor in single precision.</summary>
    public static TorchEngineFactory OnCpu(int threads = 1) => On(new EngineOptions { Threads = threads });

    /// <summary>The processor with settings of a test's own; it is used as a GPU is, which is not read in a step.</summary>
    public static TorchDevice Device(int vectorsAtOnce = 1, long residentBytes = 1 << 30)
    {
        LibtorchLoader.Load(RealLibraries.Folder, "cpu");
        return OfTorch(vectorsAtOnce, residentBytes);
    }

    private static TorchDevice OfTorch(int vectorsAtOnce, long residentBytes) =>
        new(torch.CPU, Precision.Single, 1, residentBytes) { ReadsFreely = false, VectorsAtOnce = vectorsAtOnce, EvaluationBatch = 8 };
}
