using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu.Weights;

/// <summary>The active weights of a sparse fully connected layer sorted by input (CSC): the order in which it stores them.</summary>
internal sealed unsafe class InputOrder : IDisposable
{
    private readonly AlignedBuffer memory = new();

    /// <summary>Output offset of each weight. Shape [active].</summary>
    public int* Offsets { get; private set; }

    /// <summary>First weight of every input. Shape [inputs + 1].</summary>
    public int* Starts { get; private set; }

    /// <summary>Place of each weight in the order by output. Shape [active].</summary>
    public int* Positions { get; private set; }

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => memory.Bytes;

    /// <summary>Sorts the weights of a new mask.</summary>
    /// <param name="active">Canonical index of each active weight, ascending. Shape [active].</param>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="outputStride">Floats between outputs.</param>
    /// <param name="indices">Receives the canonical index of each weight in this order. Shape [active].</param>
    public void Sort(ReadOnlySpan<int> active, int inputs, int outputStride, int* indices)
    {
        var stride = Lanes.RoundUp(active.Length);
        memory.EnsureCapacity((2L * stride) + inputs + 1);
        Offsets = (int*)memory.Pointer;
        Positions = Offsets + stride;
        Starts = Positions + stride;
        new Span<int>(Starts, inputs + 1).Clear();
        foreach (var index in active)
        {
            Starts[(index % inputs) + 1]++;
        }

        for (var input = 0; input < inputs; input++)
        {
            Starts[input + 1] += Starts[input];
        }

        for (var k = 0; k < active.Length; k++)
        {
            var position = Starts[active[k] % inputs]++;
            indices[position] = active[k];
            Offsets[position] = active[k] / inputs * outputStride;
            Positions[position] = k;
        }

        Buckets.RestoreStarts(Starts, inputs);
    }

    public void Dispose() => memory.Dispose();
}
