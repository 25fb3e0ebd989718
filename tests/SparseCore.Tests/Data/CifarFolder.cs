using SparseCore.Randomness;

namespace SparseCore.Tests.Data;

/// <summary>Made-up files in the format of CIFAR's binary versions: each class is a bright band in one channel, the rest is noise.</summary>
internal static class CifarFolder
{
    private static readonly string[] Ten = [.. Enumerable.Range(1, 5).Select(batch => $"data_batch_{batch}.bin"), "test_batch.bin"];

    /// <summary>Writes data_batch_1.bin to test_batch.bin.</summary>
    public static void WriteTen(string folder, int imagesInFile)
    {
        for (var file = 0; file < Ten.Length; file++)
        {
            File.WriteAllBytes(Path.Combine(folder, Ten[file]), Records(10, 1, imagesInFile, (ulong)file));
        }
    }

    /// <summary>Writes train.bin and test.bin.</summary>
    public static void WriteHundred(string folder, int train, int test)
    {
        File.WriteAllBytes(Path.Combine(folder, "train.bin"), Records(100, 2, train, 1));
        File.WriteAllBytes(Path.Combine(folder, "test.bin"), Records(100, 2, test, 2));
    }

    /// <summary>Records of labels (label / 5 before the label itself where there are two) and 3 x 32 x 32 bytes.</summary>
    public static byte[] Records(int classes, int labelBytes, int count, ulong seed)
    {
        var stream = new RandomStream(seed, "cifar-test");
        var records = new List<byte>();
        for (var example = 0; example < count; example++)
        {
            var label = stream.NextInt32(classes);
            if (labelBytes == 2)
            {
                records.Add((byte)(label / 5));
            }

            records.Add((byte)label);
            for (var pixel = 0; pixel < 3072; pixel++)
            {
                var (channel, row) = (pixel / 1024, pixel / 32 % 32);
                records.Add((byte)(stream.NextInt32(100) + (channel == label % 3 && row / 8 == label / 3 % 4 ? 120 : 0)));
            }
        }

        return [.. records];
    }
}
