using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using SparseCore.Engine;
using TorchSharp;

namespace SparseCore.Torch;

/// <summary>Where and how engines compute: one device, one number format, some threads. Every call into libtorch goes through <see cref="Run{T}"/>.</summary>
internal sealed class TorchDevice
{
    private const int VectorsOnGpu = 16;

    /// <summary>Whatever the engines differ in, their examples are the same.</summary>
    private static readonly ConcurrentDictionary<string, DeviceExamples> ExamplesByDevice = new(StringComparer.Ordinal);

    [ThreadStatic]
    private static int threadsOfThisThread;

    private readonly int threads;

    /// <summary>A device that exists, in a process that has loaded libtorch.</summary>
    /// <param name="kind">The device, as libtorch names it.</param>
    /// <param name="precision">The number format.</param>
    /// <param name="threads">Threads of one operation on the processor.</param>
    /// <param name="residentBytes">Bytes of a data set up to which it is kept on the device.</param>
    public TorchDevice(torch.Device kind, Precision precision, int threads, long residentBytes)
        : this(kind, precision, threads, new DeviceExamples(kind, residentBytes))
    {
    }

    private TorchDevice(torch.Device kind, Precision precision, int threads, DeviceExamples examples)
    {
        this.threads = threads;
        Device = kind;
        Precision = precision;
        Examples = examples;
    }

    /// <summary>The device, as libtorch names it.</summary>
    public torch.Device Device { get; }

    /// <summary>The number format of activations and products.</summary>
    public Precision Precision { get; }

    /// <summary>The examples on the device.</summary>
    public DeviceExamples Examples { get; }

    /// <summary>Whether it is a GPU.</summary>
    public bool IsGpu => Device.type != DeviceType.CPU;

    /// <summary>Whether reading a number from the device costs nothing; a GPU would have to be waited for.</summary>
    public bool ReadsFreely { get; init; } = true;

    /// <summary>Parameter vectors that are evaluated at once: a GPU is not filled by one small network, and every operation costs a start.</summary>
    public int VectorsAtOnce { get; init; } = 1;

    /// <summary>Examples that are evaluated at once, all vectors together.</summary>
    public int EvaluationBatch { get; init; } = 256;

    /// <summary>The usual settings of a kind of device.</summary>
    public static TorchDevice Of(torch.Device kind, Precision precision, int threads, long residentBytes)
    {
        var examples = ExamplesByDevice.GetOrAdd(kind.ToString(), _ => new DeviceExamples(kind, residentBytes));
        return kind.type == DeviceType.CPU
            ? new TorchDevice(kind, precision, threads, examples)
            : new TorchDevice(kind, precision, threads, examples) { ReadsFreely = false, VectorsAtOnce = VectorsOnGpu, EvaluationBatch = 4096 };
    }

    /// <summary>Runs work on tensors; those that it leaves behind are freed. What libtorch throws becomes a sentence.</summary>
    /// <exception cref="TorchException">The device's memory is not enough, or libtorch failed.</exception>
    public T Run<T>(Func<T> work)
    {
        Prepare();
        using var scope = torch.NewDisposeScope();
        try
        {
            return work();
        }
        catch (ExternalException error)
        {
            throw Explain(error);
        }
    }

    /// <summary>As <see cref="Run{T}"/>, without a result.</summary>
    public void Run(Action work) => Run(() =>
    {
        work();
        return true;
    });

    /// <summary>libtorch's threads belong to the calling thread, its number format to the process.</summary>
    private void Prepare()
    {
        if (threadsOfThisThread != threads)
        {
            torch.set_num_threads(threads);
            threadsOfThisThread = threads;
        }

        if (IsGpu)
        {
            var rounds = Precision == Precision.TensorFloat32;
            torch.backends.cuda.matmul.allow_tf32 = rounds;
            torch.backends.cudnn.allow_tf32 = rounds;
        }
    }

    private TorchException Explain(ExternalException error)
    {
        var first = error.Message.Split('\n')[0].Trim();
        var isMemory = first.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || first.Contains("can't allocate memory", StringComparison.Ordinal);
        return new TorchException(
            isMemory
                ? $"The memory of the device '{Device}' is not enough: {first} Compute fewer examples at once (micro-batch=), choose a smaller batch=, or run fewer runs side by side (jobs=1)."
                : $"libtorch failed on the device '{Device}': {first}",
            error);
    }
}
