using SparseCore.Cpu;

namespace SparseCore.Tests.Engine;

public class WorkerTeamTests
{
    [Fact]
    public void Run_does_every_part_once()
    {
        using var team = new WorkerTeam(3);
        var counts = new int[3];
        for (var run = 1; run <= 1000; run++)
        {
            team.Run(part => Interlocked.Increment(ref counts[part]));
            Assert.Equal([run, run, run], counts);
        }
    }

    /// <summary>On a busy machine the caller may lose its core between giving out a job and waking those who parked, and wake a worker that did the job already.</summary>
    [Fact]
    public void A_worker_that_is_woken_late_does_not_do_its_part_again()
    {
        using var team = new WorkerTeam(2);
        var counts = new int[2];
        for (var run = 1; run <= 5; run++)
        {
            team.Run(part => Interlocked.Increment(ref counts[part]));
            Thread.Sleep(20); // long enough to park, as a rule
            team.WakeAll();
            Thread.Sleep(20);
            Assert.Equal([run, run], counts);
        }
    }
}
