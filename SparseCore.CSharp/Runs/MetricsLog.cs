using System.Globalization;
using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Measurement;
using SparseCore.Parameters;
using SparseCore.Training;

namespace SparseCore.Runs;

/// <summary>A run's metrics as far as they are final: all of a finished run, up to the last checkpoint of an unfinished one.</summary>
internal sealed class MetricsLog
{
    private static readonly string[] AtEveryLog = ["learning_rate", "active_weights", "gradient_norm"];
    private static readonly string[] AtEveryEvaluation = ["test_loss", "test_accuracy"];
    private static readonly string[] AtTheEnd = ["train_loss", "train_accuracy", "best_test_accuracy"];

    private readonly string file;
    private readonly bool isFinished;
    private readonly IReadOnlyList<MetricRow> rows;
    private readonly IReadOnlyList<long> ends;
    private readonly Dictionary<(string Metric, int Step), double> values = [];

    private MetricsLog(string file, bool isFinished, IReadOnlyList<MetricRow> rows, IReadOnlyList<long> ends)
    {
        this.file = file;
        this.isFinished = isFinished;
        this.rows = rows;
        this.ends = ends;
        foreach (var row in rows)
        {
            values[(row.Metric, row.Step)] = row.Value;
        }
    }

    /// <summary>Reads the table; an unfinished run's is read up to its last checkpoint, as resuming would.</summary>
    /// <exception cref="RunFolderException">The table is missing, too short or malformed.</exception>
    public static MetricsLog Read(RunFolder folder, IReadOnlyList<Checkpoint> checkpoints, bool isFinished)
    {
        var content = MetricsFile.ReadBytes(folder.MetricsPath);
        var length = isFinished ? content.Length : checkpoints[^1].MetricsLength;
        if (content.Length < checkpoints[^1].MetricsLength)
        {
            throw new RunFolderException(
                folder.MetricsPath, "length", $"at least the {checkpoints[^1].MetricsLength} bytes of step {checkpoints[^1].Step}", $"{content.Length}", "");
        }

        var (rows, ends) = MetricsFile.Parse(folder.MetricsPath, content.AsSpan(0, (int)length));
        return new MetricsLog(Path.GetFileName(folder.MetricsPath), isFinished, rows, ends);
    }

    /// <summary>Rows logged before a checkpoint was saved.</summary>
    public IEnumerable<MetricRow> Before(Checkpoint checkpoint) => rows.Where((_, index) => ends[index] <= checkpoint.MetricsLength);

    /// <summary>Rows logged after one checkpoint and before another, or the end.</summary>
    public IReadOnlyList<MetricRow> Between(Checkpoint from, Checkpoint? to) =>
        [.. rows.Where((_, index) => ends[index] > from.MetricsLength && (to is null || ends[index] <= to.MetricsLength))];

    /// <summary>Checks order, completeness and agreement with plan and checkpoints.</summary>
    public void Check(TrainingPlan plan, IReadOnlyList<Checkpoint> checkpoints, List<RunFinding> findings)
    {
        for (var index = 1; index < rows.Count; index++)
        {
            if (rows[index].Step < rows[index - 1].Step)
            {
                findings.Add(new RunFinding(file, $"line {index + 2}", $"step {rows[index - 1].Step} or later", $"{rows[index].Step}"));
            }
        }

        foreach (var checkpoint in checkpoints)
        {
            CheckPlace(checkpoint, findings);
            if (values.TryGetValue(("active_weights", checkpoint.Step), out var active) && active != checkpoint.Masks.ActiveCount)
            {
                Report($"active_weights at step {checkpoint.Step}", checkpoint.Masks.ActiveCount, active, findings);
            }
        }

        var last = isFinished ? plan.Steps : checkpoints[^1].Step - 1;
        foreach (var step in Enumerable.Range(0, last + 1).Where(plan.Logs))
        {
            foreach (var metric in AtEveryLog.Concat(plan.Evaluates(step) ? AtEveryEvaluation : []).Concat(step == plan.Steps ? AtTheEnd : []))
            {
                if (!values.ContainsKey((metric, step)))
                {
                    findings.Add(new RunFinding(file, $"{metric} at step {step}", "a row", "none"));
                }
            }

            if (values.TryGetValue(("learning_rate", step), out var rate) && rate != plan.Optimizer.LearningRate.At(step))
            {
                Report($"learning_rate at step {step}", plan.Optimizer.LearningRate.At(step), rate, findings);
            }
        }

        if (values.TryGetValue(("best_test_accuracy", plan.Steps), out var best))
        {
            var expected = rows.Where(row => row.Metric == "test_accuracy").Select(row => row.Value).DefaultIfEmpty(0).Max();
            if (best != expected)
            {
                Report($"best_test_accuracy at step {plan.Steps}", expected, best, findings);
            }
        }
    }

    /// <summary>Evaluates the first, the middle and the last logged checkpoint again; loss, accuracy and gradient norm must have the same bits.</summary>
    public void CheckByEvaluation(
        TrainingPlan plan, IReadOnlyList<Checkpoint> checkpoints, DataSplit data, EngineFactory createEngine, List<RunFinding> findings)
    {
        var logged = checkpoints.Where(checkpoint => plan.Logs(checkpoint.Step) && values.ContainsKey(("test_loss", checkpoint.Step))).ToList();
        foreach (var checkpoint in logged.Where((_, index) => index == 0 || index == logged.Count / 2 || index == logged.Count - 1))
        {
            using var engine = createEngine(checkpoint.Network, checkpoint.Masks, plan.BatchSize);
            engine.Load(checkpoint.Parameters);
            var test = engine.Evaluate(data.Test, 0, data.Test.Count);
            Compare("test_loss", checkpoint.Step, test.Loss, findings);
            Compare("test_accuracy", checkpoint.Step, test.Accuracy, findings);
            var gradient = new ParameterBlock(checkpoint.Network);
            var norm = GradientFlow.Measure(engine, data.Train, plan.Logging.GradientExamples.Indices(), gradient).Norm;
            Compare("gradient_norm", checkpoint.Step, norm, findings);
            if (checkpoint.Step == plan.Steps)
            {
                var sample = SpreadDataset.Of(data.Train, plan.Logging.TrainExamples);
                var train = engine.Evaluate(sample, 0, sample.Count);
                Compare("train_loss", checkpoint.Step, train.Loss, findings);
                Compare("train_accuracy", checkpoint.Step, train.Accuracy, findings);
            }
        }
    }

    private void CheckPlace(Checkpoint checkpoint, List<RunFinding> findings)
    {
        var before = ends.TakeWhile(end => end <= checkpoint.MetricsLength).Count();
        var length = before == 0 ? checkpoint.MetricsLength : ends[before - 1];
        if (length != checkpoint.MetricsLength)
        {
            findings.Add(new RunFinding(file, $"rows until step {checkpoint.Step}", $"a line to end at byte {checkpoint.MetricsLength}", $"{length}"));
        }

        if (before > 0 && rows[before - 1].Step > checkpoint.Step)
        {
            findings.Add(new RunFinding(
                file, $"line {before + 1}", $"at most step {checkpoint.Step}, whose checkpoint came later", $"{rows[before - 1].Step}"));
        }

        if (before < rows.Count && rows[before].Step < checkpoint.Step)
        {
            findings.Add(new RunFinding(file, $"line {before + 2}", $"at least step {checkpoint.Step}, whose checkpoint came before", $"{rows[before].Step}"));
        }
    }

    private void Compare(string metric, int step, double expected, List<RunFinding> findings)
    {
        if (values.TryGetValue((metric, step), out var found) && !found.Equals(expected))
        {
            Report($"{metric} at step {step}", expected, found, findings);
        }
    }

    private void Report(string subject, double expected, double found, List<RunFinding> findings) => findings.Add(new RunFinding(
        file, subject, expected.ToString("R", CultureInfo.InvariantCulture), found.ToString("R", CultureInfo.InvariantCulture)));
}
