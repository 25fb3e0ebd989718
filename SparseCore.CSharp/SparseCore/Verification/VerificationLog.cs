using SparseCore.RunFolders;

namespace SparseCore.Verification;

/// <summary>Collects what the checks of one run give.</summary>
/// <param name="replay">Whether the run is to be trained again: what stands in the way of that is then off.</param>
internal sealed class VerificationLog(bool replay)
{
    /// <summary>How numbers that are computed again are compared with the run's.</summary>
    public Agreement Agreement { get; set; } = Agreement.Exact;

    /// <summary>What is off.</summary>
    public List<RunFinding> Findings { get; } = [];

    /// <summary>What could not be checked, and why.</summary>
    public List<string> Unchecked { get; } = [];

    /// <summary>What else there is to know.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Something is off.</summary>
    public void Add(string file, string subject, string expected, string found) => Findings.Add(new RunFinding(file, subject, expected, found));

    /// <summary>Something differs from what it should be.</summary>
    public void Require(bool condition, string file, string subject, string expected, string found)
    {
        if (!condition)
        {
            Add(file, subject, expected, found);
        }
    }

    /// <summary>Something is missing without which the run cannot be trained again, nor all of it be checked.</summary>
    /// <param name="file">Where it is named.</param>
    /// <param name="subject">What is missing.</param>
    /// <param name="expected">What would do.</param>
    /// <param name="found">What there is.</param>
    /// <param name="consequence">What could not be checked, and why.</param>
    public void Missing(string file, string subject, string expected, string found, string consequence)
    {
        if (replay)
        {
            Add(file, subject, expected, $"{found}; not trained again");
        }
        else
        {
            Unchecked.Add(consequence);
        }
    }
}
