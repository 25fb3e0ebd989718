namespace SparseCore.Training;

/// <summary>A plan that cannot be read or makes no sense. The message says what, the expected and the found value, and what to do.</summary>
public sealed class PlanException(string message, Exception? inner = null) : Exception(message, inner);
