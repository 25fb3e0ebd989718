using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu;

/// <summary>Everything that is written while one slice of a batch goes through the network and back.</summary>
internal sealed unsafe class Workspace : IDisposable
{
    private readonly AlignedBuffer memory = new();
    private readonly AlignedBuffer scratch = new();
    private readonly AlignedBuffer sums = new();
    private readonly long[] values;
    private readonly long[] gradientOffsets;
    private readonly long[] positions;
    private readonly long gradients;
    private readonly long labels;

    /// <summary>Lays out all tensors of a plan.</summary>
    /// <param name="tensors">Layouts; the first is the input, which has no gradient.</param>
    /// <param name="positionBytes">Bytes of pooling positions that each tensor's producer keeps.</param>
    /// <param name="gradientOffsets">Where each tensor's gradient lies among the gradients.</param>
    /// <param name="gradientFloats">Floats of all gradients.</param>
    /// <param name="sliceSize">Examples of a slice, a multiple of 16.</param>
    public Workspace(
        IReadOnlyList<TensorLayout> tensors, IReadOnlyList<int> positionBytes, long[] gradientOffsets, long gradientFloats, int sliceSize)
    {
        this.gradientOffsets = gradientOffsets;
        values = new long[tensors.Count];
        positions = new long[tensors.Count];
        Examples = new int[sliceSize];
        var total = 0L;
        long Take(long floats)
        {
            var taken = total;
            total += (floats + Lanes.Width - 1) / Lanes.Width * Lanes.Width;
            return taken;
        }

        for (var tensor = 0; tensor < tensors.Count; tensor++)
        {
            values[tensor] = Take(tensors[tensor].Floats);
            positions[tensor] = Take((positionBytes[tensor] + 3) / 4);
        }

        gradients = Take(gradientFloats);
        labels = Take(sliceSize);
        memory.EnsureCapacity(total);
    }

    /// <summary>Which set of parameters the forward pass uses: -1 for the layers' own.</summary>
    public int ParameterSet { get; set; } = -1;

    /// <summary>Examples of the slice that was loaded.</summary>
    public int Count { get; set; }

    /// <summary>Blocks of 16 examples that hold them.</summary>
    public int Blocks => (Count + Lanes.Width - 1) / Lanes.Width;

    /// <summary>Whether the forward pass notes what the backward pass will need.</summary>
    public bool KeepsPositions { get; set; }

    /// <summary>Room for the indices of one slice's examples.</summary>
    public int[] Examples { get; }

    /// <summary>Labels of the slice. Shape [slice].</summary>
    public int* Labels => (int*)(memory.Pointer + labels);

    /// <summary>Rows of convolutions on their way to a pool, and expanded gradients.</summary>
    public float* Scratch => scratch.Pointer;

    /// <summary>Weight gradients in 16 lanes.</summary>
    public float* Sums => sums.Pointer;

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => memory.Bytes + scratch.Bytes + sums.Bytes;

    /// <summary>Activations of one tensor.</summary>
    public float* Values(int tensor) => memory.Pointer + values[tensor];

    /// <summary>Gradient of one tensor.</summary>
    public float* Gradients(int tensor) => memory.Pointer + gradients + gradientOffsets[tensor];

    /// <summary>Pooling positions of one tensor.</summary>
    public byte* Positions(int tensor) => (byte*)(memory.Pointer + positions[tensor]);

    /// <summary>All bits set in the lanes of a block that hold an example.</summary>
    public Vector512<float> ValidLanes(int block) =>
        Vector512.LessThan(Vector512<int>.Indices + Vector512.Create(block * Lanes.Width), Vector512.Create(Count)).AsSingle();

    /// <summary>Makes room for scratch areas; their contents are lost when they grow.</summary>
    public void EnsureScratch(long scratchFloats, long sumFloats)
    {
        scratch.EnsureCapacity(scratchFloats);
        sums.EnsureCapacity(sumFloats);
    }

    public void Dispose()
    {
        memory.Dispose();
        scratch.Dispose();
        sums.Dispose();
    }
}
