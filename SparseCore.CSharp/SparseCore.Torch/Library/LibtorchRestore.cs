using System.Diagnostics;

namespace SparseCore.Torch.Library;

/// <summary>Downloads the packages of libtorch, once, into artifacts/packages of the repository.</summary>
public static class LibtorchRestore
{
    private const int LinesTold = 5;

    /// <summary>What `dotnet fsi` sets for itself; it would tie the restore to fsi's SDK instead of the one that global.json asks for.</summary>
    private static readonly string[] ForeignSettings = ["MSBUILD_EXE_PATH", "MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBuildLoadMicrosoftTargetsReadOnly"];

    /// <summary>Downloads what is missing, unless another process is at it or has just done it; then waits for that.</summary>
    /// <param name="repositoryRoot">The folder of the repository.</param>
    /// <param name="device">"cpu", "cuda" or "cuda:N".</param>
    /// <param name="say">Told what is done, before it takes long.</param>
    /// <exception cref="TorchException">It cannot be downloaded; the message has the last lines of the restore.</exception>
    public static void Restore(string repositoryRoot, string device, Action<string> say) =>
        Restore(LibtorchPlatform.Current ?? throw new TorchException(LibtorchPlatform.UnknownSystem), repositoryRoot, LibtorchLoader.CopyFolder, device, say);

    internal static void Restore(LibtorchPlatform platform, string repositoryRoot, string copyFolder, string device, Action<string> say)
    {
        var isCuda = LibtorchDevice.Parse(device).IsCuda;
        if (isCuda && !platform.HasCudaPackages)
        {
            throw new TorchException(
                $"device={device}: expected linux-x64, whose CUDA packages can be downloaded, found {platform.Rid}. Name a folder that holds libtorch {LibtorchPlatform.Version} with torch=FOLDER.");
        }

        var packages = Path.Combine(repositoryRoot, "artifacts", "packages");
        try
        {
            using var held = TakeLock(Path.Combine(repositoryRoot, "artifacts", "torch"), say);
            if (!new LibtorchSearch(platform, [packages], [], copyFolder).Find(null, device).CanBeRestored)
            {
                return;
            }

            say($"downloading libtorch {LibtorchPlatform.Version}{(isCuda ? " for CUDA, several GB" : $", {DownloadSize(platform)}")}, once");
            RunRestore(repositoryRoot, isCuda);
            if (isCuda)
            {
                say("putting the CUDA libraries together, about 5 GB, once");
                Directory.CreateDirectory(copyFolder);
                CudaPackages.PutTogether(platform, packages, platform.CudaFolder(copyFolder));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TorchException($"libtorch cannot be downloaded into '{packages}': {exception.Message} Make room or give permission to write there.", exception);
        }
    }

    private static string DownloadSize(LibtorchPlatform platform) => platform.Rid switch
    {
        "linux-x64" => "128 MB",
        "win-x64" => "80 MB",
        "win-arm64" => "42 MB",
        "osx-arm64" => "57 MB",
        _ => "about 100 MB",
    };

    private static void RunRestore(string repositoryRoot, bool isCuda)
    {
        var project = Path.Combine(repositoryRoot, "SparseCore.CSharp", "SparseCore.Torch", "Package", "Libtorch.csproj");
        var start = new ProcessStartInfo(DotnetPath()) { WorkingDirectory = repositoryRoot, RedirectStandardOutput = true, RedirectStandardError = true };

        // No build server stays behind, because whoever waits for the end of this process's output would wait for the server too.
        string[] arguments =
        [
            "restore", project, "-nologo", "-v:quiet", "-nodeReuse:false", "-p:TreatWarningsAsErrors=false", $"-p:TorchDevice={(isCuda ? "cuda" : "cpu")}",
            .. isCuda ? Array.Empty<string>() : ["-p:RestoreLockedMode=true"],
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in ForeignSettings)
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        var (exitCode, lines) = Run(start);
        if (exitCode != 0)
        {
            throw new TorchException(
                $"libtorch {LibtorchPlatform.Version} cannot be downloaded: expected `dotnet restore` of '{project}' to succeed, found exit code {exitCode}: {string.Join(" | ", lines.TakeLast(LinesTold))}. Check the network and `dotnet nuget list source`, or name a folder that holds it with torch=FOLDER.");
        }
    }

    private static (int ExitCode, List<string> Lines) Run(ProcessStartInfo start)
    {
        var lines = new List<string>();
        try
        {
            using var process = Process.Start(start)!;
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.ErrorDataReceived += (_, line) => Keep(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            process.WaitForExit();
            return (process.ExitCode, lines);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new TorchException($"libtorch cannot be downloaded: expected to start '{start.FileName}', found \"{exception.Message}\". Put the .NET SDK's dotnet on the PATH.", exception);
        }

        void Keep(string? line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                lock (lines)
                {
                    lines.Add(line.Trim());
                }
            }
        }
    }

    /// <summary>The dotnet that runs this process, such as that of a script; else the one that started it, else the one on the PATH.</summary>
    private static string DotnetPath() =>
        Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet"
            ? own
            : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    private static FileStream TakeLock(string folder, Action<string> say)
    {
        Directory.CreateDirectory(folder);
        for (var isFirst = true; ; isFirst = false)
        {
            if (TryTakeLock(Path.Combine(folder, "restore.lock")) is { } held)
            {
                return held;
            }

            if (isFirst)
            {
                say("waiting for another process that is downloading libtorch");
            }

            Thread.Sleep(100);
        }
    }

    /// <summary>The lock, or null while another holds it. Anything else that keeps the file from being opened is an error.</summary>
    private static FileStream? TryTakeLock(string path)
    {
        const int HeldOnLinux = 11, HeldOnMac = 35, HeldOnWindows = unchecked((int)0x80070020);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult is HeldOnLinux or HeldOnMac or HeldOnWindows)
        {
            return null;
        }
    }
}
