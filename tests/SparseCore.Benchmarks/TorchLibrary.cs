using SparseCore.Engine;
using SparseCore.Torch;
using SparseCore.Torch.Library;

namespace SparseCore.Benchmarks;

/// <summary>The libtorch that is measured: the user's, or the restored package of the repository.</summary>
internal static class TorchLibrary
{
    /// <summary>Loads libtorch, which is downloaded once where the user names none, and makes engines on the processor.</summary>
    /// <param name="folder">What the user named with torch=FOLDER; empty for the package.</param>
    /// <param name="threads">Threads of one engine.</param>
    /// <exception cref="TorchException">It cannot be had here; the message says what to do.</exception>
    public static TorchEngineFactory Engines(string folder, int threads)
    {
        var root = Root();
        LibtorchLoader.PackageFolders = [Path.Combine(root, "artifacts", "packages")];
        LibtorchLoader.CopyFolder = Path.Combine(root, "artifacts", "torch");
        if (folder.Length == 0 && LibtorchLoader.Find(null, "cpu").CanBeRestored)
        {
            LibtorchRestore.Restore(root, "cpu", Console.Error.WriteLine);
        }

        return new TorchEngineFactory(new EngineOptions { Threads = threads }, folder.Length == 0 ? null : folder);
    }

    /// <summary>As <see cref="Engines"/>; null where it cannot be had, after saying why.</summary>
    public static TorchEngineFactory? TryEngines(string folder, int threads)
    {
        try
        {
            return Engines(folder, threads);
        }
        catch (TorchException exception)
        {
            Console.Error.WriteLine(exception.Message);
            return null;
        }
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Toolkit.sln")))
            {
                return folder.FullName;
            }
        }

        throw new TorchException($"There is no Toolkit.sln in a folder above '{AppContext.BaseDirectory}': run the benchmarks inside a clone.");
    }
}
