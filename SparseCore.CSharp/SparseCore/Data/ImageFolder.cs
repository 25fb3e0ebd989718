using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SparseCore.Data;

/// <summary>
/// Folders of JPEG and PNG files as ImageNet is usually kept: train/CLASS/FILE and val/CLASS/FILE (<see cref="ImageLayout"/>). Every file is an example,
/// but for hidden ones; what it is, is told by its bytes and not by its ending. Classes are numbered, and examples are ordered, by the ordinal order of
/// their names.
/// </summary>
public static class ImageFolder
{
    private const int NamedFaults = 5;

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
            return Load(folder, ImageLayout.Find(folder), options, progress, cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The folder of images '{folder}' cannot be read: {failure.Message}", failure);
        }
    }

    private static DataSplit Load(
        string folder, ImageLayout layout, ImageFolderOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        ListedImage[] listed = [.. layout.Train, .. layout.Test];
        var index = new ImageIndex(folder, options.IndexFolder);
        var files = index.Check([.. listed.Select(image => image.File)], options.Threads, progress, cancellation);
        var faults = Enumerable.Range(0, files.Length).Where(file => !files[file].IsUsed).ToArray();
        if (faults.Length > 0)
        {
            var named = string.Join("; ", faults.Take(NamedFaults).Select(file => $"'{listed[file].File}': {files[file].Fault}"));
            var sentence = $"No whole JPEG or PNG images: {faults.Length} of the {files.Length} files in '{folder}' ({named}{(faults.Length > NamedFaults ? "; ..." : "")}).";
            if (options.OnBadImage == BadImages.Refuse)
            {
                throw new DataException($"{sentence} Repair or remove them, or leave them out with on-bad-image=skip. '{index.Path}' lists all.");
            }

            progress?.Report($"{sentence} They are skipped; '{index.Path}' lists all.");
        }

        ReportUnusual(folder, options.Size, listed, files, progress);
        var hash = ContentHash(options, listed, files);
        var contents = $"images{options.Size.ToString(CultureInfo.InvariantCulture)}-{hash[..8]}";
        var train = Make("train", layout.Train, files.AsSpan(0, layout.Train.Length), options.Augmented, options);
        var test = Make("val", layout.Test, files.AsSpan(layout.Train.Length), false, options with { MemoryBytes = options.MemoryBytes / 4 });
        return new DataSplit(train, test, contents, hash);

        Dataset Make(string part, ListedImage[] images, ReadOnlySpan<ImageFile> found, bool hasViews, ImageFolderOptions partOptions)
        {
            var (paths, labels, lengths, counts) = (new List<string>(images.Length), new List<int>(), new List<int>(), new int[layout.Classes.Length]);
            for (var image = 0; image < images.Length; image++)
            {
                if (found[image].IsUsed)
                {
                    paths.Add(Path.Combine(folder, images[image].File));
                    labels.Add(images[image].Label);
                    lengths.Add((int)found[image].Stamp.Length);
                    counts[images[image].Label]++;
                }
            }

            var empty = Array.IndexOf(counts, 0);
            return empty < 0
                ? new ImageDataset($"{contents}-{part}", counts.Length, [.. paths], [.. labels], [.. lengths], hasViews, partOptions)
                : throw new DataException(
                    $"The class '{layout.Classes[empty]}' has no images in '{Path.Combine(folder, part)}'; expected at least 1. Add some or remove the class from both parts.");
        }
    }

    /// <summary>What is not as expected but can be used: a sentence for each kind.</summary>
    private static void ReportUnusual(string folder, int size, ListedImage[] listed, ImageFile[] files, IProgress<string>? progress)
    {
        Report(
            "Damaged, but usable by the decoder",
            file => file.Warning.Length > 0,
            file => $"\"{file.Warning}\"",
            "They have the pixels that every program with libjpeg gives them");
        Report("Gray instead of colored", file => file.Header.Colors == ImageColors.Gray, Size, "Gray becomes three equal channels");
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
                    $"{what}: {found.Length} of the {files.Length} images in '{folder}' (the first is '{listed[first].File}', {detail(files[first])}). {consequence}.");
            }
        }
    }

    /// <summary>A line for the options, then one for each example: hash and path, and its class where the path does not tell it.</summary>
    private static string ContentHash(ImageFolderOptions options, ListedImage[] listed, ImageFile[] files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var views = options.Augmented
            ? string.Create(CultureInfo.InvariantCulture, $"random resized crops of 8% to 100%, ratios 3/4 to 4/3, flips, seed {options.ViewSeed}")
            : "none";
        Append($"images, version 1; size {options.Size.ToString(CultureInfo.InvariantCulture)}; views: {views}");
        for (var file = 0; file < files.Length; file++)
        {
            if (files[file].IsUsed)
            {
                var (name, _, annotation) = listed[file];
                Append(annotation.Length > 0 ? $"{files[file].Hash} {name}\t{annotation}" : $"{files[file].Hash} {name}"); // No name has a tab.
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(string line) => hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
    }
}
