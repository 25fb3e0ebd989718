using System.Globalization;
using System.Security.Cryptography;

namespace SparseCore.Torch.Library;

/// <summary>
/// Puts the libraries of the CUDA packages into one folder, where they find each other. They come in some twenty packages; files that are too large for one are cut:
/// the first part lies in a package NAME-primary beside the SHA-256 of the whole, the others in packages NAME-fragmentN. A build with TorchSharp's targets joins
/// them inside the packages folder and deletes the parts; either state is read, neither is changed.
/// </summary>
/// <remarks>Written after the targets of the packages of TorchSharp 0.107.0, pkg/common/RestitchPackage.targets; tried on packages of the same form only.</remarks>
internal static class CudaPackages
{
    private const string HashSuffix = ".sha", Primary = "-primary";
    private const int HashTextLimit = 4096, BufferSize = 1 << 20;
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1);

    /// <summary>Makes the folder, in one step.</summary>
    /// <param name="platform">The names of files and packages.</param>
    /// <param name="packages">The folder in which NuGet keeps packages.</param>
    /// <param name="target">The folder to make.</param>
    /// <exception cref="TorchException">A package or a part is missing or damaged, or the folder cannot be written.</exception>
    public static void PutTogether(LibtorchPlatform platform, string packages, string target)
    {
        var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            DeleteAbandoned(target);
            Directory.CreateDirectory(temporary);
            foreach (var package in Directory.GetDirectories(packages, platform.CudaPackage + "-*"))
            {
                var natives = Path.Combine(package, LibtorchPlatform.Version, platform.NativeFolder);
                foreach (var file in Directory.Exists(natives) ? Directory.GetFiles(natives) : [])
                {
                    Place(Path.GetFullPath(file), Path.Combine(temporary, Path.GetFileName(file)));
                }
            }

            if (!File.Exists(Path.Combine(temporary, platform.Cuda)))
            {
                throw new TorchException(
                    $"The CUDA packages are not whole: expected {platform.Cuda} in packages {platform.CudaPackage}-* of version {LibtorchPlatform.Version} in '{packages}', found none. Delete these packages and start again.");
            }

            Directory.Move(temporary, target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TorchException($"The libraries of the CUDA packages cannot be put together in '{target}': {exception.Message} About 5 GB are needed there; make room or give permission.", exception);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    /// <summary>What killed processes left would fill the disk.</summary>
    private static void DeleteAbandoned(string target)
    {
        foreach (var folder in Directory.GetDirectories(Path.GetDirectoryName(target)!, Path.GetFileName(target) + ".*.tmp"))
        {
            if (Directory.GetLastWriteTimeUtc(folder) < DateTime.UtcNow - AbandonedAfter)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static void Place(string file, string target)
    {
        if (file.EndsWith(HashSuffix, StringComparison.Ordinal))
        {
            return;
        }

        string[] parts = [file, .. Fragments(file)];
        if (File.Exists(file + HashSuffix))
        {
            var expected = RegularFile.ReadAllText(file + HashSuffix, HashTextLimit).Trim();
            var found = parts.Length > 1 ? Join(parts, target) : Hash(file);
            if (!string.Equals(expected, found, StringComparison.OrdinalIgnoreCase))
            {
                throw new TorchException(
                    $"'{file}' and its fragments are damaged: expected SHA-256 {expected} of the whole, found {found} of {parts.Length} parts. Delete their packages and start again: they are downloaded anew.");
            }
        }

        // Several gigabytes are not copied where nothing is to be joined.
        if (!File.Exists(target))
        {
            File.CreateSymbolicLink(target, file);
        }
    }

    private static IEnumerable<string> Fragments(string file)
    {
        for (var number = 1; file.Contains(Primary, StringComparison.Ordinal); number++)
        {
            var name = "fragment" + number.ToString(CultureInfo.InvariantCulture);
            var separator = Path.DirectorySeparatorChar;
            var fragment = file.Replace(Primary + separator, $"-{name}{separator}", StringComparison.Ordinal)
                .Replace($"{separator}runtimes{separator}", $"{separator}fragments{separator}", StringComparison.Ordinal) + "." + name;
            if (!File.Exists(fragment))
            {
                break;
            }

            yield return fragment;
        }
    }

    private static string Join(string[] parts, string target)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var output = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var buffer = new byte[BufferSize];
        foreach (var part in parts)
        {
            using var input = RegularFile.OpenRead(part, bufferSize: 0);
            for (int count; (count = input.Read(buffer)) > 0;)
            {
                hash.AppendData(buffer, 0, count);
                output.Write(buffer, 0, count);
            }
        }

        output.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Hash(string file)
    {
        using var input = RegularFile.OpenRead(file, bufferSize: 0);
        return Convert.ToHexStringLower(SHA256.HashData(input));
    }
}
