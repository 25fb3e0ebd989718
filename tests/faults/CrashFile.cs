using SparseCore.Randomness;

namespace SparseCore.Faults;

/// <summary>
/// The contents of a file: what is certain, as it was flushed the last time, and what it has become since. A byte that no operation has touched since, and that no
/// cutting off could have taken, is certain; of the others nothing is.
/// </summary>
/// <param name="certain">What it holds at the beginning, for certain.</param>
internal sealed class CrashFile(byte[] certain) : CrashNode
{
    private const int Kinds = 6;
    private const int Sources = 4;
    private const int MostBoundaries = 6;

    private readonly List<(int Start, int End)> touched = [];
    private int shortest = certain.Length;
    private int longest = certain.Length;

    /// <summary>The contents when nothing is done that need not be.</summary>
    public byte[] Certain { get; private set; } = certain;

    /// <summary>The contents when everything is done.</summary>
    public byte[] Current { get; private set; } = certain;

    /// <summary>Bytes from a place on.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        var (start, end) = ((int)offset, (int)offset + bytes.Length);
        var contents = Current.AsSpan().ToArray();
        Array.Resize(ref contents, Math.Max(contents.Length, end));
        bytes.CopyTo(contents.AsSpan(start));
        Touch(Math.Min(start, Current.Length), end, contents);
    }

    /// <summary>Cuts off, or adds zeros.</summary>
    public void SetLength(long length)
    {
        var contents = Current.AsSpan().ToArray();
        Array.Resize(ref contents, (int)length);
        Touch(Math.Min(contents.Length, Current.Length), Math.Max(contents.Length, Current.Length), contents);
    }

    /// <summary>Makes certain what there is.</summary>
    public void Flush()
    {
        Certain = Current;
        (shortest, longest) = (Current.Length, Current.Length);
        touched.Clear();
    }

    /// <summary>
    /// Contents that a crash may leave: lengths and bytes reach the disk in any order and in parts; where a length came first there are zeros, or what the disk held before.
    /// </summary>
    public byte[] Draw(RandomStream random)
    {
        if (touched.Count == 0)
        {
            return Certain;
        }

        switch (random.NextInt32(Kinds))
        {
            case 0:
                return Current;
            case 1:
                return Certain;
            case 2:
                return Contents(DrawLength(random), _ => 0, random); // done up to a byte
            case 3:
                return Contents(longest, _ => 2, random); // lengths before contents
            case 4:
                return Contents(longest, _ => 3, random);
            default:
                var length = DrawLength(random);
                var boundaries = Enumerable.Range(0, 1 + random.NextInt32(MostBoundaries)).Select(_ => random.NextInt32(length + 1)).Order().ToArray();
                var sources = boundaries.Append(length).Select(_ => random.NextInt32(Sources)).ToArray();
                return Contents(length, place => sources[boundaries.Count(boundary => boundary <= place)], random);
        }
    }

    private int DrawLength(RandomStream random) => shortest + random.NextInt32(longest - shortest + 1);

    /// <summary>Contents of a length whose uncertain bytes come from what was written (0), what was there before (1), zeros (2) or nobody knows where (3).</summary>
    private byte[] Contents(int length, Func<int, int> source, RandomStream random)
    {
        var contents = new byte[length];
        for (var place = 0; place < length; place++)
        {
            var isCertain = place < Certain.Length && !touched.Exists(range => range.Start <= place && place < range.End);
            contents[place] = (isCertain ? 1 : source(place)) switch
            {
                0 => place < Current.Length ? Current[place] : Old(place),
                1 => Old(place),
                2 => 0,
                _ => (byte)random.NextUInt32(),
            };
        }

        return contents;

        byte Old(int place) => place < Certain.Length ? Certain[place] : (byte)0;
    }

    private void Touch(int start, int end, byte[] contents)
    {
        Current = contents;
        if (start < end)
        {
            touched.Add((start, end));
        }

        shortest = Math.Min(shortest, contents.Length);
        longest = Math.Max(longest, contents.Length);
    }
}
