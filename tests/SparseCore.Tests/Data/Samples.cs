using System.Buffers.Binary;
using System.IO.Compression;
using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Randomness;

namespace SparseCore.Tests.Data;

/// <summary>Small data for tests, and where the committed MNIST lies.</summary>
internal static class Samples
{
    private static readonly Lazy<DataSplit> Loaded = new(() => SparseCore.Data.Mnist.Load(MnistFolder));

    /// <summary>The committed files.</summary>
    public static string MnistFolder => Path.Combine(Repository, "data", "mnist");

    /// <summary>The folder of Toolkit.sln, looked for upwards from the test's own folder.</summary>
    public static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Toolkit.sln")))
            {
                folder = folder.Parent;
            }

            return folder?.FullName ?? throw new DirectoryNotFoundException($"No Toolkit.sln above {AppContext.BaseDirectory}.");
        }
    }

    /// <summary>The committed MNIST, loaded once for all tests.</summary>
    public static DataSplit Mnist => Loaded.Value;

    /// <summary>Random bytes as images, labels 0 .. classes - 1 at random.</summary>
    public static ByteDataset Random(Shape shape, int classes, int count, ulong seed = 1)
    {
        var stream = new RandomStream(seed, "test-data");
        var images = new byte[shape.Count * count];
        for (var index = 0; index < images.Length; index++)
        {
            images[index] = (byte)stream.NextInt32(256);
        }

        var labels = new int[count];
        for (var index = 0; index < count; index++)
        {
            labels[index] = stream.NextInt32(classes);
        }

        return new ByteDataset("random", shape, classes, images, labels);
    }

    /// <summary>The values of examples, one example after the other. Shape [examples, channels, height, width].</summary>
    public static float[] Values(Dataset data, params ReadOnlySpan<int> examples)
    {
        var values = new float[data.Shape.Count * examples.Length];
        Array.Fill(values, float.NaN);
        for (var index = 0; index < examples.Length; index++)
        {
            data.Read(examples[index], values.AsSpan(index * data.Shape.Count, data.Shape.Count));
        }

        return values;
    }

    /// <summary>The bytes of an IDX file of unsigned bytes with the given dimensions in its header and the given values after it.</summary>
    public static byte[] Idx(int[] dimensions, byte[] values) => [.. Header(IdxType.UnsignedByte, dimensions), .. values];

    /// <summary>The bytes of an IDX file of any type.</summary>
    public static byte[] Idx(IdxType type, int[] dimensions, double[] values)
    {
        var file = new List<byte>(Header(type, dimensions));
        Span<byte> bytes = stackalloc byte[8];
        foreach (var value in values)
        {
            switch (type)
            {
                case IdxType.UnsignedByte:
                    bytes[0] = (byte)value;
                    break;
                case IdxType.SignedByte:
                    bytes[0] = (byte)(sbyte)value;
                    break;
                case IdxType.Int16:
                    BinaryPrimitives.WriteInt16BigEndian(bytes, (short)value);
                    break;
                case IdxType.Int32:
                    BinaryPrimitives.WriteInt32BigEndian(bytes, (int)value);
                    break;
                case IdxType.Single:
                    BinaryPrimitives.WriteSingleBigEndian(bytes, (float)value);
                    break;
                default:
                    BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
                    break;
            }

            file.AddRange(bytes[..IdxArray.SizeOf(type)]);
        }

        return [.. file];
    }

    /// <summary>Gzipped bytes.</summary>
    public static byte[] Gzip(byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var zip = new GZipStream(memory, CompressionLevel.Fastest))
        {
            zip.Write(bytes);
        }

        return memory.ToArray();
    }

    private static byte[] Header(IdxType type, int[] dimensions)
    {
        var bytes = new byte[4 + (4 * dimensions.Length)];
        bytes[2] = (byte)type;
        bytes[3] = (byte)dimensions.Length;
        for (var index = 0; index < dimensions.Length; index++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + (4 * index)), dimensions[index]);
        }

        return bytes;
    }
}
