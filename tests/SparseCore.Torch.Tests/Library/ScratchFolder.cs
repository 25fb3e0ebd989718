namespace SparseCore.Torch.Tests.Library;

/// <summary>A folder that is deleted after the test.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("sparse-torch-");

    public string Root => folder.FullName;

    public string File(params string[] names) => Path.Combine([Root, .. names]);

    /// <summary>Writes a file and the folders above it.</summary>
    public string Write(byte[] content, params string[] names)
    {
        var path = Path.GetFullPath(File(names));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string content, params string[] names) => Write(System.Text.Encoding.UTF8.GetBytes(content), names);

    public void Dispose() => folder.Delete(recursive: true);
}
