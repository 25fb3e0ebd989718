using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Randomness;

namespace SparseCore.Tests.Engine;

/// <summary>Normally distributed examples with random labels, or given ones.</summary>
internal sealed class RandomExamples : Dataset
{
    private readonly float[] values;
    private readonly int[] labels;

    public RandomExamples(Shape shape, int classes, int count, ulong seed = 1)
    {
        Shape = shape;
        Classes = classes;
        Count = count;
        var stream = new RandomStream(seed, "examples");
        values = new float[count * shape.Count];
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = (float)stream.NextNormal();
        }

        labels = new int[count];
        for (var index = 0; index < count; index++)
        {
            labels[index] = stream.NextInt32(classes);
        }
    }

    public RandomExamples(Shape shape, float[] values, int[] labels, int classes)
    {
        Shape = shape;
        Classes = classes;
        Count = labels.Length;
        this.values = values;
        this.labels = labels;
    }

    public override string Name => "random";

    public override Shape Shape { get; }

    public override int Count { get; }

    public override int Classes { get; }

    public override int Label(int example) => labels[example];

    public ReadOnlySpan<float> Row(int example) => values.AsSpan(example * Shape.Count, Shape.Count);

    public override void Read(int example, Span<float> destination) => Row(example).CopyTo(destination);
}
