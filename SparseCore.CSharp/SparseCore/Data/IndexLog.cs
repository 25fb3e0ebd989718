namespace SparseCore.Data;

/// <summary>A text file that only grows. What cannot be written is lost, with a sentence: nothing depends on it but time.</summary>
internal sealed class IndexLog : IDisposable
{
    private const int LinesBetweenFlushes = 1000;

    private readonly IProgress<string>? progress;
    private StreamWriter? writer;
    private int lines;

    /// <summary>Opens the file and writes a first line; the file begins anew with a line that is not empty.</summary>
    public IndexLog(string path, string firstLine, IProgress<string>? progress)
    {
        this.progress = progress;
        Try(() =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            RegularFile.RequireReplaceable(path);
            writer = new StreamWriter(new FileStream(path, firstLine.Length > 0 ? FileMode.Create : FileMode.Append, FileAccess.Write, FileShare.Read))
            {
                NewLine = "\n",
            };
            writer.WriteLine(firstLine);
        });
    }

    /// <summary>Adds a line.</summary>
    public void Append(string line) => Try(() =>
    {
        writer?.WriteLine(line);
        if (++lines % LinesBetweenFlushes == 0)
        {
            writer?.Flush();
        }
    });

    public void Dispose() => Try(() => writer?.Dispose());

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (writer is not null || lines == 0)
            {
                progress?.Report($"the index of the images cannot be kept ({failure.Message}); they will be read through again the next time");
            }

            writer = null;
        }
    }
}
