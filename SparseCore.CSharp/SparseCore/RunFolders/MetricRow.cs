namespace SparseCore.RunFolders;

/// <summary>One line of a metrics file.</summary>
/// <param name="Metric">What was measured, for example "test_accuracy".</param>
/// <param name="Step">Training steps done when it was measured.</param>
/// <param name="Value">The value; losses in nats, accuracies as fractions.</param>
public readonly record struct MetricRow(string Metric, int Step, double Value);
