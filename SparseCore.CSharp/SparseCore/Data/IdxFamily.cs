using System.Text.RegularExpressions;

namespace SparseCore.Data;

/// <summary>Data sets in IDX files that share names and conventions: MNIST (Fashion-MNIST and KMNIST use its names), QMNIST and the parts of EMNIST.</summary>
/// <param name="Name">What a user calls it.</param>
/// <param name="Train">What the names of its training files begin with.</param>
/// <param name="Test">What the names of its test files begin with.</param>
internal sealed record IdxFamily(string Name, string Train, string Test)
{
    /// <summary>Number of classes where none is given.</summary>
    public int Classes { get; init; } = Mnist.Classes;

    /// <summary>The label of the first class.</summary>
    public int FirstLabel { get; init; }

    /// <summary>Whether images are stored with rows and columns swapped.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>Columns of the file of labels.</summary>
    public int LabelColumns { get; init; } = 1;

    /// <summary>The usual end of the names of label files.</summary>
    public string LabelEnding { get; init; } = "idx1-ubyte";

    /// <summary>MNIST itself, or anything in files of its names.</summary>
    public static IdxFamily OfMnist { get; } = new("mnist", "train", "t10k");

    /// <summary>Families with names of their own.</summary>
    public static IReadOnlyList<IdxFamily> Relatives { get; } =
    [
        Emnist("letters", 26) with { FirstLabel = 1 },
        Emnist("balanced", 47),
        Emnist("byclass", 62),
        Emnist("bymerge", 47),
        Emnist("digits", 10),
        Emnist("mnist", 10),
        new("qmnist", "qmnist-train", "qmnist-test") { LabelColumns = 8, LabelEnding = "idx2-int" },
    ];

    /// <summary>What is special about it, for a sentence.</summary>
    public string Traits => string.Join(", ", new[]
    {
        $"{Classes} classes",
        FirstLabel != 0 ? $"labels counted from {FirstLabel}" : "",
        IsTransposed ? "images transposed to stand upright" : "",
        LabelColumns > 1 ? $"the first of {LabelColumns} columns as label" : "",
    }.Where(trait => trait.Length > 0));

    /// <summary>The family of this name, or nothing; MNIST for all that share its names.</summary>
    public static IdxFamily? Find(string name) => name is "mnist" or "fashion" ? OfMnist : Relatives.FirstOrDefault(family => family.Name == name);

    /// <summary>Whether a folder has any of the four files.</summary>
    public bool IsIn(string folder) => Parts.Any(part => Candidates(folder, part.Stem, part.Ending).Length > 0);

    /// <summary>The files of training images, training labels, test images and test labels.</summary>
    /// <exception cref="DataException">One is missing, or there are several that could be it.</exception>
    public string[] Files(string folder) => [.. Parts.Select(part => File(folder, part.Stem, part.Ending))];

    private (string Stem, string Ending)[] Parts =>
    [
        ($"{Train}-images", "idx3-ubyte"), ($"{Train}-labels", LabelEnding), ($"{Test}-images", "idx3-ubyte"), ($"{Test}-labels", LabelEnding),
    ];

    private string File(string folder, string stem, string ending)
    {
        var candidates = Candidates(folder, stem, ending);
        return candidates.Length switch
        {
            1 => candidates[0],
            0 => throw new DataException(
                $"The folder '{folder}' has no '{stem}-{ending}' (also looked for {string.Join(", ", Spellings(stem, ending).Where(name => name != $"{stem}-{ending}"))}). "
                + $"Put the four files of {Name} there or name another folder.{FoundInstead(folder)}"),
            _ => throw new DataException(
                $"The folder '{folder}' has several files that could be its '{stem}-{ending}': {string.Join(", ", candidates.Select(Path.GetFileName))}; expected one. Remove the others."),
        };
    }

    /// <summary>The usual names in the order of preference.</summary>
    private static string[] Spellings(string stem, string ending) => [$"{stem}-{ending}.gz", $"{stem}-{ending}", $"{stem}.{ending}.gz", $"{stem}.{ending}"];

    /// <summary>The file of the first usual spelling, or all whose names say another type or rank: "train-labels-idx1-int".</summary>
    private static string[] Candidates(string folder, string stem, string ending)
    {
        if (Spellings(stem, ending).Select(name => Path.Combine(folder, name)).FirstOrDefault(System.IO.File.Exists) is { } usual)
        {
            return [usual];
        }

        var unusual = new Regex($@"^{Regex.Escape(stem)}[-.]idx[0-9]+-(ubyte|byte|sbyte|short|int|float|double)(\.gz)?$");
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder).Where(file => unusual.IsMatch(Path.GetFileName(file))).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>A sentence about what a folder holds that has not what was looked for.</summary>
    private static string FoundInstead(string folder)
    {
        const int most = 5, searched = 20;
        if (!Directory.Exists(folder))
        {
            return " There is no such folder.";
        }

        string[] folders = [folder, .. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Take(searched)];
        var families =
            from place in folders
            from family in Relatives.Prepend(OfMnist)
            where family.IsIn(place)
            select $"files of {family.Name} ({(place == folder ? "" : $"data={place} ")}dataset={family.Name})";
        var others = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(Describe).OfType<string>().Take(most);
        var all = families.Concat(others).ToArray();
        return all.Length == 0 ? "" : $" It has {string.Join(", ", all)}.";
    }

    private static string? Describe(string path)
    {
        try
        {
            Span<byte> head = stackalloc byte[FileFormat.HeadLength];
            using var file = RegularFile.OpenRead(path);
            var found = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            return found > 0 && FileFormat.Recognize(head[..found]) is { HoldsData: true } format ? $"{Path.GetFileName(path)} ({format.Name})" : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IdxFamily Emnist(string part, int classes) =>
        new($"emnist-{part}", $"emnist-{part}-train", $"emnist-{part}-test") { Classes = classes, IsTransposed = true };
}
