namespace SparseCore.Data;

/// <summary>What one thread needs in order to turn a file into an example: room for the file, a decoder and a resampler, all used again and again.</summary>
internal sealed unsafe class ImageReader : IDisposable
{
    private const int LargestFile = 1 << 28;
    private readonly ImageResampler resampler = new();
    private byte[] file = new byte[1 << 17];

    /// <summary>The decoder.</summary>
    public ImageDecoder Decoder { get; } = new();

    /// <summary>Reads a whole file of at most 256 MiB; the span holds until the next one is read. The room for it grows to the largest file read.</summary>
    /// <exception cref="IOException">The file is missing or unreadable.</exception>
    /// <exception cref="InvalidDataException">It is larger than any image; the message is the reason alone.</exception>
    public ReadOnlySpan<byte> ReadFile(string path)
    {
        using var handle = RegularFile.OpenHandle(path, FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(handle);
        if (length > LargestFile)
        {
            throw new InvalidDataException($"it has {length} bytes; expected at most {LargestFile}");
        }

        if (length > file.Length)
        {
            file = new byte[Math.Max(length, Math.Min(LargestFile, 2L * file.Length))];
        }

        var found = 0;
        while (found < length)
        {
            var read = RandomAccess.Read(handle, file.AsSpan(found, (int)length - found), found);
            if (read == 0)
            {
                break;
            }

            found += read;
        }

        return file.AsSpan(0, found);
    }

    /// <summary>Turns a file's bytes into an example.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="size">Height and width.</param>
    /// <param name="window">Chooses what to keep from the image's width and height.</param>
    /// <param name="planes">Shape [3, size, size].</param>
    /// <exception cref="InvalidDataException">The file is truncated or damaged; the message is the reason alone.</exception>
    public void Decode(ReadOnlySpan<byte> bytes, int size, Func<int, int, CropWindow> window, Span<byte> planes)
    {
        var header = ImageDecoder.ReadHeader(bytes);
        var kept = window(header.Width, header.Height);
        _ = Decoder.Decode(bytes, header, kept.Reduction());
        var reduction = Decoder.Reduction;
        fixed (byte* source = Decoder.Pixels)
        fixed (byte* target = planes)
        {
            resampler.Resample(
                source, ImageDecoder.Reduced(header.Width, reduction), ImageDecoder.Reduced(header.Height, reduction), kept, reduction, size, target);
        }
    }

    public void Dispose()
    {
        Decoder.Dispose();
        resampler.Dispose();
    }
}
