using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Networks;

namespace SparseCore.Benchmarks;

/// <summary>Each layer on its own: forward and backward pass, sparse and dense kernels, where they cross, and the large 3x3 convolution.</summary>
internal static class LayerBenchmark
{
    private static readonly double[] Sparsities = [0, 0.2, 0.4, 0.5, 0.6, 0.8, 0.9, 0.95, 0.98];

    /// <summary>Measures and prints.</summary>
    public static IReadOnlyList<Result> Run(string folder)
    {
        var crossovers = new List<string[]>();
        var peak = Measurement.Peak();
        var results = new List<Result>();
        Console.WriteLine("layer, pass: density above which dense kernels are faster; bytes of activations in and out of one slice");
        var lenet = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        for (var stage = 0; stage < lenet.Layers.Count; stage++)
        {
            MeasureStage(lenet, stage, stage, 128, 20, Sparsities, peak, results, crossovers, $"lenet5-{lenet.Layers[stage].Name}");
        }

        var large = new Network("conv3x3-256", new Shape(256, 28, 28), [
            new Node("relu0", new Operation.Relu(), Network.InputName),
            new Node("conv", new Operation.Convolution(256, 3, 3, Padding: 1), "relu0"),
            new Node("relu1", new Operation.Relu(), "conv"),
        ]);
        MeasureStage(large, 1, 0, 16, 3, [0, 0.5, 0.8, 0.9, 0.95], peak, results, crossovers, "conv3x3-256");
        Tables.Write(folder, "crossovers", ["work", "pass", "density_from_which_dense_is_faster"], crossovers);
        var whole = results.Where(result => result.Work is "conv3x3-256-forward" or "conv3x3-256-backward").ToList();
        foreach (var sparsity in new[] { 0.8, 0.9, 0.95 })
        {
            var dense = whole.Where(result => result.Engine == "dense" && result.Sparsity == 0).Sum(result => result.Median);
            var sparse = whole.Where(result => result.Engine == "ours" && result.Sparsity == sparsity).Sum(result => result.Median);
            Console.WriteLine(
                $"conv3x3-256, forward + backward, {sparsity:P0}: {sparse / 1e3:F1} ms, dense {dense / 1e3:F1} ms: {dense / sparse:F2} times faster");
        }

        return results;
    }

    private static unsafe void MeasureStage(
        Network network,
        int stage,
        int layer,
        int batchSize,
        int rounds,
        double[] sparsities,
        double peak,
        List<Result> results,
        List<string[]> crossovers,
        string work)
    {
        var pairs = new List<(double Sparsity, bool Dense, Times Forward, Times Backward)>();
        var setups = new List<(ExecutionPlan Plan, Workspace Workspace)>();
        var actions = new List<Action<Times>>();
        foreach (var sparsity in sparsities)
        {
            foreach (var dense in new[] { false, true })
            {
                var plan = new ExecutionPlan(network, batchSize, dense);
                var masks = RandomData.Masks(network, sparsity);
                var parameters = RandomData.Parameters(network, masks);
                plan.Rebuild(masks);
                for (var index = 0; index < plan.States.Length; index++)
                {
                    plan.States[index].Load(parameters.Weights(index), parameters.Biases(index), [], []);
                }

                var workspace = plan.CreateWorkspace();
                workspace.KeepsPositions = true;
                plan.Prepare(workspace, GradientScope.Active);
                new Span<float>(workspace.Values(plan.Stages[stage].Input), plan.Floats(plan.Stages[stage].Input)).Fill(0.5f);
                plan.Stages[stage].Forward(workspace, plan.SliceSize / 16);
                var blocks = plan.SliceSize / 16;
                setups.Add((plan, workspace));
                actions.Add(times => Measurement.Repeat(times, 3, () => plan.Stages[stage].Forward(workspace, blocks)));
                actions.Add(times =>
                {
                    new Span<float>(workspace.Gradients(plan.Stages[stage].Output), plan.Floats(plan.Stages[stage].Output)).Fill(0.25f);
                    Measurement.Repeat(times, 3, () => plan.Stages[stage].Backward(workspace, blocks, 0, GradientScope.Active));
                });
            }
        }

        var measured = Measurement.Interleave(rounds, [.. actions]);
        for (var index = 0; index < setups.Count; index++)
        {
            var sparsity = sparsities[index / 2];
            var engine = index % 2 == 0 ? "ours" : "dense";
            var (plan, workspace) = setups[index];
            var shape = network.Layers[layer];
            var macs = (1 - sparsity) * shape.WeightCount * shape.OutputPositions * plan.SliceSize;
            var backward = plan.Stages[stage].Input == 0 ? macs : 2 * macs;
            var forwardTimes = measured[2 * index];
            var backwardTimes = measured[(2 * index) + 1];
            pairs.Add((sparsity, index % 2 == 1, forwardTimes, backwardTimes));
            void Add(string pass, Times times, double count) =>
                results.Add(new Result($"{work}-{pass}", engine, "uniform", sparsity, plan.SliceSize, 1, times.Median, times.Minimum, count, peak)
                {
                    Bytes = sizeof(float) * ((long)plan.Floats(plan.Stages[stage].Input) + plan.Floats(plan.Stages[stage].Output) + plan.States[layer].Stored),
                });
            Add("forward", forwardTimes, macs);
            Add("backward", backwardTimes, backward);
        }

        var bytes = sizeof(float) * (FirstPlan().Floats(FirstPlan().Stages[stage].Input) + FirstPlan().Floats(FirstPlan().Stages[stage].Output));
        var forwardCrossover = Crossover(pairs.Where(pair => !pair.Dense), pairs.Where(pair => pair.Dense), pair => pair.Forward);
        var backwardCrossover = Crossover(pairs.Where(pair => !pair.Dense), pairs.Where(pair => pair.Dense), pair => pair.Backward);
        crossovers.Add([work, "forward", forwardCrossover]);
        crossovers.Add([work, "backward", backwardCrossover]);
        Console.WriteLine($"{work}: forward {forwardCrossover}, backward {backwardCrossover}; {bytes / 1e3:F0} kB");
        foreach (var (plan, workspace) in setups)
        {
            plan.Dispose();
            workspace.Dispose();
        }

        ExecutionPlan FirstPlan() => setups[0].Plan;
    }

    private static string Crossover(
        IEnumerable<(double Sparsity, bool Dense, Times Forward, Times Backward)> sparse,
        IEnumerable<(double Sparsity, bool Dense, Times Forward, Times Backward)> dense,
        Func<(double Sparsity, bool Dense, Times Forward, Times Backward), Times> pass)
    {
        var slower = sparse.Zip(dense).Where(pair => pass(pair.First).Median > pass(pair.Second).Median).Select(pair => 1 - pair.First.Sparsity).ToList();
        return slower.Count == 0 ? "never" : $"{slower.Min():F2}";
    }
}
