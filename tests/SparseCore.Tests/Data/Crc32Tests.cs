using SparseCore.Data;

namespace SparseCore.Tests.Data;

public class Crc32Tests
{
    [Theory]
    [InlineData("", 0u)]
    [InlineData("a", 0xE8B7BE43u)]
    [InlineData("123456789", 0xCBF43926u)] // the check value of the catalogue of CRCs
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void Append_gives_published_checksums(string text, uint expected) => Assert.Equal(expected, Crc32.Append(0, System.Text.Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Append_of_two_parts_is_that_of_the_whole()
    {
        var bytes = Enumerable.Range(0, 40).Select(value => (byte)(value * 37)).ToArray();
        var whole = Crc32.Append(0, bytes);
        Assert.All(Enumerable.Range(0, 41), cut => Assert.Equal(whole, Crc32.Append(Crc32.Append(0, bytes.AsSpan(0, cut)), bytes.AsSpan(cut))));
    }
}
