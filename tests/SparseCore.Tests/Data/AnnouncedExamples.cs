using SparseCore.Data;
using SparseCore.Networks;

namespace SparseCore.Tests.Data;

/// <summary>Another data set's examples; counts those that were read without having been announced before.</summary>
internal sealed class AnnouncedExamples(Dataset source) : Dataset
{
    private readonly Dictionary<int, int> announced = [];

    /// <summary>Examples that came as a surprise.</summary>
    public int Surprises { get; private set; }

    public override string Name => source.Name;

    public override Shape Shape => source.Shape;

    public override int Count => source.Count;

    public override int Classes => source.Classes;

    public override int Label(int example) => source.Label(example);

    public override void Prefetch(ReadOnlySpan<int> examples)
    {
        foreach (var example in examples)
        {
            announced[example] = announced.GetValueOrDefault(example) + 1;
        }
    }

    public override void Read(int example, Span<float> destination)
    {
        var times = announced.GetValueOrDefault(example);
        Surprises += times == 0 ? 1 : 0;
        announced[example] = Math.Max(0, times - 1);
        source.Read(example, destination);
    }
}
