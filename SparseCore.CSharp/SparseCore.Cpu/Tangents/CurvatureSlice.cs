namespace SparseCore.Cpu.Tangents;

/// <summary>
/// One slice's memory: values and gradients at the point, their changes along a direction, and the mixed views in which a layer's passes compute the parts of those
/// changes.
/// </summary>
internal sealed unsafe class CurvatureSlice : IDisposable
{
    private readonly AlignedBuffer part = new();

    /// <summary>Lays out the memory.</summary>
    /// <param name="point">The plan at the point.</param>
    /// <param name="largestOutput">Floats of the largest output of a layer.</param>
    public CurvatureSlice(ExecutionPlan point, long largestOutput)
    {
        Point = point.CreateWorkspace(keepsGradients: true);
        Changes = point.CreateWorkspace();
        Back = new Workspace(Point, Changes);
        AcrossForward = new Workspace(Point, Point);
        AcrossBack = new Workspace(Changes, Point);
        part.EnsureCapacity(largestOutput);
    }

    /// <summary>Values and gradients.</summary>
    public Workspace Point { get; }

    /// <summary>Their changes; those of gradients share memory.</summary>
    public Workspace Changes { get; }

    /// <summary>Values with changes of gradients: what a linear map sends back of a change.</summary>
    public Workspace Back { get; }

    /// <summary>Values, but for the output that is looked at: a layer with the direction for parameters.</summary>
    public Workspace AcrossForward { get; }

    /// <summary>Changes of values with gradients, but for the input's that is looked at: what a layer with the direction for parameters sends back.</summary>
    public Workspace AcrossBack { get; }

    /// <summary>Room for one part of a layer's output.</summary>
    public float* Part => part.Pointer;

    /// <summary>Tells all views how many examples there are.</summary>
    public void SetCount(int count)
    {
        foreach (var workspace in new[] { Point, Changes, Back, AcrossForward, AcrossBack })
        {
            workspace.Count = count;
        }
    }

    public void Dispose()
    {
        Point.Dispose();
        Changes.Dispose();
        part.Dispose();
    }
}
