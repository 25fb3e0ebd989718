using SparseCore.Parameters;

namespace SparseCore.Measurement;

/// <summary>
/// Floating-point operations for one example, counted from the masks as Evci et al. 2020 (appendix H) count them: two for every active weight at every
/// position where it is applied; biases, activations, normalization, sums and pooling are left out, and the backward pass costs two forward passes.
/// </summary>
public static class Flops
{
    /// <summary>One forward pass: f_S for sparse masks, f_D for full ones.</summary>
    public static long Inference(MaskSet masks)
    {
        var sum = 0L;
        for (var layer = 0; layer < masks.Count; layer++)
        {
            sum += 2L * masks[layer].ActiveCount * masks.Network.Layers[layer].OutputPositions;
        }

        return sum;
    }

    /// <summary>A training step with fixed masks, or with masks that change at random (SET): 3 f_S; dense training: 3 f_D.</summary>
    /// <param name="inference">One forward pass with the masks of the step.</param>
    public static long TrainingStep(long inference) => 3 * inference;

    /// <summary>A step or measurement that needs the gradient of every weight, masked ones included: 2 f_S + f_D. Every step of SNFS.</summary>
    /// <param name="sparse">One forward pass with the masks of the step.</param>
    /// <param name="dense">One forward pass with full masks.</param>
    public static long DenseGradientStep(long sparse, long dense) => (2 * sparse) + dense;

    /// <summary>The mean step of RigL: (3 f_S T + 2 f_S + f_D) / (T + 1).</summary>
    /// <param name="sparse">One forward pass with the masks.</param>
    /// <param name="dense">One forward pass with full masks.</param>
    /// <param name="interval">Steps T between mask updates.</param>
    public static double RigLMeanStep(long sparse, long dense, int interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        return (((double)TrainingStep(sparse) * interval) + DenseGradientStep(sparse, dense)) / (interval + 1.0);
    }
}
