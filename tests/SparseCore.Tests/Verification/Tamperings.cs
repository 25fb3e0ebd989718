using SparseCore.Checkpoints;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.RunFolders;
using SparseCore.Training;

namespace SparseCore.Tests.Verification;

/// <summary>Every field of every file of a run, changed: alone, and with all hashes, lengths and names made right again ("resealed").</summary>
internal static class Tamperings
{
    private const string Rigl = "rigl", Lottery = "lottery", Prune = "prune", Interrupted = "set, interrupted", Import = "import";
    private const string Plan = "plan.json", Record = "run.json", Metrics = "metrics.csv", First = "000000", Middle = "000060", Last = "000120";
    private static readonly string DataHash = new('a', 64);

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<Tampering> All { get; } =
    [
        new(Rigl, Tampering.Nothing, "as it is", _ => { }) { IsBelieved = true },

        // plan.json
        new(Rigl, Plan, "one byte changed", run => run.Edit(Plan, "\"steps\": 120", "\"steps\": 121")),
        new(Rigl, Plan, "a key twice, folder renamed, resealed", run => run.Reseal("\"classes\": 3", "\"classes\": 3,\n    \"classes\": 3")),
        new(Rigl, Plan, "one space more, folder renamed, resealed", run => run.Reseal("\"steps\": 120", "\"steps\":  120")),
        new(Rigl, Plan, "an unknown setting, resealed", run => run.Reseal("\"steps\": 120", "\"stepz\": 7,\n  \"steps\": 120")),
        new(Rigl, Plan, "deleted", run => File.Delete(run.Of(Plan))),
        Resealed("format", "\"format\": 1", "\"format\": 2"),
        Resealed("name, and the folder's", "\"name\": \"lenet300-toy-rigl", "\"name\": \"lenet300-toy-lottery") with { Change = RenamedPlan, IsBelieved = true },
        Resealed("method", "\"method\": \"rigl\"", "\"method\": \"lottery\"") with { IsBelieved = true },
        Resealed("data.name", "\"name\": \"toy\"", "\"name\": \"mnist\""),
        Resealed("data.content_hash, last 56 digits", DataHash, DataHash[..8] + new string('5', 56)),
        Resealed("data.name and data.content_hash", $"\"toy\",\n    \"content_hash\": \"{DataHash}", $"\"mnist\",\n    \"content_hash\": \"{new string('5', 64)}"),
        Resealed("network.name", "\"name\": \"lenet300\"", "\"name\": \"lenet5\""),
        Resealed("network.widths", "      12,", "      13,"),
        Resealed("network.input.count", "\"count\": 16", "\"count\": 17"),
        Resealed("network.classes", "\"classes\": 3", "\"classes\": 4"),
        Resealed("mask.sparsity", "\"sparsity\": 0.7", "\"sparsity\": 0.6"),
        Resealed("mask.seed", "0.7,\n    \"seed\": 1001", "0.7,\n    \"seed\": 1002"),
        Resealed("weights.initializer.distribution", "\"distribution\": \"normal\"", "\"distribution\": \"uniform\""),
        Resealed("weights.initializer.scale", "\"scale\": 2", "\"scale\": 1"),
        Resealed("weights.seed", "\"scale\": 2\n    },\n    \"seed\": 1001", "\"scale\": 2\n    },\n    \"seed\": 1002"),
        Resealed("connectivity.growth, another", "\"growth\": \"gradient\"", "\"growth\": \"random\""),
        Resealed("connectivity.growth, unknown", "\"growth\": \"gradient\"", "\"growth\": \"own\""),
        Resealed("connectivity.updates.interval", "\"interval\": 10", "\"interval\": 20"),
        Resealed("connectivity.updates.last", "\"last\": 120", "\"last\": 119"),
        Resealed("connectivity.drop_fraction.initial", "\"initial\": 0.3", "\"initial\": 0.2"),
        Resealed("optimizer.learning_rate.initial", "\"initial\": 0.1", "\"initial\": 0.2"),
        Resealed("optimizer.momentum", "0.8999999761581421", "0.5"),
        Resealed("optimizer.nesterov", "\"nesterov\": false", "\"nesterov\": true"),
        Resealed("optimizer.l2", "\"l2\": 0.0001", "\"l2\": 0.0002"),
        Resealed("batch_size", "\"batch_size\": 16", "\"batch_size\": 8"),
        Resealed("steps", "\"steps\": 120", "\"steps\": 150"),
        Resealed("order_seed", "\"order_seed\": 1001", "\"order_seed\": 1002"),
        Resealed("logging.interval", "\"interval\": 20", "\"interval\": 40"),
        Resealed("logging.gradient_examples.count", "\"count\": 64", "\"count\": 63"),
        Resealed("logging.save_interval", "\"save_interval\": 30", "\"save_interval\": 60"),
        Resealed("logging.extra_saves", "\"extra_saves\": []", "\"extra_saves\": [\n      70\n    ]"),

        // The folder
        new(Rigl, "folder name", "another readable part", run => run.Rename("lenet300-lottery-" + run.Path[^8..])),
        new(Rigl, "folder name", "other digits at its end", run => run.Rename(Path.GetFileName(run.Path)[..^8] + "00000000")),
        new(Rigl, "lock", "not empty", run => File.WriteAllText(run.Of("lock"), "x")),
        new(Rigl, "notes.txt", "a file more", run => File.WriteAllText(run.Of("notes.txt"), "x")),
        new(Rigl, "extra/", "a folder more", run => Directory.CreateDirectory(run.Of("extra"))),
        new(Rigl, ".hidden", "a hidden file more", run => File.WriteAllText(run.Of(".hidden"), "x")),
        new(Rigl, "other.tmp", "a temporary file that no run writes", run => File.WriteAllText(run.Of("other.tmp"), "x")),
        new(Rigl, "checkpoints/best.safetensors", "a copy of a checkpoint", run => File.Copy(run.Of(Name(Last)), run.Of(Name("best")))),
        new(Rigl, "checkpoints/0000060.safetensors", "a copy under another spelling of its step", run => File.Copy(run.Of(Name(Middle)), run.Of(Name("0" + Middle)))),
        new(Rigl, Name("000150"), "a checkpoint beyond the end", run => File.Copy(run.Of(Name(Last)), run.Of(Name("000150")))),

        // run.json
        new(Rigl, Record, "deleted", run => File.Delete(run.Of(Record))),
        new(Rigl, Record, "other JSON", run => File.WriteAllText(run.Of(Record), """{"garbage": true}""")),
        new(Rigl, Record, "a key twice", run => run.Edit(Record, "\"error\": null", "\"error\": null,\n  \"error\": null")),
        Recorded("status: running", record => record with { Status = RunStatus.Running }),
        Recorded("status: failed", record => record with { Status = RunStatus.Failed }),
        Recorded("plan_hash, last 56 digits", record => record with { PlanHash = record.PlanHash[..8] + new string('0', 56) }),
        Recorded("code_version, no version", record => record with { CodeVersion = "the best" }),
        Recorded("code_version, another", record => record with { CodeVersion = "9.9.9+0000" }) with { IsBelieved = true },
        Recorded("machine, no core", record => record with { Machine = record.Machine with { Cores = 0 } }),
        Recorded("machine, another", record => record with { Machine = new Machine("a faster one", 512, "another", ".NET 99") }) with { IsBelieved = true },
        Recorded("started and finished, years ago", record => record with { Started = Time(2), Finished = Time(100) }) with { IsBelieved = true },
        Recorded("finished before it was started", record => record with { Started = Time(100), Finished = Time(2), Seconds = 1 }),
        Recorded("finished: none", record => record with { Finished = null }),
        Recorded("seconds: more than there were", record => record with { Started = Time(0), Finished = Time(10), Seconds = 1000 }),
        Recorded("seconds: fewer than there were", record => record with { Seconds = record.Seconds / 2 }) with { IsBelieved = true },
        Recorded("seconds: negative", record => record with { Seconds = -1 }),
        new(Rigl, Record, "seconds: 1e999", run =>
        {
            run.Record(record => record with { Seconds = 7 });
            run.Edit(Record, "\"seconds\": 7", "\"seconds\": 1e999");
        }),
        Recorded("verified: another count", record => record with { Verified = [record.Verified[0], "9 active weights, exactly 0 elsewhere"] }),
        Recorded("verified: a phrase more", record => record with { Verified = [.. record.Verified, "peer reviewed"] }),
        Recorded("verified: nothing", record => record with { Verified = [] }),
        Recorded("error of a finished run", record => record with { Error = "none" }),
        Recorded("warnings, invented", record => record with { Warnings = ["The network is too good."] }),
        Recorded("warnings, 101 of them", record => record with { Warnings = [.. Enumerable.Range(0, 101).Select(index => $"{index}")] }),
        new(Lottery, Record, "verified: another parent", run => run.Record(record => record with { Verified = [.. record.Verified.Select(phrase => phrase.Replace("step 0", "step 30"))] })),

        // metrics.csv
        new(Rigl, Metrics, "deleted", run => File.Delete(run.Of(Metrics))),
        new(Rigl, Metrics, "cut in the middle of a line", run => File.WriteAllText(run.Of(Metrics), File.ReadAllText(run.Of(Metrics))[..^3])),
        new(Rigl, Metrics, "last row deleted", run => run.Metrics(lines => lines.RemoveAt(lines.Count - 1))),
        new(Rigl, Metrics, "last row twice", run => run.Metrics(lines => lines.Add(lines[^1]))),
        new(Rigl, Metrics, "two rows exchanged", run => run.Metrics(lines => lines.Reverse(5, 2))),
        new(Rigl, Metrics, "a row renamed", run => run.Edit(Metrics, "mask_churn,20,", "mask_chern,20,")),
        new(Rigl, Metrics, "a row of another step", run => run.Edit(Metrics, "test_loss,60,", "test_loss,61,")),
        .. new[]
        {
            "learning_rate,20,", "active_weights,20,", "gradient_norm,20,", "gradient_norm,60,", "gradient_norm_before,60,", "gradient_norm_after,60,", "mask_churn,60,",
            "explored,60,", "explored,50,", "effective_active_weights,60,", "dead_neurons,60,", "train_flops,60,", "test_loss,20,", "test_loss,60,", "test_accuracy,20,",
            "test_accuracy,60,", "train_loss,120,", "train_accuracy,120,", "best_test_accuracy,120,", "inference_flops,120,", "model_bytes,120,",
        }.Select(row => new Tampering(Rigl, Metrics, $"value of {row.TrimEnd(',').Replace(",", " at step ")}, lengths in checkpoints adapted", run => run.Metric(row, "0.125"))),
        new(Rigl, Metrics, "a better test_accuracy at step 20, best_test_accuracy and lengths in checkpoints with it", run =>
        {
            run.Metric("test_accuracy,20,", "2");
            run.Metric("best_test_accuracy,120,", "2");
        }),

        // Checkpoints
        new(Rigl, Name(Middle), "one bit flipped", run =>
        {
            var bytes = File.ReadAllBytes(run.Of(Name(Middle)));
            bytes[^1] ^= 1;
            File.WriteAllBytes(run.Of(Name(Middle)), bytes);
        }),
        new(Rigl, Name(Middle), "deleted", run => File.Delete(run.Of(Name(Middle)))),
        new(Rigl, Name(First), "deleted", run => File.Delete(run.Of(Name(First)))),
        new(Rigl, Name(Middle), "that of another step", run => File.Copy(run.Of(Name(Last)), run.Of(Name(Middle)), overwrite: true)),
        new(Rigl, Name(Middle), "that of another run", run => File.Copy(Path.Combine(TicketOf(run), Name(Middle)), run.Of(Name(Middle)), overwrite: true)),
        Headed("format", "sparse-checkpoint-1", "sparse-checkpoint-2"),
        Headed("network", "\"network\":\"lenet300\"", "\"network\":\"lenet301\""),
        Headed("step", "\"step\":\"60\"", "\"step\":\"61\""),
        Headed("parents, one invented", "\"parents\":\"[]\"", "\"parents\":\"[[\\\"mask\\\",\\\"a\\\",1,\\\"b\\\"]]\""),
        Headed("metrics_length", "\"metrics_length\":\"", "\"metrics_length\":\"1"),
        Headed("shape of fc1", "\"shape:fc1\":\"[12, 16]\"", "\"shape:fc1\":\"[16, 12]\""),
        Headed("an entry more", "\"format\":", "\"author\":\"somebody\",\"format\":"),
        Stored(60, "plan_hash, last 56 digits", checkpoint => Forgery.With(checkpoint, planHash: checkpoint.PlanHash[..8] + new string('0', 56))),
        Stored(60, "metrics_length, of the row before", checkpoint => Forgery.With(checkpoint, metricsLength: checkpoint.MetricsLength - 1)),
        Stored(0, "a weight at the start", checkpoint => Forgery.With(checkpoint, parameters: ChangeFirst)),
        Stored(0, "a bias at the start", checkpoint => Forgery.With(checkpoint, parameters: block => block.Biases(0)[0] = 1)),
        Stored(0, "momentum at the start", checkpoint => Forgery.With(checkpoint, momentum: block => block.Biases(0)[0] = 1)),
        Stored(0, "mask at the start, another weight", checkpoint => Forgery.With(checkpoint, MoveOne(checkpoint.Masks))),
        Stored(60, "a weight where metrics are evaluated again", checkpoint => Forgery.With(checkpoint, parameters: ChangeFirst)),
        Stored(90, "a weight where no metrics are logged", checkpoint => Forgery.With(checkpoint, parameters: ChangeFirst)),
        Stored(90, "a bias", checkpoint => Forgery.With(checkpoint, parameters: block => block.Biases(0)[0] += 1)),
        Stored(90, "momentum of a weight", checkpoint => Forgery.With(checkpoint, momentum: ChangeFirst)),
        Stored(90, "mask, one weight fewer", checkpoint => Forgery.With(checkpoint, RemoveOne(checkpoint.Masks))),
        Stored(90, "mask, another weight", checkpoint => Forgery.With(checkpoint, MoveOne(checkpoint.Masks))),
        Stored(90, "mask, all weights active", checkpoint => Forgery.With(checkpoint, MaskSet.Full(checkpoint.Network))),
        Stored(90, "explored weights, none", checkpoint => Forgery.With(checkpoint) with { Explored = null }),
        Stored(90, "explored weights, all", checkpoint => Forgery.With(checkpoint) with { Explored = MaskSet.Full(checkpoint.Network) }),
        Stored(60, "further state", checkpoint => Forgery.With(checkpoint) with { State = new Dictionary<string, ParameterBlock> { ["other"] = checkpoint.Parameters } }),
        Stored(120, "a weight at the end", checkpoint => Forgery.With(checkpoint, parameters: ChangeFirst)),
        Stored(120, "momentum at the end", checkpoint => Forgery.With(checkpoint, momentum: ChangeFirst)),

        // Lineage
        new(Lottery, "parent's folder", "not there", run => Directory.Delete(PruneOf(run).Path, recursive: true)),
        new(Lottery, "parent's " + Name(Last), "deleted", run => File.Delete(PruneOf(run).Of(Name(Last)))),
        new(Lottery, "parent's " + Name(First), "a weight of the ticket, resealed", run => PruneOf(run).Checkpoint(0, checkpoint => Forgery.With(checkpoint, parameters: ChangeTicket(run)))),
        new(Lottery, Name(First), "never rewound: the parent's weights at its end, resealed", run =>
        {
            var end = Read(PruneOf(run), 120).Parameters;
            run.Checkpoint(0, checkpoint => Forgery.With(checkpoint, parameters: block => block.CopyFrom(end)));
        }),
        new(Lottery, "all checkpoints", "content hashes of parents", run => run.Checkpoints(checkpoint => Forgery.With(checkpoint, parents: Other(checkpoint.Parents)))),
        new(Lottery, Name(Middle), "content hashes of parents", run => run.Checkpoint(60, checkpoint => Forgery.With(checkpoint, parents: Other(checkpoint.Parents)))),
        new(Lottery, "parent and all checkpoints", "a weight of the ticket in the parent, content hashes of parents with it, resealed", run =>
        {
            PruneOf(run).Checkpoint(0, checkpoint => Forgery.With(checkpoint, parameters: ChangeTicket(run)));
            AdoptParents(run);
        }),
        new(Lottery, "parent and all checkpoints", "a bias of the parent's and of the ticket's start, content hashes of parents with it, resealed", run =>
        {
            PruneOf(run).Checkpoint(0, checkpoint => Forgery.With(checkpoint, parameters: block => block.Biases(0)[0] = 1));
            AdoptParents(run);
            run.Checkpoint(0, checkpoint => Forgery.With(checkpoint, parameters: block => block.Biases(0)[0] = 1));
        }),
        new(Lottery, "parent and all checkpoints", "a weight of the parent that the ticket masks, content hashes of parents with it, resealed", ForgeMaskedWeight) { IsBelieved = true },
        new(Prune, "the same", "the parent's own line", run => ForgeMaskedWeight(new Forgery(TicketOf(run)))),
        new(Lottery, Plan, "mask.run.plan_hash, last 56 digits, resealed", run =>
        {
            var hash = RunFolder.Open(PruneOf(run).Path).PlanHash;
            run.Reseal(hash, hash[..8] + new string('0', 56));
        }),
        new(Lottery, Plan, "weights.run.step, resealed", run => run.Reseal("\"step\": 0", "\"step\": 30")),
        new(Lottery, Plan, "mask.shuffle_seed, resealed", run => run.Reseal("\"shuffle_seed\": null", "\"shuffle_seed\": 1")),
        new(Lottery, Plan, "connectivity.kind, resealed", run => run.Reseal("\"kind\": \"static\"", "\"kind\": \"dynamic\"")),
        new(Prune, Name(Last), "a pruned weight comes back for another, resealed", run => run.Checkpoint(120, checkpoint => Forgery.With(checkpoint, MoveOne(checkpoint.Masks)))),

        // Interrupted
        new(Interrupted, Tampering.Nothing, "as it is", _ => { }) { IsBelieved = true },
        new(Interrupted, Metrics, "rows after the last checkpoint", run => run.Metrics(lines => lines.Add("test_accuracy,80,1"))),
        new(Interrupted, Record, "status: finished", run => run.Record(record => record with { Status = RunStatus.Finished, Finished = DateTimeOffset.UtcNow })),
        new(Interrupted, "checkpoints/", "all deleted", run => Directory.Delete(run.Of("checkpoints"), recursive: true)),
        new(Interrupted, "all but plan.json", "deleted", run =>
        {
            Directory.Delete(run.Of("checkpoints"), recursive: true);
            File.Delete(run.Of(Record));
            File.Delete(run.Of(Metrics));
        }) { IsBelieved = true },

        // Imported
        new(Import, Tampering.Nothing, "as it is", _ => { }),
        new(Import, Plan, "name of a ticket, resealed", run =>
        {
            run.Reseal("lenet300-imported-net", "lenet300-lottery");
            run.Rename("lenet300-lottery-" + run.Path[^8..]);
        }),
        new(Import, Plan, "file_hash, another, resealed with run.json", run =>
        {
            var hash = ImportPlan.TryParse(File.ReadAllText(run.Of(Plan)))!.FileHash;
            run.Reseal(hash, new string('0', 64));
            run.Edit(Record, hash, new string('0', 64));
        }),
        new(Import, Plan, "file_hash, 63 digits, resealed", run => run.Reseal("\",\n  \"masks_from_zeros\"", "0\",\n  \"masks_from_zeros\"")),
        new(Import, Plan, "masks_from_zeros, resealed", run => run.Reseal("\"masks_from_zeros\": true", "\"masks_from_zeros\": false")),
        new(Import, Plan, "a key twice, resealed", run => run.Reseal("\"classes\": 3", "\"classes\": 3,\n    \"classes\": 3")),
        new(Import, Record, "other JSON", run => File.WriteAllText(run.Of(Record), """{"garbage": true}""")),
        new(Import, Record, "verified: another count", run => run.Record(record => record with { Verified = ["99% accuracy"] })),
        new(Import, Metrics, "invented", run => run.Metrics(lines => lines.Add("test_accuracy,0,0.99"))),
        new(Import, Metrics, "deleted", run => File.Delete(run.Of(Metrics))),
        new(Import, Name(First), "a parent", run => run.Checkpoint(0, checkpoint => Forgery.With(checkpoint, parents: [new("mask", new string('0', 64), 0, new string('0', 64))]))),
        new(Import, Name(First), "momentum", run => run.Checkpoint(0, checkpoint => Forgery.With(checkpoint, momentum: block => block.Biases(0)[0] = 1))),
        new(Import, Name(First), "mask, an active weight that is 0", run => run.Checkpoint(0, checkpoint => Forgery.With(checkpoint, MaskSet.Full(checkpoint.Network)))),
        new(Import, Name(First), "explored weights", run => run.Checkpoint(0, checkpoint => Forgery.With(checkpoint) with { Explored = checkpoint.Masks })),
        new(Import, Name(First), "further state", run => run.Checkpoint(0, checkpoint =>
            Forgery.With(checkpoint) with { State = new Dictionary<string, ParameterBlock> { ["other"] = checkpoint.Parameters } })),
        new(Import, Name(First), "a weight that is not a number", run => run.Checkpoint(0, checkpoint => Forgery.With(checkpoint, parameters: block => block.Weights(0)[5] = float.NaN))),
        new(Import, Name(First), "a weight", run => run.Checkpoint(0, checkpoint => Forgery.With(checkpoint, parameters: ChangeFirst))),
        new(Import, Name("000060"), "a second checkpoint", run =>
        {
            var checkpoint = Read(run, 0);
            CheckpointFile.Write(run.Of(Name(Middle)), new Checkpoint(60, checkpoint.PlanHash, [], checkpoint.Masks, checkpoint.Parameters, checkpoint.Momentum, checkpoint.MetricsLength));
        }),
    ];

    private static Tampering Resealed(string field, string text, string replacement) => new(Rigl, Plan, field + ", resealed", run => run.Reseal(text, replacement));

    private static Tampering Recorded(string what, Func<RunRecord, RunRecord> change) => new(Rigl, Record, what, run => run.Record(change));

    private static Tampering Headed(string what, string text, string replacement) => new(Rigl, Name(Middle), $"header: {what}, resealed", run => run.Header(60, text, replacement));

    private static Tampering Stored(int step, string what, Func<Checkpoint, Checkpoint> change) =>
        new(Rigl, Name($"{step:D6}"), what + ", resealed", run => run.Checkpoint(step, change));

    private static string Name(string step) => $"checkpoints/{step}.safetensors";

    private static DateTimeOffset Time(int seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);

    private static Forgery PruneOf(Forgery run) => new(RunFolder.List(Path.GetDirectoryName(run.Path)!).Single(path => path.Contains("-prune-", StringComparison.Ordinal)));

    private static string TicketOf(Forgery run) => RunFolder.List(Path.GetDirectoryName(run.Path)!).Single(path => path.Contains("-lottery-", StringComparison.Ordinal));

    private static void RenamedPlan(Forgery run)
    {
        run.Reseal("\"name\": \"lenet300-toy-rigl", "\"name\": \"lenet300-toy-lottery");
        run.Rename(Path.GetFileName(run.Path).Replace("rigl", "lottery"));
    }

    /// <summary>Changes the first weight that is not 0.</summary>
    private static void ChangeFirst(ParameterBlock block)
    {
        var weights = block.Weights(0);
        weights[weights.IndexOfAnyExcept(0f)] += 0.25f;
    }

    private static Action<ParameterBlock> ChangeTicket(Forgery ticket) => block => block.Weights(0)[MasksOf(ticket)[0].ActiveIndices()[0]] += 1;

    /// <summary>A weight of the parent's start that the ticket does not have: the ticket's start stays what it is.</summary>
    private static void ForgeMaskedWeight(Forgery ticket)
    {
        PruneOf(ticket).Checkpoint(0, checkpoint => Forgery.With(checkpoint, parameters: block => block.Weights(0)[MasksOf(ticket)[0].NextInactive(0)] += 1));
        AdoptParents(ticket);
    }

    private static MaskSet MasksOf(Forgery run) => Read(run, 0).Masks;

    private static Checkpoint Read(Forgery run, int step)
    {
        using var folder = RunFolder.Open(run.Path);
        return folder.ReadCheckpoint(step, NetworkPlan.OfPlanJson(folder.PlanJson).Build());
    }

    /// <summary>Writes the content hashes that the parent's checkpoints have now into the ticket's checkpoints and record.</summary>
    private static void AdoptParents(Forgery ticket)
    {
        using var parent = RunFolder.Open(PruneOf(ticket).Path);
        ParentReference Now(ParentReference reference) => reference with { ContentHash = CheckpointFile.ReadHeader(parent.CheckpointPath(reference.Step)).ContentHash };
        Checkpoint? last = null;
        ticket.Checkpoints(checkpoint => last = Forgery.With(checkpoint, parents: [.. checkpoint.Parents.Select(Now)]));
        ticket.Record(record => record with { Verified = RunExecutor.Verified(last!) });
    }

    private static ParentReference[] Other(IReadOnlyList<ParentReference> parents) => [.. parents.Select(parent => parent with { ContentHash = parent.ContentHash[..8] + new string('0', 56) })];

    private static MaskSet MoveOne(MaskSet masks) => Replace(masks, [masks[0].NextInactive(0), .. masks[0].ActiveIndices()[1..]]);

    private static MaskSet RemoveOne(MaskSet masks) => Replace(masks, masks[0].ActiveIndices()[1..]);

    private static MaskSet Replace(MaskSet masks, int[] active) => new(
        masks.Network, [Mask.FromIndices(masks[0].Length, active), .. Enumerable.Range(1, masks.Count - 1).Select(layer => masks[layer])]);
}
