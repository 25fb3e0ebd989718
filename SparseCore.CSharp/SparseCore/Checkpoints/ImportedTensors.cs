using SparseCore.Parameters;

namespace SparseCore.Checkpoints;

/// <summary>A network read from somebody else's file.</summary>
/// <param name="Masks">The masks stored with the weights, or those asked for.</param>
/// <param name="Parameters">All values, 0 outside the masks.</param>
/// <param name="HasStoredMasks">Whether the file stores a mask for any layer.</param>
/// <param name="Notes">Sentences about what was converted.</param>
public sealed record ImportedTensors(MaskSet Masks, ParameterBlock Parameters, bool HasStoredMasks, IReadOnlyList<string> Notes);
