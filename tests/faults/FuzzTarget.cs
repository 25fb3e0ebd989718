using SparseCore.Randomness;

namespace SparseCore.Faults;

/// <summary>A reader under hostile input.</summary>
/// <param name="Name">What it reads.</param>
/// <param name="Share">Its part of all cases, relative to the other readers.</param>
/// <param name="CreateInput">Makes one input from a random stream.</param>
/// <param name="Accepts">Feeds the reader; true when it accepted the input. May throw documented exceptions only.</param>
/// <param name="IsDocumented">Whether an exception is one that the reader documents.</param>
/// <param name="MemoryBound">Most bytes that the reader may allocate for an input of so many bytes.</param>
internal sealed record FuzzTarget(
    string Name,
    int Share,
    Func<RandomStream, byte[]> CreateInput,
    Func<byte[], bool> Accepts,
    Func<Exception, bool> IsDocumented,
    Func<int, long> MemoryBound);
