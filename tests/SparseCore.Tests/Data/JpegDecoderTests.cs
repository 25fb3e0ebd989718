using SparseCore.Data;
using SparseCore.Randomness;

namespace SparseCore.Tests.Data;

public class JpegDecoderTests
{
    /// <summary>Color (two subsamplings), gray, four inks, progressive, with an orientation that is to be ignored, a single pixel.</summary>
    [JpegFact]
    public void Decode_gives_the_pixels_of_Pillow()
    {
        var golden = Jpegs.Golden("decode");
        Assert.Equal(7, golden.Count);
        Assert.All(golden, image => Assert.Equal(image.Pixels, Decode(image.File, 1, image.Width, image.Height)));
    }

    [JpegFact]
    public void Memory_is_four_bytes_a_pixel_and_none_for_a_header_that_promises_too_much()
    {
        using var decoder = new JpegDecoder();
        var file = File.ReadAllBytes(Path.Combine(Jpegs.Folder, "wide.jpg"));
        var frame = file.AsSpan().IndexOf(new byte[] { 0xFF, 0xC0 });
        byte[] huge = [.. file];
        (huge[frame + 5], huge[frame + 7]) = (0xFF, 0xFF); // height and width above 65,000
        Assert.Contains("expected 1 to 67108864 in all", Assert.Throws<InvalidDataException>(() => ImageDecoder.ReadHeader(huge)).Message, StringComparison.Ordinal);
        Assert.Equal(0, decoder.HeldBytes);
        decoder.Decode(file, ImageDecoder.ReadHeader(file), 1);
        Assert.Equal(320 * 240 * 4, decoder.HeldBytes);
    }

    [JpegFact]
    public void Decode_reduced_gives_the_pixels_of_Pillow()
    {
        var golden = Jpegs.Golden("reduce");
        Assert.Equal(2, golden.Count);
        Assert.All(golden, image => Assert.Equal(image.Pixels, Decode(image.File, (int)image.Arguments[0], image.Width, image.Height)));
    }

    [JpegFact]
    public void Decode_of_a_damaged_file_gives_the_pixels_of_Pillow_or_refuses_what_Pillow_refuses()
    {
        using var decoder = new ImageDecoder();
        var made = Jpegs.Made("jpeg");
        Assert.True(made.Count > 30);
        Assert.All(made, image =>
        {
            if (image.Width == 0)
            {
                Assert.Throws<InvalidDataException>(() => Pixels(decoder, image.File, image.Reduction));
            }
            else
            {
                Assert.Equal(image.Pixels, Pixels(decoder, image.File, image.Reduction));
            }
        });
    }

    [JpegFact]
    public void Decode_returns_the_warning_of_a_damaged_file()
    {
        using var decoder = new ImageDecoder();
        Assert.EndsWith("extraneous bytes before marker 0xd9", Warning("extra bytes before the end"));
        Assert.Equal("Corrupt JPEG data: 4 extraneous bytes before marker 0xda", Warning("extra bytes before the scan"));
        Assert.EndsWith("extraneous bytes before marker 0xc4", Warning("extra bytes between scans"));
        Assert.Equal("Corrupt JPEG data: premature end of data segment", Warning("data cut with an end"));
        Assert.Equal("Unknown Adobe color transform code 7", Warning("unknown Adobe transform"));
        Assert.StartsWith("Warning: unknown JFIF revision number 3", Warning("unknown JFIF version"));
        Assert.Equal("", Warning("restarts"));
        Assert.Equal("", Warning("bytes behind the end"));

        string Warning(string name) => Feed(decoder, Jpegs.Made("jpeg", name));
    }

    /// <summary>The library says "warning" where it fails after one; what it has not decoded must not be used.</summary>
    [JpegFact]
    public void Decode_refuses_a_failure_after_a_warning()
    {
        using var decoder = new ImageDecoder();
        foreach (var name in new[] { "failure after a warning", "failure between scans after a warning" })
        {
            var reason = Assert.Throws<InvalidDataException>(() => Feed(decoder, Jpegs.Made("jpeg", name))).Message;
            Assert.DoesNotContain("extraneous", reason);
        }
    }

    [JpegFact]
    public void Decode_refuses_every_truncation()
    {
        using var decoder = new ImageDecoder();
        foreach (var name in new[] { "color420.jpg", "progressive.jpg", "grey.jpg" })
        {
            RefuseTruncations(Jpegs.Read(name));
        }

        // Warnings of other kinds do not hide that the end is missing.
        RefuseTruncations(Jpegs.Made("jpeg", "extra bytes before the scan"));
        RefuseTruncations(Jpegs.Made("jpeg", "extra bytes between scans"));
        RefuseTruncations(Jpegs.Made("jpeg", "restart missing"));

        void RefuseTruncations(byte[] whole)
        {
            for (var length = 0; length < whole.Length; length++)
            {
                Assert.NotEmpty(Assert.Throws<InvalidDataException>(() => Feed(decoder, whole[..length])).Message);
            }

            Feed(decoder, whole);
        }
    }

    /// <summary>A thumbnail in a header has an end marker of its own.</summary>
    [JpegFact]
    public void Decode_refuses_a_truncated_file_whose_thumbnail_is_whole()
    {
        using var decoder = new ImageDecoder();
        var whole = Jpegs.Read("grey.jpg");
        var thumbnail = Jpegs.Read("dot.jpg");
        var length = thumbnail.Length + 2;
        byte[] file = [.. whole[..2], 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. thumbnail, .. whole[2..]];
        Feed(decoder, file);
        Assert.Contains("truncated", Assert.Throws<InvalidDataException>(() => Feed(decoder, file[..^40])).Message);
        Assert.Contains("truncated", Assert.Throws<InvalidDataException>(() => Feed(decoder, file[..^2])).Message);
    }

    /// <summary>Whatever is damaged, no pixel is left over from the image before.</summary>
    [JpegFact]
    public void Decode_of_a_damaged_file_does_not_depend_on_the_image_before()
    {
        using var first = new ImageDecoder();
        using var second = new ImageDecoder();
        var (warned, files) = (0, Jpegs.Names.Where(name => name != "wide.jpg").Select(Jpegs.Read).ToArray());
        for (var trial = 0; trial < 3000; trial++)
        {
            var random = new RandomStream(2, "damage", (ulong)trial);
            var bytes = files[random.NextInt32(files.Length)].ToArray();
            for (var damage = random.NextInt32(3); damage >= 0; damage--)
            {
                bytes[bytes.Length - 2 - random.NextInt32(bytes.Length / 2)] = (byte)random.NextUInt32();
            }

            try
            {
                var reduction = 1 << random.NextInt32(4);
                var pixels = Pixels(first, bytes, reduction);
                Feed(second, files[random.NextInt32(files.Length)]);
                Assert.Equal(pixels, Pixels(second, bytes, reduction));
                warned += Feed(first, bytes).Length > 0 ? 1 : 0;
            }
            catch (InvalidDataException)
            {
                // Refused ones have no pixels.
            }
        }

        Assert.True(warned > 100);
    }

    [JpegFact]
    public void Damaged_files_give_an_exception_or_an_image_and_never_end_the_process()
    {
        using var decoder = new ImageDecoder();
        var files = Jpegs.Names.Select(Jpegs.Read).ToArray();
        var (refused, accepted) = (0, 0);
        for (var trial = 0; trial < 6000; trial++)
        {
            var random = new RandomStream(1, "damage", (ulong)trial);
            var bytes = files[random.NextInt32(files.Length)].ToArray();
            for (var damage = random.NextInt32(8); damage >= 0; damage--)
            {
                // Half of the damage hits the headers.
                var place = random.NextInt32(random.NextInt32(2) == 0 ? Math.Min(700, bytes.Length) : bytes.Length);
                bytes[place] = (byte)random.NextUInt32();
            }

            try
            {
                Feed(decoder, bytes[..(random.NextInt32(4) == 0 ? random.NextInt32(bytes.Length) : bytes.Length)]);
                accepted++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 5900);
        Assert.InRange(accepted, 100, 5000);
        Assert.Equal(Jpegs.Golden("decode")[0].Pixels, Decode("color420.jpg", 1, 61, 47));
    }

    [Fact]
    public void ReadHeader_refuses_sizes_and_channels_that_are_not_decoded()
    {
        var huge = Jpegs.Read("color444.jpg");
        var frame = huge.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        huge.AsSpan(frame + 5, 4).Fill(0x7F); // height and width
        Assert.Contains("32639 x 32639", Refusal(huge));
        huge.AsSpan(frame + 5, 2).Clear();
        Assert.Contains("32639 x 0", Refusal(huge));
        huge[frame + 9] = 2;
        Assert.Contains("2 channels; expected 1, 3 or 4", Refusal(huge));
        Assert.Contains("no frame header", Refusal(huge[..frame]));

        static string Refusal(byte[] file) => Assert.Throws<InvalidDataException>(() => ImageDecoder.ReadHeader(file)).Message;
    }

    /// <summary>Each side of a JPEG file can have 65,500 pixels only, which the library says.</summary>
    [JpegFact]
    public void Decode_refuses_sides_that_the_library_refuses()
    {
        using var decoder = new ImageDecoder();
        var wide = Jpegs.Read("color444.jpg");
        var frame = wide.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        wide.AsSpan(frame + 7, 2).Fill(0xFF);
        Assert.Contains("65500", Assert.Throws<InvalidDataException>(() => Feed(decoder, wide)).Message);
    }

    [Fact]
    public void A_missing_library_is_a_sentence_that_says_how_to_install_it()
    {
        Assert.Null(TurboJpeg.TryLoad(["no-such-library", "libc.so.6"]));
        var message = Assert.Throws<DataException>(() => TurboJpeg.RequireLoaded(null)).Message;
        Assert.Contains("apt-get install libturbojpeg0", message);
    }

    private static string Feed(ImageDecoder decoder, byte[] file) => decoder.Decode(file, ImageDecoder.ReadHeader(file), 1);

    private static byte[] Pixels(ImageDecoder decoder, byte[] file, int reduction)
    {
        _ = decoder.Decode(file, ImageDecoder.ReadHeader(file), reduction);
        return Jpegs.WithoutUnused(decoder.Pixels);
    }

    private static byte[] Decode(string name, int reduction, int width, int height)
    {
        using var decoder = new ImageDecoder();
        var file = Jpegs.Read(name);
        var header = ImageDecoder.ReadHeader(file);
        Assert.Equal((width, height), (ImageDecoder.Reduced(header.Width, reduction), ImageDecoder.Reduced(header.Height, reduction)));
        return Pixels(decoder, file, reduction);
    }
}
