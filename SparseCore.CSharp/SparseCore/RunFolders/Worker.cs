namespace SparseCore.RunFolders;

/// <summary>A process that makes runs, as the others that share the work with it name it.</summary>
/// <param name="Host">The machine: its name in the cluster, or its own.</param>
/// <param name="Process">Number of the process there.</param>
/// <param name="Job">Slurm's number of the job, with the task of an array ("1234_5"); null outside of one.</param>
public sealed record Worker(string Host, int Process, string? Job)
{
    /// <summary>This process.</summary>
    public static Worker Current { get; } = new Worker(ThisHost.Name, Environment.ProcessId, JobName()).Shown;

    /// <summary>The same with foreign text made visible, as read from a file of anyone's.</summary>
    internal Worker Shown => this with { Host = ForeignText.OneLine(Host), Job = Job is null ? null : ForeignText.OneLine(Job) };

    /// <summary>The worker in words: "node1, process 42, job 1234_5".</summary>
    public override string ToString() => FormattableString.Invariant($"{Host}, process {Process}{(Job is null ? string.Empty : $", job {Job}")}");

    private static string? JobName()
    {
        var (array, task, job) = (Of("SLURM_ARRAY_JOB_ID"), Of("SLURM_ARRAY_TASK_ID"), Of("SLURM_JOB_ID"));
        return array is not null && task is not null ? $"{array}_{task}" : job;

        static string? Of(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
    }
}
