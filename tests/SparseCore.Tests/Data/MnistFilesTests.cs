using System.IO.Compression;
using System.Security.Cryptography;

namespace SparseCore.Tests.Data;

public class MnistFilesTests
{
    [Theory]
    [InlineData("train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb")]
    [InlineData("train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624")]
    [InlineData("t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea")]
    [InlineData("t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637")]
    public void Committed_file_has_the_published_checksum(string name, string expected)
    {
        using var file = File.OpenRead(Path.Combine(Samples.MnistFolder, name + ".gz"));
        using var contents = new GZipStream(file, CompressionMode.Decompress);
        Assert.Equal(expected, Convert.ToHexStringLower(MD5.HashData(contents)));
    }
}
