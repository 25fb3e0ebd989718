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
        var known = new Dictionary<string, MetricSummary>(StringComparer.Ordinal);
        var all = new List<MetricSummary>();
        int? lastStep = null;
        while (lines.Next(out var row))
        {
            if (!known.TryGetValue(row.Metric, out var one))
            {
                one = new MetricSummary(row.Metric);
                known.Add(row.Metric, one);
                all.Add(one);
            }

            one.Add(row.Value);
            lastStep = row.Step;
        }

        return new MetricsSummary(lastStep, all);
    }
}
