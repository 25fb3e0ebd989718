using System.Runtime.CompilerServices;
using SparseCore.Networks;

namespace SparseCore.Reference;

/// <summary>Maxima over windows; each output moves as the one value it comes from. Positions of the padding never win.</summary>
internal sealed class MaxPoolStep(int index, int source, Operation.MaxPool pool, Shape input, Shape output) : BranchStep(index, source)
{
    private int[] winners = [];

    public override void Forward(Passes passes, ReadOnlySpan<double> parameters)
    {
        var numbers = output.Count * Passes.Lanes;
        if (winners.Length != numbers * passes.Groups)
        {
            winners = new int[numbers * passes.Groups];
        }

        for (var group = 0; group < passes.Groups; group++)
        {
            var taken = passes.Values.Numbers(Source).Slice(group * input.Count * Passes.Lanes, input.Count * Passes.Lanes);
            Pool(taken, passes.Values.Numbers(Index).Slice(group * numbers, numbers), winners.AsSpan(group * numbers, numbers), group * input.Count * Passes.Lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void PassOn(Passes passes, BufferSet buffers)
    {
        var from = buffers.Numbers(Source);
        var to = buffers.Numbers(Index);
        for (var value = 0; value < winners.Length; value++)
        {
            to[value] = from[winners[value]];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void PassBack(Passes passes, BufferSet buffers, int source)
    {
        var from = buffers.Numbers(Index);
        var to = buffers.Numbers(source);
        for (var value = 0; value < winners.Length; value++)
        {
            to[winners[value]] += from[value];
        }
    }

    /// <summary>Maxima of one group and where they lie, counted from the first group. Shapes [channels, rows, columns, 8 examples].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pool(ReadOnlySpan<double> from, Span<double> to, Span<int> places, int offset)
    {
        var rowLength = input.Width * Passes.Lanes;
        for (var place = 0; place < output.Count; place++)
        {
            var (channel, position) = Math.DivRem(place, output.Height * output.Width);
            var (row, column) = Math.DivRem(position, output.Width);
            var (top, left) = ((row * pool.Stride) - pool.Padding, (column * pool.Stride) - pool.Padding);
            var (bottom, right) = (Math.Min(top + pool.Size, input.Height), Math.Min(left + pool.Size, input.Width));
            (top, left) = (Math.Max(top, 0), Math.Max(left, 0));
            for (var lane = 0; lane < Passes.Lanes; lane++)
            {
                var start = (channel * input.Height * rowLength) + lane;
                var winner = start + (top * rowLength) + (left * Passes.Lanes);
                for (var windowRow = top; windowRow < bottom; windowRow++)
                {
                    for (var windowColumn = left; windowColumn < right; windowColumn++)
                    {
                        var candidate = start + (windowRow * rowLength) + (windowColumn * Passes.Lanes);
                        winner = from[candidate] > from[winner] ? candidate : winner;
                    }
                }

                to[(place * Passes.Lanes) + lane] = from[winner];
                places[(place * Passes.Lanes) + lane] = offset + winner;
            }
        }
    }
}
