using System.Runtime.InteropServices;

namespace SparseCore.Data;

/// <summary>
/// Decodes JPEG files to pixels of 4 bytes (red, green, blue, unused), whole or reduced by 2, 4 or 8 while decoding (scaled DCT). Grey becomes three
/// equal channels. Four inks become red = C' K' / 255 rounded, green and blue likewise, where C', M', Y', K' are the stored values, which by Adobe's
/// convention mean 255 - ink. Orientation and colour profiles are ignored, as in the usual pipelines for ImageNet. Used by one thread at a time.
/// </summary>
internal sealed unsafe class JpegDecoder : IDisposable
{
    /// <summary>Larger images are refused, because a damaged header can promise anything.</summary>
    public const long MaximumPixels = 1L << 26;

    /// <summary>Bytes of a decoded pixel.</summary>
    public const int PixelBytes = 4;

    private const nuint KeptCapacity = 16 << 20;

    private readonly TurboJpeg library;
    private nint handle;
    private byte* pixels;
    private nuint capacity;

    /// <exception cref="DataException">libjpeg-turbo is not installed.</exception>
    public JpegDecoder()
    {
        library = TurboJpeg.Require();
        Start();
    }

    ~JpegDecoder() => Free();

    /// <summary>The pixels of the last decoded image. Shape [height, width, 4].</summary>
    public byte* Pixels => pixels;

    /// <summary>Length of a side after a reduction: rounded up.</summary>
    public static int Reduced(int length, int reduction) => (length + reduction - 1) / reduction;

    /// <summary>Reads the header.</summary>
    /// <exception cref="InvalidDataException">The file is no JPEG file, or its header is damaged; the message is the reason alone.</exception>
    public JpegHeader ReadHeader(ReadOnlySpan<byte> file)
    {
        if (file is not [0xFF, 0xD8, ..])
        {
            var start = Convert.ToHexString(file[..Math.Min(4, file.Length)]);
            throw new InvalidDataException(file.IsEmpty ? "it is empty" : $"it is not a JPEG file, which begins with FFD8; it begins with {start}");
        }

        var (width, height, subsampling, colors) = (0, 0, 0, 0);
        fixed (byte* bytes = file)
        {
            if (library.DecompressHeader(handle, bytes, new CULong((uint)file.Length), &width, &height, &subsampling, &colors) != 0)
            {
                throw Failure();
            }
        }

        return (long)width * height is > 0 and <= MaximumPixels
            ? new JpegHeader(width, height, colors > TurboJpeg.GreyColors ? JpegColors.Inks : colors == TurboJpeg.GreyColors ? JpegColors.Grey : JpegColors.Color)
            : throw new InvalidDataException($"its header says {width} x {height} pixels; expected 1 to {MaximumPixels} in all");
    }

    /// <summary>Decodes into <see cref="Pixels"/>. A file about which the decoder warns (missing or damaged data) is refused: its pixels would be guesses.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="reduction">1, 2, 4 or 8: every side is divided by it and rounded up.</param>
    /// <exception cref="InvalidDataException">The file is truncated or damaged; the message is the reason alone.</exception>
    public void Decode(ReadOnlySpan<byte> file, JpegHeader header, int reduction)
    {
        var width = Reduced(header.Width, reduction);
        var height = Reduced(header.Height, reduction);
        Reserve((nuint)((long)width * height * PixelBytes));
        var hasInks = header.Colors == JpegColors.Inks;
        var format = hasInks ? TurboJpeg.PixelsCmyk : TurboJpeg.PixelsRgbx;
        fixed (byte* bytes = file)
        {
            if (library.Decompress(handle, bytes, new CULong((uint)file.Length), pixels, width, width * PixelBytes, height, format, TurboJpeg.Flags) != 0)
            {
                throw Failure();
            }
        }

        if (hasInks)
        {
            MixInks(pixels, (long)width * height);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static void MixInks(byte* pixels, long count)
    {
        for (var pixel = pixels; pixel < pixels + (count * PixelBytes); pixel += PixelBytes)
        {
            var black = pixel[3];
            for (var channel = 0; channel < 3; channel++)
            {
                pixel[channel] = (byte)(((2 * pixel[channel] * black) + 255) / 510);
            }
        }
    }

    private void Start()
    {
        handle = library.InitDecompress();
        if (handle == 0)
        {
            throw new InsufficientMemoryException("libjpeg-turbo could not make a decoder.");
        }
    }

    /// <summary>Why the last call failed. A decoder of TurboJPEG 2.1 that has met a damaged header goes on in the middle of it; so a new one takes its place.</summary>
    private InvalidDataException Failure()
    {
        var reason = Marshal.PtrToStringUTF8((nint)library.ErrorText(handle))?.TrimEnd('.');
        _ = library.Destroy(handle);
        handle = 0;
        Start();
        return new InvalidDataException($"the decoder says \"{reason}\"");
    }

    private void Reserve(nuint bytes)
    {
        if (bytes > capacity || (capacity > KeptCapacity && bytes <= KeptCapacity))
        {
            NativeMemory.Free(pixels);
            pixels = null;
            capacity = 0;
            pixels = (byte*)NativeMemory.Alloc(bytes);
            capacity = bytes;
        }
    }

    private void Free()
    {
        if (handle != 0)
        {
            _ = library.Destroy(handle);
            handle = 0;
        }

        NativeMemory.Free(pixels);
        pixels = null;
        capacity = 0;
    }
}
