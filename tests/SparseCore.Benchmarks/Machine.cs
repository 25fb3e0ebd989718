using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;

namespace SparseCore.Benchmarks;

/// <summary>Names and prints.</summary>
internal static partial class Machine
{
    /// <summary>The processor's model name, where the system tells; a name without a number, as virtual machines give, is followed by the family's.</summary>
    public static string Name()
    {
        var name = Information("model name") ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown processor";
        return !name.Any(char.IsAsciiDigit) && Information("cpu family") is { } family ? $"{name} family {family}" : name;
    }

    /// <summary>The widest vectors the kernels use here; machines of one model name can differ in them.</summary>
    public static string Vectors() => Vector512.IsHardwareAccelerated ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "no AVX2";

    /// <summary>The name for a folder: lower case letters, digits and hyphens, with the widest vectors and the number of cores.</summary>
    public static string Slug() =>
        $"{NotInSlug().Replace($"{Name()} {Vectors().Replace("-", "", StringComparison.Ordinal)}".ToLowerInvariant(), "-").Trim('-')}" +
        $"-{Environment.ProcessorCount}-cores";

    /// <summary>Rows of cells in aligned columns.</summary>
    public static string Aligned(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return string.Join('\n', rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadLeft(widths[column])))));
    }

    /// <summary>What Linux says of the first processor; null elsewhere.</summary>
    private static string? Information(string key)
    {
        const string file = "/proc/cpuinfo";
        var lines = File.Exists(file) ? File.ReadLines(file) : [];
        return lines.FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInSlug();
}
