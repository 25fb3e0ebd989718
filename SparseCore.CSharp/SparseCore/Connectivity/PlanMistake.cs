namespace SparseCore.Connectivity;

/// <summary>What a plan needs and does not have: "The plan needs {Expected}, found {Found}."</summary>
/// <param name="Expected">What is needed, without article or full stop at the end.</param>
/// <param name="Found">What there is.</param>
public sealed record PlanMistake(string Expected, object? Found);
