using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

public sealed class MnistTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Load_of_the_committed_files_gives_MNIST()
    {
        var data = Samples.Mnist;
        Assert.Equal("mnist", data.Name);
        Assert.Equal((60000, 10000), (data.Train.Count, data.Test.Count));
        Assert.Equal(new Shape(1, 28, 28), data.Train.Shape);
        Assert.Equal([5, 0, 4, 1, 9], Enumerable.Range(0, 5).Select(data.Train.Label));
        Assert.Equal([7, 2, 1, 0, 4], Enumerable.Range(0, 5).Select(data.Test.Label));
        Assert.Equal([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009], LabelCounts(data.Test));
    }

    [Fact]
    public void Load_reads_plain_files_and_the_dotted_spelling()
    {
        Write("train-images.idx3-ubyte", Samples.Idx([2, 1, 2], [1, 2, 3, 4]));
        Write("train-labels.idx1-ubyte.gz", Samples.Gzip(Samples.Idx([2], [0, 9])));
        Write("t10k-images-idx3-ubyte", Samples.Idx([1, 1, 2], [5, 6]));
        Write("t10k-labels-idx1-ubyte.gz", Samples.Gzip(Samples.Idx([1], [3])));

        var data = SparseCore.Data.Mnist.Load(folder);

        Assert.Equal((2, 1), (data.Train.Count, data.Test.Count));
        Assert.Equal("idx-" + data.ContentHash[..8], data.Name);
        Assert.Equal(3, data.Test.Label(0));
    }

    [Fact]
    public void Load_hashes_the_contents_and_not_the_packing()
    {
        WriteSmall();
        var plain = SparseCore.Data.Mnist.Load(folder).ContentHash;
        var name = Path.Combine(folder, "train-images-idx3-ubyte");
        File.WriteAllBytes(name + ".gz", Samples.Gzip(File.ReadAllBytes(name)));
        File.Delete(name);
        Assert.Equal(plain, SparseCore.Data.Mnist.Load(folder).ContentHash);

        Write("t10k-labels-idx1-ubyte", Samples.Idx([1], [4]));
        Assert.NotEqual(plain, SparseCore.Data.Mnist.Load(folder).ContentHash);
    }

    [Fact]
    public void Load_refuses_a_label_above_9_and_names_file_and_place()
    {
        WriteSmall();
        Write("train-labels-idx1-ubyte", Samples.Idx([2], [0, 10]));
        Refuses("train-labels-idx1-ubyte", "label 1 is 10");
    }

    [Fact]
    public void Load_refuses_different_counts_of_images_and_labels()
    {
        WriteSmall();
        Write("t10k-labels-idx1-ubyte", Samples.Idx([2], [0, 1]));
        Refuses("t10k-labels-idx1-ubyte", "has 2 labels", "expected 1");
    }

    [Fact]
    public void Load_refuses_test_images_of_another_size()
    {
        WriteSmall();
        Write("t10k-images-idx3-ubyte", Samples.Idx([1, 2, 2], [5, 6, 7, 8]));
        Refuses("t10k-images-idx3-ubyte", "[1, 2, 2]", "[1, 1, 2]");
    }

    [Fact]
    public void Load_names_a_missing_file()
    {
        WriteSmall();
        File.Delete(Path.Combine(folder, "t10k-labels-idx1-ubyte"));
        Refuses("t10k-labels-idx1-ubyte", folder);
    }

    private static int[] LabelCounts(Dataset data)
    {
        var counts = new int[data.Classes];
        for (var example = 0; example < data.Count; example++)
        {
            counts[data.Label(example)]++;
        }

        return counts;
    }

    private void WriteSmall()
    {
        Write("train-images-idx3-ubyte", Samples.Idx([2, 1, 2], [1, 2, 3, 4]));
        Write("train-labels-idx1-ubyte", Samples.Idx([2], [0, 9]));
        Write("t10k-images-idx3-ubyte", Samples.Idx([1, 1, 2], [5, 6]));
        Write("t10k-labels-idx1-ubyte", Samples.Idx([1], [3]));
    }

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(folder, name), bytes);

    private void Refuses(params string[] fragments)
    {
        var message = Assert.Throws<DataException>(() => SparseCore.Data.Mnist.Load(folder)).Message;
        Assert.All(fragments, fragment => Assert.Contains(fragment, message));
    }
}
