namespace SparseCore.Cpu;

/// <summary>Which tensors a stage reads and writes, and how its gradients arrive.</summary>
/// <param name="Input">Index of the tensor it reads.</param>
/// <param name="Output">Index of the tensor it writes.</param>
/// <param name="Residual">Index of the second tensor it reads; -1 where there is none.</param>
internal readonly record struct StageTensors(int Input, int Output, int Residual = -1)
{
    /// <summary>Whether a later stage has written the gradient of the input already, so that this one adds to it.</summary>
    public bool AddsToInput { get; init; }

    /// <summary>Whether a later stage has written the gradient of the residual already.</summary>
    public bool AddsToResidual { get; init; }
}
