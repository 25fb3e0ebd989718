using SparseCore.Data;

namespace SparseCore.Tests.Data;

/// <summary>Tests that work on a small folder of images of their own.</summary>
public abstract class PhotoFolder : IDisposable
{
    /// <summary>A folder for everything, deleted in the end.</summary>
    protected string Root { get; } = Directory.CreateTempSubdirectory().FullName;

    /// <summary>The folder of images.</summary>
    protected string Images => Path.Combine(Root, "images");

    /// <summary>What was reported so far.</summary>
    protected List<string> Reports { get; } = [];

    private protected IProgress<string> Progress => new Reporter(Reports);

    private protected ImageFolderOptions Options => new() { Size = 24, IndexFolder = Path.Combine(Root, "index"), Threads = 2 };

    public void Dispose()
    {
        Directory.Delete(Root, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected DataSplit Load(int threads = 2) => ImageFolder.Load(Images, Options with { Threads = threads }, Progress);

    private protected DataSplit LoadAndSkip() => ImageFolder.Load(Images, Options with { OnBadImage = BadImages.Skip }, Progress);

    /// <summary>Two classes, six training and two test images.</summary>
    protected void WriteImages()
    {
        Write("train/cat", "color420.jpg", "color444.jpg", "inks.jpg");
        Write("train/dog", "grey.jpg", "progressive.jpg", "turned.jpg");
        Write("val/cat", "dot.jpg");
        Write("val/dog", "wide.jpg");
    }

    /// <summary>Copies files of the tests into a folder.</summary>
    protected void Write(string folder, params string[] files)
    {
        var path = Directory.CreateDirectory(Path.Combine(Images, folder)).FullName;
        foreach (var file in files)
        {
            File.Copy(Path.Combine(Jpegs.Folder, file), Path.Combine(path, file));
        }
    }

    /// <summary>The full path of something in the folder of images.</summary>
    protected string At(string name) => Path.Combine(Images, name);

    /// <summary>Loading fails with a sentence that has these fragments.</summary>
    protected void Refuses(params string[] fragments)
    {
        var message = Assert.Throws<DataException>(() => Load()).Message;
        Assert.All(fragments, fragment => Assert.Contains(fragment, message));
    }

    private sealed class Reporter(List<string> reports) : IProgress<string>
    {
        public void Report(string value) => reports.Add(value);
    }
}
