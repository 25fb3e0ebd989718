using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Pages.Tests;

/// <summary>`dotnet fsi scripts/browse.fsx` as a user starts it.</summary>
internal sealed class BrowseCommand : IAsyncDisposable
{
    /// <summary>What Ctrl-C sends.</summary>
    public const int Interrupt = 2;

    /// <summary>What `kill` sends.</summary>
    public const int Terminate = 15;

    /// <summary>The first start may build the toolkit.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly Process process;
    private readonly Task<string> output;
    private readonly Task<string> errors;
    private readonly TaskCompletionSource<string> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BrowseCommand(IEnumerable<string> settings)
    {
        var program = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        process = Process.Start(new ProcessStartInfo(program, ["fsi", "scripts/browse.fsx", .. settings])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        output = ReadOutputAsync();
        errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>The address that it printed.</summary>
    public Uri Address => new(address.Task.Result);

    /// <summary>The process that does the work; `dotnet` starts it in turn.</summary>
    public int Worker
    {
        get
        {
            var worker = process.Id;
            while (ChildOf(worker) is { } child)
            {
                worker = child;
            }

            return worker;
        }
    }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">It ended, or said no address in time.</exception>
    public static async Task<BrowseCommand> StartAsync(params string[] settings)
    {
        var command = new BrowseCommand(["port=0", "open=false", .. settings]);
        var first = await Task.WhenAny(command.address.Task, command.process.WaitForExitAsync(), Task.Delay(StartLimit));
        if (first == command.address.Task)
        {
            return command;
        }

        var reason = command.process.HasExited ? $"ended with {command.process.ExitCode}: {await command.output}{await command.errors}" : $"printed no address within {StartLimit}";
        await command.DisposeAsync();
        throw new InvalidOperationException($"scripts/browse.fsx {string.Join(' ', settings)} {reason}");
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] settings)
    {
        await using var command = new BrowseCommand(settings);
        await command.process.WaitForExitAsync().WaitAsync(StartLimit);
        return (command.process.ExitCode, await command.output, await command.errors);
    }

    /// <summary>Sends a signal and waits for the end.</summary>
    public async Task<(int Code, string Output, string Errors)> StopAsync(int signal)
    {
        if (SendSignal(Worker, signal) != 0)
        {
            throw new InvalidOperationException($"The process {Worker} takes no signal.");
        }

        await process.WaitForExitAsync().WaitAsync(StopLimit);
        return (process.ExitCode, await output, await errors);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task<string> ReadOutputAsync()
    {
        var text = new StringBuilder();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            text.Append(line).Append('\n');
            if (line.StartsWith("http://", StringComparison.Ordinal))
            {
                address.TrySetResult(line.Trim());
            }
        }

        return text.ToString();
    }

    /// <summary>A process that another one started, by Linux's table of processes; null where there is none.</summary>
    private static int? ChildOf(int parent)
    {
        foreach (var folder in Directory.Exists("/proc") ? Directory.EnumerateDirectories("/proc") : [])
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var process) && ParentOf(folder) == parent)
            {
                return process;
            }
        }

        return null;
    }

    private static int? ParentOf(string folder)
    {
        try
        {
            // "process (name) state parent ...": a name may hold anything.
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            return int.Parse(text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null; // it has ended meanwhile
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
