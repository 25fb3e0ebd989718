using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.Randomness;
using SparseCore.RunFolders;

namespace SparseCore.Faults;

/// <summary>The readers that face files from elsewhere, with valid inputs to start from.</summary>
internal static partial class FuzzTargets
{
    private static readonly Network Network = new("small", new Shape(1, 3, 3), [
        new Node("conv", new Operation.Convolution(2, 2, 2), Network.InputName),
        new Node("flatten", new Operation.Flatten(), "conv"),
        new Node("fc", new Operation.FullyConnected(3), "flatten"),
    ]);

    /// <summary>All readers; temporary files go into <paramref name="folder"/>.</summary>
    public static IReadOnlyList<FuzzTarget> All(string folder) => [Checkpoint(folder), Idx(folder), Png(), Plan(folder), Metrics(), Table(), Record(), Arguments(), ForeignTexts.Target(), DrawnTables.Target(folder)];

    /// <summary>
    /// Checkpoints: random bytes, damaged bytes, damaged headers with a right length, and damaged headers and data whose hashes were made right again,
    /// so that the checks behind the hashes are reached.
    /// </summary>
    private static FuzzTarget Checkpoint(string folder)
    {
        var good = GoodCheckpoint(folder);
        return new FuzzTarget("checkpoint", 4, CreateInput, Accepts, exception => exception is CheckpointException, length => 100_000 + (64L * length));

        byte[] CreateInput(RandomStream random)
        {
            switch (random.NextInt32(8))
            {
                case 0:
                    return RandomBytes(random);
                case 1:
                    return Damage.Bytes(good, random);
                case 2:
                    var bytes = good.ToArray();
                    BinaryPrimitives.WriteUInt64LittleEndian(bytes, random.NextInt32(3) == 0
                        ? (ulong)random.NextInt32(2 * good.Length)
                        : ((ulong)random.NextUInt32() << 32 | random.NextUInt32()) >> random.NextInt32(64));
                    return bytes;
                default:
                    var (header, data) = Split(good);
                    header = random.NextInt32(6) == 0 ? header : Damage.Text(header, random);
                    data = random.NextInt32(2) == 0 ? data : Damage.Bytes(data, random);
                    return Join(random.NextInt32(4) == 0 ? header : MakeHashesRight(header, data), data);
            }
        }

        bool Accepts(byte[] input)
        {
            var file = SafetensorsFile.Read("fuzz", new MemoryStream(input), withData: true);
            _ = CheckpointFile.Read("fuzz", file, Network);
            return true;
        }
    }

    /// <summary>IDX files of every type, plain, gzipped and in several members of gzip, read as an array, as images and as labels.</summary>
    private static FuzzTarget Idx(string folder)
    {
        byte[] images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, .. Enumerable.Range(0, 18).Select(value => (byte)value)];
        byte[] labels = [0, 0, 8, 1, 0, 0, 0, 5, 1, 2, 3, 4, 5];
        byte[] columns = [0, 0, 12, 2, 0, 0, 0, 1, 0, 0, 0, 8, .. new byte[32]];
        byte[] colors = [0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, .. new byte[12]];
        byte[] floats = [0, 0, 13, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0x3F, 0x80, 0, 0, 0, 0, 0, 0];
        byte[] doubles = [0, 0, 14, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0];
        byte[] shorts = [0, 0, 11, 1, 0, 0, 0, 2, 0, 5, 0xFF, 0xFF];
        byte[] signed = [0, 0, 9, 1, 0, 0, 0, 2, 5, 0xFF];
        byte[] emptyMember = [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0xFF, 6, 0, 0x42, 0x43, 2, 0, 0x1B, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] members = [.. Gzip(images[..9]), .. emptyMember, .. Gzip(images[9..]), .. emptyMember, 0, 0, 0];
        byte[][] plain = [images, labels, columns, colors, floats, doubles, shorts, signed];
        byte[][] good = [.. plain, Gzip(images), Gzip(labels), members];
        var path = Path.Combine(folder, "fuzz.idx");
        return new FuzzTarget("idx", 2, CreateInput, Accepts, exception => exception is DataException, length => 300_000 + (64L * length));

        byte[] CreateInput(RandomStream random) => random.NextInt32(8) switch
        {
            0 => RandomBytes(random),
            1 => Gzip(Damage.Bytes(plain[random.NextInt32(plain.Length)], random)),
            2 => Damage.Bytes(members, random),
            3 => InMembers(Damage.Bytes(plain[random.NextInt32(plain.Length)], random), random),
            _ => Damage.Bytes(good[random.NextInt32(good.Length)], random),
        };

        bool Accepts(byte[] input)
        {
            var array = IdxReader.Read(new MemoryStream(input), "fuzz");
            if (array.Bytes.LongLength != array.Dimensions.Aggregate((long)IdxArray.SizeOf(array.Type), (product, size) => product * size))
            {
                throw new InvalidOperationException("An accepted file has not as many values as its dimensions say.");
            }

            File.WriteAllBytes(path, input);
            _ = array.Dimensions.Count > 2 ? IdxImages.Read(path, transposed: true).Count : IdxLabels.Read(path, columns: 8).Values.Length;
            return true;
        }

        byte[] InMembers(byte[] contents, RandomStream random)
        {
            var cut = random.NextInt32(contents.Length + 1);
            return [.. Gzip(contents[..cut]), .. Gzip(contents[cut..]), .. new byte[random.NextInt32(3)]];
        }
    }

    /// <summary>PNG files, whose decoder trusts what was checked before.</summary>
    private static FuzzTarget Png()
    {
        byte[] rows = [0, 1, 2, 3, 1, 1, 1, 1, 2, 9, 9, 9, 4, 5, 6, 7];
        byte[][] good =
        [
            Pngs.Make(3, 4, (8, 0, 0), rows), Pngs.Make(3, 4, (8, 3, 0), rows), Pngs.Make(1, 4, (8, 2, 0), rows), Pngs.Make(24, 4, (1, 0, 0), rows),
            Pngs.Make(12, 4, (2, 3, 0), rows), Pngs.Make(3, 2, (16, 4, 0), new byte[26]), Pngs.Make(2, 2, (16, 6, 0), new byte[34]),
            Pngs.Make(9, 9, (8, 2, 1), new byte[262]),
        ];
        return new FuzzTarget(
            "png",
            2,
            random => random.NextInt32(10) == 0 ? RandomBytes(random) : Pngs.Damaged(good[random.NextInt32(good.Length)], random),
            input =>
            {
                _ = ImageDecoder.ReadHeader(input);
                _ = PngDecoder.Decode(input);
                return true;
            },
            exception => exception is InvalidDataException,
            length => 200_000 + (4096L * length));
    }

    /// <summary>Plans of every kind of mask, weights and connectivity. No name in an accepted one leads out of the folder of runs.</summary>
    private static FuzzTarget Plan(string folder)
    {
        var root = Path.Combine(folder, "runs");
        string[] good = [.. new[] { "prune", "scratch", "set", "synflow" }.Select(method => ToyRuns.Plan(method, 100, 50).Plan.ToCanonicalJson())];
        return new FuzzTarget(
            "plan",
            2,
            random => random.NextInt32(8) == 0 ? RandomBytes(random) : Encoding.UTF8.GetBytes(Damage.Text(good[random.NextInt32(good.Length)], random)),
            input =>
            {
                var plan = TrainingPlan.Parse(Encoding.UTF8.GetString(input));
                _ = TrainingPlan.Parse(plan.ToCanonicalJson()).Hash == plan.Hash
                    ? plan
                    : throw new InvalidOperationException("An accepted plan changes when it is written and read again.");
                RequireInside(root, plan.FolderName);
                foreach (var parent in plan.Parents.Where(parent => RunFolder.IsName(parent.Folder)))
                {
                    RequireInside(root, parent.Folder);
                }

                return true;
            },
            exception => exception is PlanException,
            length => 1_000_000 + (64L * length));
    }

    private static FuzzTarget Metrics()
    {
        const string good = "metric,step,value\nlearning_rate,0,0.05\ntest_loss,0,2.302585\ntest_accuracy,200,0.9812\ngradient_norm,200,NaN\nx,200,-1E-300\n";
        return new FuzzTarget(
            "metrics",
            2,
            random => random.NextInt32(8) == 0 ? RandomBytes(random) : Encoding.UTF8.GetBytes(Damage.Text(good, random)),
            input =>
            {
                _ = MetricsFile.Parse("fuzz", input);
                return true;
            },
            exception => exception is RunFolderException,
            length => 50_000 + (64L * length));
    }

    /// <summary>Tables of results. An accepted one is the same after writing and reading it again.</summary>
    private static FuzzTarget Table()
    {
        const string good = "run,method,value\nlenet5-a,\"lottery, 95%\",0.9812\n\"a \"\"quoted\"\" name\",\"two\nlines\",-1E-05\r\n,,NaN\n";
        return new FuzzTarget(
            "table",
            2,
            random => random.NextInt32(8) == 0 ? RandomBytes(random) : Encoding.UTF8.GetBytes(Damage.Text(good, random)),
            input =>
            {
                var table = SparseCore.Analysis.Tables.ofCsv("fuzz", Encoding.UTF8.GetString(input));
                var again = SparseCore.Analysis.Tables.ofCsv("fuzz", SparseCore.Analysis.Tables.toCsv(table));
                return Cells(table).SequenceEqual(Cells(again))
                    ? true
                    : throw new InvalidOperationException("An accepted table changes when it is written and read again.");
            },
            exception => exception is InvalidDataException,
            length => 100_000 + (512L * length));

        static IEnumerable<string> Cells(SparseCore.Analysis.Tables.Table table) => table.Columns.Concat(table.Rows.SelectMany(row => row.Cells));
    }

    private static FuzzTarget Record()
    {
        const string good = """
            {"status": "running", "plan_hash": "abc", "code_version": "1", "machine": {"processor": "p", "cores": 2, "operating_system": "o", "runtime": "r"},
             "started": "2026-01-01T00:00:00+00:00", "finished": null, "seconds": 1.5, "verified": ["a", "b"], "error": null}
            """;
        return new FuzzTarget(
            "run record",
            1,
            random => random.NextInt32(8) == 0 ? RandomBytes(random) : Encoding.UTF8.GetBytes(Damage.Text(good, random)),
            input =>
            {
                _ = RunRecord.Parse(input);
                return true;
            },
            exception => exception is JsonException,
            length => 100_000 + (64L * length));
    }

    /// <summary>The settings of scripts, one argument a line.</summary>
    private static FuzzTarget Arguments()
    {
        const string good = "script.fsx\nsparsity=0.95\nseeds=5\nsteps=11719\njobs=2\nruns=results/runs\nwidths=6,16,120,84\nreplay=true\nmethod=rigl";
        var declare = FSharpFunc<Scripting.Settings.Given, int>.FromConverter(given =>
        {
            _ = Scripting.Settings.fraction("sparsity").Invoke(0.9).Invoke("a").Invoke(given);
            _ = Scripting.Settings.count("seeds").Invoke(5).Invoke("b").Invoke(given);
            _ = Scripting.Settings.integer(1, 20_000).Invoke("steps").Invoke(100).Invoke("c").Invoke(given);
            _ = Scripting.Settings.integers(1, 500).Invoke("widths").Invoke([1]).Invoke("d").Invoke(given);
            _ = Scripting.Settings.flag("replay").Invoke(false).Invoke("e").Invoke(given);
            _ = Scripting.Settings.choice(ListModule.OfSeq(["set", "rigl"])).Invoke("method").Invoke("set").Invoke("f").Invoke(given);
            _ = Scripting.Settings.path("runs", "results/runs", "g", given);
            return Scripting.Settings.count("jobs").Invoke(1).Invoke("h").Invoke(given);
        });
        return new FuzzTarget(
            "settings",
            2,
            random => random.NextInt32(8) == 0 ? RandomBytes(random) : Encoding.UTF8.GetBytes(Damage.Text(good, random)),
            input => Scripting.Settings.parse("title", declare, Encoding.UTF8.GetString(input).Split('\n')).IsOk,
            _ => false,
            length => 100_000 + (256L * length));
    }

    private static void RequireInside(string root, string name)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(Path.Combine(root, name))) != Path.GetFullPath(root))
        {
            throw new InvalidOperationException($"The name '{name}' leads out of the folder of runs.");
        }
    }

    private static byte[] GoodCheckpoint(string folder)
    {
        var masks = new MaskSet(Network, [Mask.FromIndices(8, [1, 6]), Mask.Full(24)]);
        var parameters = new ParameterBlock(Network);
        Array.Fill(parameters.Values, 0.5f);
        parameters.Apply(masks);
        var path = Path.Combine(folder, "good.safetensors");
        ParentReference[] parents = [new("mask", new string('b', 64), 500, new string('c', 64))];
        CheckpointFile.Write(path, new Checkpoint(500, new string('a', 64), parents, masks, parameters, parameters.Clone(), 100)
        {
            Explored = MaskSet.Full(Network),
            State = new Dictionary<string, ParameterBlock> { ["growth-momentum"] = parameters },
        });
        return File.ReadAllBytes(path);
    }

    private static (string Header, byte[] Data) Split(byte[] file)
    {
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        return (Encoding.UTF8.GetString(file, 8, length), file[(8 + length)..]);
    }

    private static byte[] Join(string header, byte[] data)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return [.. length, .. text, .. data];
    }

    /// <summary>Writes the right hashes of whatever tensors the header describes, then the right content hash, as an attacker would.</summary>
    private static string MakeHashesRight(string header, byte[] data)
    {
        foreach (Match tensor in TensorPattern().Matches(header))
        {
            if (int.TryParse(tensor.Groups["begin"].Value, out var begin)
                && int.TryParse(tensor.Groups["end"].Value, out var end)
                && begin >= 0 && begin <= end && end <= data.Length)
            {
                var hash = Convert.ToHexStringLower(SHA256.HashData(data.AsSpan(begin, end - begin)));
                var entry = $"\"sha256:{tensor.Groups["name"].Value}\":\"";
                var place = header.IndexOf(entry, StringComparison.Ordinal) + entry.Length;
                if (place >= entry.Length && place + 64 <= header.Length)
                {
                    header = string.Concat(header.AsSpan(0, place), hash, header.AsSpan(place + 64));
                }
            }
        }

        const string start = "{\"__metadata__\":{\"content_hash\":\"";
        if (!header.StartsWith(start, StringComparison.Ordinal) || header.Length < start.Length + 64)
        {
            return header;
        }

        var rest = header[(start.Length + 64)..];
        var content = Convert.ToHexStringLower(SHA256.HashData(Join(start + new string('0', 64) + rest, [])));
        return start + content + rest;
    }

    private static byte[] RandomBytes(RandomStream random) => [.. Enumerable.Range(0, random.NextInt32(200)).Select(_ => (byte)random.NextUInt32())];

    private static byte[] Gzip(byte[] plain)
    {
        using var target = new MemoryStream();
        using (var stream = new GZipStream(target, CompressionLevel.Fastest))
        {
            stream.Write(plain);
        }

        return target.ToArray();
    }

    [GeneratedRegex("\"(?<name>[^\"]*)\":\\{\"dtype\":\"[^\"]*\",\"shape\":\\[[^\\]]*\\],\"data_offsets\":\\[(?<begin>[0-9]+),(?<end>[0-9]+)\\]\\}")]
    private static partial Regex TensorPattern();
}
