namespace SparseCore.Reference;

/// <summary>
/// One node of a network in four passes: values forwards, their derivatives in the direction of a vector of parameters, gradients backwards, and the
/// gradients' derivatives in that direction. Sources are earlier steps, -1 for the examples, which do not move and need no gradient.
/// </summary>
internal abstract class NodeStep(int index, IReadOnlyList<int> sources)
{
    /// <summary>Position among the steps.</summary>
    public int Index { get; } = index;

    /// <summary>The steps it reads.</summary>
    public IReadOnlyList<int> Sources { get; } = sources;

    /// <summary>Whether the backward passes read the sources' values and tangents.</summary>
    public virtual bool NeedsSource => false;

    /// <summary>Whether the other passes read the step's own values.</summary>
    public virtual bool NeedsOutput => false;

    /// <summary>The first, most often the only source.</summary>
    protected int Source => Sources[0];

    /// <summary>Writes the step's values.</summary>
    public abstract void Forward(Passes passes, ReadOnlySpan<double> parameters);

    /// <summary>Writes the step's tangents.</summary>
    public abstract void ForwardTangent(Passes passes, ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector);

    /// <summary>Adds to the gradients of the sources and of the parameters.</summary>
    public abstract void Backward(Passes passes, ReadOnlySpan<double> parameters, Span<double> gradient);

    /// <summary>Adds to the gradients and gradient tangents of the sources, and to the product's entries of the parameters.</summary>
    public abstract void BackwardTangent(Passes passes, ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, Span<double> product);
}
