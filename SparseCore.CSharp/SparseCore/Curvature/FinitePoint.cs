using SparseCore.Parameters;

namespace SparseCore.Curvature;

/// <summary>A point at which there can be a Hessian.</summary>
internal static class FinitePoint
{
    /// <summary>Refuses a point that is not finite.</summary>
    /// <exception cref="ArgumentException">A value is not; the message says which and where.</exception>
    public static void Require(ParameterBlock parameters)
    {
        foreach (var tensor in parameters.Network.Tensors)
        {
            foreach (var value in parameters.Of(tensor))
            {
                if (!float.IsFinite(value))
                {
                    throw new ArgumentException($"The {tensor.Tensor.Role.ToString().ToLowerInvariant()} of '{tensor.Node}' holds {value}; expected finite numbers. There is no Hessian at such a point.");
                }
            }
        }
    }
}
