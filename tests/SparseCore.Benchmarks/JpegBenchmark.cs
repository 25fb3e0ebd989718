using System.Diagnostics;
using System.Runtime.InteropServices;
using SparseCore.Cpu;
using SparseCore.Cpu.Kernels;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Randomness;

namespace SparseCore.Benchmarks;

/// <summary>
/// Photographs a second: JPEG files of 500 x 375 (and 375 x 500), quality 90, 4:2:0, made of slopes, noise at six scales and noise of single pixels, so
/// that a file has about the 110 kB of ImageNet's; from the file to batch-innermost floats of 224 x 224, with random resized crops and flips, and with
/// the evaluation's center, in turns with torchvision. The files are in the system's cache; no decoded image is used twice. Then the training step of
/// ResNet-50 on such files, in turns with the step on images in memory.
/// </summary>
internal static unsafe class JpegBenchmark
{
    private const int Files = 256;
    private const int Batch = 32;
    private const int Rounds = 5;
    private const int StepRounds = 3;
    private const double Sparsity = 0.9;

    /// <summary>Measures and prints; null when torchvision is missing, after saying how to install it.</summary>
    /// <param name="python">The Python interpreter; empty to leave torchvision out.</param>
    public static IReadOnlyList<Result>? Run(string python)
    {
        using var peer = python.Length == 0 ? null : Peer.Start(python, "jpeg.py", "as many processes as we have threads");
        if (python.Length > 0 && peer is null)
        {
            return null;
        }

        var folder = Directory.CreateTempSubdirectory("sparse-jpeg-").FullName;
        try
        {
            var bytes = WriteFiles(folder);
            Console.WriteLine($"{Files} photographs of 500 x 375 or 375 x 500, {bytes / Files / 1e3:F0} kB on average, to 224 x 224");
            var results = new List<Result>();
            foreach (var threads in new[] { 1, Environment.ProcessorCount }.Distinct())
            {
                // The caller decodes too, and has no memory for more images than the decoder keeps in any case: none is still there in the next round.
                var data = Load(folder, threads - 1, memoryBytes: 0);
                Measure("train", data.Train, threads);
                Measure("val", data.Test, threads);

                void Measure(string part, Dataset examples, int workers)
                {
                    var round = 0;
                    var times = Measurement.Interleave(
                        Rounds,
                        ours => Measurement.Repeat(ours, 1, () => Pass(examples, round++)),
                        theirs => peer?.Ask($"{folder} {part} {workers}", theirs));
                    results.Add(new Result($"jpeg-{part}-224", "ours", "", 0, Files, workers, times[0].Median, times[0].Minimum, 0, 0));
                    Console.Write($"{part}, {workers} threads: {Files / times[0].Median * 1e6:F0} images a second");
                    if (peer is not null)
                    {
                        results.Add(new Result($"jpeg-{part}-224", "torchvision", "", 0, Files, workers, times[1].Median, times[1].Minimum, 0, 0));
                        Console.Write($"; torchvision {Files / times[1].Median * 1e6:F0}");
                    }

                    Console.WriteLine();
                }
            }

            results.AddRange(Steps(Load(folder, Environment.ProcessorCount, 256 << 20).Train));
            return results;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static DataSplit Load(string folder, int threads, long memoryBytes)
    {
        var start = Stopwatch.GetTimestamp();
        var options = new ImageFolderOptions { IndexFolder = Path.Combine(folder, $"index{threads}"), Threads = threads, MemoryBytes = memoryBytes };
        var data = ImageFolder.Load(folder, options);
        Console.WriteLine($"{Math.Max(1, threads)} threads: read through {2 * Files / Stopwatch.GetElapsedTime(start).TotalSeconds:F0} files a second");
        return data;
    }

    /// <summary>Every pass sees other views; the decoder works one batch ahead, the caller helps it and turns bytes into floats.</summary>
    private static void Pass(Dataset data, int round)
    {
        var layout = TensorLayout.Examples(data.Shape, 0, Batch / Lanes.Width);
        using var destination = new AlignedBuffer();
        destination.EnsureCapacity(layout.Floats);
        for (var batch = 0; batch < Files / Batch; batch++)
        {
            if (batch + 1 < Files / Batch)
            {
                data.Prefetch(Examples(data, round, batch + 1));
            }

            BatchGather.Load(data, Examples(data, round, batch), layout, null, destination.Pointer);
        }
    }

    /// <summary>ResNet-50's training step on photographs that are decoded one batch ahead, as training does it, and on images that lie in memory.</summary>
    private static Result[] Steps(Dataset data)
    {
        var threads = Environment.ProcessorCount;
        var network = new NetworkPlan("resnet50", ResNet50.PaperWidths, data.Shape, data.Classes).Build();
        var masks = LargeBenchmark.Masks(network, Sparsity);
        using var engine = new CpuEngine(network, masks, Batch, threads);
        engine.Load(RandomData.Parameters(network, masks));
        var sgd = new SgdStep(0.001f, 0.9f, 5e-5f, Nesterov: true, LabelSmoothing: 0.1f);
        var inMemory = RandomData.Images(data.Shape, data.Classes, Batch);
        int[] all = [.. Enumerable.Range(0, Batch)];
        var step = 0;
        var times = Measurement.Interleave(
            StepRounds,
            memory => Measurement.Repeat(memory, 1, () => engine.TrainingStep(inMemory, all, sgd)),
            decoded => Measurement.Repeat(decoded, 1, () =>
            {
                data.Prefetch(Examples(data, (step + 1) / (Files / Batch), (step + 1) % (Files / Batch)));
                engine.TrainingStep(data, Examples(data, step / (Files / Batch), step % (Files / Batch)), sgd);
                step++;
            }));
        Console.WriteLine(
            $"resnet50, batch {Batch}, {threads} threads, {Sparsity:P0} sparse (uniform, first layer dense): {times[0].Median / 1e3:F0} ms a step on images in memory, "
            + $"{times[1].Median / 1e3:F0} ms on photographs decoded ahead");
        return
        [
            new Result("resnet50-train-memory", "ours", "uniform, first layer dense", Sparsity, Batch, threads, times[0].Median, times[0].Minimum, 0, 0),
            new Result("resnet50-train-jpeg", "ours", "uniform, first layer dense", Sparsity, Batch, threads, times[1].Median, times[1].Minimum, 0, 0),
        ];
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

    /// <summary>Slopes, value noise of six octaves whose strength halves with the size, and noise of single pixels. Shape [height, width, 3].</summary>
    private static byte[] Picture(int width, int height, ulong seed)
    {
        const int octaves = 6;
        const double pixelNoise = 64;
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
                pixels[(3 * pixel) + channel] = (byte)Math.Clamp(128 + slope + plane[pixel] + ((stream.NextDouble() - 0.5) * pixelNoise), 0, 255);
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
