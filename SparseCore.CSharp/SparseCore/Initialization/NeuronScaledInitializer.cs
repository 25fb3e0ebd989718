using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Initialization;

/// <summary>
/// The paper's Eq. 1 (Evci et al. 2022): variance Scale / fan, with the fan of each neuron under the mask. Neuron i sums only its own n_i active
/// connections, y_i = sum m_ij w_ij x_j, so that Var y_i = n_i v_i E[x^2] stays what it was for v_i = 2 / n_i (ReLU), whatever n_i is.
/// Backward, the gradient at input j sums its own active outgoing connections, which gives the fan-out form; the average form halves their sum
/// weight by weight. With a full mask all three are <see cref="DenseInitializer"/>, bit for bit. A neuron without inputs has no weights to draw:
/// all its weights stay 0.
/// </summary>
/// <param name="Distribution">Form of the distribution; normal in the paper.</param>
/// <param name="Fan">Which connections are counted; fan-in in the paper.</param>
/// <param name="Scale">Numerator of the variance; 2 in the paper, 1 in its published code.</param>
public sealed record NeuronScaledInitializer(Distribution Distribution, FanMode Fan, double Scale) : IInitializer
{
    /// <summary>Eq. 1 as printed: normal with variance 2 / fan-in.</summary>
    public static NeuronScaledInitializer Paper { get; } = new(Distribution.Normal, FanMode.FanIn, 2);

    /// <summary>What the paper's published code does by default: normal with variance 1 / fan-in.</summary>
    public static NeuronScaledInitializer PaperCode { get; } = new(Distribution.Normal, FanMode.FanIn, 1);

    /// <summary>Numerator of the variance; a positive number.</summary>
    public double Scale { get; } = Draw.RequireScale(Scale);

    /// <inheritdoc/>
    public void Fill(Layer layer, Mask mask, RandomStream stream, Span<float> weights)
    {
        Draw.RequireLengths(layer, mask, weights);
        var fanIn = new int[layer.Outputs];
        var fanOut = new int[layer.Inputs];
        foreach (var index in mask.ActiveIndices())
        {
            fanIn[index / layer.FanIn]++;
            fanOut[index / layer.KernelArea % layer.Inputs]++;
        }

        for (var index = 0; index < weights.Length; index++)
        {
            var number = Draw.Standard(Distribution, stream);
            if (mask[index])
            {
                var deviation = Draw.Deviation(Scale, Fan, fanIn[index / layer.FanIn], fanOut[index / layer.KernelArea % layer.Inputs]);
                weights[index] = (float)(deviation * number);
            }
            else
            {
                weights[index] = 0f;
            }
        }
    }
}
