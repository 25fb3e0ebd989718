using SparseCore.Cpu;
using SparseCore.Engine;

namespace SparseCore.Tests.Engine;

/// <summary>The managed CPU engine keeps the contract.</summary>
public sealed class CpuEngineContractTests() : EngineContractTests(new CpuEngineFactory(new EngineOptions { Threads = 2 }), 2e-5)
{
    [Fact]
    public void Options_that_it_cannot_follow_are_refused()
    {
        Assert.Contains("found 'cuda'", Assert.Throws<ArgumentException>(() => new CpuEngineFactory(new EngineOptions { Device = "cuda" })).Message, StringComparison.Ordinal);
        Assert.Contains("found BFloat16", Assert.Throws<ArgumentException>(() => new CpuEngineFactory(new EngineOptions { Precision = Precision.BFloat16 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuEngineFactory(new EngineOptions { Threads = 0 }));
    }

    [Fact]
    public void Plans_do_not_name_its_arithmetic() => Assert.Null(new CpuEngineFactory(new EngineOptions()).Identity.Numerics);
}
