using System.Buffers.Binary;
using System.Text.RegularExpressions;

namespace SparseCore.Torch.Library;

/// <summary>Reads the version of a libtorch out of its files, without loading it.</summary>
internal static partial class LibtorchVersion
{
    /// <summary>A function of libtorch since 2.9 that returns its version; nothing else in the library holds it.</summary>
    public const string Function = "aoti_torch_abi_version";

    /// <summary>What is known of a library without that function.</summary>
    public const string BeforeTheFunction = "a version before 2.9";

    private const int TextLimit = 1 << 16, X64 = 62;

    /// <summary>Whether a version is the one that TorchSharp was built against; what follows a plus sign names the build, such as "+cu128".</summary>
    public static bool IsExpected(string version) => version.Split('+')[0] is LibtorchPlatform.Version or LibtorchPlatform.Version + ".0";

    /// <summary>The version in a text beside the libraries: of the NuGet package, of the Python package, of the archive. Null where there is none.</summary>
    /// <param name="folder">The folder of the libraries.</param>
    public static string? FromText(string folder)
    {
        var above = Path.Combine(folder, "..");
        var package = Path.Combine(above, "..", "..");
        try
        {
            var specification = Path.GetFileName(folder) == "native" ? Directory.GetFiles(package, "libtorch-*.nuspec").FirstOrDefault() : null;
            return (specification is null ? null : FirstMatch(specification, PackageVersion()))
                ?? FirstMatch(Path.Combine(above, "version.py"), PythonVersion())
                ?? FirstMatch(Path.Combine(above, "build-version"), ArchiveVersion());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Then the library itself is asked.
            return null;
        }
    }

    /// <summary>The version that the code of <see cref="Function"/> returns; null for another processor, or a library without it.</summary>
    public static string? FromCode(ElfFile library)
    {
        Span<byte> code = stackalloc byte[15];
        if (library.Machine != X64 || !library.TryReadFunction(Function, code))
        {
            return null;
        }

        // [endbr64;] mov rax, number; ret
        ReadOnlySpan<byte> branchTarget = [0xf3, 0x0f, 0x1e, 0xfa];
        var start = code.StartsWith(branchTarget) ? code[4..] : code;
        return start is [0x48, 0xb8, _, _, _, _, _, _, _, _, 0xc3, ..] ? OfNumber(BinaryPrimitives.ReadUInt64LittleEndian(start[2..])) : null;
    }

    /// <summary>The version in a number as <see cref="Function"/> returns it: one byte each from the highest on.</summary>
    public static string OfNumber(ulong number) => $"{number >> 56}.{(number >> 48) & 0xff}.{(number >> 40) & 0xff}";

    private static string? FirstMatch(string path, Regex pattern)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var match = pattern.Match(RegularFile.ReadAllText(path, TextLimit));
        return match.Success ? match.Groups[1].Value : null;
    }

    [GeneratedRegex("<version>\\s*([0-9][0-9A-Za-z.+-]*)\\s*</version>")]
    private static partial Regex PackageVersion();

    [GeneratedRegex("__version__\\s*=\\s*['\"]([0-9][0-9A-Za-z.+-]*)['\"]")]
    private static partial Regex PythonVersion();

    [GeneratedRegex("^\\s*([0-9][0-9A-Za-z.+-]*)\\s*$")]
    private static partial Regex ArchiveVersion();
}
