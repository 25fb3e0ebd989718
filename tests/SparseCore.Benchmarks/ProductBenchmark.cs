using SparseCore.Cpu;
using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Benchmarks;

/// <summary>A product with the Hessian of ResNet-50 at 80% on 224 x 224 images, and with its Gauss-Newton part, against a training step of the same network, in turns.</summary>
internal static class ProductBenchmark
{
    private const int Batch = 32;
    private const int Threads = 2;
    private const double Sparsity = 0.8;

    /// <summary>Measures and prints.</summary>
    /// <param name="rounds">Turns.</param>
    public static IReadOnlyList<Result> Run(int rounds)
    {
        var data = RandomData.Images(new Shape(3, 224, 224), 1000, 2 * Batch);
        var network = new NetworkPlan("resnet50", ResNet50.PaperWidths, data.Shape, data.Classes).Build();
        var masks = LargeBenchmark.Masks(network, Sparsity);
        var parameters = RandomData.Parameters(network, masks);
        int[] batch = [.. Enumerable.Range(0, Batch)];
        int[] others = [.. Enumerable.Range(Batch, Batch)];
        var (direction, product) = (RandomData.Parameters(network, masks, seed: 2), new ParameterBlock(network));
        using var trained = new CpuEngine(network, masks, Batch, Threads);
        using var engine = new CpuEngine(network, masks, Batch, Threads);
        trained.Load(parameters);
        engine.Load(parameters);
        var (step, first, hessian, gaussNewton) = (new Times(), new Times(), new Times(), new Times());

        // Everything has its memory before anything is timed.
        Train();
        Multiply(CurvatureKind.Hessian, batch);
        for (var round = 0; round < rounds; round++)
        {
            Measurement.Repeat(step, 2, Train);

            // Other examples, and then these again: the point's own passes belong to the first product.
            Multiply(CurvatureKind.GaussNewton, others);
            Measurement.Repeat(first, 1, () => Multiply(CurvatureKind.Hessian, batch));
            Measurement.Repeat(hessian, 2, () => Multiply(CurvatureKind.Hessian, batch));
            Measurement.Repeat(gaussNewton, 2, () => Multiply(CurvatureKind.GaussNewton, batch));
        }

        (string Name, Times Times)[] all = [("step", step), ("first product", first), ("product", hessian), ("Gauss-Newton product", gaussNewton)];
        foreach (var (name, times) in all)
        {
            Console.WriteLine($"ResNet-50 at {Sparsity:P0}, batch {Batch}, {Threads} threads, {name}: {times.Median / 1e6:F2} s, {times.Median / step.Median:F2} times a training step");
        }

        return [.. all.Select(work => new Result($"resnet50-{work.Name}", "ours", "uniform, first layer dense", Sparsity, Batch, Threads, work.Times.Median, work.Times.Minimum, 0, 0))];

        void Train() => trained.TrainingStep(data, batch, new SgdStep(0.01f, 0.9f, 1e-4f));

        void Multiply(CurvatureKind kind, ReadOnlySpan<int> examples) => engine.CurvatureVector(kind, data, examples, direction, product);
    }
}
