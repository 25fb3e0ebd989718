using System.Globalization;
using System.Text.RegularExpressions;
using SparseCore.RunFolders;

namespace SparseCore.Verification;

/// <summary>
/// Checks run.json as far as it can be: its form, that its parts agree with each other and with the plan. Machine, times and the code version themselves stay what the run
/// says of itself.
/// </summary>
internal static partial class RecordCheck
{
    private const int MostWarnings = 100;

    /// <summary>The record, or null where there is none that can be read, which is then reported unless nothing was saved.</summary>
    public static RunRecord? Read(RunFolder folder, VerificationLog log)
    {
        var file = folder.Relative(folder.RecordPath);
        try
        {
            var record = folder.ReadRecord();
            log.Require(record is not null || folder.CheckpointSteps().Count == 0, file, "record", "what made the run", "no file");
            return record;
        }
        catch (RunFolderException error)
        {
            log.Add(file, error.Subject, error.Expected, error.Found);
            return null;
        }
    }

    /// <summary>Everything but what was verified at the end of the run.</summary>
    public static void CheckForm(RunFolder folder, RunRecord record, string planHash, VerificationLog log)
    {
        var file = folder.Relative(folder.RecordPath);
        log.Require(record.PlanHash == planHash, file, "plan hash", planHash, record.PlanHash);
        log.Require(VersionForm().IsMatch(record.CodeVersion), file, "code version", "major.minor.patch+source or 'unknown'", $"'{record.CodeVersion}'");
        log.Require(record.Machine.Cores >= 1, file, "machine: cores", "at least 1", Text(record.Machine.Cores));
        var isFinished = record.Status == RunStatus.Finished;
        log.Require(
            record.Finished.HasValue == (record.Status != RunStatus.Running),
            file,
            "finished",
            record.Status == RunStatus.Running ? "none, as its status is running" : $"a time, as its status is {record.Status.ToString().ToLowerInvariant()}",
            record.Finished is { } end ? $"{end:O}" : "none");
        log.Require(
            record.Error is null == (record.Status != RunStatus.Failed),
            file,
            "error",
            record.Status == RunStatus.Failed ? "why it failed" : "none, as it did not fail",
            record.Error is { } error ? $"'{error}'" : "none");
        log.Require(isFinished || record.Verified.Count == 0, file, "verified", "nothing, as it is not finished", $"{record.Verified.Count} phrases");
        log.Require(
            record.Warnings is not { } warnings
            || (warnings.Count is > 0 and <= MostWarnings && warnings.Distinct(StringComparer.Ordinal).Count() == warnings.Count && !warnings.Any(string.IsNullOrWhiteSpace)),
            file,
            "warnings",
            $"1 to {MostWarnings} sentences, each once",
            $"{record.Warnings?.Count}, or repeated or empty ones");
        CheckTimes(file, record, log);
    }

    /// <summary>What was verified at the end of a finished run, against what its last checkpoint says.</summary>
    public static void CheckVerified(RunFolder folder, RunRecord record, IReadOnlyList<string> expected, VerificationLog log)
    {
        var file = folder.Relative(folder.RecordPath);
        for (var index = 0; index < Math.Max(expected.Count, record.Verified.Count); index++)
        {
            var (wanted, found) = (expected.ElementAtOrDefault(index), record.Verified.ElementAtOrDefault(index));
            log.Require(wanted == found, file, $"verified, phrase {Text(index + 1)}", Quoted(wanted), Quoted(found));
        }

        static string Quoted(string? phrase) => phrase is null ? "none" : $"'{phrase}'";
    }

    private static void CheckTimes(string file, RunRecord record, VerificationLog log)
    {
        if (!double.IsFinite(record.Seconds) || record.Seconds < 0)
        {
            log.Add(file, "seconds", "a number of 0 or more", Text(record.Seconds));
            return;
        }

        // Clocks are corrected by fractions of a second while a run lasts. More than that is a clock that was set back, or an invention: this cannot be told.
        const double tolerance = 1, share = 0.01;
        if (record.Finished is { } finished && record.Seconds > ((finished - record.Started).TotalSeconds * (1 + share)) + tolerance)
        {
            log.Unchecked.Add(
                $"times: {Text(record.Seconds)} seconds of training between {record.Started:u} and {finished:u}; the clock was set back, or they are invented");
        }
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A(unknown|[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)\z")]
    private static partial Regex VersionForm();
}
