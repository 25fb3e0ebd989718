using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Torch.Library;
using TorchSharp;

namespace SparseCore.Torch;

/// <summary>Makes <see cref="TorchEngine"/>s on one device.</summary>
public sealed class TorchEngineFactory : IEngineFactory
{
    private readonly TorchDevice device;
    private readonly int? microBatch;

    /// <summary>Loads libtorch, where this process has not done so, and finds the device.</summary>
    /// <param name="options">Device ("cpu", "cuda", "cuda:1"), number format, threads, micro-batch, and whether bits are the same for any number of threads.</param>
    /// <param name="folder">The folder with libtorch; null for the restored package.</param>
    /// <exception cref="TorchException">libtorch cannot be found or loaded, or there is no such device, or it does not know the number format; the message says what to do.</exception>
    public TorchEngineFactory(EngineOptions options, string? folder = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        if (options.MicroBatch is { } part)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(part, 1);
        }

        var isOnProcessor = !LibtorchDevice.Parse(options.Device).IsCuda;
        if (options.IsRepeatable && !isOnProcessor)
        {
            throw new TorchException(
                $"repeatable=true is for libtorch on the processor, found device={options.Device}: a GPU always takes its deterministic algorithms. Leave it out, or use device=cpu.");
        }

        if (isOnProcessor)
        {
            RepeatableProducts.Choose(options.IsRepeatable);
        }

        var library = LibtorchLoader.Load(folder, options.Device); // before the first use of TorchSharp
        if (options.IsRepeatable)
        {
            RepeatableProducts.Apply(library.Folder);
        }

        var usesOneDnn = isOnProcessor && !options.IsRepeatable && ConvolutionCheck.UsesOneDnn(library.Folder);
        var facts = DeviceFacts.Require(options, usesOneDnn);
        microBatch = options.MicroBatch;
        device = TorchDevice.Of(facts.Kind, options.Precision, options.Threads, facts.MemoryBytes / 4);
        if (device.IsGpu)
        {
            _ = DeterministicAlgorithms.TurnOn(library.Folder);
        }

        Identity = new EngineIdentity(
            Numerics: NumericsOf(library.Version, device.IsGpu, options),
            Device: facts.Name,
            Library: $"libtorch {library.Version}, TorchSharp {typeof(torch).Assembly.GetName().Version!.ToString(3)}",
            IsReproducible: !device.IsGpu,
            ReadsLossFreely: device.ReadsFreely);
    }

    /// <inheritdoc/>
    public EngineIdentity Identity { get; }

    /// <summary>Whether the same bits for any number of threads can be had there (<see cref="EngineOptions.IsRepeatable"/>).</summary>
    /// <param name="device">"cpu", "cuda" or "cuda:N".</param>
    /// <exception cref="TorchException">It is none of the devices.</exception>
    public static bool CanRepeat(string device) => !LibtorchDevice.Parse(device).IsCuda && RepeatableProducts.AreKnownHere;

    /// <inheritdoc/>
    public IEngine Create(Network network, MaskSet masks, int batchSize) => new TorchEngine(network, masks, batchSize, device, microBatch);

    /// <summary>What decides a run's bits, as far as a plan can know it: "torch-2.10.0-cuda-bf16", "torch-2.10.0-cpu-float32-repeatable-micro-32".</summary>
    private static string NumericsOf(string version, bool isGpu, EngineOptions options)
    {
        var name = $"torch-{version}-{(isGpu ? "cuda" : "cpu")}-{Precisions.NameOf(options.Precision)}";
        var products = options.IsRepeatable ? "-repeatable" : "";
        var parts = options.MicroBatch is { } part ? $"-micro-{part}" : "";
        return name + products + parts;
    }
}
