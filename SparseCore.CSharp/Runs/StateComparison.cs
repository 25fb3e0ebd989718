using System.Globalization;
using SparseCore.Checkpoints;
using SparseCore.Parameters;
using SparseCore.Training;

namespace SparseCore.Runs;

/// <summary>Compares a state with a checkpoint, bit for bit, and names the first difference of every layer.</summary>
internal static class StateComparison
{
    public static void Compare(TrainingState expected, Checkpoint found, Action<string, string, string> report)
    {
        for (var layer = 0; layer < expected.Network.Layers.Count; layer++)
        {
            var name = expected.Network.Layers[layer].Name;
            var (wanted, mask) = (expected.Masks[layer], found.Masks[layer]);
            if (!wanted.Equals(mask))
            {
                var index = Enumerable.Range(0, mask.Length).First(weight => wanted[weight] != mask[weight]);
                report(
                    $"{name}: mask of weight {index}",
                    $"{(wanted[index] ? "active" : "masked")} ({wanted.ActiveCount} active in all)",
                    $"{(mask[index] ? "active" : "masked")} ({mask.ActiveCount} active in all)");
            }

            Values($"{name}: weight", expected.Parameters.Weights(layer), found.Parameters.Weights(layer), report);
            Values($"{name}: bias", expected.Parameters.Biases(layer), found.Parameters.Biases(layer), report);
            Values($"{name}: momentum of weight", expected.Momentum.Weights(layer), found.Momentum.Weights(layer), report);
            Values($"{name}: momentum of bias", expected.Momentum.Biases(layer), found.Momentum.Biases(layer), report);
        }
    }

    /// <summary>A value with all its digits.</summary>
    public static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Reports the first value that differs.</summary>
    public static void Values(string subject, ReadOnlySpan<float> expected, ReadOnlySpan<float> found, Action<string, string, string> report)
    {
        for (var index = 0; index < expected.Length; index++)
        {
            if (BitConverter.SingleToInt32Bits(expected[index]) != BitConverter.SingleToInt32Bits(found[index]))
            {
                report($"{subject} {index}", Text(expected[index]), Text(found[index]));
                return;
            }
        }
    }

    /// <summary>Reports the first value that differs in optional blocks.</summary>
    public static void Blocks(string subject, ParameterBlock? expected, ParameterBlock? found, Action<string, string, string> report)
    {
        if (expected is null || found is null)
        {
            if (expected is not null || found is not null)
            {
                report(subject, expected is null ? "none" : "one", found is null ? "none" : "one");
            }

            return;
        }

        Values(subject, expected.Values, found.Values, report);
    }
}
