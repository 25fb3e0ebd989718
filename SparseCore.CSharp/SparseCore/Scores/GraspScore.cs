using SparseCore.Parameters;
using SparseCore.Reference;

namespace SparseCore.Scores;

/// <summary>
/// GraSP (Wang, Zhang and Grosse 2020, equation 8 and algorithm 2): removing weight w changes the squared norm of the gradient by S = -w (H g) to first order
/// (up to the factor 2). The paper removes the weights with the largest S, those whose removal helps or harms the gradient flow least; here higher = keep,
/// so the score is w (H g), signed. g is the gradient of the active weights (biases and norm parameters, which cannot be pruned, are left out, as in the
/// authors' code), and H g the exact product with the Hessian. Batch normalizations take the statistics of the examples; scales of 0 count as 1.
/// </summary>
/// <param name="Temperature">
/// Divides the outputs before the softmax; 1 for the plain loss. LeNet5 from a Glorot start
/// at 95% sparsity collapsed in the first steps on all of five seeds with 1, and trained on all of three with the authors' temperature.
/// </param>
public sealed record GraspScore(double Temperature) : IPruningScore
{
    /// <summary>The temperature of the authors' published code, with which their results were made.</summary>
    public const double AuthorsTemperature = 200;

    /// <summary>Divides the outputs before the softmax; positive, 1 for the plain loss.</summary>
    public double Temperature { get; } = Temperature > 0 && double.IsFinite(Temperature)
        ? Temperature
        : throw new ArgumentOutOfRangeException(nameof(Temperature), Temperature, "The temperature must be positive.");

    /// <inheritdoc/>
    public void Score(PruningContext context, ParameterBlock scores)
    {
        var network = new DoubleNetwork(context.Network, context.Masks) { Temperature = Temperature };
        var examples = Reference.Examples.From(context.Data, context.Examples);
        var parameters = DoubleNetwork.Widen(DoubleScores.WithOpenScales(context.Parameters));
        var gradient = network.Gradient(parameters, examples);
        DoubleScores.KeepWeights(gradient, scores);
        var product = network.HessianVector(parameters, gradient, examples);
        for (var index = 0; index < product.Length; index++)
        {
            product[index] *= parameters[index];
        }

        DoubleScores.Narrow(product, scores);
    }
}
