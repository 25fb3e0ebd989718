namespace SparseCore.Connectivity;

/// <summary>The growth scores that plans can name.</summary>
public sealed class GrowthScores
{
    private readonly IReadOnlyList<IGrowthScore> scores;

    /// <summary>The toolkit's own scores and those of the caller.</summary>
    /// <exception cref="ArgumentException">Two scores have one name.</exception>
    public GrowthScores(params IReadOnlyList<IGrowthScore> own)
    {
        scores = [new RandomGrowth(), new GradientGrowth(), new InverseGradientGrowth(), new MomentumGrowth(), .. own];
        var repeated = scores.GroupBy(score => score.Name).FirstOrDefault(group => group.Count() > 1);
        if (repeated is not null)
        {
            throw new ArgumentException($"Two growth scores are named '{repeated.Key}'; give yours another name.");
        }
    }

    /// <summary>All names.</summary>
    public IReadOnlyList<string> Names => [.. scores.Select(score => score.Name)];

    /// <summary>The score of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the known names.</exception>
    public IGrowthScore Find(string name) =>
        scores.FirstOrDefault(score => score.Name == name)
        ?? throw new ArgumentException($"Unknown growth score '{name}'. Known: {string.Join(", ", Names)}. A score of your own must be handed to the trainer again.");
}
