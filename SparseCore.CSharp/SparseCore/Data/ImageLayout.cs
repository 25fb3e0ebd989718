namespace SparseCore.Data;

/// <summary>
/// Which files of a folder are examples, and of which class. The usual layout is train/CLASS/FILE and val/CLASS/FILE; Tiny ImageNet's is read too
/// (train/CLASS/images/FILE, val/images/FILE with val/val_annotations.txt). Links to files and folders are followed.
/// </summary>
/// <param name="Classes">Names of the classes, in ordinal order.</param>
/// <param name="Train">Examples of the folder train, class by class, in the ordinal order of their names.</param>
/// <param name="Test">Examples of the folder val.</param>
internal sealed record ImageLayout(string[] Classes, ListedImage[] Train, ListedImage[] Test)
{
    private const string Expected = "Expected train/CLASS/FILE and val/CLASS/FILE, with the same classes in both.";
    private const string TrainName = "train", TestName = "val", Inner = "images";
    private const int NamedFolders = 3;

    private static readonly string[] Parts = [TrainName, TestName];

    /// <summary>What other people call the two parts, the likelier first.</summary>
    private static readonly string[][] OtherNames =
        [["train", "training", "train_set", "training_set", "trainset"], ["val", "valid", "validation", "val_set", "validation_set", "valset", "test", "testing", "test_set"]];

    /// <summary>What systems and editors leave behind; names that begin with a dot are left out too.</summary>
    private static readonly string[] Litter = ["__MACOSX", "Thumbs.db", "desktop.ini"];

    /// <summary>Lists the files.</summary>
    /// <param name="folder">The folder with train and val, a full path.</param>
    /// <exception cref="DataException">The layout is another one; says what to move or rename.</exception>
    public static ImageLayout Find(string folder)
    {
        RequireParts(folder);
        var train = FindClasses(folder, TrainName);
        if (ImageAnnotations.In(Path.Combine(folder, TestName)) is { } annotations && Folders(Path.Combine(folder, TestName)) is [Inner])
        {
            return new ImageLayout(train, ListClasses(folder, TrainName, train), annotations.Label(train, ListFolder(folder, $"{TestName}/{Inner}")));
        }

        string[][] classes = [train, FindClasses(folder, TestName)];
        for (var part = 0; part < Parts.Length; part++)
        {
            var lonely = classes[part].Except(classes[1 - part]).ToArray();
            if (lonely.Length > 0)
            {
                throw new DataException(
                    $"Missing in '{Parts[1 - part]}': {lonely.Length} of the {classes[part].Length} classes in '{Path.Combine(folder, Parts[part])}' "
                    + $"(the first is '{lonely[0]}'). {Expected} Add their images there, or remove them here.");
            }
        }

        return new ImageLayout(train, ListClasses(folder, TrainName, train), ListClasses(folder, TestName, train));
    }

    private static void RequireParts(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DataException(BrokenLink.Describe(folder) is { } link ? $"'{folder}' is {link}. {Expected}" : $"There is no folder '{folder}'. {Expected}");
        }

        var missing = Enumerable.Range(0, Parts.Length).Where(part => !Directory.Exists(Path.Combine(folder, Parts[part]))).ToArray();
        if (missing.Length == 0)
        {
            return;
        }

        foreach (var part in missing)
        {
            if (BrokenLink.Describe(Path.Combine(folder, Parts[part])) is { } link)
            {
                throw new DataException($"'{Path.Combine(folder, Parts[part])}' is {link}. {Expected} Repair the link.");
            }
        }

        throw new DataException(
            $"The folder '{folder}' has no folder {string.Join(" and no folder ", missing.Select(part => $"'{Parts[part]}'"))}. {Remedy(folder, missing)} {Expected}");
    }

    /// <summary>What to do about missing parts, told from what is there instead.</summary>
    private static string Remedy(string folder, int[] missing)
    {
        var found = Folders(folder);
        var alike = missing
            .Select(part => OtherNames[part].SelectMany(other => found.Where(name => name.Equals(other, StringComparison.OrdinalIgnoreCase))).FirstOrDefault())
            .ToArray();
        if (alike.All(name => name is not null))
        {
            return $"Rename {string.Join(" and ", missing.Select((part, place) => $"'{alike[place]}' to '{Parts[part]}'"))}.";
        }

        if (missing is [var only])
        {
            return $"Make it, and move a share of each class's images from '{Parts[1 - only]}/CLASS' to '{Parts[only]}/CLASS'.";
        }

        if (Array.Find(found, name => HasParts(Path.Combine(folder, name))) is { } below)
        {
            return $"They are in '{below}': name that folder, data={Path.Combine(folder, below)}.";
        }

        if (Path.GetDirectoryName(folder) is { } above && Parts.Contains(Path.GetFileName(folder)) && HasParts(above))
        {
            return $"Name the folder above, data={above}.";
        }

        return found.Length > 0
            ? $"It has {found.Length} folders ({string.Join(", ", found.Take(NamedFolders).Select(name => $"'{name}'"))}{(found.Length > NamedFolders ? ", ..." : "")}). "
                + "If they are classes, move each to 'train/CLASS', and a share of its images to 'val/CLASS'."
            : "Make both, and move the images into the folders of their classes.";
    }

    private static bool HasParts(string folder) => Parts.All(part => Directory.Exists(Path.Combine(folder, part)));

    private static string[] FindClasses(string folder, string part)
    {
        var path = Path.Combine(folder, part);
        var files = Files(path);
        foreach (var file in files)
        {
            // Such a link may have been a class; without a word, the class would be missing.
            if (BrokenLink.Describe(Path.Combine(path, file)) is { } link)
            {
                throw new DataException($"'{Path.Combine(path, file)}' is {link}; expected a class folder. Repair or remove it.");
            }
        }

        return Folders(path) switch
        {
            [] => throw new DataException(
                $"'{path}' has no class folders; found {files.Length} files directly in it. {Expected} Move each into the folder of its class."),
            [Inner] when part == TestName => throw new DataException(
                $"'{path}' has the folder '{Inner}' and no '{ImageAnnotations.FileName}', which says the classes in Tiny ImageNet. {Expected} "
                + "Put that file back, or move each image into the folder of its class."),
            var classes => classes,
        };
    }

    private static ListedImage[] ListClasses(string folder, string part, string[] classes) =>
        [.. classes.SelectMany((name, label) => ListClass(folder, part, name).Select(file => new ListedImage(file, label, "")))];

    /// <summary>The files of a class. Tiny ImageNet has them in a folder "images", beside a file with boxes that nobody needs here.</summary>
    private static string[] ListClass(string folder, string part, string name)
    {
        var path = Path.Combine(folder, part, name);
        return Folders(path) switch
        {
            [] => ListFolder(folder, $"{part}/{name}"),
            [Inner] when Files(path).All(file => file == $"{name}_boxes.txt") => ListFolder(folder, $"{part}/{name}/{Inner}"),
            [var first, ..] => throw new DataException(
                $"The class folder '{path}' holds the folder '{first}'; expected only images in it. If '{first}' is a class, move it up into '{part}'; "
                + $"if not, move its images up into '{name}', or remove it."),
        };
    }

    private static string[] ListFolder(string folder, string name) => Folders(Path.Combine(folder, name)) is [var first, ..]
        ? throw new DataException($"The folder '{Path.Combine(folder, name)}' holds the folder '{first}'; expected only images in it. Move them up, or remove it.")
        : [.. Files(Path.Combine(folder, name)).Select(file => $"{name}/{file}")];

    private static string[] Folders(string path) => Visible(Directory.GetDirectories(path));

    private static string[] Files(string path) => Visible(Directory.GetFiles(path));

    /// <summary>Names without their folders, in ordinal order.</summary>
    private static string[] Visible(string[] paths) =>
        [.. paths.Select(path => Path.GetFileName(path)).Where(name => !IsLitter(name)).Order(StringComparer.Ordinal)];

    private static bool IsLitter(string name) => name.StartsWith('.') || Litter.Contains(name, StringComparer.OrdinalIgnoreCase);
}
