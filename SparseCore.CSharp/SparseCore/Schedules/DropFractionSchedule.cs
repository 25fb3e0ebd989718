using SparseCore.Numerics;

namespace SparseCore.Schedules;

/// <summary>The fraction of a layer's active weights that a mask update drops (and grows again elsewhere); a pure function of the step.</summary>
public abstract record DropFractionSchedule
{
    /// <summary>The fraction at a step, in [0, 1].</summary>
    /// <param name="step">Steps taken so far; an update after the g-th step has step g.</param>
    /// <param name="learningRate">The run's learning rate, for schedules that follow it.</param>
    public abstract double At(int step, LearningRateSchedule learningRate);

    private static double RequireFraction(double fraction) =>
        fraction is >= 0 and <= 1 ? fraction : throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "A drop fraction must lie between 0 and 1.");

    /// <summary>The same fraction at every update.</summary>
    /// <param name="Fraction">In [0, 1].</param>
    public sealed record Constant(double Fraction) : DropFractionSchedule
    {
        /// <summary>Fraction of active weights dropped at every update, in [0, 1].</summary>
        public double Fraction { get; } = RequireFraction(Fraction);

        /// <inheritdoc/>
        public override double At(int step, LearningRateSchedule learningRate) => Fraction;
    }

    /// <summary>Half a cosine from the initial fraction to 0 at <paramref name="End"/> (Evci et al. 2020, section 3); 0 afterwards.</summary>
    /// <param name="Initial">Fraction at step 0.</param>
    /// <param name="End">The step at which 0 is reached.</param>
    public sealed record Cosine(double Initial, int End) : DropFractionSchedule
    {
        /// <summary>Fraction at step 0, in [0, 1].</summary>
        public double Initial { get; } = RequireFraction(Initial);

        /// <summary>The step at which 0 is reached, 1 or more.</summary>
        public int End { get; } = End > 0 ? End : throw new ArgumentOutOfRangeException(nameof(End), End, "A cosine schedule needs 1 step or more.");

        /// <inheritdoc/>
        public override double At(int step, LearningRateSchedule learningRate) =>
            Initial * 0.5 * (1 + PortableMath.CosPi((double)Math.Clamp(step, 0, End) / End));
    }

    /// <summary>Initial fraction x learning rate / learning rate of step 0, as the paper's code does on MNIST.</summary>
    /// <param name="Initial">Fraction at step 0.</param>
    public sealed record TiedToLearningRate(double Initial) : DropFractionSchedule
    {
        /// <summary>Fraction at step 0, in [0, 1].</summary>
        public double Initial { get; } = RequireFraction(Initial);

        /// <inheritdoc/>
        public override double At(int step, LearningRateSchedule learningRate)
        {
            var first = learningRate.At(0);
            return first > 0
                ? Math.Min(1, Initial * learningRate.At(step) / first)
                : throw new ArgumentException("A drop fraction cannot follow a learning rate that starts at 0; choose a constant or cosine drop fraction.");
        }
    }
}
