namespace SparseCore.Verification;

/// <summary>What verification says of a run. What could not be checked is never <see cref="Ok"/>.</summary>
public enum VerificationStatus
{
    /// <summary>Every check was made, and found nothing.</summary>
    Ok,

    /// <summary>Nothing is off in what was checked, but a check could not be made.</summary>
    Unchecked,

    /// <summary>Something is off.</summary>
    Failed,
}
