using SparseCore.Engine;
using SparseCore.Plans;
using SparseCore.RunFolders;

namespace SparseCore.Verification;

/// <summary>
/// When numbers that were computed again agree with those of a run: bit for bit where a reproducible engine of the plan's own arithmetic computes them on the device
/// that the run names (the CPU engine on any), within a tolerance otherwise.
/// </summary>
internal sealed class Agreement
{
    /// <summary>Largest relative difference of a loss or gradient norm that was evaluated once: sums of another order, or products of 11 bits.</summary>
    public const double EvaluationTolerance = 5e-3;

    /// <summary>Largest distance between tensors trained from one checkpoint to the next, relative to their length: differences grow from step to step.</summary>
    public const double TrainingTolerance = 0.05;

    private Agreement(bool isExact)
    {
        IsExact = isExact;
    }

    /// <summary>Bit for bit.</summary>
    public static Agreement Exact { get; } = new(true);

    /// <summary>Within the tolerances above.</summary>
    public static Agreement Tolerant { get; } = new(false);

    /// <summary>Whether bits are compared.</summary>
    public bool IsExact { get; }

    /// <summary>How the numbers of a run are to be compared with those of an engine.</summary>
    public static Agreement Of(TrainingPlan plan, EngineRecord? record, EngineIdentity engine) =>
        engine.IsReproducible && plan.Numerics == engine.Numerics && (plan.Numerics is null || record?.Device == engine.Device) ? Exact : Tolerant;

    /// <summary>Whether two measurements of the same state agree.</summary>
    public bool OfMeasurements(double expected, double found) => found.Equals(expected)
        || (!IsExact && Math.Abs(found - expected) <= EvaluationTolerance * Math.Max(Math.Abs(expected), Math.Abs(found)));

    /// <summary>Whether the share of differing mask bits, of those active in either, is small enough.</summary>
    public bool OfMasks(int differing, int active) => differing == 0 || (!IsExact && differing <= TrainingTolerance * active);

    /// <summary>The first place where two tensors do not agree; null where they do. Bits, or the distance relative to the expected tensor's length.</summary>
    public int? Difference(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        var (distance, length) = (0.0, 0.0);
        int? first = null;
        for (var index = 0; index < expected.Length; index++)
        {
            if (BitConverter.SingleToInt32Bits(expected[index]) == BitConverter.SingleToInt32Bits(found[index]))
            {
                length += (double)expected[index] * expected[index];
                continue;
            }

            first ??= index;
            if (IsExact)
            {
                return first;
            }

            var difference = (double)expected[index] - found[index];
            distance += difference * difference;
            length += (double)expected[index] * expected[index];
        }

        return distance <= TrainingTolerance * TrainingTolerance * length ? null : first;
    }
}
