using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Engine;

/// <summary>
/// What trains and evaluates one masked network. The trainer talks to an engine only through this interface; parameters cross it in canonical
/// (dense) form. An engine is used by one thread at a time, whatever the number of threads it uses inside.
/// </summary>
public interface IEngine : IDisposable
{
    /// <summary>The network that runs.</summary>
    Network Network { get; }

    /// <summary>The masks the engine was last built for.</summary>
    MaskSet Masks { get; }

    /// <summary>Replaces the masks; the parameters are undefined until they are loaded.</summary>
    void Rebuild(MaskSet masks);

    /// <summary>Takes over parameters and momentum. Values outside the masks are ignored.</summary>
    void Load(ParameterBlock parameters, ParameterBlock momentum);

    /// <summary>Takes over parameters; momentum is set to 0.</summary>
    void Load(ParameterBlock parameters);

    /// <summary>Writes the current parameters and momentum; values outside the masks are written as +0.</summary>
    void Store(ParameterBlock parameters, ParameterBlock momentum);

    /// <summary>One step of SGD on the mean softmax cross-entropy of a batch plus L2. Allocates nothing.</summary>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="examples">The batch; its length must not exceed the batch size the engine was built for.</param>
    /// <param name="sgd">Step size, momentum and L2.</param>
    /// <returns>Mean cross-entropy of the batch before the step, in nats, without L2; NaN or infinity when training has diverged.</returns>
    float TrainingStep(Dataset data, ReadOnlySpan<int> examples, in SgdStep sgd);

    /// <summary>Gradient of the mean cross-entropy (without L2) over any number of examples.</summary>
    /// <param name="data">Where the examples come from.</param>
    /// <param name="examples">Indices; any number, processed in batches in the given order.</param>
    /// <param name="scope">Active weights only (others are written as 0), or all weights as if the masked ones existed with value 0.</param>
    /// <param name="destination">Receives the gradient of every weight and bias.</param>
    /// <returns>Mean cross-entropy, in nats.</returns>
    double Gradient(Dataset data, ReadOnlySpan<int> examples, GradientScope scope, ParameterBlock destination);

    /// <summary>Mean cross-entropy and accuracy over examples first .. first + count - 1.</summary>
    LossAndAccuracy Evaluate(Dataset data, int first, int count);

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
    /// After a loss that is not finite: the first layer in the last batch whose outputs are not all finite, or else the first with such weights;
    /// null when all
    /// are finite.
    /// </summary>
    string? FindNonFiniteLayer();
}

/// <summary>Which weights a gradient is wanted for.</summary>
public enum GradientScope
{
    /// <summary>Active weights and biases; the cost follows the density.</summary>
    Active,

    /// <summary>All weights and biases, masked ones included (growth scores).</summary>
    Dense,
}

/// <summary>
/// One update of SGD with momentum: g = gradient + 2 * L2 * w for weights (biases: gradient); v = Momentum * v - LearningRate * g; w = w + v
/// (Nesterov: w = w + Momentum * v - LearningRate * g).
/// </summary>
/// <param name="LearningRate">Step size.</param>
/// <param name="Momentum">Fraction of the previous update that is kept.</param>
/// <param name="L2">Coefficient c of the penalty c * sum(w^2) over active weights (Keras' convention).</param>
/// <param name="Nesterov">Nesterov's form.</param>
/// <param name="LabelSmoothing">Share a of every label that is spread evenly over all classes (Szegedy et al. 2016): target (1 - a) one-hot + a / classes.</param>
public readonly record struct SgdStep(float LearningRate, float Momentum, float L2, bool Nesterov = false, float LabelSmoothing = 0);

/// <summary>A mean over examples.</summary>
/// <param name="Loss">Mean cross-entropy in nats, without L2.</param>
/// <param name="Accuracy">Fraction of examples whose arg-max (lowest index on ties) is the label.</param>
public readonly record struct LossAndAccuracy(double Loss, double Accuracy);
