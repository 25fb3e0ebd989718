namespace SparseCore.Data;

/// <summary>
/// How pixels become what a network sees: (b / 255 - mean) / std, channel by channel, as torchvision's Normalize after ToTensor does. A network has to be fed as it
/// was trained.
/// </summary>
/// <param name="Mean">Means of b / 255. Shape [channels].</param>
/// <param name="Std">Standard deviations of b / 255, above 0. Shape [channels].</param>
public sealed record InputNormalization(IReadOnlyList<double> Mean, IReadOnlyList<double> Std)
{
    /// <summary>Standard deviations; finite and above 0.</summary>
    public IReadOnlyList<double> Std { get; } = Std.Count == Mean.Count && Std.All(value => value > 0 && double.IsFinite(value)) && Mean.All(double.IsFinite)
        ? Std
        : throw new ArgumentException(
            FormattableString.Invariant($"The pixels of a network need a mean (finite) and a std (finite, above 0) for each channel, found mean {Join(Mean)} and std {Join(Std)}."));

    /// <summary>b / 255 as it is.</summary>
    public static InputNormalization None(int channels) => Uniform(channels, 0, 1);

    /// <summary>One mean and standard deviation for all channels.</summary>
    public static InputNormalization Uniform(int channels, double mean, double std) =>
        new([.. Enumerable.Repeat(mean, channels)], [.. Enumerable.Repeat(std, channels)]);

    /// <inheritdoc/>
    public bool Equals(InputNormalization? other) => other is not null && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override int GetHashCode() => Std.Aggregate(Mean.Aggregate(0, HashCode.Combine), HashCode.Combine);

    /// <summary>As settings spell it: "mean=0.1307 std=0.3081".</summary>
    public override string ToString() => $"mean={Join(Mean)} std={Join(Std)}";

    private static string Join(IReadOnlyList<double> values) => string.Join(',', values.Distinct().Count() == 1 ? values.Take(1).Select(Text) : values.Select(Text));

    private static string Text(double value) => value.ToString("0.######", System.Globalization.CultureInfo.InvariantCulture);
}
