using System.Runtime.InteropServices;

namespace SparseCore.Faults;

/// <summary>Processor time of the calling thread. Unlike time on the wall it does not grow while other work has the processor.</summary>
internal static partial class ThreadClock
{
    private static readonly int OfThread = OperatingSystem.IsMacOS() ? 16 : 3; // CLOCK_THREAD_CPUTIME_ID

    /// <summary>Time that this thread has computed since its start.</summary>
    /// <exception cref="PlatformNotSupportedException">The system has no such clock.</exception>
    public static TimeSpan Now
    {
        get
        {
            if (Read(OfThread, out var time) != 0)
            {
                throw new PlatformNotSupportedException($"The clock of a thread cannot be read (error {Marshal.GetLastPInvokeError()}).");
            }

            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000);
        }
    }

    [DllImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static extern int Read(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Time
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
