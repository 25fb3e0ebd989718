using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using SparseCore.Networks;

namespace SparseCore.Reference;

/// <summary>The mean of every channel over rows and columns.</summary>
internal sealed class AverageStep(int index, int source, Shape input) : BranchStep(index, source)
{
    private readonly int area = input.Height * input.Width;

    public override void Forward(Passes passes, ReadOnlySpan<double> parameters) => PassOn(passes, passes.Values);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void PassOn(Passes passes, BufferSet buffers)
    {
        var from = buffers.All(Source);
        var to = buffers.All(Index);
        for (var channel = 0; channel < to.Length; channel++)
        {
            var sum = Vector512<double>.Zero;
            foreach (var value in from.Slice(channel * area, area))
            {
                sum += value;
            }

            to[channel] = sum / area;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void PassBack(Passes passes, BufferSet buffers, int source)
    {
        var from = buffers.All(Index);
        var to = buffers.All(source);
        for (var channel = 0; channel < from.Length; channel++)
        {
            var share = from[channel] / area;
            foreach (ref var value in to.Slice(channel * area, area))
            {
                value += share;
            }
        }
    }
}
