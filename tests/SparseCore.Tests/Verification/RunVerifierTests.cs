using SparseCore.Checkpoints;
using SparseCore.Faults;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;
using SparseCore.Training;
using SparseCore.Verification;

namespace SparseCore.Tests.Verification;

/// <summary>Finished toy runs are tampered with as a bug or a person might, hashes made right again; the verifier must name file, layer and values.</summary>
public sealed class RunVerifierTests : IDisposable
{
    private const int Steps = 120;
    private const int SaveInterval = 30;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("baseline")]
    [InlineData("prune")]
    [InlineData("lottery")]
    [InlineData("scratch")]
    [InlineData("prune-restart")]
    [InlineData("set")]
    [InlineData("rigl")]
    [InlineData("snfs")]
    [InlineData("snip")]
    [InlineData("small-dense")]
    public void Verify_of_a_finished_run_finds_nothing_and_its_replay_has_the_same_bits(string method)
    {
        var path = Train(method);
        Assert.Equal($"ok {path}", Verifier.Verify(path, replay: true).ToString());
    }

    [Fact]
    public void Verify_accepts_an_interrupted_run_and_says_how_far_it_came()
    {
        var plan = ToyRuns.Plan("rigl", Steps, SaveInterval);
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            RunGraph.Execute([plan], ToyRuns.Executor(folder.Root), 1, new Watcher(plan.Plan, 70, stop.Cancel), stop.Token));
        var path = ToyRuns.Executor(folder.Root).PathOf(plan.Plan);
        Assert.Equal($"ok {path} (unfinished, step 60 of 120 saved)", Verifier.Verify(path, replay: true).ToString());
        File.AppendAllText(Path.Combine(path, "metrics.csv"), "test_accuracy,80,1\n");
        Assert.Equal(
            $"unchecked {path}: metrics.csv: 19 bytes after the checkpoint of step 60, which starting the run again cuts off (unfinished, step 60 of 120 saved)",
            Verifier.Verify(path, replay: false).ToString());
        Assert.Equal(VerificationStatus.Failed, Verifier.Verify(path, replay: true).Status);
    }

    [Fact]
    public void Verify_of_a_run_never_begun_is_ok_and_says_so_unless_it_has_metrics()
    {
        var plan = ToyRuns.Plan("baseline", Steps, SaveInterval).Plan;
        string path;
        using (var run = RunFolder.Acquire(folder.Root, plan.FolderName, plan.ToCanonicalJson()))
        {
            path = run.FolderPath;
        }

        Assert.Equal($"ok {path} (not begun, nothing saved)", Verifier.Verify(path, replay: true).ToString());
        File.WriteAllText(Path.Combine(path, "metrics.csv"), "metric,step,value\ntest_accuracy,120,1\n");
        Assert.StartsWith($"unchecked {path}: metrics.csv: 38 bytes before the first checkpoint", Verifier.Verify(path, replay: false).ToString(), StringComparison.Ordinal);
        Assert.Equal(VerificationStatus.Failed, Verifier.Verify(path, replay: true).Status);
    }

    [Fact]
    public void Verify_of_other_data_is_unchecked_and_with_replay_failed()
    {
        var path = Train("baseline");
        var other = new RunVerifier(ToyRuns.Data with { Name = "other", ContentHash = new string('0', 64) }, ToyRuns.Engine(1));
        Assert.Equal(
            $"unchecked {path}: losses, accuracies and gradients, which need data 'toy' (content hash {new string('a', 64)}); 'other' ({new string('0', 64)}) was given",
            other.Verify(path, replay: false).ToString());
        Assert.Equal(
            $"FAILED {path}: plan.json: data: expected 'other' with content hash {new string('0', 64)}, which was given, found 'toy' with {new string('a', 64)}; not trained again",
            other.Verify(path, replay: true).ToString());
    }

    [Fact]
    public void Verify_finds_data_of_the_same_name_with_another_hash_and_shows_both_whole()
    {
        var hash = new string('a', 8) + new string('5', 56);
        var path = Forge("baseline", new string('a', 64), hash);
        Finds(path, $"plan.json: data 'toy': content hash: expected {new string('a', 64)}, found {hash}");
        Assert.Equal(VerificationStatus.Failed, Verifier.Verify(path, replay: true).Status);
    }

    [Fact]
    public void Verify_of_times_that_do_not_fit_is_unchecked_as_a_clock_may_have_been_set_back()
    {
        var path = Train("baseline");
        ChangeRecord(path, record => record with { Started = DateTimeOffset.UnixEpoch.AddDays(1), Finished = DateTimeOffset.UnixEpoch, Seconds = 2 });
        Assert.Equal(
            $"unchecked {path}: times: 2 seconds of training between 1970-01-02 00:00:00Z and 1970-01-01 00:00:00Z; the clock was set back, or they are invented",
            Verifier.Verify(path, replay: true).ToString());
    }

    [Fact]
    public void Verify_accepts_a_run_of_several_sessions_with_a_pause_between()
    {
        var path = Train("baseline");
        ChangeRecord(path, record => record with { Started = record.Started.AddDays(-30), Seconds = 5000 });
        Assert.Equal($"ok {path}", Verifier.Verify(path, replay: true).ToString());
    }

    [Fact]
    public void Verify_finds_a_name_that_is_not_UTF8()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // other systems have no such names
        }

        var path = Train("baseline");
        Shell($"touch \"{path}/$(printf 'a\\377')\" && mkdir \"{folder.Root}/$(printf 'b\\376')\"");
        Finds(path, "a\uFFFD: name: expected UTF-8, found other bytes");
        var unreadable = Assert.Single(RunFolder.ListForVerification(folder.Root), listed => listed.Contains('\uFFFD'));
        Finds(unreadable, ".: folder name: expected UTF-8, found other bytes");
        Shell($"rm -r '{folder.Root}'/b*"); // .NET cannot delete what it cannot name
        Shell($"rm '{path}'/a*");
    }

    [Fact]
    public void Verify_accepts_what_a_killed_process_was_writing()
    {
        var path = Train("baseline");
        foreach (var name in new[] { "plan.json", "run.json", "checkpoints/000060.safetensors" })
        {
            File.WriteAllText(Path.Combine(path, name + ".tmp"), "half"); // as older versions named them
            File.WriteAllText(AtomicFile.TemporaryName(Path.Combine(path, name)), "half");
        }

        Assert.Equal($"ok {path}", Verifier.Verify(path, replay: false).ToString());
    }

    [Fact]
    public void Verify_finds_a_ticket_that_was_never_rewound()
    {
        var path = Train("lottery");
        var parent = ParentOf("lottery").ReadCheckpoint(Steps, Network("lottery"));
        Tamper(path, 0, checkpoint => With(checkpoint, parameters: parent.Parameters));
        var finding = Verifier.Verify(path, replay: false).Findings.First(one => one.Subject.StartsWith("fc1", StringComparison.Ordinal));
        Assert.Equal("checkpoints/000000.safetensors", finding.File);
        Assert.Matches("^fc1: weight [0-9]+$", finding.Subject);
        Assert.NotEqual(finding.Expected, finding.Found);
    }

    [Fact]
    public void Verify_finds_a_scratch_start_that_its_seed_does_not_give()
    {
        var path = Train("scratch");
        Tamper(path, 0, checkpoint => Change(checkpoint, parameters => parameters.Biases(1)[2] = 0.5f));
        Finds(path, "checkpoints/000000.safetensors: fc2: bias 2: expected 0, found 0.5");
    }

    [Fact]
    public void Verify_finds_momentum_at_the_start()
    {
        var path = Train("prune-restart");
        Tamper(path, 0, checkpoint =>
        {
            var momentum = checkpoint.Momentum.Clone();
            momentum.Biases(0)[0] = 1;
            return With(checkpoint, momentum: momentum);
        });
        Finds(path, "checkpoints/000000.safetensors: fc1: momentum of bias 0: expected 0, found 1");
    }

    [Fact]
    public void Verify_finds_a_sparse_network_that_ended_dense()
    {
        var path = Train("lottery");
        Tamper(path, Steps, checkpoint => With(checkpoint, MaskSet.Full(checkpoint.Network)));
        Finds(path, "checkpoints/000120.safetensors: fc1: mask: expected 58 active weights, found 192");
    }

    [Fact]
    public void Verify_finds_a_pruned_weight_that_came_back()
    {
        var path = Train("prune");
        Tamper(path, Steps, checkpoint => With(checkpoint, MoveOne(checkpoint.Masks)));
        Finds(path, "checkpoints/000120.safetensors: fc1: mask: expected no weight that was pruned at step 90, found 1 such weights");
    }

    [Fact]
    public void Verify_finds_counts_that_change_under_dynamic_training()
    {
        var path = Train("rigl");
        Tamper(path, 90, checkpoint => With(checkpoint, RemoveOne(checkpoint.Masks)));
        Finds(path, "checkpoints/000090.safetensors: fc1: mask: expected 58 active weights, found 57");
    }

    [Fact]
    public void Verify_with_replay_finds_a_single_changed_weight_in_the_middle()
    {
        var path = Train("set");
        Tamper(path, 90, checkpoint => Change(checkpoint, parameters => parameters.Biases(0)[3] += 1e-3f));
        Assert.Equal(VerificationStatus.Ok, Verifier.Verify(path, replay: false).Status); // nothing was logged at step 90
        var finding = Verifier.Verify(path, replay: true).Findings[0];
        Assert.Equal(("checkpoints/000090.safetensors", "replay from step 60: fc1: bias 3"), (finding.File, finding.Subject));
    }

    [Fact]
    public void Verify_by_evaluation_finds_weights_that_do_not_give_the_logged_loss()
    {
        var path = Train("baseline");
        Tamper(path, Steps, checkpoint => Change(checkpoint, parameters => parameters.Biases(2)[0] += 0.01f));
        Assert.Contains(Verifier.Verify(path, replay: false).Findings, finding => finding is { File: "metrics.csv", Subject: "test_loss at step 120" });
    }

    [Theory]
    [InlineData("test_accuracy,60,", "0.123", "metrics.csv: test_accuracy at step 60: expected ")]
    [InlineData("learning_rate,20,", "0.5", "metrics.csv: learning_rate at step 20: expected ")]
    [InlineData("active_weights,60,", "1", "metrics.csv: active_weights at step 60: expected ")]
    [InlineData("best_test_accuracy,120,", "1.5", "metrics.csv: best_test_accuracy at step 120: expected ")]
    [InlineData("active_weights,40,", "1", "metrics.csv: active_weights at step 40: expected ")] // no checkpoint there: the plan says it
    [InlineData("effective_active_weights,60,", "1", "metrics.csv: effective_active_weights at step 60: expected ")]
    [InlineData("dead_neurons,60,", "9", "metrics.csv: dead_neurons at step 60: expected ")]
    [InlineData("explored,60,", "0.125", "metrics.csv: explored at step 60: expected ")]
    [InlineData("gradient_norm,60,", "0.125", "metrics.csv: gradient_norm at step 60: expected ")]
    [InlineData("gradient_norm_after,60,", "0.125", "metrics.csv: gradient_norm_after at step 60: expected ")]
    [InlineData("train_loss,120,", "0.125", "metrics.csv: train_loss at step 120: expected ")]
    [InlineData("train_accuracy,120,", "0.125", "metrics.csv: train_accuracy at step 120: expected ")]
    [InlineData("inference_flops,120,", "1", "metrics.csv: inference_flops at step 120: expected ")]
    [InlineData("model_bytes,120,", "1", "metrics.csv: model_bytes at step 120: expected ")]
    public void Verify_finds_a_changed_metric(string row, string value, string expected)
    {
        var path = Train("set");
        using var run = RunFolder.Open(path);
        var lines = File.ReadAllLines(run.MetricsPath);
        var index = Array.FindIndex(lines, line => line.StartsWith(row, StringComparison.Ordinal));
        lines[index] = row + value;
        File.WriteAllText(run.MetricsPath, string.Join('\n', lines) + "\n");
        Assert.Contains(Verifier.Verify(path, replay: false).Findings, finding => finding.ToString().StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Verify_finds_a_pruned_runs_changed_count_between_checkpoints()
    {
        var path = Train("prune");
        ChangeRows(path, lines => [.. lines.Select(line => line.StartsWith("active_weights,40,", StringComparison.Ordinal) ? "active_weights,40,1" : line)]);
        Assert.Contains(Verifier.Verify(path, replay: false).Findings, finding => finding.Subject == "active_weights at step 40");
    }

    [Fact]
    public void Verify_finds_rows_that_are_missing_repeated_renamed_moved_or_surplus()
    {
        var path = Train("set");
        var whole = File.ReadAllLines(Path.Combine(path, "metrics.csv"));
        int Line(string row) => Array.FindIndex(whole, line => line.StartsWith(row, StringComparison.Ordinal)) + 1;
        var (loss, churn, count) = (Line("test_loss,120,"), Line("mask_churn,20,"), whole.Length);
        Changed(lines => lines.RemoveAt(loss - 1), $"test_loss at step 120: expected a row on line {loss}, found test_accuracy at step 120");
        Changed(lines => lines.RemoveAt(count - 1), $"model_bytes at step 120: expected a row on line {count}, found the end of the table");
        Changed(lines => lines.Add(lines[^1]), $"line {count + 1}: expected the end of the table, found model_bytes at step 120");
        Changed(lines => lines.Add("other,120,1"), $"line {count + 1}: expected the end of the table, found other at step 120");
        Changed(lines => lines[churn - 1] = "mask_chern,20,0.5", $"mask_churn at step 20: expected a row on line {churn}, found mask_chern at step 20");
        Changed(lines => lines.Reverse(churn - 1, 2), $"mask_churn at step 20: expected a row on line {churn}, found explored at step 20");

        void Changed(Action<List<string>> change, string finding)
        {
            var lines = whole.ToList();
            change(lines);
            File.WriteAllText(Path.Combine(path, "metrics.csv"), string.Join('\n', lines) + "\n");
            Finds(path, $"metrics.csv: {finding}");
        }
    }

    [Fact]
    public void Verify_finds_a_cut_table()
    {
        var path = Train("baseline");
        var file = Path.Combine(path, "metrics.csv");
        File.WriteAllText(file, File.ReadAllText(file)[..^3]);
        Finds(path, "metrics.csv: line ");
    }

    [Fact]
    public void Verify_finds_further_state_that_is_missing_or_surplus()
    {
        var path = Train("snfs");
        Tamper(path, 60, checkpoint => With(checkpoint) with { State = new Dictionary<string, ParameterBlock>() });
        Finds(path, "checkpoints/000060.safetensors: further state: expected gradient-mean, found none");
        path = Train("set");
        Tamper(path, 60, checkpoint => With(checkpoint) with { State = new Dictionary<string, ParameterBlock> { ["other"] = checkpoint.Parameters } });
        Finds(path, "checkpoints/000060.safetensors: further state: expected none, found other");
        path = Train("baseline");
        Tamper(path, 60, checkpoint => With(checkpoint) with { Explored = MaskSet.Full(checkpoint.Network) });
        Finds(path, "checkpoints/000060.safetensors: explored weights: expected none, as the masks do not grow, found 312");
    }

    [Fact]
    public void Verify_finds_explored_weights_that_never_were()
    {
        var path = Train("rigl");
        Tamper(path, 0, checkpoint => With(checkpoint) with { Explored = MaskSet.Full(checkpoint.Network) });
        Finds(path, "checkpoints/000000.safetensors: fc1: explored weights: expected the 58 active ones, found 192, or others");
    }

    [Fact]
    public void Verify_finds_another_sparsity_than_was_asked_also_without_the_data()
    {
        var path = Train("snip");
        Tamper(path, 0, checkpoint => With(checkpoint, RemoveOne(checkpoint.Masks)));
        var elsewhere = new RunVerifier(ToyRuns.Data with { Name = "other", ContentHash = new string('0', 64) }, ToyRuns.Engine(1));
        Assert.StartsWith(
            $"FAILED {path}: checkpoints/000000.safetensors: all layers: expected 94 active weights, found 93", elsewhere.Verify(path, replay: false).ToString(), StringComparison.Ordinal);
        path = Train("magnitude");
        Tamper(path, 0, checkpoint => With(checkpoint, RemoveOne(checkpoint.Masks)));
        Finds(path, "checkpoints/000000.safetensors: fc1: expected 58 active weights, found 57");
        path = Train("baseline");
        Tamper(path, 0, checkpoint => With(checkpoint, RemoveOne(checkpoint.Masks)));
        Finds(path, "checkpoints/000000.safetensors: fc1: expected 192 active weights, found 191");
    }

    [Fact]
    public void Verify_of_a_run_with_a_growth_score_of_its_own_is_unchecked_and_with_replay_failed()
    {
        var path = Forge("rigl", "\"growth\": \"gradient\"", "\"growth\": \"own\"");
        Assert.Equal(
            $"unchecked {path}: further state and mask updates: the growth score 'own' is known only to the script that trained it",
            Verifier.Verify(path, replay: false).ToString());
        Assert.Contains("found 'own', known only to the script that trained it; not trained again", Verifier.Verify(path, replay: true).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_of_a_forged_plan_ends_with_one_line_whatever_it_asks_for()
    {
        var path = Forge("set", "\"steps\": 120", "\"steps\": 2000000000"); // claims to be finished
        Finds(path, "checkpoints/000150.safetensors: checkpoint: expected a file, as the plan saves this step, found none");
        path = Forge("rigl", "\"count\": 64", "\"count\": 6400"); // measures on examples that the data does not have
        Finds(path, "metrics.csv: gradient_norm: expected to be measured on some of the 400 training examples, found a plan that takes example 6399");
        path = Forge("snip", "\"sparsity\": 0.7", "\"sparsity\": 0.6");
        Finds(path, "checkpoints/000000.safetensors: all layers: expected 125 active weights, found 94");
    }

    /// <summary>What a plan promises costs nothing: such plans took hours, or ended in an overflow.</summary>
    [Theory]
    [InlineData("set", 2_000_000_000)]
    [InlineData("set", int.MaxValue)]
    [InlineData("prune", int.MaxValue)]
    public async Task Verify_of_a_plan_without_end_ends(string method, int steps)
    {
        var saves = string.Join(",\n      ", Enumerable.Range(1, 20_000).Select(step => 1_000_000_000 + step));
        var path = Forge(method, "\"steps\": 120", $"\"steps\": {steps}", "\"extra_saves\": []", $"\"extra_saves\": [\n      {saves}\n    ]");
        var verification = await Task.Run(() => Verifier.Verify(path, replay: false)).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.InRange(verification.Findings.Count, 1, 1010);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Verify_stops_when_it_is_asked_to(bool replay)
    {
        var path = Train("baseline");
        Assert.Throws<OperationCanceledException>(() => Verifier.Verify(path, replay, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Verify_with_replay_finds_a_plan_that_did_not_train_the_run()
    {
        var path = Forge("set", "\"order_seed\": 1", "\"order_seed\": 2");
        Assert.Equal(VerificationStatus.Ok, Verifier.Verify(path, replay: false).Status); // no state that was saved tells
        Assert.Contains(Verifier.Verify(path, replay: true).Findings, finding => finding.Subject.StartsWith("replay from step 0: fc1: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Verify_finds_a_flipped_byte_a_missing_and_a_surplus_checkpoint()
    {
        var path = Train("baseline");
        using var run = RunFolder.Open(path);
        var bytes = File.ReadAllBytes(run.CheckpointPath(60));
        bytes[^1] ^= 1;
        File.WriteAllBytes(run.CheckpointPath(60), bytes);
        Assert.Contains("checkpoints/000060.safetensors: tensor 'fc3.bias_momentum': SHA-256: expected ", Verifier.Verify(path, replay: false).ToString());
        File.Move(run.CheckpointPath(60), run.CheckpointPath(61));
        var findings = Verifier.Verify(path, replay: false).Findings.Select(finding => finding.ToString()).ToList();
        Assert.Contains("checkpoints/000060.safetensors: checkpoint: expected a file, as the plan saves this step, found none", findings);
        Assert.Contains("checkpoints/000061.safetensors: checkpoint: expected no file, as the plan does not save this step, found one", findings);
    }

    [Fact]
    public void Verify_finds_a_changed_plan_a_renamed_folder_and_another_runs_record()
    {
        var path = Train("baseline");
        using var run = RunFolder.Open(path);
        File.WriteAllText(run.PlanPath, run.PlanJson.Replace("\"order_seed\": 1", "\"order_seed\": 2"));
        Assert.Contains("plan.json: plan hash: expected ", Verifier.Verify(path, replay: false).ToString());
        File.WriteAllText(run.PlanPath, run.PlanJson);
        File.WriteAllText(run.RecordPath, File.ReadAllText(run.RecordPath).Replace(run.PlanHash, new string('0', 64)));
        Finds(path, $"run.json: plan hash: expected {run.PlanHash}, found {new string('0', 64)}");
        var renamed = Path.Combine(folder.Root, "other-" + run.PlanHash[..8]);
        Directory.Move(path, renamed);
        Finds(renamed, $"plan.json: folder name: expected {Path.GetFileName(path)}, found other-{run.PlanHash[..8]}");
    }

    [Fact]
    public void Verify_reports_a_missing_parent_and_a_parent_with_other_bits()
    {
        var path = Train("lottery");
        using var parent = ParentOf("lottery");
        Tamper(parent.FolderPath, 0, checkpoint => Change(checkpoint, parameters => parameters.Biases(0)[0] = 1));
        Assert.Contains(Verifier.Verify(path, replay: false).Findings, finding => finding.Subject == "parents");
        Directory.Delete(parent.FolderPath, recursive: true);
        Assert.Equal(
            $"unchecked {path}: the start and where it comes from: the parent '{parent.Name}' is not beside this run", Verifier.Verify(path, replay: false).ToString());
        Assert.Equal(
            $"FAILED {path}: plan.json: parent '{parent.Name}': expected its folder beside this one, found none; not trained again",
            Verifier.Verify(path, replay: true).ToString());
    }

    [Fact]
    public void Verify_names_the_parents_file_that_is_off()
    {
        var path = Train("lottery");
        using var parent = ParentOf("lottery");
        File.Delete(parent.CheckpointPath(0));
        Finds(path, $"../{parent.Name}/checkpoints/000000.safetensors: reading: expected a readable file, found ");
        File.AppendAllText(parent.PlanPath, " ");
        Finds(path, $"../{parent.Name}/plan.json: plan hash: expected ");
    }

    [Fact]
    public void Verify_of_a_folder_without_a_plan_says_so() => Finds(folder.Root, "plan.json: opening: expected the plan of a run, found ");

    [Fact]
    public void Compare_names_the_first_difference_of_a_batch_normalization()
    {
        var network = new SparseCore.Networks.Network("normal", new SparseCore.Networks.Shape(1, 3, 3), [
            new("conv", new SparseCore.Networks.Operation.Convolution(2, 2, 2), SparseCore.Networks.Network.InputName),
            new("bn", new SparseCore.Networks.Operation.BatchNorm(), "conv"),
            new("flatten", new SparseCore.Networks.Operation.Flatten(), "bn"),
            new("fc", new SparseCore.Networks.Operation.FullyConnected(3), "flatten")]);
        var state = new TrainingState(MaskSet.Full(network), new ParameterBlock(network));
        Action<Checkpoint>[] changes = [
            checkpoint => checkpoint.Parameters.Scales(0)[1] = 0.5f,
            checkpoint => checkpoint.Parameters.Shifts(0)[1] = 0.5f,
            checkpoint => checkpoint.Parameters.Means(0)[1] = 0.5f,
            checkpoint => checkpoint.Parameters.Variances(0)[1] = 0.5f,
            checkpoint => checkpoint.Momentum.Scales(0)[1] = 0.5f,
            checkpoint => checkpoint.Momentum.Shifts(0)[1] = 0.5f];
        var found = new List<string>();
        foreach (var change in changes)
        {
            var checkpoint = new Checkpoint(0, new string('a', 64), [], state.Masks, new ParameterBlock(network), new ParameterBlock(network), 0);
            change(checkpoint);
            StateComparison.Compare(state, checkpoint, Agreement.Exact, (subject, expected, value) => found.Add($"{subject}: {expected} {value}"));
        }

        Assert.Equal(
            ["bn: scale 1: 0 0.5", "bn: shift 1: 0 0.5", "bn: running mean 1: 0 0.5", "bn: running variance 1: 0 0.5", "bn: momentum of scale 1: 0 0.5", "bn: momentum of shift 1: 0 0.5"],
            found);
    }

    private static RunVerifier Verifier => new(ToyRuns.Data, ToyRuns.Engine(1));

    private static SparseCore.Networks.Network Network(string method) => ToyRuns.Plan(method, Steps, SaveInterval).Plan.Network.Build();

    private static Checkpoint With(Checkpoint checkpoint, MaskSet? masks = null, ParameterBlock? parameters = null, ParameterBlock? momentum = null)
    {
        masks ??= checkpoint.Masks;
        parameters = (parameters ?? checkpoint.Parameters).Clone();
        momentum = (momentum ?? checkpoint.Momentum).Clone();
        parameters.Apply(masks);
        momentum.Apply(masks);
        return new Checkpoint(checkpoint.Step, checkpoint.PlanHash, checkpoint.Parents, masks, parameters, momentum, checkpoint.MetricsLength)
        {
            Explored = checkpoint.Explored,
            State = checkpoint.State,
        };
    }

    private static Checkpoint Change(Checkpoint checkpoint, Action<ParameterBlock> change)
    {
        var parameters = checkpoint.Parameters.Clone();
        change(parameters);
        return With(checkpoint, parameters: parameters);
    }

    /// <summary>One active weight of the first layer less, one masked weight more.</summary>
    private static MaskSet MoveOne(MaskSet masks)
    {
        var active = masks[0].ActiveIndices();
        active[0] = Enumerable.Range(0, masks[0].Length).First(index => !masks[0][index]);
        return Replace(masks, active);
    }

    private static MaskSet RemoveOne(MaskSet masks) => Replace(masks, masks[0].ActiveIndices()[1..]);

    private static MaskSet Replace(MaskSet masks, int[] active) => new(
        masks.Network, [Mask.FromIndices(masks[0].Length, active), .. Enumerable.Range(1, masks.Count - 1).Select(layer => masks[layer])]);

    private static void Finds(string path, string finding)
    {
        var verification = Verifier.Verify(path, replay: false);
        Assert.StartsWith($"FAILED {path}: {finding}", verification.ToString(), StringComparison.Ordinal);
    }

    private static void Tamper(string path, int step, Func<Checkpoint, Checkpoint> change)
    {
        using var run = RunFolder.Open(path);
        var network = TrainingPlan.Parse(run.PlanJson).Network.Build();
        CheckpointFile.Write(run.CheckpointPath(step), change(run.ReadCheckpoint(step, network)));
    }

    private static void ChangeRecord(string path, Func<RunRecord, RunRecord> change)
    {
        var record = Path.Combine(path, "run.json");
        change(RunRecord.Read(record)).Write(record);
    }

    private static void Shell(string command)
    {
        using var shell = System.Diagnostics.Process.Start("sh", ["-c", command]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    private static void ChangeRows(string path, Func<string[], string[]> change)
    {
        var file = Path.Combine(path, "metrics.csv");
        File.WriteAllText(file, string.Join('\n', change(File.ReadAllLines(file))) + "\n");
    }

    /// <summary>Changes a run's plan after the fact, and every hash and name with it.</summary>
    private string Forge(string method, params string[] replacements)
    {
        var path = Train(method);
        using var run = RunFolder.Open(path);
        var network = TrainingPlan.Parse(run.PlanJson).Network.Build();
        var plan = replacements.Chunk(2).Aggregate(run.PlanJson, (text, pair) => text.Replace(pair[0], pair[1]));
        var hash = RunFolder.HashOf(plan);
        foreach (var step in run.CheckpointSteps())
        {
            var old = run.ReadCheckpoint(step, network);
            CheckpointFile.Write(run.CheckpointPath(step), new Checkpoint(step, hash, old.Parents, old.Masks, old.Parameters, old.Momentum, old.MetricsLength)
            {
                Explored = old.Explored,
                State = old.State,
            });
        }

        File.WriteAllText(run.PlanPath, plan);
        File.WriteAllText(run.RecordPath, File.ReadAllText(run.RecordPath).Replace(run.PlanHash, hash));
        var forged = path[..^8] + hash[..8];
        Directory.Move(path, forged);
        return forged;
    }

    private string Train(string method)
    {
        var run = ToyRuns.Plan(method, Steps, SaveInterval);
        var executor = ToyRuns.Executor(folder.Root);
        Assert.Empty(RunGraph.Execute([run], executor, 1, new Watcher(run.Plan, -1, () => { }), CancellationToken.None));
        return executor.PathOf(run.Plan);
    }

    private RunFolder ParentOf(string method) => RunFolder.Open(folder.Root, ToyRuns.Plan(method, Steps, SaveInterval).Parents[0].Plan.FolderName);
}
