using System.Diagnostics;
using System.Runtime.InteropServices;
using SparseCore.Data;
using SparseCore.Randomness;

namespace SparseCore.Benchmarks;

/// <summary>
/// Photographs a second: JPEG files of 500 x 375 (and 375 x 500), quality 90, 4:2:0, made of slopes, soft spots and noise at six scales; from the file to
/// batch-innermost floats of 224 x 224, with random resized crops and flips, and with the evaluation's centre. The files are in the system's cache.
/// </summary>
internal static unsafe class JpegBenchmark
{
    private const int Files = 128;
    private const int Batch = 32;
    private const int Rounds = 5;

    /// <summary>Measures and prints.</summary>
    public static IReadOnlyList<Result> Run()
    {
        var folder = Directory.CreateTempSubdirectory("sparse-jpeg-");
        try
        {
            var bytes = WriteFiles(folder.FullName);
            Console.WriteLine($"{Files} photographs of 500 x 375 or 375 x 500, {bytes / Files / 1e3:F0} kB on average");
            var results = new List<Result>();
            foreach (var threads in new[] { 1, Environment.ProcessorCount }.Distinct())
            {
                var options = new ImageFolderOptions { IndexFolder = Path.Combine(folder.FullName, "index"), Threads = threads };
                var start = Stopwatch.GetTimestamp();
                var data = ImageFolder.Load(folder.FullName, options);
                Console.WriteLine($"{threads} threads: folder opened in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
                results.Add(Measure("train", data.Train, threads));
                results.Add(Measure("evaluate", data.Test, threads));
            }

            return results;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Every round sees other views; the decoder works one batch ahead, the caller only waits for it and turns bytes into floats.</summary>
    private static Result Measure(string work, Dataset data, int threads)
    {
        var destination = new float[data.Shape.Count * Batch];
        var times = new Times();
        var batches = data.Count / Batch;
        for (var round = -1; round < Rounds; round++)
        {
            // Images that are still in memory would be free: evaluation gets a fresh start by asking for others in between.
            var start = Stopwatch.GetTimestamp();
            for (var batch = 0; batch < batches; batch++)
            {
                if (batch + 1 < batches)
                {
                    data.Prefetch(Examples(data, round + 1, batch + 1));
                }

                data.Gather(Examples(data, round + 1, batch), Batch, destination);
            }

            if (round >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        var images = batches * Batch;
        Console.WriteLine($"{work}, {threads} threads ahead: {images / times.Median * 1e6:F0} images a second");
        return new Result($"jpeg-{work}-224", "ours", "", 0, images, threads, times.Median, times.Minimum, 0, 0);
    }

    private static int[] Examples(Dataset data, int round, int batch) =>
        [.. Enumerable.Range(batch * Batch, Batch).Select(example => data.HasViews ? (round * data.Count) + example : example)];

    private static long WriteFiles(string folder)
    {
        var total = 0L;
        for (var file = 0; file < Files; file++)
        {
            var (width, height) = file % 4 == 3 ? (375, 500) : (500, 375);
            var jpeg = Encode(Picture(width, height, (ulong)file), width, height);
            total += jpeg.Length;
            foreach (var part in new[] { "train", "val" })
            {
                var path = Path.Combine(folder, part, $"class{file % 2}");
                Directory.CreateDirectory(path);
                File.WriteAllBytes(Path.Combine(path, $"{file:D4}.jpg"), jpeg);
            }
        }

        return total;
    }

    /// <summary>Slopes, and value noise of six octaves whose strength halves with the size, in every channel. Shape [height, width, 3].</summary>
    private static byte[] Picture(int width, int height, ulong seed)
    {
        const int octaves = 6;
        var pixels = new byte[width * height * 3];
        var stream = new RandomStream(seed, "picture");
        for (var channel = 0; channel < 3; channel++)
        {
            var plane = new double[width * height];
            var (right, down) = ((stream.NextDouble() - 0.5) * 0.3, (stream.NextDouble() - 0.5) * 0.3);
            for (var octave = 0; octave < octaves; octave++)
            {
                var step = 64 >> octave;
                var columns = (width / step) + 2;
                var grid = new double[columns * ((height / step) + 2)];
                for (var place = 0; place < grid.Length; place++)
                {
                    grid[place] = (stream.NextDouble() - 0.5) * 110 / (1 << octave);
                }

                for (var pixel = 0; pixel < plane.Length; pixel++)
                {
                    var (y, x) = Math.DivRem(pixel, width);
                    var (fromTop, fromLeft) = ((double)(y % step) / step, (double)(x % step) / step);
                    var corner = (y / step * columns) + (x / step);
                    var upper = (grid[corner] * (1 - fromLeft)) + (grid[corner + 1] * fromLeft);
                    var lower = (grid[corner + columns] * (1 - fromLeft)) + (grid[corner + columns + 1] * fromLeft);
                    plane[pixel] += (upper * (1 - fromTop)) + (lower * fromTop);
                }
            }

            for (var pixel = 0; pixel < plane.Length; pixel++)
            {
                var slope = (right * (pixel % width)) + (down * (pixel / width));
                pixels[(3 * pixel) + channel] = (byte)Math.Clamp(128 + slope + plane[pixel], 0, 255);
            }
        }

        return pixels;
    }

    /// <summary>The encoder of the library that decodes.</summary>
    private static byte[] Encode(byte[] pixels, int width, int height)
    {
        const int quality = 90;
        const int rgb = 0;
        const int halfColor = 2;
        _ = TurboJpeg.Require();
        var library = NativeLibrary.Load("libturbojpeg.so.0");
        var init = (delegate* unmanaged[Cdecl]<nint>)NativeLibrary.GetExport(library, "tjInitCompress");
        var compress = (delegate* unmanaged[Cdecl]<nint, byte*, int, int, int, int, byte**, CULong*, int, int, int, int>)NativeLibrary.GetExport(library, "tjCompress2");
        var free = (delegate* unmanaged[Cdecl]<byte*, void>)NativeLibrary.GetExport(library, "tjFree");
        var destroy = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(library, "tjDestroy");
        var handle = init();
        byte* jpeg = null;
        var length = default(CULong);
        fixed (byte* source = pixels)
        {
            if (compress(handle, source, width, 0, height, rgb, &jpeg, &length, halfColor, quality, 0) != 0)
            {
                throw new InvalidOperationException("libjpeg-turbo could not encode a picture.");
            }
        }

        var bytes = new ReadOnlySpan<byte>(jpeg, (int)length.Value).ToArray();
        free(jpeg);
        _ = destroy(handle);
        return bytes;
    }
}
