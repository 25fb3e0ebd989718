using SparseCore.Engine;
using SparseCore.Tests.Engine;

namespace SparseCore.Torch.Tests.Engine;

/// <summary>The TorchSharp engine keeps the contract on libtorch's processor code, in single precision.</summary>
public sealed class TorchEngineContractTests() : EngineContractTests(TestEngines.On(new EngineOptions { Threads = 2 }), 1e-4);
