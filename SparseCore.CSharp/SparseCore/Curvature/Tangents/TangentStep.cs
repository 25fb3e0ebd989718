namespace SparseCore.Curvature.Tangents;

/// <summary>
/// A node of a piecewise linear network, for many directions at one point: values once, then how they change along a direction, and the derivative of the loss by them.
/// The maps of all nodes are passed in; index 0 is the input, index k + 1 node k.
/// </summary>
internal abstract class TangentStep
{
    /// <summary>Index of its map.</summary>
    public required int Target { get; init; }

    /// <summary>Indices of the maps it reads.</summary>
    public required int[] Sources { get; init; }

    /// <summary>Computes the node's values and whatever the other passes need to know of them.</summary>
    public abstract void Forward(LaneMap[] values);

    /// <summary>Computes how fast the node changes when its sources change as their maps say. The target was cleared.</summary>
    /// <param name="values">Values of all nodes.</param>
    /// <param name="tangents">Rates of change of all nodes.</param>
    /// <param name="scratch">Of the caller's thread.</param>
    public abstract void Push(LaneMap[] values, LaneMap[] tangents, TermList scratch);

    /// <summary>Adds the derivative by the node, through it, to those by its sources. All units are alive.</summary>
    public abstract void Pull(LaneMap[] values, LaneMap[] adjoints);
}
