using System.Diagnostics;
using SparseCore.Torch.Tests.Library;

namespace SparseCore.Torch.Tests;

/// <summary>The program that checks GPUs, in processes of its own on the processor.</summary>
public sealed class GpuChecksTests
{
    [Fact]
    public void All_rows_of_the_table_are_ok_on_the_processor()
    {
        var (code, output, errors) = Run("device=cpu", "quick=true", "python=none", "threads=1");
        Assert.True(code == 0, output + errors);
        var rows = output.Split('\n').Where(line => line.EndsWith("| ok", StringComparison.Ordinal)).ToArray();
        Assert.Contains($"All {rows.Length} rows are as expected.", output, StringComparison.Ordinal);
        Assert.All(
            ["contract of every engine", "micro-batch 16", "device=cuda:99", "RigL: first 20 losses", "RigL: masks after", "two equal runs", "lenet5 28x28, batch 128, float32", "resnet50"],
            check => Assert.Contains(rows, row => row.StartsWith(check, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_setting_that_is_unknown_is_a_sentence_and_exit_code_1()
    {
        var (code, output, errors) = Run("devise=cpu");
        Assert.Equal((1, ""), (code, output));
        Assert.Matches("^Expected settings of device=.*found 'devise=cpu'", errors);
    }

    [Fact]
    public void Short_runs_leave_the_same_bits_in_two_processes_of_two_threads()
    {
        var runs = new[] { 1, 2 }.Select(_ => Run("bits", "threads=2")).ToArray();
        Assert.All(runs, run => Assert.True(run.Code == 0, run.Errors));
        Assert.Matches("^lenet5 [0-9a-f]{64}\nresnet20 [0-9a-f]{64}\n$", runs[0].Output);
        Assert.Equal(runs[0].Output, runs[1].Output);
    }

    [Fact]
    public void Repeatable_runs_leave_the_same_bits_with_one_and_with_two_threads()
    {
        var runs = new[] { 1, 2 }.Select(threads => Run("bits", $"threads={threads}", "repeatable=true")).ToArray();
        Assert.All(runs, run => Assert.True(run.Code == 0, run.Errors));
        Assert.Equal(runs[0].Output, runs[1].Output);

        // Without it they do not, or the test above would hold nothing.
        Assert.NotEqual(Run("bits", "threads=1").Output, Run("bits", "threads=2").Output);
    }

    private static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "SparseCore.GpuChecks.dll");
        string[] all = [program, .. arguments, $"torch={RealLibraries.Folder}"];
        var start = new ProcessStartInfo("dotnet", all) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_WAIT_POLICY"] = "passive"; // waiting threads would take the cores from the tests of others
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
