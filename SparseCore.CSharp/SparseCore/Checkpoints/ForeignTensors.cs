using System.Buffers.Binary;
using System.Numerics;
using SparseCore.Data;
using SparseCore.Parameters;

namespace SparseCore.Checkpoints;

/// <summary>
/// The tensors of a safetensors file under the names of the network's state_dict, whatever tool wrote them. Weights stored with a mask become one tensor with a mask:
/// "w_orig" and "w_mask" (torch.nn.utils.prune), "parametrizations.w.original" and "parametrizations.w.0.mask" (torch.ao.pruning, torchao and sparsimony, where they store masks),
/// "w.compressed", "w.bitmask", "w.shape" and "w.row_offsets" (compressed-tensors' sparse-bitmask: one bit a weight, lowest bit first, every row begins a byte).
/// Prefixes that wrappers put before all names are taken off. F16, BF16 and F64 are converted.
/// </summary>
internal sealed class ForeignTensors
{
    private const int ListedTensors = 12;

    private static readonly string[] Wrappers = ["module", "_orig_mod"];

    /// <summary>What is no parameter and decides nothing: counters of batch normalizations and of averaged models.</summary>
    private static readonly string[] Counters = ["num_batches_tracked", "n_averaged"];

    private readonly string path;
    private readonly SafetensorsFile file;
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private long rounded;

    private ForeignTensors(string path, SafetensorsFile file)
    {
        this.path = path;
        this.file = file;
    }

    /// <summary>Names of all tensors, in natural order ("layer2" before "layer10").</summary>
    public IEnumerable<string> Names => entries.Keys.Order(NaturalOrder.Instance);

    /// <summary>Sentences about what was converted.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            var wide = entries.Values.Count(entry => entry.Values.DataType == "F64");
            if (wide > 0)
            {
                yield return $"{wide} tensors are F64; {rounded} of their values were rounded to single precision.";
            }
        }
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wanted">Names of the network's tensors, by which prefixes are told from names.</param>
    /// <exception cref="CheckpointException">The file is no safetensors file (says what it is), or what belongs together does not fit together.</exception>
    public static ForeignTensors Read(string path, IReadOnlySet<string> wanted)
    {
        SafetensorsFile file;
        try
        {
            file = SafetensorsFile.Read(path);
        }
        catch (CheckpointException refusal)
        {
            throw OfOtherKind(path, refusal) ?? refusal.WithRemedy("Correct the path, or write the file again with safetensors.torch.save_file.");
        }

        var tensors = new ForeignTensors(path, file);
        tensors.Collect();
        tensors.StripPrefixes(wanted);
        return tensors;
    }

    /// <summary>Type and shape, for messages: "F16 [6, 1, 5, 5]"; null when there is no such tensor.</summary>
    public string? Describe(string name) => entries.TryGetValue(name, out var entry) ? $"{entry.Values.DataType} [{string.Join(", ", entry.Shape)}]" : null;

    /// <summary>The shape of a tensor; null when there is no such tensor.</summary>
    public IReadOnlyList<long>? ShapeOf(string name) => entries.TryGetValue(name, out var entry) ? entry.Shape : null;

    /// <summary>What the file holds, in a sentence: the first tensors with type and shape, and how many more.</summary>
    public string DescribeAll()
    {
        var listed = Names.Take(ListedTensors).Select(name => $"'{ForeignText.Show(name)}' {Describe(name)}");
        var more = entries.Count > ListedTensors ? $", and {entries.Count - ListedTensors} more" : "";
        return entries.Count == 0 ? "The file holds no tensor." : $"The file holds {entries.Count} tensors: {string.Join(", ", listed)}{more}.";
    }

    /// <summary>Copies a tensor's values; 0 where its mask says so.</summary>
    /// <returns>The mask that was stored with it, or null.</returns>
    /// <exception cref="CheckpointException">The values cannot become floats, or the mask is none.</exception>
    public Mask? Copy(string name, Span<float> destination)
    {
        var entry = entries[name];
        if (entry.Bits is not null)
        {
            return Unpack(entry, destination);
        }

        Widen(entry.Values, destination);
        if (entry.Mask is null)
        {
            return null;
        }

        var active = ReadMask(entry.Mask, destination.Length);
        var mask = Mask.FromIndices(destination.Length, active);
        for (var index = 0; index < destination.Length; index++)
        {
            destination[index] = mask[index] ? destination[index] : 0f;
        }

        return mask;
    }

    private static CheckpointException? OfOtherKind(string path, CheckpointException refusal)
    {
        try
        {
            using var stream = RegularFile.OpenRead(path);
            Span<byte> start = stackalloc byte[FileFormat.HeadLength];
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            return CheckpointFormat.Recognize(start) is var (found, remedy)
                ? new CheckpointException(path, "file", "a safetensors file", found, remedy, refusal)
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null; // the first error says so
        }
    }

    /// <summary>Finds the tensors that belong together.</summary>
    private void Collect()
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors)
        {
            if (Masked(tensor) is { } masked)
            {
                taken.Add(tensor.Name);
                if (masked.Mask is not null)
                {
                    taken.Add(masked.Mask.Name);
                }

                Add(masked);
            }
            else if (WithoutEnd(tensor.Name, ".compressed") is { } name && file.Find(name + ".bitmask") is { } bits && file.Find(name + ".shape") is { } shape)
            {
                taken.UnionWith([tensor.Name, bits.Name, shape.Name, name + ".row_offsets"]);
                Add(new Entry(name, ReadWholeNumbers(shape), tensor, null, bits));
            }
        }

        foreach (var tensor in file.Tensors.Where(tensor => !taken.Contains(tensor.Name) && !Counters.Contains(tensor.Name.Split('.')[^1])))
        {
            Add(new Entry(tensor.Name, tensor.Shape, tensor, null, null));
        }
    }

    private Entry? Masked(SafetensorsTensor tensor)
    {
        if (WithoutEnd(tensor.Name, "_orig") is { } pruned && file.Find(pruned + "_mask") is { } mask)
        {
            return new Entry(pruned, tensor.Shape, tensor, mask, null);
        }

        var parts = tensor.Name.Split('.');
        if (parts is not [.., "parametrizations", var parameter, "original"])
        {
            return null;
        }

        var stem = tensor.Name[..^".original".Length];
        var masks = file.Tensors.Where(other => other.Name.StartsWith(stem + ".", StringComparison.Ordinal) && other.Name.EndsWith(".mask", StringComparison.Ordinal)).ToArray();
        return masks.Length == 1
            ? new Entry(string.Join('.', [.. parts[..^3], parameter]), tensor.Shape, tensor, masks[0], null)
            : throw Refuse(
                $"tensor '{ForeignText.Show(tensor.Name)}'",
                $"one mask beside it ('{ForeignText.Show(stem + ".0.mask")}')",
                masks.Length == 0 ? "none" : $"{masks.Length}",
                "Without its mask it is another network. Merge mask and weights before saving (sparsifier.squash_mask() of torch.ao, torch.nn.utils.parametrize.remove_parametrizations) "
                + "and import it with masks=zeros.");
    }

    private void Add(Entry entry)
    {
        if (!entries.TryAdd(entry.Name, entry))
        {
            throw Refuse($"tensor '{ForeignText.Show(entry.Name)}'", "one tensor of that name", "two ways in which it is stored", "Save the network's state alone.");
        }
    }

    /// <summary>Takes off what wrappers put before names: parts of their own anywhere, and whatever part all names begin with, until a name is the network's.</summary>
    private void StripPrefixes(IReadOnlySet<string> wanted)
    {
        if (entries.Keys.Any(wanted.Contains))
        {
            return;
        }

        Rename(name => string.Join('.', name.Split('.').Where(part => !Wrappers.Contains(part))));
        var common = entries.Keys.Select(name => name.Split('.')).Aggregate((string[]?)null, Common) ?? [];
        for (var count = 1; count <= common.Length; count++)
        {
            var length = common.Take(count).Sum(part => part.Length + 1);
            if (entries.Keys.Any(name => wanted.Contains(name[length..])))
            {
                Rename(name => name[length..]);
                return;
            }
        }

        // What all names begin with; the last part of a name is never taken off.
        static string[] Common(string[]? parts, string[] name) =>
            [.. (parts ?? name[..^1]).Zip(name[..^1]).TakeWhile(pair => pair.First == pair.Second).Select(pair => pair.First)];
    }

    private void Rename(Func<string, string> name)
    {
        var renamed = entries.Values.Select(entry => entry with { Name = name(entry.Name) }).ToArray();
        entries.Clear();
        Array.ForEach(renamed, Add);
    }

    private static string? WithoutEnd(string name, string end) => name.Length > end.Length && name.EndsWith(end, StringComparison.Ordinal) ? name[..^end.Length] : null;

    /// <summary>Any floating-point type of 16 bits or more to floats.</summary>
    private void Widen(SafetensorsTensor tensor, Span<float> destination)
    {
        var bytes = file.Bytes(tensor.Name);
        switch (tensor.DataType)
        {
            case "F32":
                SafetensorsFile.CopyFloats(bytes, destination);
                break;
            case "F16":
                for (var index = 0; index < destination.Length; index++)
                {
                    destination[index] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * index)..]);
                }

                break;
            case "BF16":
                for (var index = 0; index < destination.Length; index++)
                {
                    destination[index] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * index)..]) << 16);
                }

                break;
            case "F64":
                for (var index = 0; index < destination.Length; index++)
                {
                    var value = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * index)..]);
                    destination[index] = (float)value;
                    rounded += destination[index] != value ? 1 : 0;
                }

                break;
            default:
                throw Refuse($"tensor '{ForeignText.Show(tensor.Name)}'", "values of type F32, F16, BF16 or F64", tensor.ToString(), "Convert it to F32 before saving; quantized values need their scales for that.");
        }
    }

    /// <summary>Indices of the ones of a mask of any type.</summary>
    private int[] ReadMask(SafetensorsTensor tensor, int length)
    {
        var bytes = file.Bytes(tensor.Name);
        var size = length == 0 ? 1 : bytes.Length / length;
        if (length > 0 && size * length != bytes.Length || tensor.Shape.Aggregate(1L, (product, extent) => product * extent) != length)
        {
            throw Refuse($"mask '{ForeignText.Show(tensor.Name)}'", $"{length} values, one a weight", tensor.ToString(), "");
        }

        Span<byte> one = stackalloc byte[8];
        var isKnown = tensor.DataType is "BOOL" or "U8" or "I8" or "I16" or "U16" or "I32" or "U32" or "I64" or "U64" or "F16" or "BF16" or "F32" or "F64";
        switch (tensor.DataType)
        {
            case "F16":
                BinaryPrimitives.WriteHalfLittleEndian(one, (Half)1);
                break;
            case "BF16":
                BinaryPrimitives.WriteUInt16LittleEndian(one, (ushort)(BitConverter.SingleToUInt32Bits(1f) >> 16));
                break;
            case "F32":
                BinaryPrimitives.WriteSingleLittleEndian(one, 1f);
                break;
            case "F64":
                BinaryPrimitives.WriteDoubleLittleEndian(one, 1);
                break;
            default:
                one[0] = 1;
                break;
        }

        var (active, count) = (new int[length], 0);
        for (var index = 0; index < length; index++)
        {
            var value = bytes.Slice(index * size, size);
            var isOne = value.SequenceEqual(one[..size]);
            if (!isKnown || (!isOne && value.ContainsAnyExcept((byte)0)))
            {
                throw Refuse($"mask '{ForeignText.Show(tensor.Name)}'", "zeros and ones", isKnown ? $"another value at {index}" : tensor.ToString(), "");
            }

            active[count] = index;
            count += isOne ? 1 : 0;
        }

        return active[..count];
    }

    /// <summary>Whole numbers of a small tensor, for example a shape.</summary>
    private long[] ReadWholeNumbers(SafetensorsTensor tensor)
    {
        var bytes = file.Bytes(tensor.Name);
        var numbers = tensor.DataType switch
        {
            "I64" or "U64" => Enumerable.Range(0, bytes.Length / 8).Select(index => BinaryPrimitives.ReadInt64LittleEndian(file.Bytes(tensor.Name)[(8 * index)..])),
            "I32" or "U32" => Enumerable.Range(0, bytes.Length / 4).Select(index => (long)BinaryPrimitives.ReadInt32LittleEndian(file.Bytes(tensor.Name)[(4 * index)..])),
            _ => throw Refuse($"tensor '{ForeignText.Show(tensor.Name)}'", "whole numbers (I64 or I32)", tensor.ToString(), ""),
        };
        return [.. numbers];
    }

    /// <summary>Values and mask of compressed-tensors' sparse-bitmask.</summary>
    private Mask Unpack(Entry entry, Span<float> destination)
    {
        var bits = file.Bytes(entry.Bits!.Name);
        var columns = entry.Shape.Count > 0 ? (int)entry.Shape[^1] : 1;
        var rows = columns == 0 ? 0 : destination.Length / columns;
        var rowBytes = (columns + 7) / 8;
        if (entry.Bits.DataType is not ("U8" or "I8" or "BOOL") || bits.Length != rows * rowBytes)
        {
            throw Refuse($"tensor '{ForeignText.Show(entry.Bits.Name)}'", $"U8 [{rows}, {rowBytes}], a bit for each weight of [{string.Join(", ", entry.Shape)}]", entry.Bits.ToString(), "");
        }

        var (active, count) = (new int[destination.Length], 0);
        var offsets = new long[rows];
        for (var row = 0; row < rows; row++)
        {
            offsets[row] = count;
            for (var column = 0; column < columns; column++)
            {
                if ((bits[(row * rowBytes) + (column >> 3)] >> (column & 7) & 1) != 0)
                {
                    active[count++] = (row * columns) + column;
                }
            }
        }

        var stored = entry.Values.Shape.Aggregate(1L, (product, extent) => product * extent);
        if (stored != count)
        {
            throw Refuse($"tensor '{ForeignText.Show(entry.Values.Name)}'", $"{count} values, one for each bit that is set in the bitmask", $"{stored}", "");
        }

        var prefix = entry.Values.Name[..^".compressed".Length];
        if (file.Find(prefix + ".row_offsets") is { } written && !ReadWholeNumbers(written).SequenceEqual(offsets))
        {
            throw Refuse($"tensor '{ForeignText.Show(written.Name)}'", "the number of weights before each row of the bitmask", "other numbers", "");
        }

        var values = new float[count];
        Widen(entry.Values, values);
        destination.Clear();
        for (var index = 0; index < count; index++)
        {
            destination[active[index]] = values[index];
        }

        return Mask.FromIndices(destination.Length, active.AsSpan(0, count));
    }

    private CheckpointException Refuse(string subject, string expected, string found, string remedy) => new(path, subject, expected, found, remedy);

    /// <summary>A tensor under its plain name.</summary>
    /// <param name="Name">The name.</param>
    /// <param name="Shape">Its shape when unpacked.</param>
    /// <param name="Values">Where its values are.</param>
    /// <param name="Mask">A mask of zeros and ones, or null.</param>
    /// <param name="Bits">A packed mask, when the values are those of active weights alone, or null.</param>
    private sealed record Entry(string Name, IReadOnlyList<long> Shape, SafetensorsTensor Values, SafetensorsTensor? Mask, SafetensorsTensor? Bits);

    /// <summary>Digits compare as numbers, everything else by its code.</summary>
    private sealed class NaturalOrder : IComparer<string>
    {
        public static NaturalOrder Instance { get; } = new();

        public int Compare(string? x, string? y)
        {
            var (left, right) = (x ?? "", y ?? "");
            var (i, j) = (0, 0);
            while (i < left.Length && j < right.Length)
            {
                if (char.IsAsciiDigit(left[i]) && char.IsAsciiDigit(right[j]))
                {
                    var (first, second) = (Number(left, ref i), Number(right, ref j));
                    if (first != second)
                    {
                        return first.CompareTo(second);
                    }
                }
                else if (left[i] != right[j])
                {
                    return left[i].CompareTo(right[j]);
                }
                else
                {
                    (i, j) = (i + 1, j + 1);
                }
            }

            return (left.Length - i).CompareTo(right.Length - j);
        }

        private static BigInteger Number(string text, ref int place)
        {
            var start = place;
            while (place < text.Length && place - start < 30 && char.IsAsciiDigit(text[place]))
            {
                place++;
            }

            return BigInteger.Parse(text.AsSpan(start, place - start), System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
