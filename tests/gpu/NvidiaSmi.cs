using System.Globalization;

namespace SparseCore.GpuChecks;

/// <summary>What nvidia-smi says of a GPU.</summary>
internal static class NvidiaSmi
{
    /// <summary>The driver's version.</summary>
    public static string Driver(string device) => Ask(device, "driver_version") ?? "unknown";

    /// <summary>Memory in use on the whole GPU, in MiB; libtorch keeps what it has freed. Null where nobody knows.</summary>
    public static string? MemoryInUse(string device) => Ask(device, "memory.used");

    private static int Index(string device) => device.Split(':') is [_, var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 0;

    private static string? Ask(string device, string what) => device == "cpu"
        ? null
        : ChildProcess.Run(20, "nvidia-smi", $"--query-gpu={what}", "--format=csv,noheader,nounits", "-i", Index(device).ToString(CultureInfo.InvariantCulture)).Output;
}
