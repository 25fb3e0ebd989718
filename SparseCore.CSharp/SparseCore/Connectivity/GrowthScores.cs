namespace SparseCore.Connectivity;

/// <summary>The growth scores that plans can name. A script adds its own: <c>GrowthScores.Registry.Add(score.Name, score)</c>.</summary>
public static class GrowthScores
{
    /// <summary>All of them.</summary>
    public static Registry<IGrowthScore> Registry { get; } =
        new Registry<IGrowthScore>("growth score", "growth scores", "GrowthScores.Registry.Add(name, score)")
            .Add("random", new RandomGrowth())
            .Add("gradient", new GradientGrowth())
            .Add("inverse-gradient", new InverseGradientGrowth())
            .Add("momentum", new MomentumGrowth());
}
