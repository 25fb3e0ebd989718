namespace SparseCore.Curvature;

/// <summary>How a Hessian is computed.</summary>
public sealed record HessianOptions
{
    /// <summary>Threads at work, 1 or more.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Only the Gauss-Newton part, J' A J, which is positive semidefinite.</summary>
    public bool GaussNewton { get; init; }

    /// <summary>Receives how many examples are done.</summary>
    public IProgress<int>? Progress { get; init; }

    /// <summary>Stops within a batch of examples.</summary>
    public CancellationToken Cancellation { get; init; }
}
