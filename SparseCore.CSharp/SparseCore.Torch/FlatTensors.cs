using SparseCore.Networks;
using SparseCore.Parameters;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace SparseCore.Torch;

/// <summary>
/// All numbers of a network as one flat tensor each, in the order of <see cref="ParameterBlock"/>, with a view for every tensor of parameters: an update of all
/// layers is a handful of operations, whatever their number, and a transfer is one copy.
/// </summary>
internal sealed class FlatTensors : IDisposable
{
    private readonly Network network;
    private readonly torch.Device device;
    private readonly bool readsFreely;
    private readonly Tensor isWeight; // 1 for weights, 0 for biases, scales and shifts: what L2 shrinks
    private readonly Tensor mask; // 1 for what exists
    private readonly Tensor zero;
    private readonly Tensor alive; // whether every loss since the last load was finite

    /// <summary>Zeros for a network; every weight exists.</summary>
    /// <param name="network">The network.</param>
    /// <param name="device">The device.</param>
    /// <param name="readsFreely">Whether reading a number from the device costs nothing.</param>
    public FlatTensors(Network network, torch.Device device, bool readsFreely)
    {
        this.network = network;
        this.device = device;
        this.readsFreely = readsFreely;
        using var scope = torch.NewDisposeScope();
        Values = torch.zeros(network.ValueCount, device: device).DetachFromDisposeScope();
        Momentum = torch.zeros(network.ParameterCount, device: device).DetachFromDisposeScope();
        Gradient = torch.zeros(network.ParameterCount, device: device).DetachFromDisposeScope();
        mask = torch.ones(network.ParameterCount, device: device).DetachFromDisposeScope();
        zero = torch.zeros(1, device: device).DetachFromDisposeScope();
        alive = torch.ones(1, dtype: torch.ScalarType.Bool, device: device).DetachFromDisposeScope();
        var marks = new float[network.ParameterCount];
        foreach (var tensor in network.Tensors.Where(tensor => tensor.Tensor.IsMasked))
        {
            marks.AsSpan(tensor.Offset, (int)tensor.Tensor.Count).Fill(1);
        }

        isWeight = HostTensors.From(marks, device).DetachFromDisposeScope();
        Views = [.. network.Tensors.Select(tensor => ViewOf(tensor).DetachFromDisposeScope())];
    }

    /// <summary>Parameters and running statistics. Shape [ValueCount].</summary>
    public Tensor Values { get; }

    /// <summary>Momentum. Shape [ParameterCount].</summary>
    public Tensor Momentum { get; }

    /// <summary>Where backward passes add the gradients of <see cref="Views"/>. Shape [ParameterCount].</summary>
    public Tensor Gradient { get; }

    /// <summary>A view of <see cref="Values"/> for each of the network's tensors, in their order; those that are trained collect their gradient.</summary>
    public IReadOnlyList<Tensor> Views { get; }

    /// <summary>Takes over masks; values and momentum outside them become 0.</summary>
    public void Rebuild(MaskSet masks)
    {
        var marks = new float[network.ParameterCount];
        Array.Fill(marks, 1f);
        var layer = 0;
        foreach (var tensor in network.Tensors.Where(tensor => tensor.Tensor.IsMasked))
        {
            var part = marks.AsSpan(tensor.Offset, (int)tensor.Tensor.Count);
            var active = masks[layer++];
            for (var first = active.NextInactive(0); first < active.Length;)
            {
                var end = active.NextActive(first);
                part[first..end].Clear();
                first = active.NextInactive(end);
            }
        }

        HostTensors.Copy(marks, mask);
    }

    /// <summary>Takes over parameters, and momentum or zeros.</summary>
    public void Load(ParameterBlock parameters, ParameterBlock? momentum)
    {
        using var scope = torch.NewDisposeScope();
        HostTensors.Copy(parameters.Values, Values);
        Values.narrow(0, 0, network.ParameterCount).mul_(mask);
        if (momentum is null)
        {
            Momentum.zero_();
        }
        else
        {
            HostTensors.Copy(momentum.Trained, Momentum);
            Momentum.mul_(mask);
        }

        alive.fill_(true);
    }

    /// <summary>Writes parameters and momentum, +0 outside the masks.</summary>
    public void Store(MaskSet masks, ParameterBlock parameters, ParameterBlock momentum)
    {
        HostTensors.Read(Values, parameters.Values);
        HostTensors.Read(Momentum, momentum.Trained);
        momentum.Values.AsSpan(network.ParameterCount).Clear();
        parameters.Apply(masks);
        momentum.Apply(masks);
    }

    /// <summary>
    /// Other parameter vectors with these masks, for <see cref="ForwardPass"/>: each of the network's tensors with as many times its first size.
    /// </summary>
    public Tensor[] Join(IReadOnlyList<ParameterBlock> vectors)
    {
        var rows = torch.stack([.. vectors.Select(vector => HostTensors.From(vector.Values, device))]);
        rows.narrow(1, 0, network.ParameterCount).mul_(mask);
        return [.. network.Tensors.Select(Joined)];

        Tensor Joined(NetworkTensor tensor)
        {
            long[] shape = [vectors.Count * tensor.Tensor.Shape[0], .. tensor.Tensor.Shape.Skip(1).Select(size => (long)size)];
            return rows.narrow(1, tensor.Offset, (long)tensor.Tensor.Count).reshape(shape);
        }
    }

    /// <summary>
    /// One step of SGD from the collected gradient, see <see cref="Engine.SgdStep"/>. Once a loss is not finite nothing moves any more, so that the layer where it
    /// began can still be found.
    /// </summary>
    /// <param name="loss">The step's loss. Shape [].</param>
    /// <param name="sgd">Learning rate, momentum and L2.</param>
    public void Update(Tensor loss, in Engine.SgdStep sgd)
    {
        using var scope = torch.NewDisposeScope();
        var trained = Values.narrow(0, 0, network.ParameterCount);
        Gradient.mul_(mask);
        if (sgd.L2 != 0)
        {
            Gradient.addcmul_(trained, isWeight, 2 * sgd.L2);
        }

        Momentum.mul_(sgd.Momentum).add_(Gradient, -sgd.LearningRate);
        var move = sgd.Nesterov ? Momentum.mul(sgd.Momentum).add_(Gradient, -sgd.LearningRate) : Momentum;
        alive.logical_and_(loss.isfinite());
        if (!readsFreely)
        {
            trained.add_(torch.where(alive, move, zero));
        }
        else if (alive.item<bool>()) // spares a copy of everything
        {
            trained.add_(move);
        }
    }

    /// <summary>
    /// Drops and grows by the collected gradient, see <see cref="Engine.IWeightExchange"/>. Only the masks' bits are read back.
    /// </summary>
    public Mask[] Exchange(MaskSet masks, float l2, IReadOnlyList<int> drops)
    {
        var weights = network.Tensors.Where(tensor => tensor.Tensor.IsMasked).ToArray();
        var packed = new Tensor[weights.Length];
        for (var layer = 0; layer < weights.Length; layer++)
        {
            using var scope = torch.NewDisposeScope();
            var values = Values.narrow(0, weights[layer].Offset, masks[layer].Length);
            var exists = mask.narrow(0, weights[layer].Offset, masks[layer].Length);
            var scores = Gradient.narrow(0, weights[layer].Offset, masks[layer].Length).add(values.mul(2 * l2)).abs_();
            var magnitudes = values.abs().masked_fill_(exists.eq(0f), -1f);
            var kept = Highest(magnitudes, masks[layer].ActiveCount - drops[layer]);
            var grown = Highest(scores.masked_fill_(kept, float.NegativeInfinity), drops[layer]);
            exists.copy_(kept.logical_or_(grown));
            packed[layer] = Packed(kept).MoveToOuterDisposeScope();
        }

        Values.narrow(0, 0, network.ParameterCount).mul_(mask);
        Momentum.mul_(mask);
        return [.. packed.Select((bits, layer) => Unpacked(bits, masks[layer].Length, masks[layer].ActiveCount, weights[layer].Node))];
    }

    /// <summary>Which weights are not all finite: the first such layer, or null.</summary>
    public string? FindNonFinite()
    {
        using var scope = torch.NewDisposeScope();
        for (var index = 0; index < Views.Count; index++)
        {
            if (network.Tensors[index].Tensor.IsTrained && !Views[index].isfinite().all().item<bool>())
            {
                return network.Tensors[index].Node;
            }
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var tensor in Views.Concat([Values, Momentum, Gradient, isWeight, mask, zero, alive]))
        {
            tensor.Dispose();
        }
    }

    /// <summary>A tensor's place in a flat one.</summary>
    public static Tensor PlaceOf(NetworkTensor tensor, Tensor flat) =>
        flat.narrow(0, tensor.Offset, (long)tensor.Tensor.Count).view([.. tensor.Tensor.Shape.Select(size => (long)size)]);

    /// <summary>Where the highest of some scores are, as <see cref="TopK"/> selects them: of equal ones those of lower index. Shape of the scores, true or false.</summary>
    private static Tensor Highest(Tensor scores, int count)
    {
        if (count == 0)
        {
            return torch.zeros_like(scores, torch.ScalarType.Bool);
        }

        var threshold = scores.topk(count, sorted: false).values.min();
        var above = scores.gt(threshold);
        var equal = scores.eq(threshold);
        var room = above.sum().neg().add(count);
        return above.logical_or_(equal.logical_and(equal.cumsum(0).le(room)));
    }

    /// <summary>Bits as <see cref="Mask.FromBytes"/> reads them. Shape [bytes].</summary>
    private static Tensor Packed(Tensor bits)
    {
        var missing = (8 - (bits.numel() % 8)) % 8;
        var places = torch.tensor(new byte[] { 1, 2, 4, 8, 16, 32, 64, 128 }, device: bits.device);
        var bytes = torch.cat([bits, torch.zeros(missing, torch.ScalarType.Bool, bits.device)]).view(-1, 8).to_type(torch.ScalarType.Byte);
        return bytes.mul_(places).sum([1], type: torch.ScalarType.Byte);
    }

    private static Mask Unpacked(Tensor bits, int length, int active, string node)
    {
        using var host = bits.cpu();
        var mask = Mask.FromBytes(length, host.bytes);
        return mask.ActiveCount == active
            ? mask
            : throw new ArgumentException($"The weights of layer '{node}' cannot be exchanged: expected finite weights and gradients, found others.");
    }

    private Tensor ViewOf(NetworkTensor tensor)
    {
        var view = PlaceOf(tensor, Values).detach();
        if (tensor.Tensor.IsTrained)
        {
            view.requires_grad_(true);
            view.grad = PlaceOf(tensor, Gradient);
        }

        return view;
    }
}
