using SparseCore.Cpu;
using SparseCore.Cpu.Kernels;
using SparseCore.Data;
using SparseCore.Networks;
using SparseCore.Tests.Data;

namespace SparseCore.Tests.Engine;

public class BatchGatherTests
{
    private const float Untouched = 123456f;

    private static readonly Lazy<DataSplit> Shifted = new(() => Mnist32.Load(Samples.MnistFolder, Augmentation.Shift));

    /// <summary>Data of every kind, images that are whole tiles of 16 values and images with a rest.</summary>
    public static TheoryData<string> Kinds => ["bytes", "odd bytes", "large bytes", "floats", "normalized", "sample", "gray", "views"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Load_lays_out_what_the_data_set_reads(string kind)
    {
        var data = Create(kind);
        foreach (var count in new[] { 1, 7, 16, 33, 64 })
        {
            int[] examples = [.. Enumerable.Range(0, count).Select(index => index * 37 % 50)];
            Compare(data, examples, TensorLayout.Examples(data.Shape, 0, 4));
            Compare(data, examples, TensorLayout.Examples(data.Shape, 2, 4));
            Compare(data, examples, TensorLayout.Features(data.Shape, 4));
        }
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("gray")]
    [InlineData("floats")]
    public void Load_allocates_nothing(string kind)
    {
        var data = Create(kind);
        var layout = TensorLayout.Examples(data.Shape, 0, 1);
        var values = new float[layout.Floats];
        Load(data, [1, 2, 3], layout, values);
        var scratch = new float[BatchGather.ScratchFloats(layout)];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Load(data, [4, 5, 6], layout, scratch, values);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Load_allows_views_and_refuses_examples_that_do_not_exist()
    {
        Compare(Shifted.Value.Train, [5, 60_005, 120_005], TensorLayout.Examples(new Shape(3, 32, 32), 1, 1));
        var data = Create("bytes");
        var layout = TensorLayout.Features(data.Shape, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => Load(data, [50], layout, new float[layout.Floats]));
    }

    private static Dataset Create(string kind) => kind switch
    {
        "bytes" => Samples.Random(new Shape(1, 28, 28), 10, 50),
        "odd bytes" => Samples.Random(new Shape(3, 5, 7), 10, 50),
        "large bytes" => Samples.Random(new Shape(3, 64, 48), 10, 50),
        "floats" => new RandomExamples(new Shape(2, 5, 7), 10, 50),
        "normalized" => NormalizedDataset.Of(Samples.Random(new Shape(2, 5, 7), 10, 50), new InputNormalization([0.2, 0.4], [0.3, 0.7])),
        "sample" => new SpreadDataset(Samples.Random(new Shape(1, 4, 5), 10, 100), 50),
        "gray" => Mnist32.Load(Samples.MnistFolder).Test,
        _ => Shifted.Value.Train,
    };

    private static void Compare(Dataset data, int[] examples, TensorLayout layout)
    {
        var found = new float[layout.Floats];
        Array.Fill(found, Untouched);
        Load(data, examples, layout, found);
        var shape = data.Shape;
        var expected = new float[layout.Floats];
        Array.Fill(expected, Untouched);
        var lanes = layout.FeatureStride > Lanes.Width ? layout.FeatureStride : Lanes.RoundUp(examples.Length);
        for (var lane = 0; lane < lanes; lane++)
        {
            var values = lane < examples.Length ? Samples.Values(data, examples[lane]) : new float[shape.Count];
            for (var index = 0; index < shape.Count; index++)
            {
                var row = index / shape.Width;
                var offset = layout.Offset(row / shape.Height, row % shape.Height, index % shape.Width);
                expected[(lane / Lanes.Width * layout.BlockStride) + offset + (lane % Lanes.Width)] = values[index];
            }
        }

        Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), found.Select(BitConverter.SingleToUInt32Bits));
    }

    private static void Load(Dataset data, int[] examples, TensorLayout layout, float[] values) =>
        Load(data, examples, layout, new float[BatchGather.ScratchFloats(layout)], values);

    private static unsafe void Load(Dataset data, ReadOnlySpan<int> examples, TensorLayout layout, float[] scratch, float[] values)
    {
        fixed (float* memory = scratch)
        fixed (float* target = values)
        {
            BatchGather.Load(data, examples, layout, memory, target);
        }
    }
}
