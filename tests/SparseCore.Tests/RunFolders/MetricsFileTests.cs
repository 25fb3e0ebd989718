using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SparseCore.RunFolders;
using SparseCore.Tests.Checkpoints;

namespace SparseCore.Tests.RunFolders;

public class MetricsFileTests
{
    [Fact]
    public void Read_after_Append_gives_the_same_bits()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.csv");
        Prop.ForAll<double[]>(ArbMap.Default.ArbFor<double[]>(), values =>
        {
            using (var file = MetricsFile.Create(path))
            {
                for (var index = 0; index < values.Length; index++)
                {
                    file.Append("test/loss", index, values[index]);
                }

                file.Flush();
                Assert.Equal(new FileInfo(path).Length, file.Length);
            }

            Assert.Equal(values.Select(BitConverter.DoubleToInt64Bits), MetricsFile.Read(path).Select(row => BitConverter.DoubleToInt64Bits(row.Value)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Flush_writes_this_table()
    {
        using var folder = new TemporaryFolder();
        using var file = MetricsFile.Create(folder.File("metrics.csv"));
        file.Append("train_loss", 0, 2.5);
        file.Append("test_accuracy", 500, 0.1);
        file.Append("gradient_norm", 500, double.NaN);
        file.Flush();
        Assert.Equal("metric,step,value\ntrain_loss,0,2.5\ntest_accuracy,500,0.1\ngradient_norm,500,NaN\n", File.ReadAllText(folder.File("metrics.csv")));
    }

    [Fact]
    public void What_is_shown_is_seen_and_counts_as_written_only_when_it_is_flushed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.csv");
        using (var file = MetricsFile.Create(path))
        {
            file.Append("test_loss", 0, 1);
            file.Flush();
            var flushed = file.Length;
            file.Append("test_loss", 10, 2);
            file.Show();
            file.Append("test_loss", 20, 3);
            Assert.Equal([0, 10], MetricsFile.ReadSoFar(path).Select(row => row.Step));
            Assert.Equal(flushed, file.FlushedLength);
            Assert.Equal("test_loss,10,2\ntest_loss,20,3\n", file.Pending);
            file.Hide();
            Assert.Equal([0], MetricsFile.Read(path).Select(row => row.Step));
            file.Show();
            file.Show();
            file.Flush();
            Assert.Equal(file.Length, new FileInfo(path).Length);
            file.Append("test_loss", 30, 4);
            file.Show();
        }

        Assert.Equal([0, 10, 20], MetricsFile.Read(path).Select(row => row.Step)); // what was never flushed went with the writer
    }

    [Fact]
    public void ReadSoFar_leaves_out_a_line_that_is_cut_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.csv");
        const string table = "metric,step,value\ntest_loss,0,1\ntest_loss,10,2\n";
        for (var length = 0; length <= table.Length; length++)
        {
            File.WriteAllText(path, table[..length]);
            var rows = MetricsFile.ReadSoFar(path);
            Assert.Equal(Math.Max(0, table[..length].Count(letter => letter == '\n') - 1), rows.Count);
            AssertSummary(rows, MetricsFile.SummarizeSoFar(path));
        }

        foreach (var (content, line) in new[] { ("metric,step,value\ntest_loss,0\ntest_loss,10,2", 2), ("another", 1), ("another\n", 1), ("metric,step,value of any kind", 1) })
        {
            File.WriteAllText(path, content);
            Assert.Contains($"line {line}", Assert.Throws<RunFolderException>(() => MetricsFile.ReadSoFar(path)).Message);
            Assert.Contains($"line {line}", Assert.Throws<RunFolderException>(() => MetricsFile.SummarizeSoFar(path)).Message);
        }
    }

    [Fact]
    public void A_summary_is_what_the_rows_come_to()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.csv");
        Prop.ForAll<(byte Name, ushort Step, double Value)[]>(ArbMap.Default.ArbFor<(byte, ushort, double)[]>(), rows =>
        {
            using (var file = MetricsFile.Create(path))
            {
                // Names in turns, as runs write them, and more of them than are kept for the next line.
                Array.ForEach(rows, row => file.Append($"metric_{row.Name % (rows.Length > 10 ? 100 : 3)}", row.Step, row.Value));
                file.Flush();
            }

            AssertSummary(MetricsFile.Read(path), MetricsFile.Summarize(path));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_summary_of_a_long_table_takes_little_memory()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.csv");
        var lines = new StringBuilder("metric,step,value\n");
        for (var step = 0; step < 100_000; step++)
        {
            lines.Append("test_loss,").Append(step).Append(",0.25\n");
        }

        File.WriteAllText(path, lines.ToString());
        _ = MetricsFile.Summarize(path);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(99_999, MetricsFile.Summarize(path).LastStep);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000); // the file has 2 MB, its rows 2.4
    }

    [Fact]
    public void Resume_cuts_at_the_recorded_length_and_ends_with_the_bytes_of_an_uninterrupted_run()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.csv");
        long length;
        using (var file = MetricsFile.Create(path))
        {
            file.Append("loss", 0, 1);
            file.Flush();
            length = file.Length;
            file.Append("loss", 1, 2);
            file.Flush();
        }

        var whole = File.ReadAllBytes(path);
        for (var cut = length; cut <= whole.Length; cut++)
        {
            File.WriteAllBytes(path, whole[..(int)cut]);
            using (var file = MetricsFile.Resume(path, length))
            {
                Assert.Equal(length, file.Length);
                file.Append("loss", 1, 2);
                file.Flush();
            }

            Assert.Equal(whole, File.ReadAllBytes(path));
        }
    }

    [Fact]
    public void Read_refuses_a_table_cut_in_the_middle_of_a_line_by_line_number()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.csv");
        var whole = Encoding.ASCII.GetBytes("metric,step,value\nloss,0,1.25\nloss,10,0.5\n");
        for (var cut = 0; cut < whole.Length; cut++)
        {
            File.WriteAllBytes(path, whole[..cut]);
            if (cut > 0 && whole[cut - 1] == '\n')
            {
                Assert.Equal(cut == 18 ? 0 : 1, MetricsFile.Read(path).Count);
                continue;
            }

            var line = cut < 18 ? 1 : cut < 30 ? 2 : 3;
            Assert.Contains($"line {line}: expected ", Assert.Throws<RunFolderException>(() => MetricsFile.Read(path)).Message);
        }
    }

    [Theory]
    [InlineData("loss,1")]
    [InlineData("loss,1,2,3")]
    [InlineData(",1,2")]
    [InlineData("lo ss,1,2")]
    [InlineData("loss,-1,2")]
    [InlineData("loss,1.5,2")]
    [InlineData("loss,99999999999,2")]
    [InlineData("loss,1,two")]
    [InlineData("loss,1,2.50")]
    [InlineData("loss,1,2\r")]
    [InlineData("loss,01,2")]
    [InlineData("")]
    public void Read_refuses_a_malformed_line(string line)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.csv");
        File.WriteAllText(path, $"metric,step,value\nloss,0,1\n{line}\n");
        Assert.Contains("line 3: ", Assert.Throws<RunFolderException>(() => MetricsFile.Read(path)).Message);
    }

    [Fact]
    public void Resume_refuses_a_table_shorter_than_recorded_and_one_damaged_before_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("metrics.csv");
        File.WriteAllText(path, "metric,step,value\nloss,0,1\n");
        Assert.Contains("at least the 100 bytes", Assert.Throws<RunFolderException>(() => MetricsFile.Resume(path, 100)).Message);
        Assert.Contains("line 2", Assert.Throws<RunFolderException>(() => MetricsFile.Resume(path, 25)).Message);
        Assert.Throws<RunFolderException>(() => MetricsFile.Resume(folder.File("absent"), 18));
    }

    [Theory]
    [InlineData("a,b", 0)]
    [InlineData("", 0)]
    [InlineData("a\nb", 0)]
    [InlineData("a", -1)]
    public void Append_refuses_names_and_steps_that_would_break_the_table(string metric, int step)
    {
        using var folder = new TemporaryFolder();
        using var file = MetricsFile.Create(folder.File("metrics.csv"));
        Assert.Throws<ArgumentException>(() => file.Append(metric, step, 1));
    }

    private static void AssertSummary(IReadOnlyList<MetricRow> rows, MetricsSummary summary)
    {
        Assert.Equal(rows.Count == 0 ? null : rows[^1].Step, summary.LastStep);
        Assert.Equal(rows.Select(row => row.Metric).Distinct(), summary.Metrics.Select(one => one.Metric));
        Assert.Null(summary.Of("absent"));
        foreach (var metric in rows.GroupBy(row => row.Metric, row => row.Value))
        {
            var one = summary.Of(metric.Key)!;
            double[] numbers = [.. metric.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN)];
            Assert.Equal((metric.Last(), numbers.Min(), numbers.Max()), (one.Last, one.Least, one.Greatest));
        }
    }
}
