using SparseCore.Networks;

namespace SparseCore.Training;

/// <summary>Which network a run trains.</summary>
/// <param name="Name">One of <see cref="KnownNames"/>.</param>
/// <param name="Widths">Channels and neurons of the hidden layers.</param>
/// <param name="Input">Shape of one example.</param>
/// <param name="Classes">Number of classes.</param>
public sealed record NetworkPlan(string Name, IReadOnlyList<int> Widths, Shape Input, int Classes)
{
    /// <summary>The names <see cref="Build"/> knows.</summary>
    public static IReadOnlyList<string> KnownNames { get; } = ["lenet5", "lenet300"];

    /// <summary>The network's description.</summary>
    /// <exception cref="PlanException">The name is unknown, or the widths do not fit the network.</exception>
    public Network Build()
    {
        try
        {
            return Name switch
            {
                "lenet5" => LeNet5.Create(Widths, Input, Classes),
                "lenet300" => LeNet300.Create(Widths, Input, Classes),
                _ => throw new PlanException($"Unknown network '{Name}'. Known networks: {string.Join(", ", KnownNames)}."),
            };
        }
        catch (ArgumentException error)
        {
            throw new PlanException($"The plan's network cannot be built: {error.Message}", error);
        }
    }
}
