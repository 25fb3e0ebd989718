namespace SparseCore.Torch.Library;

/// <summary>Looks for libtorch and for TorchSharp's native library, and checks their files; loads nothing.</summary>
/// <param name="platform">The names of files and packages.</param>
/// <param name="packageFolders">Folders in which NuGet keeps packages, in the order of search.</param>
/// <param name="applicationFolders">Folders of the application's own libraries.</param>
/// <param name="copyFolder">The folder of files that were put together here.</param>
internal sealed class LibtorchSearch(
    LibtorchPlatform platform, IReadOnlyList<string> packageFolders, IReadOnlyList<string> applicationFolders, string copyFolder)
{
    private string PackageName => Path.Combine(platform.ProcessorPackage, LibtorchPlatform.Version);

    /// <summary>As <see cref="LibtorchLoader.Find"/>.</summary>
    public LibtorchFinding Find(string? folder, string device)
    {
        try
        {
            var isCuda = LibtorchDevice.Parse(device).IsCuda;
            if (folder is not null)
            {
                return Check(FolderOf(folder), isCuda, LibtorchAdvice.NameAnother);
            }

            if (isCuda && platform.Rid.StartsWith("osx", StringComparison.Ordinal))
            {
                return LibtorchFinding.Missing($"device: expected cpu on macOS, for which there is no CUDA, found '{device}'. Use device=cpu.");
            }

            return FromPackages(isCuda);
        }
        catch (TorchException exception)
        {
            return LibtorchFinding.Missing(exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return LibtorchFinding.Missing($"libtorch cannot be looked for{(folder is null ? "" : $" in torch={folder}")}: {exception.Message} Correct the path or its permissions.");
        }
    }

    /// <summary>The folder with the libraries, at or below a folder that the user named.</summary>
    /// <exception cref="TorchException">There is none.</exception>
    public string FolderOf(string named)
    {
        if (!Directory.Exists(named))
        {
            throw new TorchException($"torch={named}: expected a folder, found {(File.Exists(named) ? "a file" : "nothing there")}. {LibtorchAdvice.NameAnother}");
        }

        string[] below = ["", "lib", Path.Combine("torch", "lib"), platform.NativeFolder];
        foreach (var name in below)
        {
            var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(named, name)));
            if (File.Exists(Path.Combine(folder, platform.Main)) || File.Exists(Path.Combine(folder, platform.Processor)))
            {
                return folder;
            }
        }

        throw new TorchException(
            $"torch={named}: expected {platform.Main} in that folder or in {string.Join(", ", below[1..])} below it, found none. {LibtorchAdvice.NameAnother}");
    }

    /// <summary>NuGet writes this file last; a folder without it is extracted again by the next restore.</summary>
    private static bool IsExtracted(string package) => File.Exists(Path.Combine(package, ".nupkg.metadata"));

    private static void CheckWhole(string path, string remedy)
    {
        if (new FileInfo(path).Length == 0)
        {
            throw new TorchException($"'{path}' is not whole: expected a library, found an empty file. {remedy}");
        }
    }

    /// <summary>Libraries with a hash in their names are never the system's: they lie beside the library that needs them.</summary>
    private static void CheckNeeded(ElfFile file, string folder, string remedy)
    {
        var searched = file.DynamicStrings(ElfFile.RunPath).Concat(file.DynamicStrings(ElfFile.SearchPath))
            .SelectMany(path => path.Split(':'))
            .Select(path => path.Replace("$ORIGIN", folder, StringComparison.Ordinal).Replace("${ORIGIN}", folder, StringComparison.Ordinal))
            .ToList();
        foreach (var name in file.DynamicStrings(ElfFile.Needed).Where(HasHash))
        {
            var path = searched.Append(folder).Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists)
                ?? throw new TorchException($"'{folder}' is not whole: expected {name}, found none. {remedy}");
            using var needed = ElfFile.Open(path, remedy);
        }
    }

    private static bool HasHash(string name)
    {
        var dash = name.LastIndexOf('-');
        return dash > 0 && name.Length > dash + 9 && name[dash + 9] == '.' && name.AsSpan(dash + 1, 8).IndexOfAnyExcept("0123456789abcdef") < 0;
    }

    private LibtorchFinding FromPackages(bool isCuda)
    {
        if (!isCuda)
        {
            foreach (var packages in packageFolders)
            {
                var package = Path.GetFullPath(Path.Combine(packages, PackageName));
                if (IsExtracted(package))
                {
                    return Check(Path.Combine(package, platform.NativeFolder), isCuda: false, LibtorchAdvice.RestoreAgain(package));
                }
            }
        }

        var cuda = Path.GetFullPath(platform.CudaFolder(copyFolder));
        if (Directory.Exists(cuda))
        {
            return Check(cuda, isCuda, LibtorchAdvice.RestoreAgain(cuda));
        }

        var missing = isCuda ? $"libtorch {LibtorchPlatform.Version} for CUDA" : $"the package {platform.ProcessorPackage} {LibtorchPlatform.Version}";
        var places = string.Join(", ", isCuda ? [cuda] : packageFolders.Select(packages => Path.Combine(packages, PackageName)));
        var canBeRestored = !isCuda || platform.HasCudaPackages;
        var advice = canBeRestored
            ? $"A script with engine=torch downloads it; without a network, name a folder that holds it with torch=FOLDER."
            : $"Name a folder that holds it with torch=FOLDER, such as torch/lib of a Python wheel of that version.";
        return LibtorchFinding.Missing($"{missing} is not there: expected it in {places}, found nothing there. {advice}", canBeRestored);
    }

    private LibtorchFinding Check(string folder, bool isCuda, string remedy)
    {
        if (isCuda && File.Exists(Path.Combine(folder, platform.Processor)) && !File.Exists(Path.Combine(folder, platform.Cuda)))
        {
            throw new TorchException(
                $"device=cuda: expected {platform.Cuda} in '{folder}', found a libtorch for the processor alone. Name one with CUDA by torch=FOLDER, or use device=cpu.");
        }

        string[] files = isCuda ? [platform.Core, platform.Processor, platform.Main, platform.Cuda] : [platform.Core, platform.Processor, platform.Main];
        if (Array.Find(files, file => !File.Exists(Path.Combine(folder, file))) is { } lost)
        {
            throw new TorchException($"'{folder}' is not whole: expected {lost}, found none. {remedy}");
        }

        var version = LibtorchVersion.FromText(folder);
        RequireVersion(folder, version);
        foreach (var file in files)
        {
            version = CheckFile(folder, file, version, remedy);
        }

        return new LibtorchFinding(folder, version, File.Exists(Path.Combine(folder, platform.Cuda)), FindBridge(), Problem: null, CanBeRestored: false);
    }

    private string? CheckFile(string folder, string name, string? version, string remedy)
    {
        var path = Path.Combine(folder, name);
        CheckWhole(path, remedy);
        if (!platform.IsElf)
        {
            return version;
        }

        using var file = ElfFile.Open(path, remedy);
        CheckNeeded(file, folder, remedy);
        if (version is null && name == platform.Processor)
        {
            version = LibtorchVersion.FromCode(file) ?? LibtorchVersion.BeforeTheFunction;
            RequireVersion(folder, version);
        }

        return version;
    }

    private static void RequireVersion(string folder, string? version)
    {
        if (version is not null && !LibtorchVersion.IsExpected(version))
        {
            throw WrongVersion(folder, version);
        }
    }

    /// <summary>The error for a libtorch that TorchSharp was not built against.</summary>
    public static TorchException WrongVersion(string folder, string version) => new(
        $"'{folder}' holds another libtorch: expected {LibtorchPlatform.Version}, which TorchSharp {LibtorchPlatform.TorchSharpVersion} is built for, found {version}. {LibtorchAdvice.NameAnother}");

    private string FindBridge()
    {
        var places = applicationFolders.SelectMany(folder => new[] { Path.Combine(folder, platform.NativeFolder), folder })
            .Concat(packageFolders.Select(packages => Path.Combine(packages, "torchsharp", LibtorchPlatform.TorchSharpVersion, platform.NativeFolder)))
            .Distinct()
            .ToList();
        var path = places.Select(place => Path.Combine(place, platform.Bridge)).FirstOrDefault(File.Exists)
            ?? throw new TorchException(
                $"{platform.Bridge} of the package TorchSharp {LibtorchPlatform.TorchSharpVersion} is not there: expected it in one of {string.Join(", ", places)}, found none. {LibtorchAdvice.BuildAgain}");
        CheckWhole(path, LibtorchAdvice.BuildAgain);
        if (platform.IsElf)
        {
            using var file = ElfFile.Open(path, LibtorchAdvice.BuildAgain);
        }

        return Path.GetFullPath(path);
    }
}
