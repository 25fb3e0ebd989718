namespace SparseCore.Tests.Verification;

/// <summary>One change of a run folder that a person or a fault might make.</summary>
/// <param name="Run">Which run is changed: one of <see cref="TamperedRuns.Names"/>.</param>
/// <param name="Part">The file and the field.</param>
/// <param name="What">What is done to it.</param>
/// <param name="Change">Does it.</param>
internal sealed record Tampering(string Run, string Part, string What, Action<Forgery> Change)
{
    /// <summary>The part of a run that is looked at as it is, for comparison.</summary>
    public const string Nothing = "nothing";

    /// <summary>Whether it changes only what a run alone can know, so that no check can tell.</summary>
    public bool IsBelieved { get; init; }
}
