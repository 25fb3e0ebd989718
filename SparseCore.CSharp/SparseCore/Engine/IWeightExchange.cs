using SparseCore.Data;
using SparseCore.Parameters;

namespace SparseCore.Engine;

/// <summary>
/// Dynamic sparse training where an engine's numbers are, so that neither parameters nor dense gradients leave the device. An engine may offer it; the masks are those
/// that are chosen from what it would hand out.
/// </summary>
public interface IWeightExchange
{
    /// <summary>
    /// In every layer, drops the active weights of smallest magnitude and grows as many of largest gradient in magnitude among all that were not kept, the just-dropped
    /// included; ties go to the lower index. The engine goes on with the new masks: grown weights and their momentum are 0, those that were dropped and grown again
    /// keep theirs.
    /// </summary>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="examples">The examples whose mean gradient grows.</param>
    /// <param name="l2">Coefficient c of the penalty c * sum(w^2), whose gradient is added.</param>
    /// <param name="drops">Weights to drop in each layer, at most as many as are active. Shape [layers].</param>
    /// <returns>The new masks.</returns>
    /// <exception cref="ArgumentException">A weight or gradient is not a finite number.</exception>
    MaskSet ExchangeByGradient(Dataset data, ReadOnlySpan<int> examples, float l2, IReadOnlyList<int> drops);
}
