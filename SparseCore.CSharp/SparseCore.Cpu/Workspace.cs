using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu;

/// <summary>
/// Everything that is written while one slice of a batch goes through the network and back. A view sees the values of one workspace and the gradients of another.
/// </summary>
internal sealed unsafe class Workspace : IDisposable
{
    private readonly AlignedBuffer memory = new();
    private readonly AlignedBuffer scratch = new();
    private readonly AlignedBuffer sums = new();
    private readonly bool isView;
    private readonly nint[] values;
    private readonly nint[] gradients;
    private readonly nint[] positions;
    private readonly nint labels;

    /// <summary>Lays out all tensors of a plan.</summary>
    /// <param name="tensors">Layouts; the first is the input, which has no gradient.</param>
    /// <param name="positionBytes">Bytes of pooling positions that each tensor's producer keeps.</param>
    /// <param name="gradientOffsets">Where each tensor's gradient lies among the gradients.</param>
    /// <param name="gradientFloats">Floats of all gradients.</param>
    /// <param name="sliceSize">Examples of a slice, a multiple of 16.</param>
    public Workspace(
        IReadOnlyList<TensorLayout> tensors, IReadOnlyList<int> positionBytes, long[] gradientOffsets, long gradientFloats, int sliceSize)
    {
        var valueOffsets = new long[tensors.Count];
        var positionOffsets = new long[tensors.Count];
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
            valueOffsets[tensor] = Take(tensors[tensor].Floats);
            positionOffsets[tensor] = Take((positionBytes[tensor] + 3) / 4);
        }

        var firstGradient = Take(gradientFloats);
        var firstLabel = Take(sliceSize);
        memory.EnsureCapacity(total);
        nint Address(long offset) => (nint)(memory.Pointer + offset);
        values = Array.ConvertAll(valueOffsets, Address);
        positions = Array.ConvertAll(positionOffsets, Address);
        gradients = Array.ConvertAll(gradientOffsets, offset => Address(firstGradient + offset));
        labels = Address(firstLabel);
    }

    /// <summary>A view, which owns nothing; its scratch areas are those of the first workspace.</summary>
    /// <param name="ofValues">Whose values it sees.</param>
    /// <param name="ofGradients">Whose gradients it sees.</param>
    public Workspace(Workspace ofValues, Workspace ofGradients)
    {
        isView = true;
        (memory, scratch, sums) = (ofValues.memory, ofValues.scratch, ofValues.sums);
        (values, gradients) = ([.. ofValues.values], [.. ofGradients.gradients]);
        (positions, labels, Examples) = (ofValues.positions, ofValues.labels, ofValues.Examples);
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
    public int* Labels => (int*)labels;

    /// <summary>Rows of convolutions on their way to a pool, and expanded gradients.</summary>
    public float* Scratch => scratch.Pointer;

    /// <summary>Weight gradients in 16 lanes.</summary>
    public float* Sums => sums.Pointer;

    /// <summary>Bytes of native memory.</summary>
    public long Bytes => memory.Bytes + scratch.Bytes + sums.Bytes;

    /// <summary>Activations of one tensor.</summary>
    public float* Values(int tensor) => (float*)values[tensor];

    /// <summary>Gradient of one tensor.</summary>
    public float* Gradients(int tensor) => (float*)gradients[tensor];

    /// <summary>Pooling positions of one tensor.</summary>
    public byte* Positions(int tensor) => (byte*)positions[tensor];

    /// <summary>All bits set in the lanes of a block that hold an example.</summary>
    public Vector512<float> ValidLanes(int block) =>
        Vector512.LessThan(Vector512<int>.Indices + Vector512.Create(block * Lanes.Width), Vector512.Create(Count)).AsSingle();

    /// <summary>Makes room for scratch areas; their contents are lost when they grow.</summary>
    public void EnsureScratch(long scratchFloats, long sumFloats)
    {
        scratch.EnsureCapacity(scratchFloats);
        sums.EnsureCapacity(sumFloats);
    }

    /// <summary>From now on a view sees other values of one tensor.</summary>
    public void SeeValues(int tensor, float* place) => values[tensor] = (nint)place;

    /// <summary>From now on a view sees another gradient of one tensor.</summary>
    public void SeeGradients(int tensor, float* place) => gradients[tensor] = (nint)place;

    public void Dispose()
    {
        if (isView)
        {
            return;
        }

        memory.Dispose();
        scratch.Dispose();
        sums.Dispose();
    }
}
