using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Randomness;

namespace SparseCore.Measurement;

/// <summary>Examples whose values are independent standard normals; all labels 0.</summary>
internal sealed class NormalDataset : Dataset
{
    private readonly float[] values;

    public NormalDataset(Shape shape, int classes, int count, ulong seed)
    {
        (Shape, Classes, Count) = (shape, classes, count);
        values = new float[count * shape.Count];
        var stream = new RandomStream(seed, "normal-examples");
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = (float)stream.NextNormal();
        }
    }

    public override string Name => "normal";

    public override Shape Shape { get; }

    public override int Count { get; }

    public override int Classes { get; }

    public override int Label(int example) => 0;

    public override void Gather(ReadOnlySpan<int> examples, int stride, Span<float> destination)
    {
        for (var value = 0; value < Shape.Count; value++)
        {
            var row = destination.Slice(value * stride, stride);
            row[examples.Length..].Clear();
            for (var lane = 0; lane < examples.Length; lane++)
            {
                row[lane] = values[(examples[lane] * Shape.Count) + value];
            }
        }
    }
}
