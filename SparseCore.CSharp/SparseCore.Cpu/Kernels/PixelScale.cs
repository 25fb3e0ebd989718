using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>What becomes of a pixel once it is a number in [0, 1]. Scalar and vector give the same bits.</summary>
internal interface IPixelScale
{
    /// <summary>One value.</summary>
    float Apply(float share);

    /// <summary>16 values; lanes that hold no example become 0.</summary>
    Vector512<float> Apply(Vector512<float> share);
}

/// <summary>Nothing: the paper's inputs for MNIST.</summary>
internal readonly struct SharePixels : IPixelScale
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Apply(float share) => share;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Apply(Vector512<float> share) => share;
}

/// <summary>(share - mean) / deviation, computed as a difference and a product, each rounded once.</summary>
/// <param name="mean">Mean of the channel, in [0, 1].</param>
/// <param name="deviation">Standard deviation of the channel, above 0.</param>
/// <param name="lanes">How many of a block's 16 lanes hold an example.</param>
internal readonly struct StandardPixels(float mean, float deviation, int lanes) : IPixelScale
{
    private readonly float inverse = 1f / deviation;
    private readonly Vector512<float> present = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(lanes)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Apply(float share) => (share - mean) * inverse;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Apply(Vector512<float> share) => ((share - Vector512.Create(mean)) * Vector512.Create(inverse)) & present;
}
