using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.FSharp.Core;
using SparseCore.Plans;
using SparseCore.Training;

namespace SparseCore.Faults;

/// <summary>A real process of its own that trains a toy run, to be killed, stopped or left alone.</summary>
internal sealed class TrainingProcess : IDisposable
{
    /// <summary>First argument that makes this program train; see <see cref="Train"/>.</summary>
    public const string Verb = "train";

    /// <summary>Instead of an exit code; no code of a process.</summary>
    public const int Hangs = -1;

    private const int Many = 1_000_000;
    private const int TerminateSignal = 15;
    private const int InterruptSignal = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly Process process;
    private readonly StringBuilder errors = new();
    private readonly SemaphoreSlim reports = new(0);

    private TrainingProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => reports.Release(line.Data is null ? Many : 1); // null: the process has ended
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What the process wrote to its error stream, once it has ended.</summary>
    public string Errors => errors.ToString();

    /// <summary>Starts a process.</summary>
    /// <param name="root">The folder of runs.</param>
    /// <param name="method">Which run to make, with all it derives from.</param>
    /// <param name="steps">Length of each run.</param>
    /// <param name="saveInterval">Steps between checkpoints.</param>
    /// <param name="threads">Threads of the engine.</param>
    public static TrainingProcess Start(string root, string method, int steps, int saveInterval, int threads)
    {
        var start = OwnProcess.StartInfo(Verb, root, method, Text(steps), Text(saveInterval), Text(threads));
        return new TrainingProcess(new Process { StartInfo = start });

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The life of such a process: makes the run as a script would, with signals and exit codes handled by the scripts' own code.</summary>
    /// <param name="arguments">As <see cref="Start"/> gives them, without the verb.</param>
    /// <returns>The exit code.</returns>
    public static int Train(string[] arguments)
    {
        var numbers = arguments.Skip(2).Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var run = ToyRuns.Plan(arguments[1], numbers[0], numbers[1]);
        var executor = ToyRuns.Executor(arguments[0], numbers[2]);
        return Scripting.Program.execute(Console.Error, FSharpFunc<CancellationToken, Unit>.FromConverter(cancellation =>
        {
            var failed = RunGraph.Execute([run], executor, jobs: 1, new Announcer(numbers[1]), cancellation);
            return failed.Count == 0 ? null! : throw new TrainingException(string.Join("; ", failed.Select(one => one.Reason)));
        }));
    }

    /// <summary>Waits until the process has begun to train (1) or saved so many checkpoints less one, or has ended, and then a little.</summary>
    public void WaitForReports(int count, TimeSpan andThen)
    {
        for (var index = 0; index < count; index++)
        {
            reports.Wait();
        }

        process.WaitForExit(andThen);
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public void Kill() => process.Kill();

    /// <summary>SIGTERM, as `kill`, batch systems and shutdowns send it.</summary>
    public void Terminate() => _ = SendSignal(process.Id, TerminateSignal);

    /// <summary>SIGINT, as Ctrl-C sends it.</summary>
    public void Interrupt() => _ = SendSignal(process.Id, InterruptSignal);

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code; 128 + signal after a deadly signal; <see cref="Hangs"/> when it did not end in ten minutes and was killed.</returns>
    public int Wait()
    {
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            process.WaitForExit();
            return Hangs;
        }

        process.WaitForExit(); // also for the rest of what it writes
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.WaitForExit();
        process.Dispose();
        reports.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);

    /// <summary>A line at the beginning and one for every checkpoint.</summary>
    private sealed class Announcer(int saveInterval) : IRunProgress
    {
        public void Started(TrainingPlan plan, int step) => Console.WriteLine("begun");

        public void Advanced(TrainingPlan plan, int step)
        {
            if (step % saveInterval == 0)
            {
                Console.WriteLine("saved");
            }
        }

        public void Finished(TrainingPlan plan, bool trained)
        {
            // The exit code says so.
        }

        public void Failed(TrainingPlan plan, string reason)
        {
            // The graph lists it.
        }

        public void Warned(TrainingPlan plan, string message)
        {
            // Warnings change nothing.
        }
    }
}
