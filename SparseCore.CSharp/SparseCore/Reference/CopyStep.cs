using System.Runtime.CompilerServices;

namespace SparseCore.Reference;

/// <summary>The sum of one or two sources of one shape: flattening and the residual connection.</summary>
internal sealed class CopyStep(int index, IReadOnlyList<int> sources) : BranchStep(index, sources)
{
    public override void Forward(Passes passes, ReadOnlySpan<double> parameters) => PassOn(passes, passes.Values);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void PassOn(Passes passes, BufferSet buffers)
    {
        buffers.All(Source).CopyTo(buffers.All(Index));
        if (Sources.Count > 1)
        {
            var output = buffers.All(Index);
            var second = buffers.All(Sources[1]);
            for (var value = 0; value < output.Length; value++)
            {
                output[value] += second[value];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void PassBack(Passes passes, BufferSet buffers, int source)
    {
        var output = buffers.All(Index);
        var sums = buffers.All(source);
        for (var value = 0; value < output.Length; value++)
        {
            sums[value] += output[value];
        }
    }
}
