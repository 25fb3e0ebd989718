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

    public override void Read(int example, Span<float> destination) => values.AsSpan(example * Shape.Count, Shape.Count).CopyTo(destination);
}
