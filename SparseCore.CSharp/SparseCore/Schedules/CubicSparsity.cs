namespace SparseCore.Schedules;

/// <summary>
/// Target sparsity of gradual pruning (Zhu and Gupta 2018): s(t) = Final + (Initial - Final) (1 - p)^3, p = (t - Begin) / (End - Begin) clamped to [0, 1].
/// Updates happen at Begin, every Interval steps, and always at End, so that the final sparsity is reached also where the interval does not divide
/// the window.
/// </summary>
/// <param name="Initial">Sparsity before Begin, in [0, 1).</param>
/// <param name="Final">Sparsity from End on, in [Initial, 1).</param>
/// <param name="Begin">First update; steps taken so far.</param>
/// <param name="End">Last update, Begin or later.</param>
/// <param name="Interval">Steps between updates, 1 or more.</param>
public sealed record CubicSparsity(double Initial, double Final, int Begin, int End, int Interval)
{
    /// <summary>Sparsity before <see cref="Begin"/>, in [0, 1).</summary>
    public double Initial { get; } = Initial is >= 0 and < 1 ? Initial : throw new ArgumentOutOfRangeException(nameof(Initial), Initial, "A sparsity must be at least 0 and below 1.");

    /// <summary>Sparsity from <see cref="End"/> on, in [<see cref="Initial"/>, 1).</summary>
    public double Final { get; } = Final is >= 0 and < 1 && Final >= Initial
        ? Final
        : throw new ArgumentOutOfRangeException(nameof(Final), Final, $"The final sparsity must be below 1 and not below the initial one, {Initial}.");

    /// <summary>First update; steps taken so far.</summary>
    public int Begin { get; } = Begin >= 0 ? Begin : throw new ArgumentOutOfRangeException(nameof(Begin), Begin, "Pruning cannot begin before step 0.");

    /// <summary>Last update; <see cref="Begin"/> or later.</summary>
    public int End { get; } = End >= Begin ? End : throw new ArgumentOutOfRangeException(nameof(End), End, $"Pruning cannot end before it begins, at step {Begin}.");

    /// <summary>Steps between updates, 1 or more.</summary>
    public int Interval { get; } = Interval >= 1 ? Interval : throw new ArgumentOutOfRangeException(nameof(Interval), Interval, "The interval must be 1 step or more.");

    /// <summary>Whether masks are updated at a step.</summary>
    public bool IsUpdate(int step) => step == End || (step >= Begin && step < End && (step - Begin) % Interval == 0);

    /// <summary>The last update at or before a step; null where there is none.</summary>
    public int? LastUpdate(int step) => step < Begin ? null : step >= End ? End : step - ((step - Begin) % Interval);

    /// <summary>Target sparsity at a step, whether or not masks are updated there.</summary>
    public double At(int step)
    {
        if (step >= End)
        {
            return Final;
        }

        if (step <= Begin)
        {
            return Initial;
        }

        var left = 1 - ((double)(step - Begin) / (End - Begin));
        return Final + ((Initial - Final) * left * left * left);
    }
}
