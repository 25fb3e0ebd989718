namespace SparseCore.Plans;

/// <summary>A moment of another run: the lineage of masks and weights. The plan hash decides which run is meant; equal plans give equal bits.</summary>
/// <param name="Folder">The run's folder name, readable name and first 8 hex digits of the hash.</param>
/// <param name="PlanHash">SHA-256 of the run's canonical plan, 64 hex digits.</param>
/// <param name="Step">The checkpoint's step.</param>
public sealed record RunReference(string Folder, string PlanHash, int Step)
{
    /// <summary>The folder and the step: "FOLDER at step N".</summary>
    public override string ToString() => $"{Folder} at step {Step}";
}
