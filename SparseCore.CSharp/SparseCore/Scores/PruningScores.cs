namespace SparseCore.Scores;

/// <summary>The pruning scores that plans can hold. A script adds its own: <c>PruningScores.Registry.Add("mine", () => new MyScore())</c>.</summary>
public static class PruningScores
{
    /// <summary>All of them.</summary>
    public static PartRegistry<IPruningScore> Registry { get; } =
        new PartRegistry<IPruningScore>("pruning score", "pruning scores", "PruningScores.Registry.Add(name, usual)")
            .Add("magnitude", () => new MagnitudeScore())
            .Add("random", () => new RandomScore())
            .Add("snip", () => new SnipScore())
            .Add("grasp", () => new GraspScore(GraspScore.AuthorsTemperature))
            .Add("synflow", () => new SynFlowScore());
}
