namespace SparseCore.Training;

/// <summary>A run that cannot start or go on: the loss is not a number, a network is cut, a parent is missing. What was saved before is kept.</summary>
public sealed class TrainingException(string message, Exception? inner = null) : Exception(message, inner);
