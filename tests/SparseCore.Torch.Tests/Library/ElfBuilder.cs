using System.Text;

namespace SparseCore.Torch.Tests.Library;

/// <summary>Makes small shared libraries: nothing but the tables that are read, and a table of sections at the end. Addresses are places in the file.</summary>
internal sealed class ElfBuilder
{
    private const int HeaderSize = 64, SegmentSize = 56, SectionSize = 64;
    private readonly MemoryStream body = new();
    private readonly MemoryStream strings = new();

    public ElfBuilder() => strings.WriteByte(0);

    /// <summary>Versions of libstdc++.so.6 with the numbers by which symbols name them.</summary>
    public List<(string Name, ushort Index)> Versions { get; } = [];

    /// <summary>The version number of each symbol from number 1 on.</summary>
    public List<ushort> Symbols { get; } = [];

    /// <summary>Numbers of the symbols whose addresses are filled in; 0 is none.</summary>
    public List<uint> Relocated { get; } = [];

    /// <summary>Numbers of the symbols that are called.</summary>
    public List<uint> Called { get; } = [];

    /// <summary>Libraries that it needs.</summary>
    public List<string> Needed { get; } = [];

    public string? RunPath { get; init; }

    /// <summary>A function that it offers.</summary>
    public (string Name, byte[] Code)? Function { get; init; }

    /// <summary>Bytes that nothing refers to but a section.</summary>
    public int Padding { get; init; }

    /// <summary>A library that asks for GLIBCXX_3.4 (number 2) and GLIBCXX_3.4.32 (number 3), with one symbol of each; the first is used.</summary>
    public static ElfBuilder OfTwoVersions()
    {
        var builder = new ElfBuilder();
        builder.Versions.AddRange([("GLIBCXX_3.4", 2), ("GLIBCXX_3.4.32", 3)]);
        builder.Symbols.AddRange([2, 3]);
        builder.Relocated.AddRange([0, 1]);
        builder.Called.Add(1);
        return builder;
    }

    /// <summary>Code that returns the version as libtorch's function does.</summary>
    public static byte[] ReturnVersion(byte major, byte minor, byte patch) =>
        [0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0xb8, 0, 0, 0, 0, 0, patch, minor, major, 0xc3];

    public byte[] Build()
    {
        body.SetLength(0);
        body.Write(new byte[HeaderSize + (2 * SegmentSize)]);
        var dynamic = new List<(ulong Tag, ulong Value)>();
        foreach (var name in Needed)
        {
            dynamic.Add((1, Text(name)));
        }

        if (RunPath is not null)
        {
            dynamic.Add((29, Text(RunPath)));
        }

        WriteVersions(dynamic);
        WriteRelocations(dynamic, Relocated, 7, 8);
        WriteRelocations(dynamic, Called, 23, 2);
        dynamic.AddRange([(9, 24), (20, 7)]);
        WriteSymbols(dynamic);
        dynamic.AddRange([(5, Place()), (10, (ulong)strings.Length)]);
        body.Write(strings.ToArray());
        body.Write(new byte[Padding]);
        var table = Place();
        foreach (var (tag, value) in dynamic.Append((0UL, 0UL)))
        {
            Write(tag, value);
        }

        var sections = Place();
        WriteSections(sections);
        var file = body.ToArray();
        WriteHeader(file, sections, table, (ulong)(dynamic.Count + 1) * 16);
        return file;
    }

    private static void Put(byte[] file, int place, params ReadOnlySpan<ulong> values)
    {
        foreach (var value in values)
        {
            BitConverter.TryWriteBytes(file.AsSpan(place), value);
            place += 8;
        }
    }

    private static void WriteHeader(byte[] file, ulong sections, ulong table, ulong tableSize)
    {
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        BitConverter.TryWriteBytes(file.AsSpan(16), 3 | (62 << 16));
        Put(file, 24, 0, HeaderSize, sections);
        ushort[] sizes = [HeaderSize, SegmentSize, 2, SectionSize, 2, 0];
        Buffer.BlockCopy(sizes, 0, file, 52, 12);
        Put(file, HeaderSize, 1 | (5UL << 32), 0, 0, 0, sections, sections, 4096);
        Put(file, HeaderSize + SegmentSize, 2 | (6UL << 32), table, table, table, tableSize, tableSize, 8);
    }

    private void WriteVersions(List<(ulong Tag, ulong Value)> dynamic)
    {
        dynamic.AddRange([(0x6ffffffe, Place()), (0x6fffffff, 1)]);
        Write((ushort)1, (ushort)Versions.Count);
        Write((uint)Text("libstdc++.so.6"), 16, 0);
        for (var number = 0; number < Versions.Count; number++)
        {
            Write(0u);
            Write((ushort)0, Versions[number].Index);
            Write((uint)Text(Versions[number].Name), number == Versions.Count - 1 ? 0u : 16);
        }

        dynamic.Add((0x6ffffff0, Place()));
        Write([0, .. Symbols]);
        while (body.Length % 8 != 0)
        {
            body.WriteByte(0);
        }
    }

    private void WriteRelocations(List<(ulong Tag, ulong Value)> dynamic, List<uint> symbols, ulong tag, ulong sizeTag)
    {
        dynamic.AddRange([(tag, Place()), (sizeTag, (ulong)symbols.Count * 24)]);
        foreach (var symbol in symbols)
        {
            Write(0UL, 6 | ((ulong)symbol << 32), 0);
        }
    }

    private void WriteSymbols(List<(ulong Tag, ulong Value)> dynamic)
    {
        if (Function is not var (name, code))
        {
            return;
        }

        var place = Place();
        body.Write(code);
        while (body.Length % 8 != 0)
        {
            body.WriteByte(0);
        }

        dynamic.Add((6, Place()));
        Write(0UL, 0, 0);
        Write(Text(name) | (0x12UL << 32) | (1UL << 48), place, (ulong)code.Length);
        var hash = name.Aggregate(5381u, (sum, letter) => (sum * 33) + letter);
        dynamic.Add((0x6ffffef5, Place()));

        // One bucket, symbols from 1 on, one word of the filter; then the filter, the bucket, and the chain of one symbol.
        Write(1u, 1, 1, 6);
        Write(ulong.MaxValue);
        Write(1u, hash | 1);
    }

    private void WriteSections(ulong end)
    {
        body.Write(new byte[SectionSize]);
        Write(1UL << 32, 0, 0, HeaderSize, end - HeaderSize, 0, 0, 0);
    }

    private ulong Place() => (ulong)body.Length;

    private ulong Text(string text)
    {
        var place = (ulong)strings.Length;
        strings.Write(Encoding.ASCII.GetBytes(text + "\0"));
        return place;
    }

    private void Write(params ReadOnlySpan<ulong> values)
    {
        foreach (var value in values)
        {
            body.Write(BitConverter.GetBytes(value));
        }
    }

    private void Write(params ReadOnlySpan<uint> values)
    {
        foreach (var value in values)
        {
            body.Write(BitConverter.GetBytes(value));
        }
    }

    private void Write(params ReadOnlySpan<ushort> values)
    {
        foreach (var value in values)
        {
            body.Write(BitConverter.GetBytes(value));
        }
    }
}
