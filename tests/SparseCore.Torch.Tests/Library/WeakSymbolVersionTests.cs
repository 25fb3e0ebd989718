using SparseCore.Torch.Library;

namespace SparseCore.Torch.Tests.Library;

public class WeakSymbolVersionTests
{
    private const string Version = "GLIBCXX_3.4.32";

    [Fact]
    public void Mark_sets_the_weak_bit_of_the_version_and_nothing_else()
    {
        var library = ElfBuilder.OfTwoVersions().Build();
        var before = (byte[])library.Clone();
        var copy = WeakSymbolVersion.Mark(library, "f", Version);
        Assert.Equal(before, library);
        var place = Assert.Single(Differences(library, copy));

        // The first entry lies behind 16 bytes of the library's, each has 16; the flags follow 4 bytes of hash.
        var table = 64 + (2 * 56);
        Assert.Equal(table + 16 + 16 + 4, place);
        Assert.Equal(0, library[place]);
        Assert.Equal(2, copy[place]);
    }

    [Fact]
    public void Mark_of_a_marked_copy_changes_nothing()
    {
        var copy = WeakSymbolVersion.Mark(ElfBuilder.OfTwoVersions().Build(), "f", Version);
        Assert.Equal(copy, WeakSymbolVersion.Mark(copy, "f", Version));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Mark_refuses_where_a_symbol_of_the_version_is_used(bool isCall)
    {
        var builder = ElfBuilder.OfTwoVersions();
        (isCall ? builder.Called : builder.Relocated).Add(2);
        var message = Assert.Throws<TorchException>(() => WeakSymbolVersion.Mark(builder.Build(), "f.so", Version)).Message;
        Assert.Contains("expected no use of a symbol of GLIBCXX_3.4.32", message, StringComparison.Ordinal);
        Assert.Contains("GCC 13.2", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Mark_looks_past_the_bit_of_hidden_symbols()
    {
        var builder = ElfBuilder.OfTwoVersions();
        builder.Symbols.Add(3 | 0x8000);
        builder.Relocated.Add(3);
        Assert.Throws<TorchException>(() => WeakSymbolVersion.Mark(builder.Build(), "f", Version));
    }

    [Theory]
    [InlineData("GLIBCXX_3.4.3")]
    [InlineData("GLIBCXX_3.4.320")]
    public void Mark_refuses_a_version_that_is_not_asked_for(string version) =>
        Assert.Contains("found none", Assert.Throws<TorchException>(() => WeakSymbolVersion.Mark(ElfBuilder.OfTwoVersions().Build(), "f", version)).Message, StringComparison.Ordinal);

    [Fact]
    public void Mark_refuses_two_entries_of_the_version()
    {
        var builder = ElfBuilder.OfTwoVersions();
        builder.Versions.Insert(0, (Version, 4));
        Assert.Contains("found 2", Assert.Throws<TorchException>(() => WeakSymbolVersion.Mark(builder.Build(), "f", Version)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mark_of_a_cut_file_is_refused_at_every_length()
    {
        var whole = ElfBuilder.OfTwoVersions().Build();
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Throws<TorchException>(() => WeakSymbolVersion.Mark(whole[..length], "f", Version));
        }
    }

    [Fact]
    public void Mark_of_a_damaged_file_throws_sentences_only_and_changes_one_bit_at_most() =>
        DamagedFiles.Try(ElfBuilder.OfTwoVersions().Build(), library =>
        {
            var before = (byte[])library.Clone();
            var copy = WeakSymbolVersion.Mark(library, "f", Version);
            Assert.Equal(before, library);
            Assert.Equal(library.Length, copy.Length);
            Assert.All(Differences(library, copy), place => Assert.Equal(2, library[place] ^ copy[place]));
            Assert.True(Differences(library, copy).Count <= 1);
        });

    [Fact]
    public void Mark_of_TorchSharps_library_changes_one_bit()
    {
        var library = File.ReadAllBytes(RealLibraries.Bridge);
        var copy = WeakSymbolVersion.Mark(library, RealLibraries.Bridge, Version);
        var place = Assert.Single(Differences(library, copy));
        Assert.Equal(2, library[place] ^ copy[place]);
    }

    [Fact]
    public void Mark_refuses_a_version_that_TorchSharps_library_uses() =>
        Assert.Throws<TorchException>(() => WeakSymbolVersion.Mark(File.ReadAllBytes(RealLibraries.Bridge), "f", "GLIBCXX_3.4.30"));

    [Fact]
    public async Task Mark_of_endless_tables_ends()
    {
        // Every library's entry leads to the next one 0 bytes on, or its versions to themselves; the count says 4 billion.
        var library = ElfBuilder.OfTwoVersions().Build();
        var table = 64 + (2 * 56);
        BitConverter.TryWriteBytes(library.AsSpan(table + 2), ushort.MaxValue);
        BitConverter.TryWriteBytes(library.AsSpan(table + 16 + 16 + 12), 0u);
        await Assert.ThrowsAsync<TorchException>(() => Task.Run(() => WeakSymbolVersion.Mark(library, "f", Version)).WaitAsync(TimeSpan.FromSeconds(60)));
    }

    private static List<int> Differences(byte[] first, byte[] second) =>
        [.. Enumerable.Range(0, first.Length).Where(place => first[place] != second[place])];
}
