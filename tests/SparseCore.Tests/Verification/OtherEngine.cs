using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Verification;

/// <summary>An engine of another arithmetic, as a GPU's is: every step is a little longer than it should be, by a fixed factor.</summary>
internal sealed class OtherEngine(IEngine engine, float stretch) : IEngine
{
    public Network Network => engine.Network;

    public MaskSet Masks => engine.Masks;

    public int BatchSize => engine.BatchSize;

    public void Rebuild(MaskSet masks) => engine.Rebuild(masks);

    public void Load(ParameterBlock parameters, ParameterBlock momentum) => engine.Load(parameters, momentum);

    public void Load(ParameterBlock parameters) => engine.Load(parameters);

    public void Store(ParameterBlock parameters, ParameterBlock momentum) => engine.Store(parameters, momentum);

    public void TrainingStep(Dataset data, ReadOnlySpan<int> examples, in SgdStep sgd) =>
        engine.TrainingStep(data, examples, sgd with { LearningRate = sgd.LearningRate * stretch });

    public float ReadLoss() => engine.ReadLoss() * (1 + ((stretch - 1) / 10));

    public double Gradient(Dataset data, ReadOnlySpan<int> examples, GradientScope scope, ParameterBlock destination) =>
        engine.Gradient(data, examples, scope, destination);

    public void CurvatureVector(CurvatureKind kind, Dataset data, ReadOnlySpan<int> examples, ParameterBlock direction, ParameterBlock destination) =>
        engine.CurvatureVector(kind, data, examples, direction, destination);

    public void EstimateStatistics(Dataset data, ReadOnlySpan<int> examples) => engine.EstimateStatistics(data, examples);

    public LossAndAccuracy Evaluate(Dataset data, int first, int count) => engine.Evaluate(data, first, count);

    public LossAndAccuracy[] EvaluateMany(Dataset data, int first, int count, IReadOnlyList<ParameterBlock> parameters) =>
        engine.EvaluateMany(data, first, count, parameters);

    public void Logits(Dataset data, int first, int count, Span<float> destination) => engine.Logits(data, first, count, destination);

    public void LogitsOf(ReadOnlySpan<float> inputs, int count, Span<float> destination) => engine.LogitsOf(inputs, count, destination);

    public string? FindNonFiniteLayer() => engine.FindNonFiniteLayer();

    public void Dispose() => engine.Dispose();
}
