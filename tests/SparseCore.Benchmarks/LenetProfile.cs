using System.Diagnostics;
using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Networks;

namespace SparseCore.Benchmarks;

/// <summary>Where the time of one training step of LeNet5 goes: every stage of both slices, timed inside whole steps, so that the caches are as in a step.</summary>
internal static class LenetProfile
{
    private const int Batch = 128;

    /// <summary>Measures and prints; microseconds of the whole batch on one thread.</summary>
    /// <param name="sparsity">Fraction of zeros in every layer.</param>
    /// <param name="rounds">Number of steps; a tenth more is run first and not counted.</param>
    public static void Run(double sparsity, int rounds)
    {
        var network = LeNet5.Create(LeNet5.PaperWidths, new Shape(1, 28, 28), 10);
        var data = RandomData.Images(network.Input, 10, 10000);
        var masks = RandomData.Masks(network, sparsity);
        var parameters = RandomData.Parameters(network, masks);
        using var plan = new ExecutionPlan(network, Batch);
        plan.Rebuild(masks);
        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            plan.States[layer].Load(parameters.Weights(layer), parameters.Biases(layer), [], []);
        }

        using var workspace = plan.CreateWorkspace();
        workspace.KeepsPositions = true;
        plan.Prepare(workspace, GradientScope.Active);
        var names = new List<string> { "inputs" };
        names.AddRange(plan.Stages.Select(stage => $"{stage.Name} forward"));
        names.Add("loss");
        names.AddRange(plan.Stages.Reverse().Select(stage => $"{stage.Name} backward"));
        names.Add("update");
        var times = names.Select(_ => new Times()).ToArray();
        var ticks = new long[names.Count];
        var examples = new int[Batch];
        var order = new Randomness.RandomStream(1, "order");
        var sgd = new SgdStep(0.01f, 0.9f, 5e-4f);
        for (var round = -rounds / 10; round < rounds; round++)
        {
            foreach (ref var example in examples.AsSpan())
            {
                example = order.NextInt32(data.Count);
            }

            Array.Clear(ticks);
            var last = Stopwatch.GetTimestamp();
            for (var slice = 0; slice < plan.Slices; slice++)
            {
                var phase = 0;
                var chosen = examples.AsSpan(slice * plan.SliceSize, plan.SliceSize);
                plan.LoadInputs(workspace, data, chosen);
                SetLabels(workspace, data, chosen);
                last = Lap(ticks, phase++, last);
                for (var stage = 0; stage < plan.Stages.Count; stage++)
                {
                    plan.Forward(workspace, stage, stage + 1);
                    last = Lap(ticks, phase++, last);
                }

                plan.Loss(workspace, 1f / Batch, 0f, withGradient: true, out _);
                last = Lap(ticks, phase++, last);
                for (var stage = plan.Stages.Count; stage > 0; stage--)
                {
                    plan.Backward(workspace, stage, stage - 1, slice, GradientScope.Active);
                    last = Lap(ticks, phase++, last);
                }
            }

            foreach (var state in plan.States)
            {
                state.Update(sgd, plan.Slices, 0, 1);
            }

            Lap(ticks, names.Count - 1, last);
            for (var phase = 0; phase < ticks.Length && round >= 0; phase++)
            {
                times[phase].Add(ticks[phase] * 1e6 / Stopwatch.Frequency);
            }
        }

        Console.WriteLine($"lenet5 at {sparsity:P0} (uniform): microseconds of a step of {Batch} on one thread");
        for (var phase = 0; phase < names.Count; phase++)
        {
            Console.WriteLine($"{names[phase],-16} median {times[phase].Median,8:F1}   minimum {times[phase].Minimum,8:F1}");
        }

        Console.WriteLine($"{"all",-16} median {times.Sum(time => time.Median),8:F1}   minimum {times.Sum(time => time.Minimum),8:F1}");
    }

    private static long Lap(long[] ticks, int phase, long last)
    {
        var now = Stopwatch.GetTimestamp();
        ticks[phase] += now - last;
        return now;
    }

    private static unsafe void SetLabels(Workspace workspace, Data.Dataset data, ReadOnlySpan<int> examples)
    {
        for (var index = 0; index < examples.Length; index++)
        {
            workspace.Labels[index] = data.Label(examples[index]);
        }
    }
}
