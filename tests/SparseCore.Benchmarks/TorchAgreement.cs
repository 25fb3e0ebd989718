using System.Globalization;
using SparseCore.Connectivity;
using SparseCore.Cpu;
using SparseCore.Data;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;
using SparseCore.Torch;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;

namespace SparseCore.Benchmarks;

/// <summary>
/// How far the TorchSharp engine's numbers are from the CPU engine's: the same network, masks, weights and batches in both; beside it, how far the CPU engine is from itself when
/// every weight begins one rounding higher. The limits are LeNet5's: single precision alone parts the losses of a deep network with batch normalizations.
/// </summary>
internal static class TorchAgreement
{
    private const int Steps = 100;
    private const double DropFraction = 0.3;
    private const double MostLossDifference = 1e-3;
    private const double LeastMaskShare = 0.999;
    private static readonly SgdStep Sgd = new(0.01f, 0.9f, 5e-4f);

    /// <summary>Measures, prints and writes a table.</summary>
    /// <param name="torch">Makes the TorchSharp engines.</param>
    /// <param name="folder">Receives the table.</param>
    /// <returns>Whether LeNet5's losses and masks are within the limits.</returns>
    public static bool Run(IEngineFactory torch, string folder)
    {
        var small = ResNet50.Create([16, 32, 64, 128], new Shape(3, 32, 32), 10, smallImages: true);
        string[] columns = ["network", "sparsity", "batch", "steps", "gradient_difference", "gradient_error_ours", "gradient_error_torch", "largest_loss_difference", "loss_difference_of_one_rounding", "equal_mask_entries", "equal_grown_weights"];
        Agreement[] agreements =
        [
            Compare(torch, LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10), 0.95, 128),
            Compare(torch, small, 0.8, 32),
        ];
        string[][] rows = [.. agreements.Select(agreement => agreement.Cells)];
        Tables.Write(folder, "torch-agreement", columns, rows);
        Console.WriteLine($"Agreement of the TorchSharp engine with the CPU engine (limits of LeNet5: losses {MostLossDifference}, masks {LeastMaskShare}):");
        Console.WriteLine(Machine.Aligned([columns, .. rows]));
        return agreements[0] is { Loss: <= MostLossDifference, Masks: >= LeastMaskShare };
    }

    private static Agreement Compare(IEngineFactory torch, Network network, double sparsity, int batchSize)
    {
        var data = RandomData.Images(network.Input, network.Output.Count, 2048);
        var masks = RandomData.Masks(network, sparsity);
        var parameters = RandomData.Parameters(network, masks);
        using var ours = new CpuEngineFactory(new EngineOptions()).Create(network, masks, batchSize);
        using var rounded = new CpuEngineFactory(new EngineOptions()).Create(network, masks, batchSize);
        using var theirs = torch.Create(network, masks, batchSize);
        rounded.Load(NextUp(parameters));
        ours.Load(parameters);
        theirs.Load(parameters);
        var (one, other) = (GradientOf(ours, data, batchSize), GradientOf(theirs, data, batchSize));
        var exact = ExactGradient(network, parameters, data, batchSize);
        var batches = new RandomBatches(data.Count, batchSize);
        var (largest, ofRounding) = (0.0, 0.0);
        for (var step = 0; step < Steps; step++)
        {
            var batch = batches.Next();
            ours.TrainingStep(data, batch, Sgd);
            theirs.TrainingStep(data, batch, Sgd);
            rounded.TrainingStep(data, batch, Sgd);
            ofRounding = Math.Max(ofRounding, Math.Abs(rounded.ReadLoss() - ours.ReadLoss()) / Math.Abs(ours.ReadLoss()));
            largest = Math.Max(largest, Math.Abs(theirs.ReadLoss() - ours.ReadLoss()) / Math.Abs(ours.ReadLoss()));
        }

        ours.Load(parameters);
        theirs.Load(parameters);
        var examples = batches.Next();
        var expected = Exchanged(ours, data, examples);
        var found = ((IWeightExchange)theirs).ExchangeByGradient(data, examples, Sgd.L2, Drops(masks));
        var grown = Minus(expected, masks);
        return new Agreement(
            network.Name,
            sparsity,
            batchSize,
            Distance(one, other),
            Distance(exact, one),
            Distance(exact, other),
            largest,
            ofRounding,
            1 - ((double)(Minus(expected, found).Length + Minus(found, expected).Length) / network.Layers.Sum(layer => layer.WeightCount)),
            (double)grown.Intersect(Minus(found, masks)).Count() / grown.Length);
    }

    /// <summary>Every value that is not 0, one rounding higher.</summary>
    private static ParameterBlock NextUp(ParameterBlock parameters)
    {
        var next = parameters.Clone();
        foreach (ref var value in next.Values.AsSpan())
        {
            value = value == 0 ? 0 : MathF.BitIncrement(value);
        }

        return next;
    }

    private static double[] GradientOf(IEngine engine, Dataset data, int batchSize)
    {
        var gradient = new ParameterBlock(engine.Network);
        engine.Gradient(data, [.. Enumerable.Range(0, batchSize)], GradientScope.Dense, gradient);
        return [.. gradient.Trained.ToArray().Select(value => (double)value)];
    }

    /// <summary>The same gradient in double precision.</summary>
    private static double[] ExactGradient(Network network, ParameterBlock parameters, Dataset data, int batchSize)
    {
        var device = TorchDevice.Of(torch.CPU, Precision.Single, 1, 0);
        return device.Run(() =>
        {
            var values = HostTensors.From(parameters.Values, torch.CPU).to_type(torch.ScalarType.Float64);
            var leaves = network.Tensors.Select(tensor => FlatTensors.PlaceOf(tensor, values).detach().requires_grad_(tensor.Tensor.IsTrained)).ToArray();
            var batch = device.Examples.Fetch(data, [.. Enumerable.Range(0, batchSize)]);
            var outputs = new ForwardPass(network, Precision.Single).Run(batch.Inputs.to_type(torch.ScalarType.Float64), leaves, NormStatistics.Batch);
            F.cross_entropy(outputs, batch.Labels).backward();
            var gradient = new double[network.ParameterCount];
            foreach (var (leaf, tensor) in leaves.Zip(network.Tensors).Where(pair => pair.Second.Tensor.IsTrained))
            {
                HostTensors.ReadDoubles(leaf.grad!.contiguous()).CopyTo(gradient, tensor.Offset);
            }

            return gradient;
        });
    }

    private static double Distance(double[] expected, double[] found) =>
        Math.Sqrt(expected.Zip(found, (one, other) => Math.Pow(one - other, 2)).Sum() / expected.Sum(value => value * value));

    /// <summary>RigL's update as the trainer makes it from what an engine hands out.</summary>
    private static MaskSet Exchanged(IEngine engine, Dataset data, int[] examples)
    {
        var (parameters, momentum, signal) = (new ParameterBlock(engine.Network), new ParameterBlock(engine.Network), new ParameterBlock(engine.Network));
        engine.Store(parameters, momentum);
        engine.Gradient(data, examples, GradientScope.Dense, signal);
        for (var layer = 0; layer < engine.Masks.Count; layer++)
        {
            for (var index = 0; index < engine.Masks[layer].Length; index++)
            {
                signal.Weights(layer)[index] += 2 * Sgd.L2 * parameters.Weights(layer)[index];
            }
        }

        return DropAndGrow.Exchange(new GrowthContext(0, engine.Masks, parameters, signal, 1), DropFraction, new GradientGrowth()).Masks;
    }

    private static int[] Drops(MaskSet masks) => [.. masks.ActiveCounts().Select(active => (int)(active * DropFraction))];

    /// <summary>The weights that one network has and another has not.</summary>
    private static (int Layer, int Index)[] Minus(MaskSet masks, MaskSet without) =>
        [.. Enumerable.Range(0, masks.Count).SelectMany(layer => masks[layer].ActiveIndices().Where(index => !without[layer][index]).Select(index => (layer, index)))];

    /// <summary>One line of the table.</summary>
    /// <param name="Network">The network's name.</param>
    /// <param name="Sparsity">Fraction of zeros in every layer.</param>
    /// <param name="Batch">Examples of a step.</param>
    /// <param name="Gradient">Norm of the difference of the first gradients, relative to that of the CPU engine's.</param>
    /// <param name="ErrorOurs">The same between the CPU engine's first gradient and that in double precision, relative to the latter.</param>
    /// <param name="ErrorTorch">The same of the TorchSharp engine's.</param>
    /// <param name="Loss">Largest relative difference of a step's losses.</param>
    /// <param name="LossOfRounding">The same between the CPU engine and itself, started from weights that are one rounding higher.</param>
    /// <param name="Masks">Share of all entries that are equal in the masks of an update from the first state.</param>
    /// <param name="Grown">Share of the weights grown on the CPU engine that the other grew, too.</param>
    private sealed record Agreement(
        string Network,
        double Sparsity,
        int Batch,
        double Gradient,
        double ErrorOurs,
        double ErrorTorch,
        double Loss,
        double LossOfRounding,
        double Masks,
        double Grown)
    {
        public string[] Cells =>
        [
            Network, Text(Sparsity, "0.##"), Text(Batch, "0"), Text(Steps, "0"), Text(Gradient, "0.0E+0"), Text(ErrorOurs, "0.0E+0"), Text(ErrorTorch, "0.0E+0"),
            Text(Loss, "0.0E+0"), Text(LossOfRounding, "0.0E+0"), Text(Masks, "0.000000"), Text(Grown, "0.0000"),
        ];

        private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
