using System.Security.Cryptography;
using System.Text;
using SparseCore.Networks;

namespace SparseCore.Data;

/// <summary>
/// CIFAR-10 and CIFAR-100 (Krizhevsky 2009) from the files of their binary versions: 32 x 32 images in color, standardized channel by channel. Training shows the usual
/// random views: a 32 x 32 crop of the image with 4 black pixels around it, mirrored with probability 1/2 (He et al. 2016, section 4.2).
/// </summary>
public static class Cifar
{
    private static readonly Shape Image = new(3, 32, 32);

    /// <summary>Reads data_batch_1.bin to data_batch_5.bin and test_batch.bin, or train.bin and test.bin.</summary>
    /// <param name="folder">Where the files are, or the folder of the unpacked archive that holds their folder.</param>
    /// <param name="classes">10 for CIFAR-10, 100 for CIFAR-100 with its fine labels.</param>
    /// <param name="augmented">Whether training shows random views; test images have none.</param>
    /// <param name="viewSeed">Seed of the views.</param>
    /// <param name="progress">Receives a sentence when the files are not those of the real data set.</param>
    /// <returns>
    /// The data, named "cifar10" or "cifar100" only where all files have the published checksums, else "cifar-" and digits of the hash; "-plain" follows where training
    /// shows no random views.
    /// </returns>
    /// <exception cref="DataException">A file is missing or damaged or in another format, or a label is out of range; says what it is and what to do.</exception>
    public static DataSplit Load(string folder, int classes, bool augmented = true, ulong viewSeed = 1, IProgress<string>? progress = null)
    {
        var format = classes switch
        {
            10 => CifarFormat.Ten,
            100 => CifarFormat.Hundred,
            _ => throw new DataException($"CIFAR has 10 or 100 classes, found {classes}."),
        };
        try
        {
            return Load(format, Place(folder, format), augmented, viewSeed, progress);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The folder '{folder}' cannot be read: {failure.Message}", failure);
        }
    }

    private static DataSplit Load(CifarFormat format, string folder, bool augmented, ulong viewSeed, IProgress<string>? progress)
    {
        using var contents = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var isReal = true;
        var train = Read(format.Train);
        var test = Read([format.Test]);
        var views = augmented ? $"crops of {Image.Height} x {Image.Width} with {SmallImageDataset.LargestShift} pixels of padding and flips, seed {viewSeed}" : "none";
        var description = $"{format.Name}, standardized by {format.Normalization}, views {views}, of {Convert.ToHexStringLower(contents.GetHashAndReset())}";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(description)));
        var name = (isReal ? format.Name : $"cifar-{hash[..8]}") + (augmented ? "" : "-plain");
        if (!isReal)
        {
            progress?.Report(
                $"'{folder}' has {train.Labels.Length} training and {test.Labels.Length} test images in the format of {format.Title} that are not {format.Title} itself (its checksums differ); plans name them '{name}'.");
        }

        return new DataSplit(
            Make("train", train, augmented ? Augmentation.ShiftAndFlip : Augmentation.None), Make("test", test, Augmentation.None), name, hash);

        Dataset Make(string part, (byte[] Images, int[] Labels) examples, Augmentation augmentation) => new SmallImageDataset(
            $"{name}-{part}", Image, format.Classes, examples.Images, examples.Labels, format.Normalization, augmentation, viewSeed);

        (byte[] Images, int[] Labels) Read(IReadOnlyList<(string File, string Sha1)> files)
        {
            var records = files.Select(file => ReadFile(format, Path.Combine(folder, file.File))).ToList();
            for (var index = 0; index < files.Count; index++)
            {
                contents.AppendData(records[index]);
                isReal &= Convert.ToHexStringLower(SHA1.HashData(records[index])) == files[index].Sha1;
            }

            return Split(format, records);
        }
    }

    private static (byte[] Images, int[] Labels) Split(CifarFormat format, List<byte[]> files)
    {
        var labels = new int[files.Sum(file => file.Length / format.Record)];
        var images = new byte[labels.Length * CifarFormat.Pixels];
        var example = 0;
        foreach (var file in files)
        {
            for (var record = 0; record < file.Length; record += format.Record, example++)
            {
                labels[example] = file[record + format.LabelBytes - 1];
                file.AsSpan(record + format.LabelBytes, CifarFormat.Pixels).CopyTo(images.AsSpan(example * CifarFormat.Pixels));
            }
        }

        return (images, labels);
    }

    /// <summary>The bytes of one file, whole records whose labels are in range.</summary>
    private static byte[] ReadFile(CifarFormat format, string path)
    {
        if (!File.Exists(path))
        {
            throw new DataException($"There is no '{path}'; {format.Title} needs {string.Join(", ", format.Files)}. {format.Download}");
        }

        var bytes = RegularFile.ReadAllBytes(path, Array.MaxLength / format.Train.Count);
        if (bytes.Length == 0 || bytes.Length % format.Record != 0)
        {
            throw new DataException(
                $"'{path}' has {bytes.Length} bytes; expected whole records of {format.Record} bytes ({format.LabelBytes} for labels, 3 x 32 x 32 for pixels). {Explain(format, bytes)}");
        }

        for (var record = 0; record < bytes.Length; record += format.Record)
        {
            var label = bytes[record + format.LabelBytes - 1];
            if (label >= format.Classes)
            {
                throw new DataException($"'{path}': the label of image {record / format.Record} is {label}; expected 0 to {format.Classes - 1}. {Explain(format, bytes)}");
            }
        }

        return bytes;
    }

    /// <summary>What a file is that cannot be read, and what to do.</summary>
    private static string Explain(CifarFormat format, byte[] bytes)
    {
        var found = FileFormat.Recognize(bytes.AsSpan(0, Math.Min(bytes.Length, FileFormat.HeadLength)));
        return (found?.Name switch
        {
            "an empty file" => "It is empty: perhaps a download that failed. ",
            "a gzip file" => "It is a gzip file: decompress it. ",
            { } name => $"It is {name}. ",
            _ when bytes.Length % format.Other.Record == 0 => $"It looks like a file of {format.Other.Title} (dataset={format.Other.Name}). ",
            _ => "Perhaps a download that broke off. ",
        }) + format.Download;
    }

    /// <summary>The folder that holds the files: the one that is named, or the archive's folder in it.</summary>
    private static string Place(string folder, CifarFormat format)
    {
        if (File.Exists(folder))
        {
            throw new DataException($"'{folder}' is a file; expected the folder of {format.Title}'s binary files. If it is the archive {format.Archive}, unpack it (tar -xzf) and name its folder: data=FOLDER.");
        }

        if (!Directory.Exists(folder))
        {
            throw new DataException($"There is no folder '{folder}'. {format.Download}");
        }

        var inner = Path.Combine(folder, format.Folder);
        return format.IsIn(folder) ? folder
            : format.IsIn(inner) ? inner
            : throw new DataException($"The folder '{folder}' has no {format.Files.First()}, and no folder {format.Folder} that has. {Instead(folder, format)}");
    }

    /// <summary>What a folder has instead, and what to do.</summary>
    private static string Instead(string folder, CifarFormat format)
    {
        if (Has(format.Archive))
        {
            return $"It has the archive: unpack it (tar -xzf {Path.Combine(folder, format.Archive)}).";
        }

        if (format.Other.IsIn(folder) || format.Other.IsIn(Path.Combine(folder, format.Other.Folder)))
        {
            return $"It has the files of {format.Other.Title}: dataset={format.Other.Name}.";
        }

        var first = Path.GetFileNameWithoutExtension(format.Files.First());
        return (Has($"{format.Stem}-python.tar.gz") || Has($"{format.Stem}-batches-py") || Has($"{format.Stem}-python") || Has(first) ? "It has the Python version, which is not read. "
            : Has($"{format.Stem}-matlab.tar.gz") || Has($"{format.Stem}-batches-mat") || Has($"{format.Stem}-matlab") || Has($"{first}.mat") ? "It has the MATLAB version, which is not read. "
            : "") + format.Download;

        bool Has(string name) => Path.Exists(Path.Combine(folder, name));
    }
}
