using System.Text.Json.Serialization;
using SparseCore.Data;

namespace SparseCore.Plans;

/// <summary>What a run measures and saves.</summary>
/// <param name="Interval">Steps between rows of metrics; the last step is always logged.</param>
/// <param name="GradientExamples">Training examples on which gradient norms are measured (cross-entropy without L2).</param>
/// <param name="SaveInterval">Steps between checkpoints; step 0 and the last step are always saved.</param>
/// <param name="ExtraSaves">Further steps to save, ascending.</param>
public sealed record LoggingPlan(int Interval, ExampleRange GradientExamples, int SaveInterval, IReadOnlyList<int> ExtraSaves)
{
    /// <summary>Steps between evaluations of the test set, a multiple of <see cref="Interval"/>; null, which is not written, is every time the run logs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? EvaluationInterval { get; init; }

    /// <summary>Number of training examples, evenly spaced in stored order, that are evaluated at the end; null, which is not written, is all of them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TrainExamples { get; init; }
}
