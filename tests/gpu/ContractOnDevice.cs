using SparseCore.Engine;
using SparseCore.Tests.Engine;

namespace SparseCore.GpuChecks;

/// <summary>The tests of every engine, on a device that is known at run time.</summary>
/// <param name="engines">Engines of the device.</param>
/// <param name="tolerance">Largest difference of a value, relative to the largest of its kind.</param>
internal sealed class ContractOnDevice(IEngineFactory engines, double tolerance) : EngineContractTests(engines, tolerance);
