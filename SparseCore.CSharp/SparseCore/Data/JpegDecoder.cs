using System.Runtime.InteropServices;

namespace SparseCore.Data;

/// <summary>
/// Decodes JPEG files to pixels of 4 bytes (red, green, blue, unused), whole or reduced by 2, 4 or 8 while decoding (scaled DCT). Gray becomes three
/// equal channels. Four inks become red = C' K' / 255 rounded, green and blue likewise, where C', M', Y', K' are the stored values, which by Adobe's
/// convention mean 255 - ink. Orientation and color profiles are ignored, as in the usual pipelines for ImageNet. Used by one thread at a time.
/// </summary>
internal sealed unsafe class JpegDecoder : IDisposable
{
    private const nuint KeptCapacity = 16 << 20;

    private readonly TurboJpeg library;
    private nint handle;
    private byte* pixels;
    private nuint capacity;
    private int length;

    /// <exception cref="DataException">libjpeg-turbo is not installed.</exception>
    public JpegDecoder()
    {
        library = TurboJpeg.Require();
        Start();
    }

    ~JpegDecoder() => Free();

    /// <summary>Bytes of native memory that are held: <see cref="ImageDecoder.PixelBytes"/> a pixel of the largest image kept room for.</summary>
    public long HeldBytes => (long)capacity;

    /// <summary>The pixels of the last decoded image. Shape [height, width, 4].</summary>
    public ReadOnlySpan<byte> Pixels => new(pixels, length);

    /// <summary>
    /// Decodes into <see cref="Pixels"/>. Where the decoder only warns (surplus bytes, damaged data), its pixels are used, which are those of every other
    /// program with libjpeg; but a truncated file is refused.
    /// </summary>
    /// <param name="file">The whole file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="reduction">1, 2, 4 or 8: every side is divided by it and rounded up.</param>
    /// <returns>The first warning; empty where there is none.</returns>
    /// <exception cref="InvalidDataException">The file is truncated or damaged; the message is the reason alone.</exception>
    public string Decode(ReadOnlySpan<byte> file, ImageHeader header, int reduction)
    {
        var width = ImageDecoder.Reduced(header.Width, reduction);
        var height = ImageDecoder.Reduced(header.Height, reduction);
        length = checked(width * height * ImageDecoder.PixelBytes);
        Reserve((nuint)length);
        var hasInks = header.Colors == ImageColors.Inks;
        var format = hasInks ? TurboJpeg.PixelsCmyk : TurboJpeg.PixelsRgbx;
        var warning = "";
        if (!TryDecode(file, width, height, format, TurboJpeg.Flags | TurboJpeg.StopAtWarning, out var reason, out var isWarning))
        {
            if (isWarning && !JpegMarkers.HasEnd(file))
            {
                throw new InvalidDataException("it is truncated: it has no end marker (FFD9)");
            }

            // Where the library goes on after a warning and fails, it reports a warning too; but its last words are those of the failure then.
            warning = reason;
            if (!isWarning || (!TryDecode(file, width, height, format, TurboJpeg.Flags, out reason, out _) && reason != warning))
            {
                throw new InvalidDataException($"the decoder says \"{reason}\"");
            }
        }

        if (hasInks)
        {
            MixInks(pixels, length / ImageDecoder.PixelBytes);
        }

        return warning;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static void MixInks(byte* pixels, long count)
    {
        for (var pixel = pixels; pixel < pixels + (count * ImageDecoder.PixelBytes); pixel += ImageDecoder.PixelBytes)
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

    private bool TryDecode(ReadOnlySpan<byte> file, int width, int height, int format, int flags, out string reason, out bool isWarning)
    {
        (reason, isWarning) = ("", false);
        fixed (byte* bytes = file)
        {
            if (library.Decompress(
                handle, bytes, new CULong((uint)file.Length), pixels, width, width * ImageDecoder.PixelBytes, height, format, flags) == 0)
            {
                return true;
            }
        }

        reason = Marshal.PtrToStringUTF8((nint)library.ErrorText(handle))?.TrimEnd('.') ?? "";
        isWarning = library.ErrorCode(handle) == TurboJpeg.Warning;

        // A decoder of TurboJPEG 2.1 that has met a damaged header goes on in the middle of it; so a new one takes its place.
        _ = library.Destroy(handle);
        handle = 0;
        Start();
        return false;
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
        length = 0;
    }
}
