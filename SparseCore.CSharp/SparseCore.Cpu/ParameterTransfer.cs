using SparseCore.Engine;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Cpu;

/// <summary>Carries parameters between their canonical form and that of a plan's stages.</summary>
internal sealed unsafe class ParameterTransfer(Network network, ExecutionPlan plan)
{
    /// <summary>Takes over parameters and momentum buffers; values outside the masks are ignored.</summary>
    /// <param name="parameters">Weights, biases, scales, shifts and running statistics.</param>
    /// <param name="momentum">Momentum of all but the statistics; null for 0.</param>
    public void Load(ParameterBlock parameters, ParameterBlock? momentum)
    {
        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            plan.States[layer].Load(
                parameters.Weights(layer),
                parameters.Biases(layer),
                momentum is null ? [] : momentum.Weights(layer),
                momentum is null ? [] : momentum.Biases(layer));
        }

        for (var norm = 0; norm < plan.NormStages.Count; norm++)
        {
            var state = plan.NormStages[norm].State;
            Span<float> Of(float* values) => new(values, state.Norm.Channels);
            parameters.Scales(norm).CopyTo(Of(state.Scales));
            parameters.Shifts(norm).CopyTo(Of(state.Shifts));
            parameters.Means(norm).CopyTo(Of(state.Means));
            parameters.Variances(norm).CopyTo(Of(state.Variances));
            Of(state.ScaleMomenta).Clear();
            Of(state.ShiftMomenta).Clear();
            momentum?.Scales(norm).CopyTo(Of(state.ScaleMomenta));
            momentum?.Shifts(norm).CopyTo(Of(state.ShiftMomenta));
        }
    }

    /// <summary>Writes parameters and momentum; values outside the masks become +0.</summary>
    public void Store(ParameterBlock parameters, ParameterBlock momentum)
    {
        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            var state = plan.States[layer];
            var biases = network.Layers[layer].BiasCount;
            state.CopyOut(state.Weights, parameters.Weights(layer));
            state.CopyOut(state.Momenta, momentum.Weights(layer));
            new ReadOnlySpan<float>(state.Biases, biases).CopyTo(parameters.Biases(layer));
            new ReadOnlySpan<float>(state.BiasMomenta, biases).CopyTo(momentum.Biases(layer));
        }

        for (var norm = 0; norm < plan.NormStages.Count; norm++)
        {
            var state = plan.NormStages[norm].State;
            ReadOnlySpan<float> Of(float* values) => new(values, state.Norm.Channels);
            Of(state.Scales).CopyTo(parameters.Scales(norm));
            Of(state.Shifts).CopyTo(parameters.Shifts(norm));
            Of(state.Means).CopyTo(parameters.Means(norm));
            Of(state.Variances).CopyTo(parameters.Variances(norm));
            Of(state.ScaleMomenta).CopyTo(momentum.Scales(norm));
            Of(state.ShiftMomenta).CopyTo(momentum.Shifts(norm));
        }
    }

    /// <summary>Takes over several sets of parameters for evaluation, beside the stages' own.</summary>
    public void LoadAlternatives(IReadOnlyList<ParameterBlock> sets)
    {
        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            plan.States[layer].EnsureAlternatives(sets.Count);
            for (var set = 0; set < sets.Count; set++)
            {
                plan.States[layer].LoadAlternative(set, sets[set].Weights(layer), sets[set].Biases(layer));
            }
        }

        for (var norm = 0; norm < plan.NormStages.Count; norm++)
        {
            var state = plan.NormStages[norm].State;
            state.EnsureAlternatives(sets.Count);
            for (var set = 0; set < sets.Count; set++)
            {
                var block = sets[set];
                state.LoadAlternative(set, block.Scales(norm), block.Shifts(norm), block.Means(norm), block.Variances(norm));
            }
        }
    }

    /// <summary>Adds the gradients of a batch to a block.</summary>
    /// <param name="examples">Examples of the batch.</param>
    /// <param name="scope">Active weights only, or all.</param>
    /// <param name="destination">The sums so far.</param>
    public void AddGradients(int examples, GradientScope scope, ParameterBlock destination)
    {
        for (var layer = 0; layer < plan.States.Length; layer++)
        {
            for (var slice = 0; slice < plan.SlicesOf(examples); slice++)
            {
                plan.States[layer].AddGradients(slice, scope, destination.Weights(layer), destination.Biases(layer));
            }
        }

        for (var norm = 0; norm < plan.NormStages.Count; norm++)
        {
            plan.NormStages[norm].State.AddGradients(destination.Scales(norm), destination.Shifts(norm));
        }
    }

    /// <summary>Name of the first layer whose weights or biases are not all finite; null when all are.</summary>
    public string? FindNonFinite() => Array.Find(plan.States, state => !state.IsFinite)?.Layer.Name;
}
