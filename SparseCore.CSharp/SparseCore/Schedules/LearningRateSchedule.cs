using SparseCore.Numerics;

namespace SparseCore.Schedules;

/// <summary>The learning rate of every training step; a pure function of the step. Equal schedules are equal records.</summary>
public abstract record LearningRateSchedule
{
    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">Steps taken before this one, from 0.</param>
    public abstract float At(int step);

    private static double RequireRate(double rate) =>
        rate >= 0 && double.IsFinite(rate) ? rate : throw new ArgumentOutOfRangeException(nameof(rate), rate, "A learning rate must be a number, 0 or more.");

    /// <summary>The same learning rate at every step.</summary>
    /// <param name="LearningRate">0 or more.</param>
    public sealed record Constant(double LearningRate) : LearningRateSchedule
    {
        /// <summary>The learning rate of every step, 0 or more.</summary>
        public double LearningRate { get; } = RequireRate(LearningRate);

        /// <inheritdoc/>
        public override float At(int step) => (float)LearningRate;
    }

    /// <summary>Half a cosine from the initial learning rate to 0, without warm-up or restarts (Loshchilov and Hutter 2017); 0 afterwards.</summary>
    /// <param name="Initial">Learning rate of step 0.</param>
    /// <param name="TotalSteps">The step at which 0 is reached.</param>
    public sealed record Cosine(double Initial, int TotalSteps) : LearningRateSchedule
    {
        /// <summary>Learning rate of step 0; 0 or more.</summary>
        public double Initial { get; } = RequireRate(Initial);

        /// <summary>The step at which 0 is reached, 1 or more.</summary>
        public int TotalSteps { get; } = TotalSteps > 0 ? TotalSteps : throw new ArgumentOutOfRangeException(nameof(TotalSteps), TotalSteps, "A cosine schedule needs 1 step or more.");

        /// <inheritdoc/>
        public override float At(int step) => (float)(Initial * 0.5 * (1 + PortableMath.CosPi((double)Math.Clamp(step, 0, TotalSteps) / TotalSteps)));
    }

    /// <summary>Constant between boundaries.</summary>
    /// <param name="Boundaries">Ascending steps; a new value starts with each.</param>
    /// <param name="Values">One more than boundaries: before the first, from the first on, ...</param>
    public sealed record Steps(IReadOnlyList<int> Boundaries, IReadOnlyList<double> Values) : LearningRateSchedule
    {
        /// <summary>Ascending steps; a new value starts with each.</summary>
        public IReadOnlyList<int> Boundaries { get; } = RequireAscending(Boundaries);

        /// <summary>Learning rates, one more than boundaries: before the first, from the first on, ...</summary>
        public IReadOnlyList<double> Values { get; } = RequireCount(Boundaries, Values);

        /// <inheritdoc/>
        public override float At(int step)
        {
            var passed = 0;
            while (passed < Boundaries.Count && step >= Boundaries[passed])
            {
                passed++;
            }

            return (float)Values[passed];
        }

        /// <summary>Whether boundaries and values are equal, one by one.</summary>
        public bool Equals(Steps? other) => other is not null && Boundaries.SequenceEqual(other.Boundaries) && Values.SequenceEqual(other.Values);

        /// <summary>A hash of all boundaries and values; equal schedules have equal hashes within a process.</summary>
        public override int GetHashCode() => Values.Aggregate(Boundaries.Aggregate(0, HashCode.Combine), HashCode.Combine);

        private static int[] RequireAscending(IReadOnlyList<int> boundaries)
        {
            for (var index = 1; index < boundaries.Count; index++)
            {
                if (boundaries[index] <= boundaries[index - 1])
                {
                    throw new ArgumentException($"The boundaries of a learning rate must ascend; found {string.Join(", ", boundaries)}.");
                }
            }

            return [.. boundaries];
        }

        private static double[] RequireCount(IReadOnlyList<int> boundaries, IReadOnlyList<double> values) =>
            values.Count == boundaries.Count + 1
                ? [.. values.Select(RequireRate)]
                : throw new ArgumentException($"{boundaries.Count} boundaries need {boundaries.Count + 1} learning rates; found {values.Count}.");
    }

    /// <summary>
    /// Another schedule behind a linear warm-up: step g of the first <paramref name="WarmUpSteps"/> has (g + 1) / <paramref name="WarmUpSteps"/> of that schedule's
    /// learning rate (Goyal et al. 2017). The paper's code begins with 0 instead, which wastes one step.
    /// </summary>
    /// <param name="WarmUpSteps">Steps until the full learning rate is reached, 1 or more.</param>
    /// <param name="Schedule">The learning rates without warm-up, by the same steps.</param>
    public sealed record WarmUp(int WarmUpSteps, LearningRateSchedule Schedule) : LearningRateSchedule
    {
        /// <summary>Steps until the full learning rate is reached, 1 or more.</summary>
        public int WarmUpSteps { get; } = WarmUpSteps > 0
            ? WarmUpSteps
            : throw new ArgumentOutOfRangeException(nameof(WarmUpSteps), WarmUpSteps, "A warm-up needs 1 step or more.");

        /// <inheritdoc/>
        public override float At(int step) => step >= WarmUpSteps ? Schedule.At(step) : (float)(Schedule.At(step) * ((step + 1.0) / WarmUpSteps));
    }
}
