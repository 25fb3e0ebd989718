namespace SparseCore.Reference;

/// <summary>A step without parameters that is linear once the branch is known that the values take: tangents go the way of values, both gradients back.</summary>
internal abstract class BranchStep(int index, params IReadOnlyList<int> sources) : NodeStep(index, sources)
{
    public sealed override void ForwardTangent(Passes passes, ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector) => PassOn(passes, passes.Tangents);

    public sealed override void Backward(Passes passes, ReadOnlySpan<double> parameters, Span<double> gradient) => PassBack(passes, passes.Gradients);

    public sealed override void BackwardTangent(Passes passes, ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, Span<double> product)
    {
        PassBack(passes, passes.Gradients);
        PassBack(passes, passes.GradientTangents);
    }

    /// <summary>Writes the step's buffer from those of its sources.</summary>
    protected abstract void PassOn(Passes passes, BufferSet buffers);

    /// <summary>Adds the step's buffer to that of one source.</summary>
    protected abstract void PassBack(Passes passes, BufferSet buffers, int source);

    private void PassBack(Passes passes, BufferSet buffers)
    {
        foreach (var source in Sources)
        {
            if (source >= 0)
            {
                buffers.TakeSums(source);
                PassBack(passes, buffers, source);
            }
        }
    }
}
