using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SparseCore.Data;

/// <summary>
/// Folders of JPEG and PNG files as ImageNet is usually kept: train/CLASS/FILE and val/CLASS/FILE. Every file that does not begin with a dot is an example;
/// what it is, is told by its bytes and not by its ending. Classes are numbered, and examples are ordered, by the ordinal order of their names.
/// </summary>
public static class ImageFolder
{
    private const int NamedFaults = 5;

    private static readonly string[] Parts = ["train", "val"];

    /// <summary>Whether libjpeg-turbo, which decodes the files, is installed.</summary>
    public static bool CanDecode => TurboJpeg.IsAvailable;

    /// <summary>Lists and checks the files; images are decoded only when they are needed.</summary>
    /// <param name="folder">The folder with train and val.</param>
    /// <param name="options">Size, views, broken files, where the index is kept.</param>
    /// <param name="progress">Receives sentences: how far the first reading is, what was skipped.</param>
    /// <param name="cancellation">Stops the first reading; what was read is kept in the index.</param>
    /// <returns>
    /// The data. Its hash covers all names, the SHA-256 of every file, and how images become examples; broken files that are skipped are not part of it.
    /// </returns>
    /// <exception cref="DataException">libjpeg-turbo is missing, the layout is another one, there are broken files, or a class has no images.</exception>
    public static DataSplit Load(
        string folder, ImageFolderOptions options, IProgress<string>? progress = null, CancellationToken cancellation = default)
    {
        _ = TurboJpeg.Require();
        if (options.Size is < ImageFolderOptions.SmallestSize or > ImageFolderOptions.LargestSize)
        {
            throw new DataException(
                $"Images of {options.Size} x {options.Size} were asked for; expected {ImageFolderOptions.SmallestSize} to {ImageFolderOptions.LargestSize}.");
        }

        folder = Path.GetFullPath(folder);
        try
        {
            return Load(folder, FindClasses(folder), options, progress, cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The folder of images '{folder}' cannot be read: {failure.Message}", failure);
        }
    }

    private static DataSplit Load(
        string folder, string[] classes, ImageFolderOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        var names = Parts.Select(part => classes.SelectMany((name, label) => FilesOf(folder, part, name).Select(file => (file, label))).ToArray()).ToArray();
        var index = new ImageIndex(folder, options.IndexFolder);
        var all = names.SelectMany(part => part.Select(entry => entry.file)).ToArray();
        var files = index.Check(all, options.Threads, progress, cancellation);
        var faults = Enumerable.Range(0, all.Length).Where(file => !files[file].IsUsed).ToArray();
        if (faults.Length > 0)
        {
            var named = string.Join("; ", faults.Take(NamedFaults).Select(file => $"'{all[file]}': {files[file].Fault}"));
            var sentence = $"No whole JPEG or PNG images: {faults.Length} of the {all.Length} files in '{folder}' ({named}{(faults.Length > NamedFaults ? "; ..." : "")}).";
            if (options.OnBadImage == BadImages.Refuse)
            {
                throw new DataException($"{sentence} Repair or remove them, or leave them out with on-bad-image=skip. '{index.Path}' lists all.");
            }

            progress?.Report($"{sentence} They are skipped; '{index.Path}' lists all.");
        }

        ReportUnusual(folder, options.Size, all, files, progress);
        var hash = ContentHash(options, all, files);
        var contents = $"images{options.Size.ToString(CultureInfo.InvariantCulture)}-{hash[..8]}";
        var train = Make("train", names[0], files.AsSpan(0, names[0].Length), options.Augmented, options);
        var test = Make("val", names[1], files.AsSpan(names[0].Length), false, options with { MemoryBytes = options.MemoryBytes / 4 });
        return new DataSplit(train, test, contents, hash);

        Dataset Make(string part, (string File, int Label)[] listed, ReadOnlySpan<ImageFile> found, bool hasViews, ImageFolderOptions partOptions)
        {
            var (paths, labels, lengths, counts) = (new List<string>(listed.Length), new List<int>(), new List<int>(), new int[classes.Length]);
            for (var entry = 0; entry < listed.Length; entry++)
            {
                if (found[entry].IsUsed)
                {
                    paths.Add(Path.Combine(folder, listed[entry].File));
                    labels.Add(listed[entry].Label);
                    lengths.Add((int)found[entry].Stamp.Length);
                    counts[listed[entry].Label]++;
                }
            }

            var empty = Array.IndexOf(counts, 0);
            return empty < 0
                ? new ImageDataset($"{contents}-{part}", classes.Length, [.. paths], [.. labels], [.. lengths], hasViews, partOptions)
                : throw new DataException(
                    $"The class '{classes[empty]}' has no images in '{Path.Combine(folder, part)}'; expected at least 1. Add some or remove the class from both parts.");
        }
    }

    /// <summary>What is not as expected but can be used: a sentence for each kind.</summary>
    private static void ReportUnusual(string folder, int size, string[] names, ImageFile[] files, IProgress<string>? progress)
    {
        Report(
            "Damaged, but usable by the decoder",
            file => file.Warning.Length > 0,
            file => $"\"{file.Warning}\"",
            "They have the pixels that every program with libjpeg gives them");
        Report("Grey instead of colored", file => file.Header.Colors == ImageColors.Grey, Size, "Grey becomes three equal channels");
        Report(
            "Four inks (CMYK) instead of red, green and blue",
            file => file.Header.Colors == ImageColors.Inks,
            Size,
            "Inks are mixed without a color profile");
        Report(
            $"Smaller than the crop of {size} x {size}",
            file => Math.Min(file.Header.Width, file.Header.Height) < size,
            Size,
            "They are enlarged; choose a smaller image-size= if that is not wanted");

        static string Size(ImageFile file) => $"{file.Header.Width} x {file.Header.Height}";

        void Report(string what, Predicate<ImageFile> isUnusual, Func<ImageFile, string> detail, string consequence)
        {
            var found = Enumerable.Range(0, files.Length).Where(file => files[file].IsUsed && isUnusual(files[file])).ToArray();
            if (found is [var first, ..])
            {
                progress?.Report(
                    $"{what}: {found.Length} of the {files.Length} images in '{folder}' (the first is '{names[first]}', {detail(files[first])}). {consequence}.");
            }
        }
    }

    /// <summary>The classes, which both parts must have.</summary>
    private static string[] FindClasses(string folder)
    {
        const string layout = "Expected train/CLASS/FILE and val/CLASS/FILE, with the same classes in both.";
        if (!Directory.Exists(folder))
        {
            throw new DataException($"There is no folder '{folder}'. {layout}");
        }

        if (Parts.FirstOrDefault(part => !Directory.Exists(Path.Combine(folder, part))) is { } missing)
        {
            throw new DataException($"The folder '{folder}' has no folder '{missing}'. {layout}");
        }

        var classes = new List<string[]>();
        foreach (var part in Parts)
        {
            var path = Path.Combine(folder, part);
            var found = Visible(Directory.GetDirectories(path));
            if (found.Length == 0)
            {
                throw new DataException(
                    $"'{path}' has no class folders; found {Visible(Directory.GetFiles(path)).Length} files directly in it. {layout} Move each into the folder of its class.");
            }

            classes.Add(found);
        }

        for (var part = 0; part < Parts.Length; part++)
        {
            var lonely = classes[part].Except(classes[1 - part]).ToArray();
            if (lonely.Length > 0)
            {
                throw new DataException(
                    $"Missing in '{Parts[1 - part]}': {lonely.Length} of the {classes[part].Length} classes in '{Path.Combine(folder, Parts[part])}' "
                    + $"(the first is '{lonely[0]}'). {layout} Add their images there, or remove them here.");
            }
        }

        return classes[0];
    }

    private static IEnumerable<string> FilesOf(string folder, string part, string name)
    {
        var path = Path.Combine(folder, part, name);
        return Directory.GetDirectories(path) is [var first, ..]
            ? throw new DataException($"The class folder '{path}' holds the folder '{Path.GetFileName(first)}'; expected only images in it. Move them up, or remove it.")
            : Visible(Directory.GetFiles(path)).Select(file => $"{part}/{name}/{file}");
    }

    /// <summary>Names without their folders, in ordinal order; hidden ones are left out.</summary>
    private static string[] Visible(string[] paths) =>
        [.. paths.Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];

    private static string ContentHash(ImageFolderOptions options, string[] names, ImageFile[] files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var views = options.Augmented
            ? string.Create(CultureInfo.InvariantCulture, $"random resized crops of 8% to 100%, ratios 3/4 to 4/3, flips, seed {options.ViewSeed}")
            : "none";
        Append($"images, version 1; size {options.Size.ToString(CultureInfo.InvariantCulture)}; views: {views}");
        for (var file = 0; file < names.Length; file++)
        {
            if (files[file].IsUsed)
            {
                Append($"{files[file].Hash} {names[file]}");
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(string line) => hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
    }
}
