namespace SparseCore.Schedules;

/// <summary>When masks are updated in dynamic sparse training: at First, then every Interval steps, up to and including Last.</summary>
/// <param name="First">First update; steps taken so far, 1 or more.</param>
/// <param name="Last">No update after this step; at least First.</param>
/// <param name="Interval">Steps between updates, 1 or more.</param>
public sealed record UpdateSchedule(int First, int Last, int Interval)
{
    /// <summary>First update; steps taken so far, 1 or more.</summary>
    public int First { get; } = First >= 1 ? First : throw new ArgumentOutOfRangeException(nameof(First), First, "The first update needs at least 1 step before it.");

    /// <summary>No update after this step; at least <see cref="First"/>.</summary>
    public int Last { get; } = Last >= First ? Last : throw new ArgumentOutOfRangeException(nameof(Last), Last, $"The last update cannot come before the first, at step {First}.");

    /// <summary>Steps between updates, 1 or more.</summary>
    public int Interval { get; } = Interval >= 1 ? Interval : throw new ArgumentOutOfRangeException(nameof(Interval), Interval, "The interval must be 1 step or more.");

    /// <summary>Whether masks are updated after <paramref name="step"/> steps.</summary>
    public bool IsUpdate(int step) => step >= First && step <= Last && (step - First) % Interval == 0;

    /// <summary>The last update at or before a step; null where there is none.</summary>
    public int? LastUpdate(int step) => step < First ? null : Math.Min(step, Last) - ((Math.Min(step, Last) - First) % Interval);
}
