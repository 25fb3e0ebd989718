namespace SparseCore.Cpu;

/// <summary>
/// Persistent threads that run the parts of a job together with the caller. Between jobs a worker spins for some tens of microseconds, the time between two training
/// steps, and then parks. Nothing is allocated per job.
/// </summary>
internal sealed class WorkerTeam : IDisposable
{
    private const int Spins = 2000;
    private readonly Worker[] workers;
    private Action<int>? job;
    private int generation;
    private int pending;
    private volatile bool stopping;
    private Exception? failure;

    /// <summary>Starts the threads.</summary>
    /// <param name="participants">Threads that take part in a job, the caller included; 1 starts none.</param>
    public WorkerTeam(int participants)
    {
        workers = new Worker[participants - 1];
        for (var index = 0; index < workers.Length; index++)
        {
            var worker = new Worker(this, index + 1);
            workers[index] = worker;
            new Thread(worker.Loop) { IsBackground = true, Name = $"engine worker {index + 1}" }.Start();
        }
    }

    /// <summary>Threads that take part in a job, the caller included.</summary>
    public int Participants => workers.Length + 1;

    /// <summary>Runs part(0) on the caller and part(1), part(2), ... on the workers; returns when all are done.</summary>
    /// <exception cref="InvalidOperationException">A part failed on a worker; the inner exception says how.</exception>
    public void Run(Action<int> part)
    {
        if (workers.Length == 0)
        {
            part(0);
            return;
        }

        job = part;
        failure = null;
        Volatile.Write(ref pending, workers.Length);
        Interlocked.Increment(ref generation);
        WakeAll();

        try
        {
            part(0);
        }
        finally
        {
            // Parts take about the same time: the others are nearly done, and giving up the core would cost more than waiting on it.
            var wait = default(SpinWait);
            for (var spin = 0; Volatile.Read(ref pending) != 0; spin++)
            {
                if (spin < Spins)
                {
                    Thread.SpinWait(1);
                }
                else
                {
                    wait.SpinOnce(sleep1Threshold: -1);
                }
            }
        }

        if (failure is not null)
        {
            throw new InvalidOperationException($"A worker thread of the engine failed: {failure.Message}", failure);
        }
    }

    public void Dispose()
    {
        stopping = true;
        Interlocked.Increment(ref generation);
        WakeAll();
    }

    /// <summary>Opens the doors of all parked workers. One that finds no new job parks again.</summary>
    internal void WakeAll()
    {
        foreach (var worker in workers)
        {
            worker.Wake();
        }
    }

    private sealed class Worker(WorkerTeam team, int part)
    {
        private readonly SemaphoreSlim door = new(0);
        private int parked;

        /// <summary>Opens the door if the worker is parked.</summary>
        public void Wake()
        {
            if (Interlocked.Exchange(ref parked, 0) == 1)
            {
                door.Release();
            }
        }

        public void Loop()
        {
            var seen = 0;
            while (true)
            {
                seen = AwaitChange(seen);
                if (team.stopping)
                {
                    return;
                }

                try
                {
                    team.job!(part);
                }
                catch (Exception exception)
                {
                    Interlocked.CompareExchange(ref team.failure, exception, null);
                }

                Interlocked.Decrement(ref team.pending);
            }
        }

        private int AwaitChange(int seen)
        {
            while (true)
            {
                for (var spin = 0; spin < Spins; spin++)
                {
                    if (Volatile.Read(ref team.generation) != seen)
                    {
                        return Volatile.Read(ref team.generation);
                    }

                    Thread.SpinWait(1);
                }

                // After "parked" is set, either this thread sees the new generation and takes the flag back, or Wake sees the flag and opens the door.
                Interlocked.Exchange(ref parked, 1);
                if (Volatile.Read(ref team.generation) == seen || Interlocked.CompareExchange(ref parked, 0, 1) == 0)
                {
                    door.Wait();
                }

                // The door may also open late: for the job that this thread saw, did and parked after while the caller was not given a core.
                if (Volatile.Read(ref team.generation) != seen)
                {
                    return Volatile.Read(ref team.generation);
                }
            }
        }
    }
}
