using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu.Weights;

/// <summary>The active weights of a sparse layer sorted by output (CSR), the canonical order.</summary>
internal sealed unsafe class OutputOrder : IDisposable
{
    private readonly AlignedBuffer memory = new();

    /// <summary>Floats from the first input under the kernel to the input of each weight. Shape [active].</summary>
    public int* Offsets { get; private set; }

    /// <summary>First weight of every output. Shape [outputs + 1].</summary>
    public int* Starts { get; private set; }

    /// <summary>Room for a copy of the weights in this order, for a layer that stores them in another. Shape [active].</summary>
    public float* Values { get; private set; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => memory.Bytes;

    /// <summary>Sorts the weights of a new mask.</summary>
    /// <param name="active">Canonical index of each active weight, ascending. Shape [active].</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="inputOffsets">Offset of the input that each weight of one output meets. Shape [fan-in].</param>
    public void Sort(ReadOnlySpan<int> active, int outputs, ReadOnlySpan<int> inputOffsets)
    {
        var stride = Lanes.RoundUp(active.Length);
        memory.EnsureCapacity((2L * stride) + outputs + 1);
        Values = memory.Pointer;
        Offsets = (int*)memory.Pointer + stride;
        Starts = Offsets + stride;
        new Span<int>(Starts, outputs + 1).Clear();
        var fanIn = inputOffsets.Length;
        for (var k = 0; k < active.Length; k++)
        {
            Starts[(active[k] / fanIn) + 1]++;
            Offsets[k] = inputOffsets[active[k] % fanIn];
        }

        for (var output = 0; output < outputs; output++)
        {
            Starts[output + 1] += Starts[output];
        }
    }

    public void Dispose() => memory.Dispose();
}
