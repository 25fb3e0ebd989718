using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Randomness;

namespace SparseCore.Initialization;

/// <summary>Draws the initial weights of one layer. Implementations are records without state.</summary>
public interface IInitializer
{
    /// <summary>
    /// Fills the weights; those outside the mask become +0. Every weight takes its numbers from the stream in index order, masked or not, so that
    /// the numbers behind a weight do not depend on the mask.
    /// </summary>
    /// <param name="layer">The layer.</param>
    /// <param name="mask">Its mask. Shape [WeightCount].</param>
    /// <param name="stream">Random numbers for this layer alone.</param>
    /// <param name="weights">Receives the weights. Shape [outputs, inputs, kh, kw].</param>
    /// <exception cref="ArgumentException">Mask or weights have another length than the layer.</exception>
    void Fill(Layer layer, Mask mask, RandomStream stream, Span<float> weights);
}
