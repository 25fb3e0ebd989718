using SparseCore.Data;
using SparseCore.Faults;
using SparseCore.Randomness;

namespace SparseCore.Tests.Data;

public sealed class PngDecoderTests
{
    /// <summary>Gray, color, palette, with and without transparency, of every depth, interlaced, animated, with gamma.</summary>
    [Fact]
    public void Decode_gives_the_pixels_of_Pillow_or_refuses_what_Pillow_refuses()
    {
        var made = Jpegs.Made("png");
        Assert.True(made.Count > 40);
        Assert.All(made, image =>
        {
            var header = PngDecoder.ReadHeader(image.File);
            if (image.Width == 0)
            {
                Assert.Throws<InvalidDataException>(() => PngDecoder.Decode(image.File));
            }
            else
            {
                Assert.Equal((image.Width, image.Height), (header.Width, header.Height));
                Assert.Equal(image.Pixels, Jpegs.WithoutUnused(PngDecoder.Decode(image.File)));
            }
        });
    }

    [Fact]
    public void Decode_refuses_every_truncation()
    {
        foreach (var name in new[] { "color 8", "palette 4 interlaced", "in parts", "animated" })
        {
            var whole = Jpegs.Made("png", name);
            for (var length = PngDecoder.Signature.Length; length < whole.Length; length++)
            {
                Assert.Contains("truncated", Assert.Throws<InvalidDataException>(() => PngDecoder.Decode(whole[..length])).Message);
            }
        }
    }

    [Fact]
    public void Decode_refuses_every_flipped_byte()
    {
        foreach (var name in new[] { "grey and alpha 16", "palette 4 interlaced" })
        {
            var whole = Jpegs.Made("png", name);
            for (var place = PngDecoder.Signature.Length; place < whole.Length; place++)
            {
                var damaged = whole.ToArray();
                damaged[place] ^= 0x20;
                Assert.Throws<InvalidDataException>(() => PngDecoder.Decode(damaged));
            }
        }
    }

    /// <summary>Damage behind right check sums reaches the decoder, which trusts its input.</summary>
    [Fact]
    public void Decode_of_damage_with_right_check_sums_gives_an_exception_or_an_image()
    {
        var files = Jpegs.Made("png").Select(image => image.File).ToArray();
        var (refused, accepted) = (0, 0);
        for (var trial = 0; trial < 4000; trial++)
        {
            var random = new RandomStream(1, "png", (ulong)trial);
            try
            {
                var file = Pngs.Damaged(files[random.NextInt32(files.Length)], random);
                _ = ImageDecoder.ReadHeader(file);
                _ = PngDecoder.Decode(file);
                accepted++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 500, 3900);
        Assert.InRange(accepted, 100, 3500);
    }

    [Fact]
    public void Decode_refuses_data_of_another_length_than_the_image_has()
    {
        Assert.Contains("inflates to 13 bytes; expected 14", Refusal(Pngs.Make(2, 2, (8, 2, 0), new byte[13])));
        Assert.Contains("inflates to more bytes; expected 14", Refusal(Pngs.Make(2, 2, (8, 2, 0), new byte[15])));
        Assert.Equal(16, PngDecoder.Decode(Pngs.Make(2, 2, (8, 2, 0), new byte[14])).Length);
    }

    /// <summary>A file of 100 kB that would inflate to 100 MB.</summary>
    [Fact]
    public void Decode_of_a_bomb_takes_little_memory()
    {
        var bomb = Pngs.Make(2, 2, (8, 2, 0), new byte[100_000_000]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("inflates to more bytes", Refusal(bomb));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * bomb.Length);
    }

    [Fact]
    public void ReadHeader_refuses_kinds_and_sizes_that_are_not_decoded()
    {
        Assert.Contains("16 bits of gray", Refusal(Pngs.Make(2, 2, (16, 0, 0), [])));
        Assert.Contains("no known kind", Refusal(Pngs.Make(2, 2, (16, 3, 0), [])));
        Assert.Contains("no known kind", Refusal(Pngs.Make(2, 2, (4, 2, 0), [])));
        Assert.Contains("no known kind", Refusal(Pngs.Make(2, 2, (8, 5, 0), [])));
        Assert.Contains("0 x 2 pixels; expected 1 to", Refusal(Pngs.Make(0, 2, (8, 2, 0), [])));
        Assert.Contains("8193 x 8192 pixels", Refusal(Pngs.Make(8193, 8192, (8, 2, 0), [])));
        Assert.Contains("2147483647 x 2 pixels", Refusal(Pngs.Make(uint.MaxValue, 2, (8, 2, 0), [])));
        Assert.Contains("does not begin with a header", Refusal([.. PngDecoder.Signature, .. Pngs.Chunk("IEND", [])]));
    }

    private static string Refusal(byte[] file) => Assert.Throws<InvalidDataException>(() => PngDecoder.Decode(file)).Message;

    [Fact]
    public void Decode_of_a_small_file_that_promises_the_largest_image_makes_no_room_for_it()
    {
        var file = Pngs.Make(8192, 8192, (8, 6, 0), new byte[1000]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("inflates to 1000 bytes; expected 268443648", Refusal(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }
}
