using SparseCore.Networks;

namespace SparseCore.Reference;

/// <summary>A convolution or fully connected layer.</summary>
internal sealed class LinearStep(int index, int source, Layer layer, LinearMap map, int weightOffset, int biasOffset) : NodeStep(index, [source])
{
    public override bool NeedsSource => true;

    public override void Forward(Passes passes, ReadOnlySpan<double> parameters)
    {
        for (var group = 0; group < passes.Groups; group++)
        {
            var output = passes.Values[Index, group];
            map.Broadcast(Biases(parameters), output);
            map.Forward(Weights(parameters), passes.Values[Source, group], output);
        }
    }

    public override void ForwardTangent(Passes passes, ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector)
    {
        for (var group = 0; group < passes.Groups; group++)
        {
            var output = passes.Tangents[Index, group];
            map.Broadcast(Biases(vector), output);
            map.Forward(Weights(vector), passes.Values[Source, group], output);
            if (Source >= 0)
            {
                map.Forward(Weights(parameters), passes.Tangents[Source, group], output);
            }
        }
    }

    public override void Backward(Passes passes, ReadOnlySpan<double> parameters, Span<double> gradient)
    {
        for (var group = 0; group < passes.Groups; group++)
        {
            map.Outer(passes.Gradients[Index, group], passes.Values[Source, group], gradient.Slice(weightOffset, layer.WeightCount));
            map.Sum(passes.Gradients[Index, group], gradient.Slice(biasOffset, layer.BiasCount));
        }

        if (Source >= 0)
        {
            passes.Gradients.TakeSums(Source);
            for (var group = 0; group < passes.Groups; group++)
            {
                map.Transposed(Weights(parameters), passes.Gradients[Index, group], passes.Gradients[Source, group]);
            }
        }
    }

    public override void BackwardTangent(Passes passes, ReadOnlySpan<double> parameters, ReadOnlySpan<double> vector, Span<double> product)
    {
        var weightProduct = product.Slice(weightOffset, layer.WeightCount);
        for (var group = 0; group < passes.Groups; group++)
        {
            map.Outer(passes.GradientTangents[Index, group], passes.Values[Source, group], weightProduct);
            map.Sum(passes.GradientTangents[Index, group], product.Slice(biasOffset, layer.BiasCount));
            if (Source >= 0)
            {
                map.Outer(passes.Gradients[Index, group], passes.Tangents[Source, group], weightProduct);
            }
        }

        if (Source >= 0)
        {
            passes.Gradients.TakeSums(Source);
            passes.GradientTangents.TakeSums(Source);
            for (var group = 0; group < passes.Groups; group++)
            {
                map.Transposed(Weights(parameters), passes.Gradients[Index, group], passes.Gradients[Source, group]);
                map.Transposed(Weights(parameters), passes.GradientTangents[Index, group], passes.GradientTangents[Source, group]);
                map.Transposed(Weights(vector), passes.Gradients[Index, group], passes.GradientTangents[Source, group]);
            }
        }
    }

    private ReadOnlySpan<double> Weights(ReadOnlySpan<double> parameters) => parameters.Slice(weightOffset, layer.WeightCount);

    private ReadOnlySpan<double> Biases(ReadOnlySpan<double> parameters) => parameters.Slice(biasOffset, layer.BiasCount);
}
