using SparseCore.Data;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace SparseCore.Torch;

/// <summary>The losses of the steps since they were last read. They stay on the device, so that no step waits for it, with the batches they belong to.</summary>
/// <param name="device">The device.</param>
internal sealed class LossHistory(torch.Device device) : IDisposable
{
    /// <summary>Losses that are kept before they are read, asked for or not.</summary>
    private const int Capacity = 128;

    private readonly Tensor losses = torch.zeros(Capacity, device: device).DetachFromDisposeScope();
    private readonly List<Batch> batches = [];
    private float last = float.NaN;

    /// <summary>The batch of the first loss that is not finite, or of the last step where all are; null before any step.</summary>
    public Batch? Suspect { get; private set; }

    /// <summary>The loss of a step. Shape [].</summary>
    public void Add(Tensor loss, Dataset data, int[] examples)
    {
        if (batches.Count == Capacity)
        {
            ReadAll();
        }

        losses.select(0, batches.Count).copy_(loss);
        batches.Add(new Batch(data, examples));
    }

    /// <summary>The first loss that is not finite since the parameters were loaded, or else the last; NaN before any step. Waits for the device.</summary>
    public float Read()
    {
        ReadAll();
        return last;
    }

    /// <summary>Forgets everything: new parameters were loaded.</summary>
    public void Clear()
    {
        batches.Clear();
        (last, Suspect) = (float.NaN, null);
    }

    public void Dispose() => losses.Dispose();

    private void ReadAll()
    {
        if (batches.Count == 0)
        {
            return;
        }

        var values = new float[batches.Count];
        HostTensors.Read(losses.narrow(0, 0, batches.Count), values);
        if (Suspect is null || float.IsFinite(last))
        {
            var first = Array.FindIndex(values, value => !float.IsFinite(value));
            var place = first < 0 ? values.Length - 1 : first;
            (last, Suspect) = (values[place], batches[place]);
        }

        batches.Clear();
    }

    /// <summary>The examples of a step.</summary>
    internal sealed record Batch(Dataset Data, int[] Examples);
}
