using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Reference;

/// <summary>max(x, 0), with the derivative 1 where the value is positive and 0 elsewhere.</summary>
internal sealed class ReluStep(int index, int source) : BranchStep(index, source)
{
    public override bool NeedsOutput => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(Passes passes, ReadOnlySpan<double> parameters)
    {
        var source = passes.Values.All(Source);
        var output = passes.Values.All(Index);
        for (var value = 0; value < output.Length; value++)
        {
            output[value] = Vector512.ConditionalSelect(Vector512.LessThanOrEqual(source[value], Vector512<double>.Zero), Vector512<double>.Zero, source[value]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void PassOn(Passes passes, BufferSet buffers)
    {
        var values = passes.Values.All(Index);
        var source = buffers.All(Source);
        var output = buffers.All(Index);
        for (var value = 0; value < output.Length; value++)
        {
            output[value] = Vector512.GreaterThan(values[value], Vector512<double>.Zero) & source[value];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void PassBack(Passes passes, BufferSet buffers, int source)
    {
        var values = passes.Values.All(Index);
        var output = buffers.All(Index);
        var sums = buffers.All(source);
        for (var value = 0; value < output.Length; value++)
        {
            sums[value] += Vector512.GreaterThan(values[value], Vector512<double>.Zero) & output[value];
        }
    }
}
