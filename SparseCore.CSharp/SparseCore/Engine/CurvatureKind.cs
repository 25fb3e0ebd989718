namespace SparseCore.Engine;

/// <summary>Which matrix of second derivatives of the mean cross-entropy.</summary>
public enum CurvatureKind
{
    /// <summary>The Hessian.</summary>
    Hessian,

    /// <summary>
    /// Its Gauss-Newton part J' A J, with the outputs' Jacobian J and the softmax's A = diag(p) - p p': positive semidefinite, and the Hessian of a network whose outputs were
    /// linear in the parameters.
    /// </summary>
    GaussNewton,
}
