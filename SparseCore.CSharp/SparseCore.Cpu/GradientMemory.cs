using SparseCore.Cpu.Convolutions;
using SparseCore.Cpu.Kernels;

namespace SparseCore.Cpu;

/// <summary>
/// Where the gradients of tensors lie: each is needed only from the stage that writes it first, going backwards, to the stage whose output it is, so that
/// many share memory.
/// </summary>
internal static class GradientMemory
{
    /// <summary>Places every gradient by itself.</summary>
    /// <param name="tensors">All tensors; 0 is the examples, which have no gradient.</param>
    /// <returns>First float of every tensor's gradient, and the floats of all.</returns>
    public static (long[] Offsets, long Floats) PlaceApart(IReadOnlyList<TensorLayout> tensors)
    {
        var offsets = new long[tensors.Count];
        var floats = 0L;
        for (var tensor = 1; tensor < tensors.Count; tensor++)
        {
            offsets[tensor] = floats;
            floats += (tensors[tensor].Floats + Lanes.Width - 1L) / Lanes.Width * Lanes.Width;
        }

        return (offsets, floats);
    }

    /// <summary>Places every gradient at the lowest free offset; going backwards through the stages, gradients come and go.</summary>
    /// <param name="tensors">All tensors; 0 is the examples, which have no gradient.</param>
    /// <param name="stages">All stages in forward order.</param>
    /// <param name="output">The tensor whose gradient is there first.</param>
    /// <returns>First float of every tensor's gradient, and the floats of all.</returns>
    public static (long[] Offsets, long Floats) Place(IReadOnlyList<TensorLayout> tensors, IReadOnlyList<Stage> stages, int output)
    {
        var offsets = new long[tensors.Count];
        var live = new List<(long Offset, long End, int Tensor)>();
        var floats = 0L;
        Take(output);
        for (var stage = stages.Count - 1; stage >= 0; stage--)
        {
            Take(stages[stage].Input);
            if (stages[stage] is NormStage { SharesResidual: true } sharing)
            {
                var shared = live.Find(place => place.Tensor == sharing.Output);
                offsets[sharing.Tensors.Residual] = shared.Offset;
                live.Add((shared.Offset, shared.End, sharing.Tensors.Residual));
                live.Sort();
            }

            Take(stages[stage].Tensors.Residual);

            // A convolution may take its gradient from the batch normalization after it, which reads its own output's until then.
            if (stages[stage] is NormStage { Source: not null })
            {
                continue;
            }

            var done = stages[stage].Output;
            var doneToo = stages[stage] is ConvolutionStage { Norm: { } norm } ? norm.Output : done;
            live.RemoveAll(place => place.Tensor == done || place.Tensor == doneToo);
        }

        return (offsets, floats);

        void Take(int tensor)
        {
            if (tensor <= 0 || live.Exists(place => place.Tensor == tensor))
            {
                return;
            }

            var size = (tensors[tensor].Floats + Lanes.Width - 1L) / Lanes.Width * Lanes.Width;
            var offset = 0L;
            foreach (var place in live)
            {
                if (place.Offset - offset >= size)
                {
                    break;
                }

                offset = Math.Max(offset, place.End);
            }

            offsets[tensor] = offset;
            live.Add((offset, offset + size, tensor));
            live.Sort();
            floats = Math.Max(floats, offset + size);
        }
    }
}
