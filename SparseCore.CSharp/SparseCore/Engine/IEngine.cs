using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Engine;

/// <summary>
/// What trains, measures and evaluates one masked network. Trainer, measurement, scores and analysis talk to an engine only through this interface; parameters cross
/// it in canonical (dense) form, examples as a data set gives them. An engine is used by one thread at a time, whatever the number of threads it uses inside.
/// Batch normalizations take the statistics of the batch in training steps and gradients (of each part of <see cref="BatchSize"/> examples where there are more),
/// and the running statistics in evaluation.
/// </summary>
public interface IEngine : IDisposable
{
    /// <summary>The network that runs.</summary>
    Network Network { get; }

    /// <summary>The masks the engine was last built for.</summary>
    MaskSet Masks { get; }

    /// <summary>Largest number of examples of one training step.</summary>
    int BatchSize { get; }

    /// <summary>Replaces the masks; the parameters are undefined until they are loaded.</summary>
    void Rebuild(MaskSet masks);

    /// <summary>Takes over parameters and momentum. Values outside the masks are ignored.</summary>
    void Load(ParameterBlock parameters, ParameterBlock momentum);

    /// <summary>Takes over parameters; momentum is set to 0.</summary>
    void Load(ParameterBlock parameters);

    /// <summary>Writes the current parameters and momentum; values outside the masks are written as +0.</summary>
    void Store(ParameterBlock parameters, ParameterBlock momentum);

    /// <summary>One step of SGD on the mean softmax cross-entropy of a batch plus L2. It may return before the device has done it.</summary>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="examples">The batch, 1 to <see cref="BatchSize"/> examples.</param>
    /// <param name="sgd">Learning rate, momentum and L2.</param>
    void TrainingStep(Dataset data, ReadOnlySpan<int> examples, in SgdStep sgd);

    /// <summary>
    /// Mean cross-entropy of the last training step's batch before the step, in nats, without L2; NaN or infinity when training has diverged. Where
    /// <see cref="EngineIdentity.ReadsLossFreely"/> is false, reading it waits for the device.
    /// </summary>
    float ReadLoss();

    /// <summary>Gradient of the mean cross-entropy (without L2) over any number of examples.</summary>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="examples">Indices; any number, processed in batches in the given order.</param>
    /// <param name="scope">Active weights only (others are written as 0), or all weights as if the masked ones existed with value 0.</param>
    /// <param name="destination">Receives the gradient of every weight and bias.</param>
    /// <returns>Mean cross-entropy, in nats.</returns>
    double Gradient(Dataset data, ReadOnlySpan<int> examples, GradientScope scope, ParameterBlock destination);

    /// <summary>
    /// Product of the Hessian of the mean cross-entropy (without L2), or of its Gauss-Newton part, with a vector, in the space of active weights, biases, scales and shifts.
    /// Batch normalizations take the statistics of all examples together. An engine may keep what the next product over the same examples needs, until its
    /// parameters change.
    /// </summary>
    /// <param name="kind">Which matrix.</param>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="examples">Indices; any number.</param>
    /// <param name="direction">The vector; its values outside the masks count as 0.</param>
    /// <param name="destination">Receives the product; 0 outside the masks.</param>
    void CurvatureVector(CurvatureKind kind, Dataset data, ReadOnlySpan<int> examples, ParameterBlock direction, ParameterBlock destination);

    /// <summary>
    /// Replaces the running statistics of all batch normalizations by those of the given examples under the current weights: the means over batches of
    /// <see cref="BatchSize"/> (the variances unbiased), each weighted by its examples.
    /// </summary>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="examples">Indices; any number.</param>
    void EstimateStatistics(Dataset data, ReadOnlySpan<int> examples);

    /// <summary>Mean cross-entropy and accuracy over examples first .. first + count - 1.</summary>
    LossAndAccuracy Evaluate(Dataset data, int first, int count);

    /// <summary>
    /// Evaluates many parameter vectors that share the masks, for example the points of a path, on the same examples. The engine's own parameters stay as they are.
    /// </summary>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="first">First example.</param>
    /// <param name="count">Number of examples.</param>
    /// <param name="parameters">Parameter vectors; values outside the masks are ignored.</param>
    /// <returns>For each vector what <see cref="Evaluate"/> gives after <see cref="Load(ParameterBlock)"/>.</returns>
    LossAndAccuracy[] EvaluateMany(Dataset data, int first, int count, IReadOnlyList<ParameterBlock> parameters);

    /// <summary>The outputs before the softmax for examples first .. first + count - 1.</summary>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="first">First example.</param>
    /// <param name="count">Number of examples.</param>
    /// <param name="destination">Shape [count, classes], one row an example.</param>
    void Logits(Dataset data, int first, int count, Span<float> destination);

    /// <summary>The outputs before the softmax for inputs that belong to no data set, for example random ones.</summary>
    /// <param name="inputs">Shape [count, features], one row an example, features in channel, row, column order.</param>
    /// <param name="count">Number of examples.</param>
    /// <param name="destination">Shape [count, classes], one row an example.</param>
    void LogitsOf(ReadOnlySpan<float> inputs, int count, Span<float> destination);

    /// <summary>
    /// After a loss that is not finite: the first layer in the last batch whose outputs are not all finite, or else the first with such weights; null when all
    /// are finite.
    /// </summary>
    string? FindNonFiniteLayer();
}
