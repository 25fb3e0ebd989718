using SparseCore.Data;
using SparseCore.Randomness;

namespace SparseCore.Tests.Data;

public unsafe class JpegDecoderTests
{
    /// <summary>Colour (two subsamplings), grey, four inks, progressive, with an orientation that is to be ignored, a single pixel.</summary>
    [JpegFact]
    public void Decode_gives_the_pixels_of_Pillow()
    {
        var golden = Jpegs.Golden("decode");
        Assert.Equal(7, golden.Count);
        Assert.All(golden, image => Assert.Equal(image.Pixels, Decode(image.File, 1, image.Width, image.Height)));
    }

    [JpegFact]
    public void Decode_reduced_gives_the_pixels_of_Pillow()
    {
        var golden = Jpegs.Golden("reduce");
        Assert.Equal(2, golden.Count);
        Assert.All(golden, image => Assert.Equal(image.Pixels, Decode(image.File, (int)image.Arguments[0], image.Width, image.Height)));
    }

    [JpegFact]
    public void Every_truncation_is_refused()
    {
        using var decoder = new JpegDecoder();
        foreach (var name in new[] { "color420.jpg", "progressive.jpg", "grey.jpg" })
        {
            var whole = Jpegs.Read(name);
            for (var length = 0; length < whole.Length - 2; length++) // the last two bytes only say that the image ends
            {
                var reason = Assert.Throws<InvalidDataException>(() => Feed(decoder, whole[..length])).Message;
                Assert.NotEmpty(reason);
            }

            Feed(decoder, whole);
        }
    }

    [JpegFact]
    public void Damaged_files_give_an_exception_or_an_image_and_never_end_the_process()
    {
        using var decoder = new JpegDecoder();
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

    [JpegFact]
    public void Other_files_are_refused_with_what_they_are()
    {
        using var decoder = new JpegDecoder();
        Assert.Contains("begins with 89504E47", Assert.Throws<InvalidDataException>(() => decoder.ReadHeader(Jpegs.Read("picture.png.jpg"))).Message);
        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => decoder.ReadHeader([])).Message);
        var huge = Jpegs.Read("color444.jpg");
        var frame = huge.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        huge.AsSpan(frame + 5, 4).Fill(0xFF); // height and width
        Assert.Contains("65500", Assert.Throws<InvalidDataException>(() => decoder.ReadHeader(huge)).Message);
        huge.AsSpan(frame + 5, 4).Fill(0x7F);
        Assert.Contains("32639 x 32639", Assert.Throws<InvalidDataException>(() => decoder.ReadHeader(huge)).Message);
    }

    [Fact]
    public void A_missing_library_is_a_sentence_that_says_how_to_install_it()
    {
        Assert.Null(TurboJpeg.TryLoad(["no-such-library", "libc.so.6"]));
        var message = Assert.Throws<DataException>(() => TurboJpeg.RequireLoaded(null)).Message;
        Assert.Contains("apt-get install libturbojpeg0", message);
    }

    private static void Feed(JpegDecoder decoder, byte[] file) => decoder.Decode(file, decoder.ReadHeader(file), 1);

    private static byte[] Decode(string name, int reduction, int width, int height)
    {
        using var decoder = new JpegDecoder();
        var file = Jpegs.Read(name);
        var header = decoder.ReadHeader(file);
        Assert.Equal((width, height), (JpegDecoder.Reduced(header.Width, reduction), JpegDecoder.Reduced(header.Height, reduction)));
        decoder.Decode(file, header, reduction);
        var pixels = new byte[3 * width * height];
        for (var value = 0; value < pixels.Length; value++)
        {
            pixels[value] = decoder.Pixels[(value / 3 * JpegDecoder.PixelBytes) + (value % 3)];
        }

        return pixels;
    }
}
