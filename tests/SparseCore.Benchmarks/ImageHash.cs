using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SparseCore.Cpu.Kernels;
using SparseCore.Data;
using SparseCore.Randomness;

namespace SparseCore.Benchmarks;

/// <summary>A hash of what resizing and standardizing make of random pixels: all of the image pipeline but the decoder, equal on every machine.</summary>
internal static unsafe class ImageHash
{
    private const int Width = 301;
    private const int Height = 217;
    private const int Images = 21;

    /// <summary>Random crops of one size, as batch-innermost floats; 16 lower-case hexadecimal digits.</summary>
    public static string Run(int size)
    {
        var stream = new RandomStream(1, "pixels");
        var pixels = new byte[Width * Height * ImageDecoder.PixelBytes];
        for (var index = 0; index < pixels.Length; index++)
        {
            pixels[index] = (byte)stream.NextUInt32();
        }

        using var resampler = new ImageResampler();
        var plane = size * size;
        var planes = new byte[Images * 3 * plane];
        var values = new float[3 * plane * 32];
        var sources = stackalloc byte*[Lanes.Width];
        fixed (byte* source = pixels)
        fixed (byte* examples = planes)
        fixed (float* target = values)
        {
            for (var image = 0; image < Images; image++)
            {
                var window = CropWindow.Random(Width, Height, size, new RandomStream(1, "view", (ulong)image));
                resampler.Resample(source, Width, Height, window, 1, size, examples + (image * 3 * plane));
            }

            for (var column = 0; column < 32; column += Lanes.Width)
            {
                var count = Math.Min(Lanes.Width, Images - column);
                for (var channel = 0; channel < 3; channel++)
                {
                    for (var lane = 0; lane < count; lane++)
                    {
                        sources[lane] = examples + ((((column + lane) * 3) + channel) * plane);
                    }

                    var scale = new StandardPixels(0.485f, 0.229f, count);
                    PixelTransposer.Write(sources, count, plane, 32, scale, target + (channel * plane * 32) + column);
                }
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(values)))[..16];
    }
}
