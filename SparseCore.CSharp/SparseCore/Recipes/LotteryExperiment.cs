using SparseCore.Plans;

namespace SparseCore.Recipes;

/// <summary>
/// The runs of the paper's section 4.3 and appendix A: tickets, scratch training and restarts that share one pruning solution, and further pruning solutions.
/// </summary>
public sealed class LotteryExperiment
{
    /// <summary>Plans the runs.</summary>
    /// <param name="recipe">Settings.</param>
    /// <param name="seeds">Runs in each group, 2 or more.</param>
    public LotteryExperiment(Recipe recipe, int seeds)
        : this(recipe, seeds, repeats: true)
    {
    }

    private LotteryExperiment(Recipe recipe, int seeds, bool repeats)
    {
        if (seeds < 2)
        {
            throw new PlanException($"The lottery-ticket analysis compares runs with one another: it needs 2 seeds or more, found {seeds}.");
        }

        var numbers = Enumerable.Range(1, seeds).ToList();
        Solution = recipe.Prune(1);
        Lottery = [.. numbers.Select(seed => recipe.Lottery(Solution, seed))];
        Scratch = repeats ? [.. numbers.Select(seed => recipe.Scratch(Solution, InitializerNames.Dense, 0, seed))] : [];
        ScratchDifferent = [.. numbers.Select(seed => recipe.Scratch(Solution, InitializerNames.Dense, seed, seed))];
        Restart = repeats ? [.. numbers.Select(seed => recipe.PruneRestart(Solution, seed))] : [];
        Pruned = [.. numbers.Select(recipe.Prune)];
    }

    /// <summary>
    /// What the paper ran of a network: all groups of the LeNets, and of VGG16 and ResNet-50 those of Table 3's lower half, without scratch runs of one initialization
    /// and without restarts. Of these every run also stands in <see cref="RunMatrix"/>.
    /// </summary>
    /// <param name="recipe">Settings.</param>
    /// <param name="seeds">Runs in each group, 2 or more.</param>
    public static LotteryExperiment AsInPaper(Recipe recipe, int seeds) => new(recipe, seeds, NetworkDefaults.Of(recipe.Settings.Network).HasAllTicketGroups);

    /// <summary>The pruning solution that all groups but the last share.</summary>
    public PlannedRun Solution { get; }

    /// <summary>Tickets: one mask, one start, different data orders.</summary>
    public IReadOnlyList<PlannedRun> Lottery { get; }

    /// <summary>Scratch: one mask, one random initialization, different data orders; may be empty.</summary>
    public IReadOnlyList<PlannedRun> Scratch { get; }

    /// <summary>Scratch (Diff. Init.): one mask, different initializations and data orders.</summary>
    public IReadOnlyList<PlannedRun> ScratchDifferent { get; }

    /// <summary>Prune restart: training goes on from the pruning solution, different data orders; may be empty.</summary>
    public IReadOnlyList<PlannedRun> Restart { get; }

    /// <summary>Independent pruning solutions; the first is <see cref="Solution"/>.</summary>
    public IReadOnlyList<PlannedRun> Pruned { get; }

    /// <summary>Every run.</summary>
    public IEnumerable<PlannedRun> All => [Solution, .. Lottery, .. Scratch, .. ScratchDifferent, .. Restart, .. Pruned];
}
