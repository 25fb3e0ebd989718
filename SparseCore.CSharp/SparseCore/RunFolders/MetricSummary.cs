namespace SparseCore.RunFolders;

/// <summary>What was logged of one metric; losses in nats, accuracies as fractions.</summary>
public sealed class MetricSummary
{
    internal MetricSummary(string metric) => Metric = metric;

    /// <summary>What was measured, for example "test_accuracy".</summary>
    public string Metric { get; }

    /// <summary>The last value.</summary>
    public double Last { get; private set; } = double.NaN;

    /// <summary>The least value that is a number; NaN when none is.</summary>
    public double Least { get; private set; } = double.NaN;

    /// <summary>The greatest value that is a number; NaN when none is.</summary>
    public double Greatest { get; private set; } = double.NaN;

    internal void Add(double value)
    {
        Last = value;
        Least = double.MinNumber(Least, value);
        Greatest = double.MaxNumber(Greatest, value);
    }
}
