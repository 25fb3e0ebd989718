using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SparseCore.Torch.Library;

/// <summary>
/// The parts of a shared library of 64-bit little-endian Linux that its loader reads: segments and the dynamic table. The file may be large: only what is asked
/// for is read, and never past its end. Whatever a file holds, the only exception is <see cref="TorchException"/>.
/// </summary>
/// <remarks>Tool Interface Standard, Executable and Linking Format, and the symbol versions and hash table of GNU.</remarks>
internal sealed class ElfFile : IDisposable
{
    public const long Needed = 1, StringTable = 5, SymbolTable = 6, SearchPath = 15, RunPath = 29, GnuHash = 0x6ffffef5;
    private const int HeaderSize = 64, SegmentSize = 56, SectionSize = 64, SymbolSize = 24, MostDynamicEntries = 4096, LongestChain = 4096;
    private const uint LoadSegment = 1, DynamicSegment = 2, EmptySection = 0, SectionWithoutBytes = 8;

    private readonly string path;
    private readonly string remedy;
    private readonly SafeFileHandle? handle;
    private readonly ReadOnlyMemory<byte> memory;
    private readonly List<Segment> loads = [];
    private readonly List<(long Tag, ulong Value)> dynamic = [];

    private ElfFile(string path, string remedy, SafeFileHandle? handle, ReadOnlyMemory<byte> memory)
    {
        this.path = path;
        this.remedy = remedy;
        this.handle = handle;
        this.memory = memory;
        Length = handle is null ? memory.Length : RandomAccess.GetLength(handle);
    }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>The processor that the code is for; 62 is x86-64.</summary>
    public int Machine { get; private set; }

    /// <summary>Opens a file and checks that it is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="remedy">A sentence for whoever has a damaged file: what to do.</param>
    /// <exception cref="TorchException">The file cannot be read, is of another kind, or is not whole.</exception>
    public static ElfFile Open(string path, string remedy)
    {
        try
        {
            return Checked(new ElfFile(path, remedy, RegularFile.OpenHandle(path), default));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TorchException($"'{path}' cannot be read: {exception.Message} {remedy}", exception);
        }
    }

    /// <summary>As <see cref="Open"/>, for a file in memory.</summary>
    public static ElfFile Of(ReadOnlyMemory<byte> content, string path, string remedy) => Checked(new ElfFile(path, remedy, null, content));

    public void Dispose() => handle?.Dispose();

    /// <summary>A value of the dynamic table, which the system's loader reads; null where the table has none. Of several, the loader takes the last.</summary>
    public ulong? Dynamic(long tag)
    {
        var index = dynamic.FindLastIndex(entry => entry.Tag == tag);
        return index < 0 ? null : dynamic[index].Value;
    }

    /// <summary>As <see cref="Dynamic"/>, where the value must be there.</summary>
    public ulong RequireDynamic(long tag, string name) => Dynamic(tag) ?? throw Damaged($"{name} in the dynamic table", "none");

    /// <summary>All strings that the dynamic table has under a tag.</summary>
    public IEnumerable<string> DynamicStrings(long tag) => dynamic.Where(entry => entry.Tag == tag).Select(entry => ReadString(entry.Value)).ToArray();

    /// <summary>The place in the file of some bytes that are loaded at an address.</summary>
    /// <exception cref="TorchException">The file does not hold these bytes.</exception>
    public long OffsetOf(ulong address, ulong count)
    {
        foreach (var load in loads)
        {
            if (address >= load.Address && address - load.Address <= load.Size && count <= load.Size - (address - load.Address))
            {
                return (long)(load.Offset + (address - load.Address));
            }
        }

        throw Damaged($"{count} bytes that are loaded at 0x{address:x}", "no segment with them");
    }

    /// <summary>Reads bytes that are loaded at an address.</summary>
    public void ReadAt(ulong address, Span<byte> destination) => Read(OffsetOf(address, (ulong)destination.Length), destination);

    /// <summary>The sum of an address and a distance; both are numbers of the file, and may be anything.</summary>
    public ulong Add(ulong address, ulong distance)
    {
        var sum = unchecked(address + distance);
        return sum >= address ? sum : throw Damaged("an address below 2 to the 64th", $"0x{address:x} + 0x{distance:x}");
    }

    /// <summary>Whether the string that begins at a place of the string table is this one.</summary>
    public bool IsString(uint place, string text)
    {
        var address = Add(RequireDynamic(StringTable, "a string table"), place);
        Span<byte> found = stackalloc byte[256];
        found = found[..(text.Length + 1)];
        foreach (var load in loads)
        {
            // A shorter string at the end of the segment is another one, not damage.
            if (address >= load.Address && address - load.Address < load.Size)
            {
                if ((ulong)found.Length > load.Size - (address - load.Address))
                {
                    return false;
                }

                ReadAt(address, found);
                return found[^1] == 0 && found[..^1].SequenceEqual(Encoding.ASCII.GetBytes(text));
            }
        }

        throw Damaged("a name in the string table", $"one at 0x{address:x}, outside all segments");
    }

    /// <summary>Reads the first bytes of a function that the library offers to others.</summary>
    /// <param name="name">The function, at most 255 ASCII characters.</param>
    /// <param name="code">Filled with its code.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryReadFunction(string name, Span<byte> code)
    {
        if (Dynamic(GnuHash) is not { } table)
        {
            return false;
        }

        Span<byte> head = stackalloc byte[16];
        ReadAt(table, head);
        var buckets = BinaryPrimitives.ReadUInt32LittleEndian(head);
        var firstSymbol = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        var filterWords = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        if (buckets == 0)
        {
            return false;
        }

        var hash = 5381u;
        foreach (var letter in name)
        {
            hash = unchecked((hash * 33) + letter);
        }

        var bucketTable = Add(table, 16 + (8UL * filterWords));
        var chainTable = Add(bucketTable, 4UL * buckets);
        var symbol = ReadUInt32(Add(bucketTable, 4UL * (hash % buckets)));
        for (var steps = 0; symbol >= firstSymbol && symbol != 0; symbol++, steps++)
        {
            if (steps == LongestChain)
            {
                throw Damaged($"a hash chain of at most {LongestChain} symbols", "a longer one");
            }

            var found = ReadUInt32(Add(chainTable, 4UL * (symbol - firstSymbol)));
            if ((found | 1) == (hash | 1) && TryReadSymbol(symbol, name, code))
            {
                return true;
            }

            if ((found & 1) != 0)
            {
                break;
            }
        }

        return false;
    }

    public ushort ReadUInt16(ulong address)
    {
        Span<byte> bytes = stackalloc byte[2];
        ReadAt(address, bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public uint ReadUInt32(ulong address)
    {
        Span<byte> bytes = stackalloc byte[4];
        ReadAt(address, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>The error for a file that is not what it says.</summary>
    public TorchException Damaged(string expected, string found) => new($"'{path}' is damaged: expected {expected}, found {found}. {remedy}");

    private static ElfFile Checked(ElfFile file)
    {
        try
        {
            file.ReadTables();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static ulong UInt64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    private void ReadTables()
    {
        Span<byte> head = stackalloc byte[HeaderSize];
        RequireRange(0, HeaderSize, "its header");
        Read(0, head);
        if (!head.StartsWith("\u007fELF\u0002\u0001"u8))
        {
            throw Damaged("a 64-bit little-endian ELF file", $"one that begins with {Convert.ToHexStringLower(head[..6])}");
        }

        Machine = BinaryPrimitives.ReadUInt16LittleEndian(head[18..]);
        ReadSegments(UInt64(head[32..]), BinaryPrimitives.ReadUInt16LittleEndian(head[56..]), BinaryPrimitives.ReadUInt16LittleEndian(head[54..]));
        CheckSections(UInt64(head[40..]), BinaryPrimitives.ReadUInt16LittleEndian(head[60..]), BinaryPrimitives.ReadUInt16LittleEndian(head[58..]));
    }

    private void ReadSegments(ulong offset, ushort count, ushort entrySize)
    {
        RequireEntrySize(count, entrySize, SegmentSize, "segments");
        RequireRange(offset, (ulong)count * SegmentSize, "its table of segments");
        Span<byte> entry = stackalloc byte[SegmentSize];
        Segment? table = null;
        for (var index = 0; index < count; index++)
        {
            Read((long)offset + (index * SegmentSize), entry);
            var segment = new Segment(UInt64(entry[8..]), UInt64(entry[16..]), UInt64(entry[32..]));
            RequireRange(segment.Offset, segment.Size, $"segment {index}");
            switch (BinaryPrimitives.ReadUInt32LittleEndian(entry))
            {
                case LoadSegment:
                    loads.Add(segment);
                    break;
                case DynamicSegment:
                    table = segment;
                    break;
            }
        }

        ReadDynamic(table ?? throw Damaged("a dynamic table", "none"));
    }

    private void ReadDynamic(Segment table)
    {
        Span<byte> entry = stackalloc byte[16];
        for (var place = 0UL; table.Size - place >= 16; place += 16)
        {
            Read((long)(table.Offset + place), entry);
            var tag = (long)UInt64(entry);
            if (tag == 0)
            {
                return;
            }

            if (dynamic.Count == MostDynamicEntries)
            {
                break;
            }

            dynamic.Add((tag, UInt64(entry[8..])));
        }

        throw Damaged($"a dynamic table of at most {MostDynamicEntries} entries and an end", "no end");
    }

    /// <summary>Not needed for loading, but most files end with sections or their table: a download that broke off has lost them.</summary>
    private void CheckSections(ulong offset, ushort count, ushort entrySize)
    {
        RequireEntrySize(count, entrySize, SectionSize, "sections");
        RequireRange(offset, (ulong)count * SectionSize, "its table of sections");
        Span<byte> entry = stackalloc byte[SectionSize];
        for (var index = 0; index < count; index++)
        {
            Read((long)offset + (index * SectionSize), entry);
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]) is not (EmptySection or SectionWithoutBytes))
            {
                RequireRange(UInt64(entry[24..]), UInt64(entry[32..]), $"section {index}");
            }
        }
    }

    private bool TryReadSymbol(uint symbol, string name, Span<byte> code)
    {
        Span<byte> entry = stackalloc byte[SymbolSize];
        ReadAt(Add(RequireDynamic(SymbolTable, "a symbol table"), (ulong)SymbolSize * symbol), entry);
        if (!IsString(BinaryPrimitives.ReadUInt32LittleEndian(entry), name))
        {
            return false;
        }

        ReadAt(UInt64(entry[8..]), code);
        return true;
    }

    private string ReadString(ulong place)
    {
        var address = Add(RequireDynamic(StringTable, "a string table"), place);
        var bytes = new List<byte>();
        Span<byte> one = stackalloc byte[1];
        for (ReadAt(address, one); one[0] != 0; ReadAt(address, one))
        {
            if (bytes.Count == 4096)
            {
                throw Damaged("names of at most 4096 bytes", "a longer one");
            }

            bytes.Add(one[0]);
            address = Add(address, 1);
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private void RequireEntrySize(ushort count, ushort found, int expected, string what)
    {
        if (count != 0 && found != expected)
        {
            throw Damaged($"a table of {what} with entries of {expected} bytes", $"entries of {found} bytes");
        }
    }

    private void RequireRange(ulong offset, ulong count, string what)
    {
        if (offset > (ulong)Length || count > (ulong)Length - offset)
        {
            throw new TorchException($"'{path}' is not whole: expected {what} to end at byte {(UInt128)offset + count} or before, found a file of {Length} bytes. {remedy}");
        }
    }

    private void Read(long offset, Span<byte> destination)
    {
        RequireRange((ulong)offset, (ulong)destination.Length, "what is read");
        if (handle is null)
        {
            memory.Span.Slice((int)offset, destination.Length).CopyTo(destination);
            return;
        }

        try
        {
            // A file that was cut meanwhile is as damaged as one that was cut before.
            if (RandomAccess.Read(handle, destination, offset) != destination.Length)
            {
                throw Damaged($"{destination.Length} bytes at {offset}", "the end of the file");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TorchException($"'{path}' cannot be read: {exception.Message} {remedy}", exception);
        }
    }

    private readonly record struct Segment(ulong Offset, ulong Address, ulong Size);
}
