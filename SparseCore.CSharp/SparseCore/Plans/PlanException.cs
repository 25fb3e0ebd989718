namespace SparseCore.Plans;

/// <summary>A plan that cannot be read or makes no sense. The message says what, the expected and the found value, and what to do, on one line; foreign text in it is made visible.</summary>
public sealed class PlanException(string message, Exception? inner = null) : Exception(ForeignText.OneLine(message), inner);
