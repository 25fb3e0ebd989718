using SparseCore.Cpu;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Benchmarks;

/// <summary>The dense matrix product 768 x 768 x 768: a fully connected layer on 768 examples, slice by slice, as the engine runs it.</summary>
internal static class GemmBenchmark
{
    private const int Size = 768;

    /// <summary>Measures and prints.</summary>
    public static unsafe IReadOnlyList<Result> Run()
    {
        var peak = Measurement.Peak();
        var network = new Network("gemm", new Shape(Size, 1, 1), [new Node("product", new Operation.FullyConnected(Size), Network.InputName)]);
        using var plan = new ExecutionPlan(network, Size);
        plan.Rebuild(MaskSet.Full(network));
        var parameters = RandomData.Parameters(network, MaskSet.Full(network));
        plan.States[0].Load(parameters.Weights(0), parameters.Biases(0), [], []);
        var slices = Enumerable.Range(0, plan.Slices).Select(_ => plan.CreateWorkspace()).ToArray();
        foreach (var slice in slices)
        {
            new Span<float>(slice.Values(0), plan.Floats(0)).Fill(0.5f);
        }

        var times = Measurement.Interleave(40, list => Measurement.Repeat(list, 3, () =>
        {
            foreach (var slice in slices)
            {
                plan.Stages[0].Forward(slice, plan.SliceSize / 16);
            }
        }))[0];
        var macs = Math.Pow(Size, 3);
        Console.WriteLine($"{Size} x {Size} x {Size}: {macs / times.Median / 1e3:F1} GMAC/s of {peak / 1e9:F1}");
        foreach (var slice in slices)
        {
            slice.Dispose();
        }

        return [new Result("gemm-768", "dense", "", 0, Size, 1, times.Median, times.Minimum, macs, peak)];
    }
}
