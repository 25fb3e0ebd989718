using System.Globalization;

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

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
