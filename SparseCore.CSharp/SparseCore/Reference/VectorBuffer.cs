using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Reference;

/// <summary>Numbers in vectors of eight, aligned to 64 bytes: a vector that crosses two cache lines takes twice as long to read.</summary>
internal sealed class VectorBuffer
{
    private const int Lanes = 8;
    private const int Alignment = 64;

    private readonly double[] numbers;
    private readonly int first;

    /// <summary>A buffer of <paramref name="length"/> vectors, all 0.</summary>
    public unsafe VectorBuffer(int length)
    {
        Length = length;
        numbers = GC.AllocateArray<double>(checked((length * Lanes) + Lanes - 1), pinned: true);
        var excess = (int)((nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(numbers)) % Alignment);
        first = excess == 0 ? 0 : (Alignment - excess) / sizeof(double);
    }

    /// <summary>Number of vectors.</summary>
    public int Length { get; }

    /// <summary>All numbers. Shape [length, 8].</summary>
    public Span<double> Numbers => numbers.AsSpan(first, Length * Lanes);

    /// <summary>All vectors. Shape [length].</summary>
    public Span<Vector512<double>> Vectors => MemoryMarshal.Cast<double, Vector512<double>>(Numbers);
}
