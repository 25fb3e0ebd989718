using System.Text;
using SparseCore.Verification;

namespace SparseCore.Tests.Verification;

/// <summary>What verification says of every tampering is committed as a table; it changes only together with the table.</summary>
public sealed class TamperingTests : IClassFixture<TamperingTests.Outcomes>
{
    private readonly Outcomes outcomes;

    public TamperingTests(Outcomes outcomes) => this.outcomes = outcomes;

    [Fact]
    public void Tampering_table_is_the_committed_one()
    {
        var now = Path.Combine(AppContext.BaseDirectory, "tamperings.md");
        File.WriteAllText(now, outcomes.Table());
        var committed = Scripting.Paths.fromRoot("results/verification/tamperings.md");
        Assert.True(
            File.Exists(committed) && File.ReadAllBytes(committed).AsSpan().SequenceEqual(File.ReadAllBytes(now)),
            $"{committed}: expected what verification says now, which is in {now}. Compare them, and copy that file over it if the change is meant.");
    }

    [Fact]
    public void The_guide_says_in_the_same_words_what_verification_cannot_tell()
    {
        var bullets = TamperingWords.After[TamperingWords.After.IndexOf("- **", StringComparison.Ordinal)..].TrimEnd();
        Assert.Contains(OnOneLine(bullets), OnOneLine(File.ReadAllText(Scripting.Paths.fromRoot("docs/guides/verification.md"))), StringComparison.Ordinal);

        static string OnOneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Replay_lets_nothing_pass_but_what_a_run_alone_can_know() =>
        Assert.Equal(Parts(row => row.Tampering.IsBelieved), Parts(row => row.Replayed.Status == VerificationStatus.Ok));

    [Fact]
    public void Replay_finds_all_that_is_found_without() => Assert.Empty(Parts(row => row.Replayed.Status < row.Plain.Status));

    [Fact]
    public void Tamperings_are_told_apart_by_their_words() =>
        Assert.Equal(outcomes.Rows.Count, outcomes.Rows.Select(row => (row.Tampering.Run, row.Tampering.Part, row.Tampering.What)).Distinct().Count());

    private IEnumerable<string> Parts(Func<(Tampering Tampering, RunVerification Plain, RunVerification Replayed), bool> which) =>
        outcomes.Rows.Where(which).Select(row => $"{row.Tampering.Run}, {row.Tampering.Part}: {row.Tampering.What}");

    /// <summary>All tamperings, made and verified once.</summary>
    public sealed class Outcomes
    {
        public Outcomes()
        {
            using var runs = new TamperedRuns();
            Rows = [.. Tamperings.All.Select(tampering => Row(tampering, runs))];
        }

        internal IReadOnlyList<(Tampering Tampering, RunVerification Plain, RunVerification Replayed)> Rows { get; }

        /// <summary>The table and the words around it.</summary>
        public string Table()
        {
            var text = new StringBuilder(TamperingWords.Before(Count(row => row.Plain), Count(row => row.Replayed)));
            text.Append("| | run | file | what was changed | `verify.fsx` | `replay=true` |\n| ---: | --- | --- | --- | --- | --- |\n");
            foreach (var (index, (tampering, plain, replayed)) in Rows.Index())
            {
                var again = Cell(replayed) == Cell(plain) ? "the same" : Cell(replayed);
                text.Append($"| {index + 1} | {tampering.Run} | {tampering.Part} | {tampering.What} | {Cell(plain)} | {again} |\n");
            }

            return text.Append(TamperingWords.After).ToString();
        }

        private static (Tampering Tampering, RunVerification Plain, RunVerification Replayed) Row(Tampering tampering, TamperedRuns runs)
        {
            var (plain, replayed) = runs.Verify(tampering);
            return (tampering, plain, replayed);
        }

        /// <summary>The status and what it is about; values would make the table too wide.</summary>
        private static string Cell(RunVerification verification) => verification.Status switch
        {
            VerificationStatus.Ok => verification.Notes.Count > 0 ? $"ok ({string.Join("; ", verification.Notes)})" : "ok",
            VerificationStatus.Unchecked => $"unchecked: {string.Join("; ", verification.Unchecked)}",
            _ => $"FAILED: {verification.Findings[0].File}: {verification.Findings[0].Subject}",
        };

        private Dictionary<VerificationStatus, int> Count(Func<(Tampering Tampering, RunVerification Plain, RunVerification Replayed), RunVerification> of) =>
            Rows.Where(row => row.Tampering.Part != Tampering.Nothing).CountBy(row => of(row).Status).ToDictionary();
    }
}
