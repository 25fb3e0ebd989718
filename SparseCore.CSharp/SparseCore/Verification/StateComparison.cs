using System.Globalization;
using SparseCore.Checkpoints;
using SparseCore.Parameters;
using SparseCore.Training;

namespace SparseCore.Verification;

/// <summary>Compares a state with a checkpoint and names the first difference of every layer and batch normalization.</summary>
internal static class StateComparison
{
    public static void Compare(TrainingState expected, Checkpoint found, Agreement agreement, Action<string, string, string> report)
    {
        var (parameters, momentum) = (expected.Parameters, expected.Momentum);
        for (var layer = 0; layer < expected.Network.Layers.Count; layer++)
        {
            var name = expected.Network.Layers[layer].Name;
            var (wanted, mask) = (expected.Masks[layer], found.Masks[layer]);
            if (!agreement.OfMasks(Differing(wanted, mask), Math.Max(wanted.ActiveCount, mask.ActiveCount)))
            {
                var index = Enumerable.Range(0, mask.Length).First(weight => wanted[weight] != mask[weight]);
                report(
                    $"{name}: mask of weight {index}",
                    $"{(wanted[index] ? "active" : "masked")} ({wanted.ActiveCount} active in all)",
                    $"{(mask[index] ? "active" : "masked")} ({mask.ActiveCount} active in all)");
            }

            Values($"{name}: weight", parameters.Weights(layer), found.Parameters.Weights(layer), agreement, report);
            Values($"{name}: bias", parameters.Biases(layer), found.Parameters.Biases(layer), agreement, report);
            Values($"{name}: momentum of weight", momentum.Weights(layer), found.Momentum.Weights(layer), agreement, report);
            Values($"{name}: momentum of bias", momentum.Biases(layer), found.Momentum.Biases(layer), agreement, report);
        }

        for (var norm = 0; norm < expected.Network.Norms.Count; norm++)
        {
            var name = expected.Network.Norms[norm].Name;
            Values($"{name}: scale", parameters.Scales(norm), found.Parameters.Scales(norm), agreement, report);
            Values($"{name}: shift", parameters.Shifts(norm), found.Parameters.Shifts(norm), agreement, report);
            Values($"{name}: running mean", parameters.Means(norm), found.Parameters.Means(norm), agreement, report);
            Values($"{name}: running variance", parameters.Variances(norm), found.Parameters.Variances(norm), agreement, report);
            Values($"{name}: momentum of scale", momentum.Scales(norm), found.Momentum.Scales(norm), agreement, report);
            Values($"{name}: momentum of shift", momentum.Shifts(norm), found.Momentum.Shifts(norm), agreement, report);
        }
    }

    /// <summary>A value with all its digits.</summary>
    public static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Reports the first value that differs.</summary>
    public static void Values(
        string subject, ReadOnlySpan<float> expected, ReadOnlySpan<float> found, Agreement agreement, Action<string, string, string> report)
    {
        if (agreement.Difference(expected, found) is { } index)
        {
            report($"{subject} {index}", Text(expected[index]), Text(found[index]));
        }
    }

    /// <summary>Reports the first value that differs in optional blocks.</summary>
    public static void Blocks(
        string subject, ParameterBlock? expected, ParameterBlock? found, Agreement agreement, Action<string, string, string> report)
    {
        if (expected is null || found is null)
        {
            if (expected is not null || found is not null)
            {
                report(subject, expected is null ? "none" : "one", found is null ? "none" : "one");
            }

            return;
        }

        Values(subject, expected.Values, found.Values, agreement, report);
    }

    private static int Differing(Mask one, Mask other) => one.Equals(other) ? 0 : one.Union(other).ActiveCount - one.Intersect(other).ActiveCount;
}
