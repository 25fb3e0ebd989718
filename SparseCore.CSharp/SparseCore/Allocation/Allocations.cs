namespace SparseCore.Allocation;

/// <summary>The sparsity distributions that plans can hold. A script adds its own: <c>Allocations.Registry.Add("mine", () => new MyAllocation())</c>.</summary>
public static class Allocations
{
    /// <summary>Short names that settings know besides: those of the literature.</summary>
    private static readonly Dictionary<string, string> Short = new(StringComparer.Ordinal) { ["er"] = "erdos-renyi", ["erk"] = "erdos-renyi-kernel" };

    /// <summary>All of them.</summary>
    public static PartRegistry<IAllocation> Registry { get; } =
        new PartRegistry<IAllocation>("sparsity distribution", "sparsity distributions", "Allocations.Registry.Add(name, usual)")
            .Add("uniform", () => new UniformAllocation())
            .Add("erdos-renyi", () => new ErdosRenyiAllocation())
            .Add("erdos-renyi-kernel", () => new ErdosRenyiKernelAllocation());

    /// <summary>The names that settings take: er and erk are those of the literature.</summary>
    public static IReadOnlyList<string> SettingNames =>
        [.. Registry.Names.Select(name => Short.FirstOrDefault(pair => pair.Value == name).Key ?? name)];

    /// <summary>The distribution of a name in settings, with layers that keep every weight.</summary>
    /// <exception cref="UnregisteredNameException">The name is unknown; the message lists the known ones.</exception>
    /// <exception cref="ArgumentException">The distribution cannot keep layers dense.</exception>
    public static IAllocation Of(string name, params IReadOnlyList<string> denseLayers)
    {
        var usual = Registry.Usual(Short.GetValueOrDefault(name, name));
        return denseLayers.Count == 0 ? usual : usual.KeepingDense(denseLayers);
    }
}
