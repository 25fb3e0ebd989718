using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

/// <summary>EMNIST, QMNIST and people's own files in the format of MNIST; made here, a few pixels large.</summary>
public sealed class MnistRelativesTests : IDisposable
{
    /// <summary>Two training images and a test image, of 2 rows and 3 columns.</summary>
    private static readonly byte[] Train = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

    private static readonly byte[] Test = [13, 14, 15, 16, 17, 18];

    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    private readonly List<string> said = [];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("emnist-letters", 26, 1)]
    [InlineData("emnist-balanced", 47, 0)]
    [InlineData("emnist-byclass", 62, 0)]
    [InlineData("emnist-bymerge", 47, 0)]
    [InlineData("emnist-digits", 10, 0)]
    [InlineData("emnist-mnist", 10, 0)]
    public void Load_of_EMNIST_knows_classes_and_first_label_and_puts_images_upright(string name, int classes, int firstLabel)
    {
        WriteEmnist(name, [firstLabel, firstLabel + classes - 1], [firstLabel + 1]);

        var data = Load(name);

        Assert.Equal((classes, 2, 1), (data.Train.Classes, data.Train.Count, data.Test.Count));
        Assert.Equal(classes, data.Test.Classes);
        Assert.Equal([0, classes - 1, 1], [data.Train.Label(0), data.Train.Label(1), data.Test.Label(0)]);
        Assert.Equal(new Shape(1, 3, 2), data.Train.Shape);
        Assert.Equal([1, 4, 2, 5, 3, 6], Bytes(data.Train, 0));
        Assert.Equal([13, 16, 14, 17, 15, 18], Bytes(data.Test, 0));
    }

    [Theory]
    [InlineData("-", ".gz")]
    [InlineData(".", "")]
    [InlineData(".", ".gz")]
    public void Load_of_EMNIST_takes_every_spelling(string separator, string ending)
    {
        WriteEmnist("emnist-digits", [0, 1], [2], separator, ending);
        Assert.Equal(2, Load("emnist-digits").Test.Label(0));
    }

    [Fact]
    public void Load_of_QMNIST_takes_the_first_column_of_its_labels()
    {
        Write("qmnist-train-images-idx3-ubyte", Samples.Idx([2, 2, 3], Train));
        Write("qmnist-train-labels-idx2-int", Samples.Idx(IdxType.Int32, [2, 8], [5, 0, 0, 3, 2, 1, 9, 9, 7, 1, 1, 1, 1, 1, 1, 1]));
        Write("qmnist-test-images-idx3-ubyte.gz", Samples.Gzip(Samples.Idx([1, 2, 3], Test)));
        Write("qmnist-test-labels-idx2-int.gz", Samples.Gzip(Samples.Idx(IdxType.Int32, [1, 8], [9, 0, 0, 3, 2, 1, 9, 9])));

        var data = Load("qmnist");

        Assert.Equal([5, 7, 9], [data.Train.Label(0), data.Train.Label(1), data.Test.Label(0)]);
        Assert.Equal([1, 2, 3, 4, 5, 6], Bytes(data.Train, 0));
        Assert.Contains("the first of 8 columns as label", Assert.Single(said));
    }

    [Theory]
    [InlineData("mnist")]
    [InlineData("fashion")]
    public void Load_finds_the_only_relative_in_a_folder_and_says_so(string name)
    {
        WriteEmnist("emnist-letters", [1, 26], [2]);
        var found = Load(name);
        Assert.Equal($"'{folder}' has emnist-letters: 26 classes, labels counted from 1, images transposed to stand upright.", Assert.Single(said));
        Assert.Equal(Load("emnist-letters").ContentHash, found.ContentHash);
    }

    [Fact]
    public void Load_enlarges_a_relative_found_by_its_names()
    {
        WriteEmnist("emnist-letters", [1, 26], [2]);
        var data = Load("mnist32");
        Assert.Equal((26, 25), (data.Train.Classes, data.Train.Label(1)));
        Assert.Equal(new Shape(3, 32, 32), data.Train.Shape);
        Assert.Contains("emnist-letters", Assert.Single(said));
    }

    [Fact]
    public void Load_of_several_relatives_lists_them_and_says_what_to_give()
    {
        WriteEmnist("emnist-letters", [1, 26], [2]);
        WriteEmnist("emnist-digits", [0, 1], [2]);
        Refuses("mnist", "emnist-letters, emnist-digits", "dataset=emnist-letters or dataset=emnist-digits");
        Assert.Equal(10, Load("emnist-digits").Train.Classes);
    }

    [Fact]
    public void Load_takes_the_files_of_MNISTs_names_where_there_are_relatives_too()
    {
        WriteMnist([0, 9], [3]);
        WriteEmnist("emnist-letters", [1, 26], [2]);
        Assert.Equal(10, Load("mnist").Train.Classes);
        Assert.Empty(said);
    }

    [Fact]
    public void Load_names_what_a_folder_has_instead()
    {
        WriteEmnist("emnist-letters", [1, 26], [2]);
        Write("k49-train-imgs.npz", [.. "PK\u0003\u0004"u8, .. new byte[26], .. "arr_0.npy"u8]);
        Write("notes.txt", [.. "a line"u8]);
        Refuses("qmnist", "no 'qmnist-train-images-idx3-ubyte'", "It has files of emnist-letters (dataset=emnist-letters), k49-train-imgs.npz (a NumPy .npz archive).");
    }

    [Fact]
    public void Load_names_the_folder_below_that_has_the_files()
    {
        WriteEmnist("emnist-letters", [1, 26], [2]); // as the archive of EMNIST unpacks
        var below = Directory.CreateDirectory(Path.Combine(folder, "outer", "gzip")).FullName;
        foreach (var file in Directory.GetFiles(folder))
        {
            File.Move(file, Path.Combine(below, Path.GetFileName(file)));
        }

        var message = Assert.Throws<DataException>(() => DataSource.Load("emnist-letters", Path.Combine(folder, "outer"))).Message;
        Assert.Contains($"It has files of emnist-letters (data={below} dataset=emnist-letters).", message);
    }

    [Fact]
    public void Load_names_a_folder_that_is_not_there() =>
        Assert.Contains("There is no such folder.", Assert.Throws<DataException>(() => DataSource.Load("emnist-digits", Path.Combine(folder, "no"))).Message);

    [Fact]
    public void Load_refuses_labels_that_a_relative_does_not_have()
    {
        WriteEmnist("emnist-letters", [0, 25], [1]);
        Refuses("emnist-letters", "label 0 is 0; expected 1 to 26", "not the labels of emnist-letters");
    }

    [Fact]
    public void Load_refuses_another_number_of_classes_than_a_relative_has()
    {
        WriteEmnist("emnist-letters", [1, 26], [2]);
        Refuses("emnist-letters", 37, "has 26 classes; found classes=37");
        Assert.Equal(26, Load("emnist-letters", 26).Train.Classes);
    }

    [Fact]
    public void Load_of_labels_above_9_asks_for_the_number_of_classes()
    {
        WriteMnist([0, 25], [3]);
        Refuses("mnist", "label 1 is 25; expected 0 to 9", "give it: classes=N");
        Assert.Equal((26, 25), (Load("mnist", 26).Train.Classes, Load("mnist", 26).Train.Label(1)));
        Refuses("mnist", 25, "label 1 is 25; expected 0 to 24");
    }

    [Fact]
    public void Load_counts_labels_from_1_where_they_can_be_nothing_else_and_says_so()
    {
        WriteMnist([1, 26], [3]);
        var data = Load("mnist", 26);
        Assert.Equal([0, 25, 2], [data.Train.Label(0), data.Train.Label(1), data.Test.Label(0)]);
        Assert.Contains("are 1 to 26: they are counted from 1", Assert.Single(said));
    }

    [Fact]
    public void Load_leaves_labels_as_they_are_where_0_is_only_not_used()
    {
        WriteMnist([1, 25], [3]);
        Assert.Equal(1, Load("mnist", 26).Train.Label(0));
        Assert.Empty(said);
    }

    [Fact]
    public void Load_takes_more_classes_than_a_byte_holds()
    {
        WriteMnist([0, 1], [1]);
        File.Delete(Path.Combine(folder, "train-labels-idx1-ubyte"));
        Write("train-labels-idx1-short", Samples.Idx(IdxType.Int16, [2], [0, 999]));
        Assert.Equal(999, Load("mnist", 1000).Train.Label(1));
    }

    [Fact]
    public void Load_refuses_two_files_of_unusual_names_and_lists_them()
    {
        WriteMnist([0, 1], [1]);
        File.Delete(Path.Combine(folder, "train-labels-idx1-ubyte"));
        Write("train-labels-idx1-short", Samples.Idx(IdxType.Int16, [2], [0, 9]));
        Write("train-labels-idx1-int", Samples.Idx(IdxType.Int32, [2], [0, 9]));
        Refuses("mnist", "train-labels-idx1-int, train-labels-idx1-short; expected one");
    }

    [Fact]
    public void Load_hashes_examples_and_not_how_they_are_stored()
    {
        WriteMnist([0, 9], [3]);
        var hash = Load("mnist").ContentHash;
        Write("train-labels-idx1-ubyte", Samples.Idx(IdxType.Int32, [2, 1], [0, 9]));
        Write("train-images-idx3-ubyte", Samples.Idx(IdxType.Single, [2, 2, 3], [.. Train.Select(value => value / 255.0)]));
        Assert.Equal(hash, Load("mnist").ContentHash);
        Assert.Equal(hash, Load("mnist", 10).ContentHash);
        Assert.NotEqual(hash, Load("mnist", 11).ContentHash);
    }

    [Fact]
    public void Load_hashes_whether_images_were_transposed()
    {
        WriteMnist([0, 9], [3]);
        WriteEmnist("emnist-digits", [0, 9], [3]);
        Assert.NotEqual(Load("mnist").ContentHash, Load("emnist-digits").ContentHash);
    }

    [Fact]
    public void Load_keeps_hash_and_name_of_bytes_in_ten_classes()
    {
        WriteMnist([0, 9], [3]); // as computed before there were other types and classes
        Assert.Equal("026c95f2b7e3b0c0aa3b0f3ca28a0d0746ad62898990be19192ec952c7b20d5d", Load("mnist").ContentHash);
        Assert.Equal("idx-026c95f2", Load("mnist").Name);
    }

    [Fact]
    public void Options_that_do_not_fit_are_refused()
    {
        WriteEmnist("emnist-digits", [0, 9], [3]);
        Assert.Contains(
            "no random views", Assert.Throws<DataException>(() => DataSource.Load("emnist-digits", folder, new DataOptions { Augmented = true })).Message);
        Refuses("imagenet", 5, "classes=5");
    }

    /// <summary>The values of one example as they were stored.</summary>
    private static int[] Bytes(Dataset data, int example)
    {
        return [.. Samples.Values(data, example).Select(value => (int)MathF.Round(value * 255))];
    }

    private DataSplit Load(string name, int? classes = null) => DataSource.Load(name, folder, new DataOptions { Classes = classes }, new Sentences(said));

    private void Refuses(string name, params string[] fragments) => Refuses(name, null, fragments);

    private void Refuses(string name, int? classes, params string[] fragments)
    {
        var message = Assert.Throws<DataException>(() => Load(name, classes)).Message;
        Assert.All(fragments, fragment => Assert.Contains(fragment, message));
    }

    private void WriteMnist(int[] train, int[] test) => Write("train", "t10k", train, test, "-", "");

    private void WriteEmnist(string name, int[] train, int[] test, string separator = "-", string ending = "") =>
        Write($"{name}-train", $"{name}-test", train, test, separator, ending);

    private void Write(string train, string test, int[] trainLabels, int[] testLabels, string separator, string ending)
    {
        Put($"{train}-images{separator}idx3-ubyte", Samples.Idx([2, 2, 3], Train));
        Put($"{train}-labels{separator}idx1-ubyte", Samples.Idx([2], [.. trainLabels.Select(label => (byte)label)]));
        Put($"{test}-images{separator}idx3-ubyte", Samples.Idx([1, 2, 3], Test));
        Put($"{test}-labels{separator}idx1-ubyte", Samples.Idx([1], [.. testLabels.Select(label => (byte)label)]));

        void Put(string name, byte[] bytes) => Write(name + ending, ending.Length > 0 ? Samples.Gzip(bytes) : bytes);
    }

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(folder, name), bytes);

    private sealed class Sentences(List<string> said) : IProgress<string>
    {
        public void Report(string value) => said.Add(value);
    }
}
