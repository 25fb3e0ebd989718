using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SparseCore.Checkpoints;

/// <summary>
/// The safetensors container: 8 bytes little-endian header length, a JSON header, raw buffers. Reading checks everything that the format promises
/// before anything is used: a header of at most 100 MB that lies within the file, known element types, unique names, offsets without overlap or gap
/// that end with the file, sizes that match shape and type. Memory while reading: the file's own size, plus at most 16 bytes for every byte of the
/// header.
/// </summary>
public sealed class SafetensorsFile
{
    /// <summary>The format's limit on the header, in bytes.</summary>
    public const long HeaderLimit = 100_000_000;

    internal const int LengthBytes = 8;

    private const string MetadataName = "__metadata__";

    private static readonly Dictionary<string, int> ElementBits = new(StringComparer.Ordinal)
    {
        ["F4"] = 4,
        ["F6_E2M3"] = 6,
        ["F6_E3M2"] = 6,
        ["BOOL"] = 8,
        ["U8"] = 8,
        ["I8"] = 8,
        ["F8_E5M2"] = 8,
        ["F8_E4M3"] = 8,
        ["F8_E8M0"] = 8,
        ["F8_E4M3FNUZ"] = 8,
        ["F8_E5M2FNUZ"] = 8,
        ["I16"] = 16,
        ["U16"] = 16,
        ["F16"] = 16,
        ["BF16"] = 16,
        ["I32"] = 32,
        ["U32"] = 32,
        ["F32"] = 32,
        ["I64"] = 64,
        ["U64"] = 64,
        ["F64"] = 64,
        ["C64"] = 64,
    };

    private readonly string path;
    private readonly byte[] data;
    private readonly Dictionary<string, SafetensorsTensor> byName;

    private SafetensorsFile(string path, byte[] header, byte[] data, IReadOnlyList<SafetensorsTensor> tensors, Dictionary<string, string> metadata)
    {
        this.path = path;
        this.data = data;
        Header = header;
        Tensors = tensors;
        Metadata = metadata;
        byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>All tensors, in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors { get; }

    /// <summary>The free text entries of the header.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The length field and the header as they stand in the file.</summary>
    internal byte[] Header { get; }

    /// <summary>Reads and checks a whole file.</summary>
    /// <exception cref="CheckpointException">The file is missing, unreadable or breaks a rule of the format.</exception>
    public static SafetensorsFile Read(string path) => Read(path, withData: true);

    /// <summary>Reads and checks the header only; <see cref="Bytes"/> must not be called.</summary>
    /// <exception cref="CheckpointException">The file is missing, unreadable or breaks a rule of the format.</exception>
    public static SafetensorsFile ReadHeader(string path) => Read(path, withData: false);

    /// <summary>The tensor of that name, or null.</summary>
    public SafetensorsTensor? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The raw bytes of a tensor.</summary>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var tensor = Find(name)
            ?? throw new CheckpointException(path, $"tensor '{name}'", "it to exist", $"only {string.Join(", ", Tensors.Select(entry => entry.Name))}", "");
        return data.AsSpan((int)tensor.Begin, (int)tensor.ByteCount);
    }

    /// <summary>A copy of an F32 tensor's values in row-major order.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or it has another type.</exception>
    public float[] Floats(string name)
    {
        var bytes = Bytes(name);
        var tensor = byName[name];
        if (tensor.DataType != "F32")
        {
            throw new CheckpointException(path, $"tensor '{name}'", "F32", tensor.ToString(), "");
        }

        var values = new float[bytes.Length / sizeof(float)];
        CopyFloats(bytes, values);
        return values;
    }

    /// <summary>
    /// Writes a file whose bytes depend on nothing but the arguments: tensors in the given order, fixed JSON layout, header padded with spaces to a
    /// multiple of 8. The file appears under its name only when it is whole and flushed.
    /// </summary>
    /// <param name="path">Where; the folder must exist.</param>
    /// <param name="metadata">Free text entries, in order.</param>
    /// <param name="tensors">Name, element type, shape and little-endian bytes. Put wide element types first: some readers need them aligned.</param>
    /// <exception cref="ArgumentException">A name is repeated, or bytes do not match shape and type.</exception>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public static void Write(
        string path,
        IReadOnlyList<KeyValuePair<string, string>> metadata,
        IReadOnlyList<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)> tensors) =>
        AtomicFile.Write(path, BuildHeader(metadata, tensors), tensors.Select(tensor => tensor.Bytes));

    /// <summary>The length field and the header of a file.</summary>
    internal static byte[] BuildHeader(
        IReadOnlyList<KeyValuePair<string, string>> metadata,
        IReadOnlyList<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { MetadataName };
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Advance(LengthBytesOf(buffer));
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject(MetadataName);
            foreach (var (key, value) in metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            var offset = 0L;
            foreach (var (name, dataType, shape, bytes) in tensors)
            {
                if (!names.Add(name))
                {
                    throw new ArgumentException($"Two tensors are named '{name}'; names must be unique.");
                }

                var expected = ByteCount(dataType, shape);
                if (expected != bytes.Length)
                {
                    throw new ArgumentException(
                        $"Tensor '{name}' of type {dataType} [{string.Join(", ", shape)}] takes {expected?.ToString() ?? "an unknown number of"} bytes, "
                        + $"found {bytes.Length}.");
                }

                json.WriteStartObject(name);
                json.WriteString("dtype", dataType);
                json.WriteStartArray("shape");
                foreach (var extent in shape)
                {
                    json.WriteNumberValue(extent);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += bytes.Length;
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.WrittenCount % 8 != 0)
        {
            buffer.Write(" "u8);
        }

        var header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - LengthBytes);
        return header;
    }

    /// <summary>Little-endian bytes to floats, whatever the machine.</summary>
    internal static void CopyFloats(ReadOnlySpan<byte> source, Span<float> destination)
    {
        if (BitConverter.IsLittleEndian)
        {
            source.CopyTo(MemoryMarshal.AsBytes(destination));
            return;
        }

        for (var index = 0; index < destination.Length; index++)
        {
            destination[index] = BinaryPrimitives.ReadSingleLittleEndian(source[(index * sizeof(float))..]);
        }
    }

    /// <summary>Floats to little-endian bytes, whatever the machine.</summary>
    internal static byte[] ToBytes(ReadOnlySpan<float> values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        for (var index = 0; index < values.Length; index++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(index * sizeof(float)), values[index]);
        }

        return bytes;
    }

    private static int LengthBytesOf(ArrayBufferWriter<byte> buffer)
    {
        buffer.GetSpan(LengthBytes)[..LengthBytes].Clear();
        return LengthBytes;
    }

    private static SafetensorsFile Read(string path, bool withData)
    {
        FileStream stream;
        try
        {
            stream = RegularFile.OpenRead(path, bufferSize: 1);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Unreadable(path, exception);
        }

        using (stream)
        {
            return Read(path, stream, withData);
        }
    }

    /// <summary>Reads and checks a file's bytes from a stream that knows its length.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="stream">Positioned at the start.</param>
    /// <param name="withData">Whether the tensors are read.</param>
    internal static SafetensorsFile Read(string path, Stream stream, bool withData)
    {
        byte[] header;
        byte[] data;
        long dataLength;
        try
        {
            var fileLength = stream.Length;
            if (fileLength < LengthBytes)
            {
                throw Damaged(path, "file length", $"at least {LengthBytes} bytes", $"{fileLength}");
            }

            Span<byte> field = stackalloc byte[LengthBytes];
            stream.ReadExactly(field);
            var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(field);
            var limit = (ulong)Math.Min(HeaderLimit, fileLength - LengthBytes);
            if (headerLength > limit)
            {
                throw Damaged(
                    path, "header length", $"at most {limit} bytes (a header has at most {HeaderLimit} and lies within the file)", $"{headerLength}");
            }

            dataLength = fileLength - LengthBytes - (long)headerLength;
            if (withData && dataLength > Array.MaxLength)
            {
                throw Damaged(path, "file length", $"at most {Array.MaxLength} bytes of tensors", $"{dataLength}");
            }

            header = new byte[LengthBytes + (int)headerLength];
            field.CopyTo(header);
            stream.ReadExactly(header.AsSpan(LengthBytes));
            data = withData ? new byte[dataLength] : [];
            stream.ReadExactly(data);
        }
        catch (EndOfStreamException exception)
        {
            throw new CheckpointException(path, "file length", "an unchanging file", "one that became shorter while it was read", "", exception);
        }
        catch (Exception exception) when (exception is (IOException and not CheckpointException) or UnauthorizedAccessException)
        {
            throw Unreadable(path, exception);
        }

        try
        {
            var (tensors, metadata) = ParseHeader(path, header.AsSpan(LengthBytes), dataLength);
            return new SafetensorsFile(path, header, data, tensors, metadata);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new CheckpointException(path, "header", "a safetensors header (JSON)", AtomicFile.Sentence(exception), DamagedRemedy, exception);
        }
    }

    private const string DamagedRemedy = "The file is damaged or not a safetensors file; restore it or delete it.";

    private static CheckpointException Unreadable(string path, Exception exception) =>
        new(
        path,
        "reading",
        "a readable file",
        AtomicFile.Sentence(exception),
        "Restore the file; if it is a run's checkpoint, deleting the run's folder makes the run anew.",
        exception);

    private static CheckpointException Damaged(string path, string subject, string expected, string found) =>
        new(path, subject, expected, found, DamagedRemedy);

    private static (List<SafetensorsTensor> Tensors, Dictionary<string, string> Metadata) ParseHeader(
        string path, ReadOnlySpan<byte> header, long dataLength)
    {
        if (header.Length == 0 || header[0] != (byte)'{')
        {
            throw Damaged(path, "header", "a JSON object that starts with '{'", header.Length == 0 ? "an empty header" : $"byte 0x{header[0]:x2}");
        }

        var json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 4 });
        var tensors = new List<SafetensorsTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            if (!names.Add(name))
            {
                throw Damaged(path, $"tensor '{name}'", "unique names", "the name twice");
            }

            json.Read();
            Require(path, json.TokenType == JsonTokenType.StartObject, $"entry '{name}'", "an object", json.TokenType);
            if (name == MetadataName)
            {
                ReadMetadata(path, ref json, metadata);
            }
            else
            {
                tensors.Add(ReadTensor(path, name, ref json));
            }
        }

        if (json.Read())
        {
            throw Damaged(path, "header", "one JSON object", "more than one");
        }

        // Sorted by both ends, so that an empty tensor comes before the one that starts where it lies.
        tensors.Sort((left, right) => left.Begin != right.Begin ? left.Begin.CompareTo(right.Begin) : left.End.CompareTo(right.End));
        var position = 0L;
        foreach (var tensor in tensors)
        {
            if (tensor.Begin != position)
            {
                throw Damaged(path, $"tensor '{tensor.Name}'", $"its data to begin at {position}, where the tensor before it ends", $"{tensor.Begin}");
            }

            position = tensor.End;
        }

        if (position != dataLength)
        {
            throw Damaged(path, "file length", $"{position} bytes of tensors after the header", $"{dataLength}");
        }

        return (tensors, metadata);
    }

    private static void ReadMetadata(string path, ref Utf8JsonReader json, Dictionary<string, string> metadata)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            json.Read();
            Require(path, json.TokenType == JsonTokenType.String, $"metadata '{key}'", "a string", json.TokenType);
            if (!metadata.TryAdd(key, json.GetString()!))
            {
                throw Damaged(path, $"metadata '{key}'", "unique keys", "the key twice");
            }
        }
    }

    private static SafetensorsTensor ReadTensor(string path, string name, ref Utf8JsonReader json)
    {
        string? dataType = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = json.GetString()!;
            json.Read();
            switch (field)
            {
                case "dtype" when dataType is null:
                    Require(path, json.TokenType == JsonTokenType.String, $"tensor '{name}': dtype", "a string", json.TokenType);
                    dataType = json.GetString()!;
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(path, $"tensor '{name}': shape", ref json);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(path, $"tensor '{name}': data_offsets", ref json);
                    break;
                default:
                    throw Damaged(path, $"tensor '{name}'", "dtype, shape and data_offsets, once each", $"'{field}'");
            }
        }

        if (dataType is null || shape is null || offsets is null)
        {
            var missing = dataType is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw Damaged(path, $"tensor '{name}'", "dtype, shape and data_offsets", $"no {missing}");
        }

        if (offsets.Count != 2 || offsets[1] < offsets[0])
        {
            throw Damaged(path, $"tensor '{name}'", "two ascending data_offsets", $"[{string.Join(", ", offsets.Take(3))}]");
        }

        if (!ElementBits.ContainsKey(dataType))
        {
            throw new CheckpointException(
                path,
                $"tensor '{name}'",
                $"one of the types {string.Join(", ", ElementBits.Keys)}",
                $"'{dataType}'",
                "The file may come from a newer tool; save the tensor in one of these types.");
        }

        var tensor = new SafetensorsTensor(name, dataType, shape, offsets[0], offsets[1]);
        var expected = ByteCount(dataType, shape);
        if (expected != tensor.ByteCount)
        {
            throw Damaged(
                path,
                $"tensor '{name}' {tensor}",
                expected is null ? "a shape that fits into memory" : $"{expected} bytes",
                $"{tensor.ByteCount} bytes between its offsets");
        }

        return tensor;
    }

    private static List<long> ReadNumbers(string path, string subject, ref Utf8JsonReader json)
    {
        Require(path, json.TokenType == JsonTokenType.StartArray, subject, "an array", json.TokenType);
        var numbers = new List<long>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            Require(path, json.TokenType == JsonTokenType.Number, subject, "whole numbers", json.TokenType);
            if (!json.TryGetInt64(out var number) || number < 0)
            {
                throw Damaged(path, subject, $"whole numbers from 0 to {long.MaxValue}", "another number");
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private static void Require(string path, bool condition, string subject, string expected, JsonTokenType found)
    {
        if (!condition)
        {
            throw Damaged(path, subject, expected, $"{found}");
        }
    }

    /// <summary>Bytes of a tensor; null for an unknown type or a size that no machine has.</summary>
    private static long? ByteCount(string dataType, IReadOnlyList<long> shape)
    {
        if (!ElementBits.TryGetValue(dataType, out var bits))
        {
            return null;
        }

        if (shape.Contains(0))
        {
            return 0;
        }

        var count = (UInt128)bits;
        foreach (var extent in shape)
        {
            count *= (UInt128)extent;
            if (count / 8 > long.MaxValue)
            {
                return null;
            }
        }

        return count % 8 == 0 ? (long)(count / 8) : null;
    }
}
