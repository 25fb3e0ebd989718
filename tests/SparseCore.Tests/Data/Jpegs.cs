using System.Globalization;
using SparseCore.Data;

namespace SparseCore.Tests.Data;

/// <summary>The small JPEG files and what Pillow made of them (images/make.py).</summary>
internal static class Jpegs
{
    /// <summary>All files that are whole JPEG images.</summary>
    public static string[] Names { get; } =
        ["color420.jpg", "color444.jpg", "dot.jpg", "grey.jpg", "inks.jpg", "progressive.jpg", "turned.jpg", "wide.jpg"];

    /// <summary>Where they lie.</summary>
    public static string Folder => Path.Combine(Samples.Repository, "tests", "SparseCore.Tests", "Data", "images");

    /// <summary>The bytes of a file.</summary>
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    /// <summary>Pillow's results of one kind of work. Pixels have shape [height, width, 3].</summary>
    public static IReadOnlyList<(string File, double[] Arguments, int Width, int Height, byte[] Pixels)> Golden(string work) =>
    [
        .. from line in File.ReadAllLines(Path.Combine(Folder, "golden.csv"))
           let cells = line.Split(',')
           let words = cells[1].Split(' ')
           where words[0] == work
           select (cells[0], words[1..].Select(Number).ToArray(), (int)Number(cells[2]), (int)Number(cells[3]), Convert.FromHexString(cells[4])),
    ];

    /// <summary>
    /// PNG files of every kind and damaged JPEG files, and what Pillow makes of them. Pixels have shape [height, width, 3]; there are none where it
    /// refuses the file.
    /// </summary>
    public static IReadOnlyList<(string Name, int Reduction, int Width, int Height, byte[] File, byte[] Pixels)> Made(string kind) =>
    [
        .. from line in File.ReadAllLines(Path.Combine(Folder, "samples.csv"))
           let cells = line.Split(',')
           where cells[0].StartsWith(kind, StringComparison.Ordinal)
           select (cells[0], (int)Number(cells[1]), (int)Number(cells[2]), (int)Number(cells[3]), Convert.FromHexString(cells[4]), Convert.FromHexString(cells[5])),
    ];

    /// <summary>One of these files.</summary>
    public static byte[] Made(string kind, string name) => Made($"{kind} {name}").First(made => made.Name == $"{kind} {name}").File;

    /// <summary>Red, green and blue of decoded pixels.</summary>
    public static byte[] WithoutUnused(ReadOnlySpan<byte> pixels)
    {
        var values = new byte[pixels.Length / ImageDecoder.PixelBytes * 3];
        for (var value = 0; value < values.Length; value++)
        {
            values[value] = pixels[(value / 3 * ImageDecoder.PixelBytes) + (value % 3)];
        }

        return values;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
