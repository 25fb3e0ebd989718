using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace SparseCore.Torch.Library;

/// <summary>
/// Finds and loads libtorch before TorchSharp's first use, which then finds it loaded. Left to itself, TorchSharp looks in fewer places, copies what it finds,
/// and prints to the console where it fails.
/// </summary>
public static class LibtorchLoader
{
    /// <summary>The only version of symbols that TorchSharp's library names without using a symbol of it.</summary>
    private const string UnusedVersion = "GLIBCXX_3.4.32";

    private static readonly Lock Gate = new();
    private static Libtorch? loaded;

    /// <summary>Folder of a libtorch of which at least a part was loaded, whatever became of the rest.</summary>
    private static string? entered;

    /// <summary>Folders in which NuGet keeps packages, in the order of search.</summary>
    public static IReadOnlyList<string> PackageFolders { get; set; } = [DefaultPackageFolder()];

    /// <summary>The folder for files that are made here: the copy with a weak symbol version, and the libraries of the CUDA packages.</summary>
    public static string CopyFolder { get; set; } = DefaultCopyFolder();

    /// <summary>Loads libtorch once per process.</summary>
    /// <param name="folder">What the user named with torch=FOLDER, or null for the packages. Another folder than that of the first call is refused.</param>
    /// <param name="device">"cpu", "cuda" or "cuda:N".</param>
    /// <exception cref="TorchException">It is missing, of another version, not whole, or cannot be loaded; the message says what to do.</exception>
    public static Libtorch Load(string? folder, string device)
    {
        var (isCuda, index) = LibtorchDevice.Parse(device);
        var platform = LibtorchPlatform.Current ?? throw new TorchException(LibtorchPlatform.UnknownSystem);
        lock (Gate)
        {
            RequireSameFolder(platform, folder);
            if (loaded is null)
            {
                var finding = SearchFor(platform).Find(folder ?? entered, device);
                if (finding.Problem is not null)
                {
                    throw new TorchException(finding.Problem);
                }

                loaded = LoadFound(platform, finding, isCuda);
            }

            if (isCuda)
            {
                RequireCuda(platform, loaded, index);
            }

            return loaded;
        }
    }

    /// <summary>As <see cref="Load"/>, without loading anything: what would be loaded and from where, or what is missing and how to get it.</summary>
    public static LibtorchFinding Find(string? folder, string device) => LibtorchPlatform.Current is { } platform
        ? SearchFor(platform).Find(folder, device)
        : LibtorchFinding.Missing(LibtorchPlatform.UnknownSystem);

    internal static string DefaultPackageFolder() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>Whether the system refused a library for nothing but a version of symbols that it lacks.</summary>
    internal static bool IsForLackOf(string version, string library, string message) =>
        message.Contains(version + "'", StringComparison.Ordinal)
        && message.Contains("libstdc++", StringComparison.Ordinal)
        && message.Contains($"(required by {library})", StringComparison.Ordinal);

    /// <summary>Never a folder that all users may write to: what lies there is loaded.</summary>
    private static string DefaultCopyFolder()
    {
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(data.Length > 0 ? data : AppContext.BaseDirectory, "SparseCore", "torch");
    }

    private static LibtorchSearch SearchFor(LibtorchPlatform platform)
    {
        var own = typeof(LibtorchLoader).Assembly.Location;
        string[] folders = own.Length > 0 ? [AppContext.BaseDirectory, Path.GetDirectoryName(own)!] : [AppContext.BaseDirectory];
        return new LibtorchSearch(platform, PackageFolders, folders, CopyFolder);
    }

    private static void RequireSameFolder(LibtorchPlatform platform, string? folder)
    {
        if (entered is not null && folder is not null && SearchFor(platform).FolderOf(folder) is var other && other != entered)
        {
            throw new TorchException(
                $"torch={folder}: expected the libtorch that this process has loaded, '{entered}', found another, '{other}'. A process can load one: start another for this one.");
        }
    }

    private static Libtorch LoadFound(LibtorchPlatform platform, LibtorchFinding finding, bool isCuda)
    {
        var folder = finding.Folder!;

        // Each by its full path, before others ask for it by its name, which could lead elsewhere (LD_LIBRARY_PATH).
        _ = LoadFile(Path.Combine(folder, platform.Core));
        entered = folder;
        var version = CheckVersion(folder, finding.Version, LoadFile(Path.Combine(folder, platform.Processor)));
        if (isCuda)
        {
            _ = LoadFile(Path.Combine(folder, platform.Cuda));
        }

        _ = LoadFile(Path.Combine(folder, platform.Main));
        var isPatchedCopy = LoadBridge(finding.Bridge!);
        TryOut(platform, folder);
        return new Libtorch(folder, version, finding.HasCuda, isPatchedCopy);
    }

    /// <summary>The loaded library is asked for its version: texts beside it may be of another.</summary>
    private static unsafe string CheckVersion(string folder, string? version, nint library)
    {
        var found = NativeLibrary.TryGetExport(library, LibtorchVersion.Function, out var function)
            ? LibtorchVersion.OfNumber(((delegate* unmanaged<ulong>)function)())
            : LibtorchVersion.BeforeTheFunction;
        return LibtorchVersion.IsExpected(found) ? version ?? found : throw LibtorchSearch.WrongVersion(folder, found);
    }

    private static bool LoadBridge(string bridge)
    {
        try
        {
            NativeLibrary.Load(bridge);
            return false;
        }
        catch (DllNotFoundException exception) when (OperatingSystem.IsLinux() && IsForLackOf(UnusedVersion, bridge, exception.Message))
        {
            LoadFile(WeakCopy.Make(bridge, UnusedVersion, CopyFolder));
            return true;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw CannotLoad(bridge, exception);
        }
    }

    private static nint LoadFile(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw CannotLoad(path, exception);
        }
    }

    private static TorchException CannotLoad(string path, Exception exception)
    {
        var advice = exception.Message.Contains("GLIBCXX_", StringComparison.Ordinal)
            ? LibtorchAdvice.NewerStandardLibrary
            : "Install what is named there, name another libtorch with torch=FOLDER, or use engine=cpu.";
        return new TorchException($"'{path}' cannot be loaded: expected a library that this system loads, found {Reason(exception.Message)}. {advice}", exception);
    }

    /// <summary>What the system says; .NET's advice before it, a paragraph, ends with the first line.</summary>
    private static string Reason(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return $"\"{string.Join("; ", lines.Length > 1 ? lines[1..] : lines).TrimEnd('.')}\"";
    }

    /// <summary>Looks a library up as TorchSharp will, because TorchSharp prints to the console where it does not find it.</summary>
    private static void RequireByName(LibtorchPlatform platform, string folder, string name)
    {
        if (!NativeLibrary.TryLoad(name, typeof(torch).Assembly, searchPath: null, out _))
        {
            throw new TorchException(
                $"TorchSharp does not find {platform.Prefix}{name}{platform.Suffix}: expected the one that was loaded for '{folder}', found none by that name. Use engine=cpu.");
        }
    }

    private static void TryOut(LibtorchPlatform platform, string folder)
    {
        RequireByName(platform, folder, "torch_cpu");
        RequireByName(platform, folder, "LibTorchSharp");
        try
        {
            if (Sum() is var sum and not 3)
            {
                throw new TorchException($"The libtorch in '{folder}' computes wrongly: expected 1 + 2 = 3, found {sum}. {LibtorchAdvice.NameAnother}");
            }
        }
        catch (Exception exception) when (exception is not TorchException)
        {
            throw new TorchException(
                $"TorchSharp does not work with the libtorch in '{folder}': expected a sum of two numbers, found {exception.GetType().Name} \"{exception.GetBaseException().Message}\". Use engine=cpu.",
                exception);
        }
    }

    /// <summary>Not inlined: the first use of torch must come after the load.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Sum()
    {
        using var terms = torch.tensor(new[] { 1f, 2f });
        using var sum = terms.sum();
        return sum.item<float>();
    }

    private static void RequireCuda(LibtorchPlatform platform, Libtorch library, int index)
    {
        if (!library.HasCuda)
        {
            throw new TorchException(
                $"device=cuda: expected {platform.Cuda} in '{library.Folder}', which this process has loaded, found a libtorch for the processor alone. Name one with CUDA by torch=FOLDER from the start, or use device=cpu.");
        }

        _ = LoadFile(Path.Combine(library.Folder, platform.Cuda));
        RequireByName(platform, library.Folder, "torch_cuda");
        var count = CountGpus();
        if (index >= count)
        {
            throw new TorchException(
                $"device=cuda:{index}: expected {index + 1} or more NVIDIA GPUs with a driver for CUDA {LibtorchPlatform.CudaVersion}, found {count}. Check with nvidia-smi, or use device=cpu.");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int CountGpus() => torch.cuda.is_available() ? torch.cuda.device_count() : 0;
}
