using SparseCore.Networks;

namespace SparseCore.Curvature.Tangents;

/// <summary>The largest of a window; the first in row order where several are equal.</summary>
internal sealed class MaxPoolTangent : TangentStep
{
    private readonly int[][] windows;
    private readonly LaneMap winners;

    /// <summary>Finds the units of every window.</summary>
    public MaxPoolTangent(Operation.MaxPool pool, Shape input, Shape output)
    {
        winners = new LaneMap(output.Count);
        windows = new int[output.Count][];
        for (var unit = 0; unit < output.Count; unit++)
        {
            var (channel, place) = (unit / (output.Height * output.Width), unit % (output.Height * output.Width));
            var (top, left) = ((place / output.Width * pool.Stride) - pool.Padding, (place % output.Width * pool.Stride) - pool.Padding);
            var units = new List<int>();
            for (var row = Math.Max(top, 0); row < Math.Min(top + pool.Size, input.Height); row++)
            {
                for (var column = Math.Max(left, 0); column < Math.Min(left + pool.Size, input.Width); column++)
                {
                    units.Add((((channel * input.Height) + row) * input.Width) + column);
                }
            }

            windows[unit] = [.. units];
        }
    }

    public override void Forward(LaneMap[] values)
    {
        var source = values[Sources[0]];
        for (var unit = 0; unit < windows.Length; unit++)
        {
            var best = values[Target].Revive(unit);
            var winner = winners[unit];
            source[windows[unit][0]].CopyTo(best);
            winner.Clear();
            for (var place = 1; place < windows[unit].Length; place++)
            {
                var candidate = source[windows[unit][place]];
                for (var lane = 0; lane < LaneMap.Lanes; lane++)
                {
                    if (candidate[lane] > best[lane])
                    {
                        (best[lane], winner[lane]) = (candidate[lane], place);
                    }
                }
            }
        }
    }

    public override void Push(LaneMap[] values, LaneMap[] tangents, TermList scratch)
    {
        var source = tangents[Sources[0]];
        for (var unit = 0; unit < windows.Length; unit++)
        {
            for (var place = 0; place < windows[unit].Length; place++)
            {
                var read = windows[unit][place];
                if (source.IsLive(read))
                {
                    if (!tangents[Target].IsLive(unit))
                    {
                        tangents[Target].Revive(unit).Clear();
                    }

                    LaneMath.AddWhere(winners[unit], place, source[read], tangents[Target][unit]);
                }
            }
        }
    }

    public override void Pull(LaneMap[] values, LaneMap[] adjoints)
    {
        for (var unit = 0; unit < windows.Length; unit++)
        {
            for (var place = 0; place < windows[unit].Length; place++)
            {
                LaneMath.AddWhere(winners[unit], place, adjoints[Target][unit], adjoints[Sources[0]][windows[unit][place]]);
            }
        }
    }
}
