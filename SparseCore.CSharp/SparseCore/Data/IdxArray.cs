using System.Buffers.Binary;

namespace SparseCore.Data;

/// <summary>The contents of one IDX file.</summary>
/// <param name="Type">Type of a value.</param>
/// <param name="Dimensions">Sizes, slowest first: [examples] for labels, [examples, rows, columns] for images.</param>
/// <param name="Bytes">All values as stored: row-major, each with its highest byte first. Shape [product of the dimensions x size of a value].</param>
public sealed record IdxArray(IdxType Type, IReadOnlyList<int> Dimensions, byte[] Bytes)
{
    /// <summary>Number of values.</summary>
    public int Count => Bytes.Length / SizeOf(Type);

    /// <summary>Whether values are floating-point numbers.</summary>
    public bool IsFloatingPoint => Type is IdxType.Single or IdxType.Double;

    /// <summary>One value; exact, since every type of the format fits into a double.</summary>
    public double this[int index]
    {
        get
        {
            var size = SizeOf(Type);
            var value = Bytes.AsSpan(index * size, size);
            return Type switch
            {
                IdxType.UnsignedByte => value[0],
                IdxType.SignedByte => (sbyte)value[0],
                IdxType.Int16 => BinaryPrimitives.ReadInt16BigEndian(value),
                IdxType.Int32 => BinaryPrimitives.ReadInt32BigEndian(value),
                IdxType.Single => BinaryPrimitives.ReadSingleBigEndian(value),
                _ => BinaryPrimitives.ReadDoubleBigEndian(value),
            };
        }
    }

    /// <summary>Bytes of one value.</summary>
    internal static int SizeOf(IdxType type) => type switch
    {
        IdxType.UnsignedByte or IdxType.SignedByte => 1,
        IdxType.Int16 => 2,
        IdxType.Int32 or IdxType.Single => 4,
        _ => 8,
    };

    /// <summary>The dimensions as text, for example "[60000, 28, 28]".</summary>
    internal string ShapeText => $"[{string.Join(", ", Dimensions)}]";
}
