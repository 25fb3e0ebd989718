using System.Diagnostics;
using System.Globalization;

namespace SparseCore.Benchmarks;

/// <summary>A Python process that answers each line with microseconds, so that it can take turns with the engine.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process process;

    private Peer(Process process) => this.process = process;

    /// <summary>Starts a script of the folder peers; null when PyTorch is missing, after saying how to install it.</summary>
    /// <param name="python">The Python interpreter.</param>
    /// <param name="script">File name.</param>
    /// <param name="conditions">What to print beside PyTorch's version.</param>
    public static Peer? Start(string python, string script, string conditions)
    {
        var start = new ProcessStartInfo(python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "peers", script));
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            Console.Error.WriteLine(
                $"Cannot start '{python}' ({exception.Message}). Name an interpreter with python=PATH; on Debian: apt-get install python3-torch python3-torchvision.");
            return null;
        }

        process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        var hello = process.StandardOutput.ReadLine();
        if (hello is null || !hello.StartsWith("torch ", StringComparison.Ordinal))
        {
            var reason = process.StandardError.ReadToEnd().Trim().Split('\n')[^1];
            Console.Error.WriteLine(
                $"'{python}' cannot run {script} ({reason}); on Debian: apt-get install python3-torch python3-torchvision, then python=/usr/bin/python3.");
            process.Dispose();
            return null;
        }

        process.BeginErrorReadLine();
        Console.WriteLine($"PyTorch {hello[6..]}, {conditions}");
        return new Peer(process);
    }

    /// <summary>Asks for work and adds the times it took, in microseconds.</summary>
    public void Ask(string request, Times times)
    {
        process.StandardInput.WriteLine(request);
        process.StandardInput.Flush();
        var answer = process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("The PyTorch process ended before it answered; its messages are above.");
        foreach (var cell in answer.Split(' '))
        {
            times.Add(double.Parse(cell, CultureInfo.InvariantCulture));
        }
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
