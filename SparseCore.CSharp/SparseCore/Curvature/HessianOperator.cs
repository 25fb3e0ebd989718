using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Parameters;
using SparseCore.Reference;

namespace SparseCore.Curvature;

/// <summary>
/// The Hessian of the mean cross-entropy, without L2, or its Gauss-Newton part, as an operator on chosen coordinates: for networks whose matrix is too large. An engine
/// computes its products; batch normalizations take the statistics of all examples together. Directions and products pass through float32.
/// </summary>
public sealed class HessianOperator : ISymmetricOperator, IDisposable
{
    private const int Batch = 128;

    private readonly IEngine engine;
    private readonly Dataset data;
    private readonly int[] examples;
    private readonly ParameterBlock direction;
    private readonly ParameterBlock result;

    /// <summary>Loads an engine.</summary>
    /// <param name="engines">What computes the products.</param>
    /// <param name="parameters">Where the Hessian is taken.</param>
    /// <param name="coordinates">Its rows.</param>
    /// <param name="data">The examples, in the order of their numbers.</param>
    /// <param name="count">How many, 1 or more.</param>
    /// <param name="kind">Which matrix.</param>
    /// <exception cref="ArgumentException">There are fewer examples, or a value is not finite.</exception>
    public HessianOperator(
        IEngineFactory engines, ParameterBlock parameters, Coordinates coordinates, Dataset data, int count, CurvatureKind kind = CurvatureKind.Hessian)
    {
        Examples.RequireCount(data, count);
        FinitePoint.Require(parameters);
        Kind = kind;
        Coordinates = coordinates;
        this.data = data;
        examples = [.. Enumerable.Range(0, count)];
        direction = new ParameterBlock(parameters.Network);
        result = new ParameterBlock(parameters.Network);
        engine = engines.Create(parameters.Network, coordinates.WithNonZero(parameters), Math.Min(Batch, count));
        engine.Load(parameters);
    }

    /// <summary>Which matrix.</summary>
    public CurvatureKind Kind { get; }

    /// <summary>The parameter behind each row.</summary>
    public Coordinates Coordinates { get; }

    /// <inheritdoc/>
    public int Dimension => Coordinates.Count;

    /// <summary>Products computed so far.</summary>
    public int Products { get; private set; }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<double> vector, Span<double> product)
    {
        for (var row = 0; row < Dimension; row++)
        {
            direction.Values[Coordinates.Positions[row]] = (float)vector[row];
        }

        engine.CurvatureVector(Kind, data, examples, direction, result);
        Products++;
        for (var row = 0; row < Dimension; row++)
        {
            product[row] = result.Values[Coordinates.Positions[row]];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => engine.Dispose();
}
