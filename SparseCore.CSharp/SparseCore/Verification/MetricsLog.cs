using System.Globalization;
using SparseCore.Checkpoints;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Measurement;
using SparseCore.Parameters;
using SparseCore.Plans;
using SparseCore.RunFolders;

namespace SparseCore.Verification;

/// <summary>A run's metrics as far as they are final: all of a finished run, up to the last checkpoint of an unfinished one.</summary>
internal sealed class MetricsLog
{
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
    public static MetricsLog Read(RunFolder folder, IReadOnlyList<SavedMoment> moments, bool isFinished)
    {
        var content = MetricsFile.ReadBytes(folder.MetricsPath);
        var last = moments[^1];
        var length = isFinished ? content.Length : last.MetricsLength;
        if (content.Length < last.MetricsLength)
        {
            throw new RunFolderException(
                folder.MetricsPath, "length", $"at least the {last.MetricsLength} bytes of step {last.Step}", $"{content.Length}", "");
        }

        var (rows, ends) = MetricsFile.Parse(folder.MetricsPath, content.AsSpan(0, (int)length));
        return new MetricsLog(Path.GetFileName(folder.MetricsPath), isFinished, rows, ends);
    }

    /// <summary>Rows logged before a checkpoint was saved.</summary>
    public IEnumerable<MetricRow> Before(SavedMoment moment) => rows.Where((_, index) => ends[index] <= moment.MetricsLength);

    /// <summary>Rows logged after one checkpoint and before another, or the end.</summary>
    public IReadOnlyList<MetricRow> Between(SavedMoment from, SavedMoment? to) =>
        [.. rows.Where((_, index) => ends[index] > from.MetricsLength && (to is null || ends[index] <= to.MetricsLength))];

    /// <summary>Checks order, completeness and agreement with plan and checkpoints.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="start">The masks of step 0.</param>
    /// <param name="moments">The checkpoints, ascending.</param>
    /// <param name="findings">Receives what is off.</param>
    public void Check(TrainingPlan plan, MaskSet start, IReadOnlyList<SavedMoment> moments, List<RunFinding> findings)
    {
        CheckRows(plan, moments[^1].Step, findings);
        foreach (var moment in moments)
        {
            CheckPlace(moment, findings);
            foreach (var (metric, value) in moment.Facts)
            {
                Compare(metric, moment.Step, value, findings);
            }
        }

        foreach (var step in values.Keys.Where(key => key.Metric == "learning_rate").Select(key => key.Step).Order())
        {
            Compare("learning_rate", step, plan.Optimizer.LearningRate.At(step), findings);
            if (plan.Connectivity.Expect(start, step).ActiveCount is { } active)
            {
                Compare("active_weights", step, active, findings);
            }
        }

        Compare("best_test_accuracy", plan.Steps, rows.Where(row => row.Metric == "test_accuracy").Select(row => row.Value).DefaultIfEmpty(0).Max(), findings);
    }

    /// <summary>Evaluates the first, the middle and the last logged checkpoint again; loss, accuracy and gradient norm must agree.</summary>
    public void CheckByEvaluation(
        TrainingPlan plan,
        IReadOnlyList<SavedMoment> moments,
        Func<SavedMoment, Checkpoint> read,
        DataSplit data,
        IEngineFactory engines,
        VerificationLog log)
    {
        var (findings, agreement) = (log.Findings, log.Agreement);
        var logged = moments.Where(moment => plan.Logs(moment.Step) && values.ContainsKey(("test_loss", moment.Step))).ToList();
        if (logged.Count > 0 && plan.Logging.GradientExamples.Last >= data.Train.Count)
        {
            findings.Add(new RunFinding(
                file, "gradient_norm", $"to be measured on some of the {data.Train.Count} training examples", $"a plan that takes example {plan.Logging.GradientExamples.Last}"));
            return;
        }

        foreach (var moment in logged.Where((_, index) => index == 0 || index == logged.Count / 2 || index == logged.Count - 1))
        {
            var checkpoint = read(moment);
            using var engine = engines.Create(checkpoint.Network, checkpoint.Masks, plan.BatchSize);
            engine.Load(checkpoint.Parameters);
            var test = engine.Evaluate(data.Test, 0, data.Test.Count);
            Compare("test_loss", checkpoint.Step, test.Loss, findings, agreement);
            Compare("test_accuracy", checkpoint.Step, test.Accuracy, findings, agreement);
            var gradient = new ParameterBlock(checkpoint.Network);
            var norm = GradientFlow.Measure(engine, data.Train, plan.Logging.GradientExamples.Indices(), gradient).Norm;
            Compare("gradient_norm", checkpoint.Step, norm, findings, agreement);
            Compare("gradient_norm_after", checkpoint.Step, norm, findings, agreement);
            if (checkpoint.Step == plan.Steps)
            {
                var sample = SpreadDataset.Of(data.Train, plan.Logging.TrainExamples);
                var train = engine.Evaluate(sample, 0, sample.Count);
                Compare("train_loss", checkpoint.Step, train.Loss, findings, agreement);
                Compare("train_accuracy", checkpoint.Step, train.Accuracy, findings, agreement);
            }
        }
    }

    /// <summary>Finds the first row that is missing, surplus, repeated or out of place.</summary>
    private void CheckRows(TrainingPlan plan, int lastSave, List<RunFinding> findings)
    {
        var place = 0;
        foreach (var (metric, step, mayBeAbsent) in MetricsOrder.Rows(plan, isFinished ? null : lastSave, rows))
        {
            if (place < rows.Count && rows[place].Metric == metric && rows[place].Step == step)
            {
                place++;
            }
            else if (!mayBeAbsent)
            {
                findings.Add(new RunFinding(file, $"{metric} at step {step}", $"a row on line {place + 2}", RowText(place)));
                return;
            }
        }

        if (place < rows.Count)
        {
            findings.Add(new RunFinding(file, $"line {place + 2}", "the end of the table", RowText(place)));
        }
    }

    private string RowText(int place) => place < rows.Count ? $"{rows[place].Metric} at step {rows[place].Step}" : "the end of the table";

    private void CheckPlace(SavedMoment checkpoint, List<RunFinding> findings)
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

    private void Compare(string metric, int step, double expected, List<RunFinding> findings, Agreement? agreement = null)
    {
        if (values.TryGetValue((metric, step), out var found) && !(agreement ?? Agreement.Exact).OfMeasurements(expected, found))
        {
            Report($"{metric} at step {step}", expected, found, findings);
        }
    }

    private void Report(string subject, double expected, double found, List<RunFinding> findings) => findings.Add(new RunFinding(
        file, subject, expected.ToString("R", CultureInfo.InvariantCulture), found.ToString("R", CultureInfo.InvariantCulture)));
}
