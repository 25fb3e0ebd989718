using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SparseCore.Data;

/// <summary>A training and a test set of one shape and one set of classes.</summary>
/// <param name="Train">Training examples.</param>
/// <param name="Test">Test examples.</param>
/// <param name="Name">Readable, decided by the contents and not by the folder: "mnist" for MNIST itself, "idx-" and digits of the hash for other files in its format.</param>
/// <param name="ContentHash">SHA-256, in lower-case hexadecimal, over all that decides the examples: other data, other plan.</param>
public sealed record DataSplit(Dataset Train, Dataset Test, string Name, string ContentHash)
{
    /// <summary>
    /// Data of a user's own, named by its contents: all examples are read once, and the hash covers the shape, the number of classes, and the values and labels of both
    /// sets. Plans name it <paramref name="name"/> and digits of the hash, so that changed data is other data.
    /// </summary>
    /// <param name="name">A readable name of letters, digits, dots and dashes.</param>
    /// <param name="train">Training examples without random views.</param>
    /// <param name="test">Test examples, of the same shape and classes.</param>
    /// <exception cref="DataException">The name cannot be used, the sets differ in shape or classes, or have random views.</exception>
    public static DataSplit Of(string name, Dataset train, Dataset test)
    {
        if (name.Length is 0 or > 60 || name[0] == '.' || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.'))
        {
            throw new DataException($"Data needs a name of letters, digits, dots and dashes, found '{ForeignText.Show(name)}'.");
        }

        if (train.Shape != test.Shape || train.Classes != test.Classes)
        {
            throw new DataException(
                $"The training examples of '{name}' have shape {train.Shape} and {train.Classes} classes, the test examples {test.Shape} and {test.Classes}; expected the same.");
        }

        if (train.HasViews || test.HasViews)
        {
            throw new DataException($"'{name}' has random views, which its examples do not decide. Make the DataSplit with a hash that covers their seed and kind.");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append([train.Shape.Channels, train.Shape.Height, train.Shape.Width, train.Classes]);
        var values = new float[train.Shape.Count];
        foreach (var part in (Dataset[])[train, test])
        {
            Append([part.Count]);
            for (var example = 0; example < part.Count; example++)
            {
                part.Read(example, values);
                Append([part.Label(example)]);
                Append(MemoryMarshal.Cast<float, int>(values));
            }
        }

        var content = Convert.ToHexStringLower(hash.GetHashAndReset());
        return new DataSplit(train, test, $"{name}-{content[..8]}", content);

        // Little-endian, whatever the machine.
        void Append(ReadOnlySpan<int> numbers)
        {
            Span<int> words = numbers.Length <= 64 ? stackalloc int[numbers.Length] : new int[numbers.Length];
            if (BitConverter.IsLittleEndian)
            {
                numbers.CopyTo(words);
            }
            else
            {
                BinaryPrimitives.ReverseEndianness(numbers, words);
            }

            hash.AppendData(MemoryMarshal.AsBytes(words));
        }
    }
}
