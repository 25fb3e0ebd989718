namespace SparseCore.Data;

/// <summary>One of the two CIFAR data sets, as its binary version is stored: records of the labels, then 3 x 32 x 32 bytes in channel, row, column order.</summary>
/// <param name="Title">How people write it: "CIFAR-10".</param>
/// <param name="Name">Its name in settings and plans.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="LabelBytes">Bytes of labels before the pixels; the last is the label.</param>
/// <param name="Stem">What the names of its archives and folders begin with.</param>
/// <param name="Folder">The folder inside its archive.</param>
/// <param name="Train">Names of the training files, and the SHA-1 of the real ones.</param>
/// <param name="Test">Name of the test file, and the SHA-1 of the real one.</param>
/// <param name="Normalization">Mean and standard deviation of all training pixels of the real data, to four digits.</param>
internal sealed record CifarFormat(
    string Title,
    string Name,
    int Classes,
    int LabelBytes,
    string Stem,
    string Folder,
    IReadOnlyList<(string File, string Sha1)> Train,
    (string File, string Sha1) Test,
    InputNormalization Normalization)
{
    /// <summary>Bytes of pixels of one image.</summary>
    public const int Pixels = 3 * 32 * 32;

    /// <summary>CIFAR-10. The checksums are those that Apache MXNet's gluon.data.vision.CIFAR10 checks its downloads with.</summary>
    public static CifarFormat Ten { get; } = new(
        "CIFAR-10",
        "cifar10",
        10,
        1,
        "cifar-10",
        "cifar-10-batches-bin",
        [
            ("data_batch_1.bin", "aadd24acce27caa71bf4b10992e9e7b2d74c2540"),
            ("data_batch_2.bin", "c0ba65cce70568cd57b4e03e9ac8d2a5367c1795"),
            ("data_batch_3.bin", "1dd00a74ab1d17a6e7d73e185b69dbf31242f295"),
            ("data_batch_4.bin", "aab85764eb3584312d3c7f65fd2fd016e36a258e"),
            ("data_batch_5.bin", "26e2849e66a845b7f1e4614ae70f4889ae604628"),
        ],
        ("test_batch.bin", "67eb016db431130d61cd03c7ad570b013799c88c"),
        new InputNormalization([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]));

    /// <summary>CIFAR-100 with its 100 fine labels, which follow the 20 coarse ones. Checksums as in Apache MXNet's gluon.data.vision.CIFAR100.</summary>
    public static CifarFormat Hundred { get; } = new(
        "CIFAR-100",
        "cifar100",
        100,
        2,
        "cifar-100",
        "cifar-100-binary",
        [("train.bin", "e207cd2e05b73b1393c74c7f5e7bea451d63e08e")],
        ("test.bin", "8fb6623e830365ff53cf14adec797474f5478006"),
        new InputNormalization([0.5071, 0.4865, 0.4409], [0.2673, 0.2564, 0.2762]));

    /// <summary>The other of the two.</summary>
    public CifarFormat Other => this == Ten ? Hundred : Ten;

    /// <summary>The archive to download.</summary>
    public string Archive => $"{Stem}-binary.tar.gz";

    /// <summary>Bytes of one image with its labels.</summary>
    public int Record => LabelBytes + Pixels;

    /// <summary>What to do where the files are missing, a sentence.</summary>
    public string Download => $"Download {Archive} from https://www.cs.toronto.edu/~kriz/cifar.html, unpack it (tar -xzf {Archive}) and name its folder: data=FOLDER.";

    /// <summary>Names of all files.</summary>
    public IEnumerable<string> Files => Train.Append(Test).Select(file => file.File);

    /// <summary>Whether a folder has any of the files.</summary>
    public bool IsIn(string folder) => Files.Any(file => File.Exists(Path.Combine(folder, file)));
}
