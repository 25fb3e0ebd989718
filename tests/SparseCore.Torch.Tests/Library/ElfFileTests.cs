using SparseCore.Torch.Library;

namespace SparseCore.Torch.Tests.Library;

public class ElfFileTests
{
    private static readonly ElfBuilder Sample = new() { RunPath = "$ORIGIN", Function = ("answer", ElfBuilder.ReturnVersion(1, 2, 3)), Padding = 100 };

    [Fact]
    public void Needed_libraries_and_paths_are_read_in_order()
    {
        var builder = new ElfBuilder { RunPath = "$ORIGIN" };
        builder.Needed.AddRange(["libb.so", "liba.so.1"]);
        using var file = ElfFile.Of(builder.Build(), "f", "Do.");
        Assert.Equal(["libb.so", "liba.so.1"], file.DynamicStrings(ElfFile.Needed));
        Assert.Equal(["$ORIGIN"], file.DynamicStrings(ElfFile.RunPath));
        Assert.Empty(file.DynamicStrings(ElfFile.SearchPath));
    }

    [Fact]
    public void A_function_is_found_by_its_name_and_no_other()
    {
        using var file = ElfFile.Of(Sample.Build(), "f", "Do.");
        var code = new byte[15];
        Assert.True(file.TryReadFunction("answer", code));
        Assert.Equal(ElfBuilder.ReturnVersion(1, 2, 3), code);
        Assert.False(file.TryReadFunction("question", code));
        Assert.False(file.TryReadFunction("answe", code));
    }

    [Fact]
    public void A_file_cut_at_any_length_is_refused_with_a_sentence()
    {
        var whole = Sample.Build();
        for (var length = 0; length < whole.Length; length++)
        {
            var message = Assert.Throws<TorchException>(() => ElfFile.Of(whole.AsMemory(0, length), "cut.so", "Do this.")).Message;
            Assert.StartsWith("'cut.so' is ", message, StringComparison.Ordinal);
            Assert.EndsWith(" Do this.", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_cut_file_on_disk_says_how_long_it_should_be()
    {
        using var folder = new ScratchFolder();
        var whole = Sample.Build();
        var path = folder.File("cut.so");
        File.WriteAllBytes(path, whole[..^1]);
        var message = Assert.Throws<TorchException>(() => ElfFile.Open(path, "Do this.")).Message;
        Assert.Equal($"'{path}' is not whole: expected its table of sections to end at byte {whole.Length} or before, found a file of {whole.Length - 1} bytes. Do this.", message);
    }

    [Theory]
    [InlineData(4, 1, "begins with 7f454c460101")] // 32 bits
    [InlineData(5, 2, "begins with 7f454c460202")] // big-endian
    [InlineData(54, 55, "entries of 55 bytes")]
    public void Another_kind_of_file_is_refused_with_what_was_found(int place, byte value, string found)
    {
        var file = Sample.Build();
        file[place] = value;
        Assert.Contains(found, Assert.Throws<TorchException>(() => ElfFile.Of(file, "f", "Do.")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_a_sentence() =>
        Assert.Contains("cannot be read", Assert.Throws<TorchException>(() => ElfFile.Open("/no/such/file", "Do.")).Message, StringComparison.Ordinal);

    [Fact]
    public void Whatever_a_file_holds_only_sentences_are_thrown()
    {
        var builder = new ElfBuilder { RunPath = "$ORIGIN", Function = ("answer", ElfBuilder.ReturnVersion(1, 2, 3)) };
        builder.Needed.Add("liba.so");
        DamagedFiles.Try(builder.Build(), content =>
        {
            using var file = ElfFile.Of(content, "f", "Do.");
            file.DynamicStrings(ElfFile.Needed).Count();
            file.TryReadFunction("answer", new byte[15]);
        });
    }
}
