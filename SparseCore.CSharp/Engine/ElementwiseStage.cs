using SparseCore.Engine.Kernels;
using SparseCore.Networks;

namespace SparseCore.Engine;

/// <summary>A ReLU or a max-pool that could not be fused into a layer; any size, any overlap.</summary>
/// <param name="node">The node, whose operation is Relu or MaxPool.</param>
/// <param name="input">Index of the input tensor.</param>
/// <param name="output">Index of the output tensor.</param>
/// <param name="inputLayout">Layout of the input.</param>
/// <param name="outputLayout">Layout of the output.</param>
internal sealed unsafe class ElementwiseStage(Node node, int input, int output, TensorLayout inputLayout, TensorLayout outputLayout)
    : Stage(node.Name, input, output)
{
    private readonly Operation.MaxPool? pool = node.Operation as Operation.MaxPool;

    public override void Forward(Workspace workspace, int blocks)
    {
        for (var block = 0; block < blocks; block++)
        {
            var x = workspace.Values(Input) + ((long)block * inputLayout.BlockStride);
            var y = workspace.Values(Output) + ((long)block * outputLayout.BlockStride);
            for (var channel = 0; channel < outputLayout.Shape.Channels; channel++)
            {
                for (var row = 0; row < outputLayout.Shape.Height; row++)
                {
                    var target = y + outputLayout.Offset(channel, row, 0);
                    if (pool is null)
                    {
                        Elementwise.Relu(
                            x + inputLayout.Offset(channel, row, 0), inputLayout.FeatureStride, inputLayout.Shape.Width, target, outputLayout.FeatureStride);
                        continue;
                    }

                    for (var column = 0; column < outputLayout.Shape.Width; column++)
                    {
                        Elementwise.PoolWindow(
                            x + inputLayout.Offset(channel, row * pool.Stride, column * pool.Stride),
                            pool.Size,
                            inputLayout.RowStride,
                            inputLayout.FeatureStride,
                            target + (column * outputLayout.FeatureStride));
                    }
                }
            }
        }
    }

    public override void Backward(Workspace workspace, int blocks, int slice, GradientScope scope)
    {
        if (Input == 0)
        {
            return;
        }

        if (pool is not null)
        {
            new Span<float>(workspace.Gradients(Input), inputLayout.Floats).Clear();
        }

        for (var block = 0; block < blocks; block++)
        {
            var x = workspace.Values(Input) + ((long)block * inputLayout.BlockStride);
            var dx = workspace.Gradients(Input) + ((long)block * inputLayout.BlockStride);
            var y = workspace.Values(Output) + ((long)block * outputLayout.BlockStride);
            var dy = workspace.Gradients(Output) + ((long)block * outputLayout.BlockStride);
            for (var channel = 0; channel < outputLayout.Shape.Channels; channel++)
            {
                for (var row = 0; row < outputLayout.Shape.Height; row++)
                {
                    var source = outputLayout.Offset(channel, row, 0);
                    if (pool is null)
                    {
                        Elementwise.ReluBackward(
                            dy + source,
                            y + source,
                            outputLayout.FeatureStride,
                            outputLayout.Shape.Width,
                            dx + inputLayout.Offset(channel, row, 0),
                            inputLayout.FeatureStride);
                        continue;
                    }

                    for (var column = 0; column < outputLayout.Shape.Width; column++)
                    {
                        var window = inputLayout.Offset(channel, row * pool.Stride, column * pool.Stride);
                        var place = source + (column * outputLayout.FeatureStride);
                        Elementwise.PoolWindowBackward(
                            dy + place, y + place, x + window, pool.Size, inputLayout.RowStride, inputLayout.FeatureStride, dx + window);
                    }
                }
            }
        }
    }
}
