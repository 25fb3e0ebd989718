using System.Runtime.InteropServices;

namespace SparseCore.RunFolders;

/// <summary>What a table of metrics comes to, without its rows.</summary>
/// <param name="LastStep">Step of the last row; null when there is none.</param>
/// <param name="Metrics">A line for each metric, in the order in which they appear first.</param>
public sealed record MetricsSummary(int? LastStep, IReadOnlyList<MetricSummary> Metrics)
{
    /// <summary>That of a table without rows.</summary>
    public static MetricsSummary Empty { get; } = new(null, []);

    /// <summary>The line of a metric; null where it was not logged.</summary>
    /// <param name="metric">Its name, for example "test_accuracy".</param>
    public MetricSummary? Of(string metric) => Metrics.FirstOrDefault(one => one.Metric == metric);

    /// <summary>That of all lines that are left to read.</summary>
    /// <exception cref="RunFolderException">A line is malformed or cut.</exception>
    internal static MetricsSummary Of(MetricLines lines)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var all = new List<MetricSummary>();
        int? lastStep = null;
        while (lines.Next(out var row))
        {
            ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, row.Metric, out var isKnown);
            if (!isKnown)
            {
                place = all.Count;
                all.Add(new MetricSummary(row.Metric));
            }

            all[place].Add(row.Value);
            lastStep = row.Step;
        }

        return new MetricsSummary(lastStep, all);
    }
}
