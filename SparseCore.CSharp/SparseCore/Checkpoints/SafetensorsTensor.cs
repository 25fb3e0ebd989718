namespace SparseCore.Checkpoints;

/// <summary>One entry of a safetensors header.</summary>
/// <param name="Name">The tensor's name, for example "conv1.weight".</param>
/// <param name="DataType">The format's name of the element type, for example "F32" or "U8".</param>
/// <param name="Shape">Extents, outermost first; empty for a scalar.</param>
/// <param name="Begin">Position of the first byte in the data section.</param>
/// <param name="End">Position after the last byte in the data section.</param>
public sealed record SafetensorsTensor(string Name, string DataType, IReadOnlyList<long> Shape, long Begin, long End)
{
    /// <summary>Length in bytes.</summary>
    public long ByteCount => End - Begin;

    /// <summary>Type and shape, for messages: "F32 [6, 1, 5, 5]".</summary>
    public override string ToString() => $"{DataType} [{string.Join(", ", Shape)}]";
}
