using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SparseCore.Data;

/// <summary>The contents of one IDX file of unsigned bytes.</summary>
/// <param name="Dimensions">Sizes, slowest first: [examples] for labels, [examples, rows, columns] for images.</param>
/// <param name="Values">All values, row-major. Shape [product of the dimensions].</param>
public sealed record IdxArray(IReadOnlyList<int> Dimensions, byte[] Values)
{
    /// <summary>Adds the bytes of the uncompressed file, header included, to a hash.</summary>
    internal void AppendTo(IncrementalHash hash)
    {
        Span<byte> word = [0, 0, IdxReader.UnsignedByte, (byte)Dimensions.Count];
        hash.AppendData(word);
        foreach (var dimension in Dimensions)
        {
            BinaryPrimitives.WriteInt32BigEndian(word, dimension);
            hash.AppendData(word);
        }

        hash.AppendData(Values);
    }
}
