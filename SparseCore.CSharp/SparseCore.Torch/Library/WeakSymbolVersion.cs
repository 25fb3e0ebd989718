using System.Buffers.Binary;

namespace SparseCore.Torch.Library;

/// <summary>
/// Lets a shared library be loaded although the system's libstdc++ lacks a version of symbols that it asks for, where it never uses a symbol of that version:
/// the entry of that version is marked weak, which the loader of Linux takes for "if there is one".
/// </summary>
/// <remarks>
/// TorchSharp's library is built with GCC 13, whose stream header names the symbol _ZSt21ios_base_library_initv of GLIBCXX_3.4.32 only to ask for a libstdc++
/// that initializes the standard streams itself. An older one does so too, by static objects in each library. Linux Standard Base, symbol versioning.
/// </remarks>
internal static class WeakSymbolVersion
{
    private const long RelocationsBytes = 8, Relocations = 7, RelocationBytes = 9, PltBytes = 2, PltKind = 20, PltRelocations = 23, OldRelocations = 17;
    private const long SymbolVersions = 0x6ffffff0, NeededVersions = 0x6ffffffe, NeededCount = 0x6fffffff;
    private const int EntrySize = 16, RelocationSize = 24, MostEntries = 10_000, FlagsPlace = 4;
    private const ushort Weak = 2, IndexMask = 0x7fff;

    /// <summary>Marks the version weak.</summary>
    /// <param name="library">The whole file.</param>
    /// <param name="path">Its name in errors.</param>
    /// <param name="version">The version, such as "GLIBCXX_3.4.32".</param>
    /// <returns>A copy in which one bit differs.</returns>
    /// <exception cref="TorchException">The file is damaged, does not ask for the version, or uses a symbol of it.</exception>
    public static byte[] Mark(byte[] library, string path, string version)
    {
        using var file = ElfFile.Of(library, path, LibtorchAdvice.NewerStandardLibrary);
        var (entry, index) = Find(file, version);
        if (IsUsed(file, index))
        {
            throw new TorchException(
                $"'{path}' cannot be used here: expected no use of a symbol of {version}, which this system's libstdc++ lacks, found one. {LibtorchAdvice.NewerStandardLibrary}");
        }

        var copy = (byte[])library.Clone();
        var flags = copy.AsSpan((int)file.OffsetOf(entry, EntrySize) + FlagsPlace, sizeof(ushort));
        BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(flags) | Weak));
        return copy;
    }

    /// <summary>The address of the version's entry, and the number by which symbols name it.</summary>
    private static (ulong Entry, int Index) Find(ElfFile file, string version)
    {
        var found = new List<(ulong Entry, int Index)>();
        var steps = 0;
        var library = file.RequireDynamic(NeededVersions, "a table of needed versions");
        for (var libraries = file.RequireDynamic(NeededCount, "the number of needed versions"); libraries > 0; libraries--)
        {
            var entry = file.Add(library, file.ReadUInt32(file.Add(library, 8)));
            for (var entries = file.ReadUInt16(file.Add(library, 2)); entries > 0; entries--)
            {
                if (++steps > MostEntries)
                {
                    throw file.Damaged($"at most {MostEntries} needed versions", "more");
                }

                if (file.IsString(file.ReadUInt32(file.Add(entry, 8)), version))
                {
                    found.Add((entry, file.ReadUInt16(file.Add(entry, 6)) & IndexMask));
                }

                entry = file.Add(entry, file.ReadUInt32(file.Add(entry, 12)));
            }

            if (++steps > MostEntries)
            {
                throw file.Damaged($"at most {MostEntries} libraries with needed versions", "more");
            }

            var next = file.ReadUInt32(file.Add(library, 12));
            if (next == 0)
            {
                break;
            }

            library = file.Add(library, next);
        }

        return found.Count == 1 ? found[0] : throw file.Damaged($"one entry of the version {version}", found.Count == 0 ? "none" : $"{found.Count}");
    }

    /// <summary>Whether a place in the library is to be filled with the address of a symbol of the version.</summary>
    private static bool IsUsed(ElfFile file, int index)
    {
        if (file.Dynamic(OldRelocations) is not null)
        {
            throw file.Damaged("relocations with addends only", "others");
        }

        if (file.Dynamic(Relocations) is not null && file.RequireDynamic(RelocationBytes, "the size of a relocation") is var size and not RelocationSize)
        {
            throw file.Damaged($"relocations of {RelocationSize} bytes", $"{size} bytes");
        }

        if (file.Dynamic(PltRelocations) is not null && file.RequireDynamic(PltKind, "the kind of relocations of calls") is var kind and not (ulong)Relocations)
        {
            throw file.Damaged("relocations of calls with addends", $"kind {kind}");
        }

        return IsUsed(file, index, file.Dynamic(Relocations), RelocationsBytes) || IsUsed(file, index, file.Dynamic(PltRelocations), PltBytes);
    }

    private static bool IsUsed(ElfFile file, int index, ulong? table, long bytesTag)
    {
        if (table is not { } start)
        {
            return false;
        }

        var versions = file.RequireDynamic(SymbolVersions, "the versions of symbols");
        var bytes = file.RequireDynamic(bytesTag, "the size of the relocations");
        _ = file.OffsetOf(start, bytes);
        for (var place = 0UL; bytes - place >= RelocationSize; place += RelocationSize)
        {
            // The upper half of the second number is the symbol; 0 is none.
            var symbol = file.ReadUInt32(file.Add(start, place + 12));
            if (symbol != 0 && (file.ReadUInt16(file.Add(versions, 2UL * symbol)) & IndexMask) == index)
            {
                return true;
            }
        }

        return false;
    }
}
