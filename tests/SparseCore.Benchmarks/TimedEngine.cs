using System.Diagnostics;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Benchmarks;

/// <summary>An engine that adds up how long each kind of work takes.</summary>
internal sealed class TimedEngine(IEngine engine, IDictionary<string, double> seconds) : IEngine
{
    public Network Network => engine.Network;

    public MaskSet Masks => engine.Masks;

    public int BatchSize => engine.BatchSize;

    public void Rebuild(MaskSet masks) => Time("new masks", () => engine.Rebuild(masks));

    public void Load(ParameterBlock parameters, ParameterBlock momentum) => Time("copies", () => engine.Load(parameters, momentum));

    public void Load(ParameterBlock parameters) => Time("copies", () => engine.Load(parameters));

    public void Store(ParameterBlock parameters, ParameterBlock momentum) => Time("copies", () => engine.Store(parameters, momentum));

    public void TrainingStep(Dataset data, ReadOnlySpan<int> examples, in SgdStep sgd)
    {
        var start = Stopwatch.GetTimestamp();
        engine.TrainingStep(data, examples, sgd);
        Add("steps", start);
    }

    public float ReadLoss() => engine.ReadLoss();

    public double Gradient(Dataset data, ReadOnlySpan<int> examples, GradientScope scope, ParameterBlock destination)
    {
        var start = Stopwatch.GetTimestamp();
        var loss = engine.Gradient(data, examples, scope, destination);
        Add(scope == GradientScope.Dense ? "dense gradients" : "gradient norms", start);
        return loss;
    }

    public void CurvatureVector(CurvatureKind kind, Dataset data, ReadOnlySpan<int> examples, ParameterBlock direction, ParameterBlock destination) =>
        engine.CurvatureVector(kind, data, examples, direction, destination);

    public void EstimateStatistics(Dataset data, ReadOnlySpan<int> examples) => engine.EstimateStatistics(data, examples);

    public LossAndAccuracy[] EvaluateMany(Dataset data, int first, int count, IReadOnlyList<ParameterBlock> parameters) =>
        engine.EvaluateMany(data, first, count, parameters);

    public LossAndAccuracy Evaluate(Dataset data, int first, int count)
    {
        var start = Stopwatch.GetTimestamp();
        var result = engine.Evaluate(data, first, count);
        Add("evaluation", start);
        return result;
    }

    public void Logits(Dataset data, int first, int count, Span<float> destination) => engine.Logits(data, first, count, destination);

    public void LogitsOf(ReadOnlySpan<float> inputs, int count, Span<float> destination) => engine.LogitsOf(inputs, count, destination);

    public string? FindNonFiniteLayer() => engine.FindNonFiniteLayer();

    public void Dispose() => engine.Dispose();

    private void Time(string part, Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        Add(part, start);
    }

    private void Add(string part, long start) =>
        seconds[part] = (seconds.TryGetValue(part, out var sum) ? sum : 0) + Stopwatch.GetElapsedTime(start).TotalSeconds;
}
