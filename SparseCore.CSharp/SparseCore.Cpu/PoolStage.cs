using SparseCore.Cpu.Kernels;
using SparseCore.Engine;
using SparseCore.Networks;

namespace SparseCore.Cpu;

/// <summary>A max-pool that could not be fused into a layer; any size, overlap and padding.</summary>
internal sealed unsafe class PoolStage(string name, StageTensors tensors, TensorLayout inputLayout, TensorLayout outputLayout, Operation.MaxPool pool)
    : Stage(name, tensors)
{
    public override void Forward(Workspace workspace, int blocks)
    {
        foreach (var (block, channel, row) in outputLayout.Rows(blocks))
        {
            var (top, height) = Window(row, inputLayout.Shape.Height);
            var x = workspace.Values(Input) + inputLayout.Place(block, channel, top);
            var y = workspace.Values(Output) + outputLayout.Place(block, channel, row);
            for (var column = 0; column < outputLayout.Shape.Width; column++)
            {
                var (left, width) = Window(column, inputLayout.Shape.Width);
                Elementwise.PoolWindow(
                    x + (left * inputLayout.FeatureStride), height, width, inputLayout.RowStride, inputLayout.FeatureStride, y + (column * outputLayout.FeatureStride));
            }
        }
    }

    public override void ForwardTangent(Workspace point, Workspace tangents, int blocks)
    {
        foreach (var (block, channel, row) in outputLayout.Rows(blocks))
        {
            var (top, height) = Window(row, inputLayout.Shape.Height);
            var source = inputLayout.Place(block, channel, top);
            var target = outputLayout.Place(block, channel, row);
            for (var column = 0; column < outputLayout.Shape.Width; column++)
            {
                var (left, width) = Window(column, inputLayout.Shape.Width);
                var window = source + (left * inputLayout.FeatureStride);
                var place = target + (column * outputLayout.FeatureStride);
                TangentRows.PoolWindow(
                    point.Values(Output) + place,
                    point.Values(Input) + window,
                    tangents.Values(Input) + window,
                    height,
                    width,
                    inputLayout.RowStride,
                    inputLayout.FeatureStride,
                    tangents.Values(Output) + place);
            }
        }
    }

    public override void Backward(Workspace workspace, int blocks, int slice, GradientScope scope)
    {
        if (Input == 0)
        {
            return;
        }

        if (!Tensors.AddsToInput)
        {
            new Span<float>(workspace.Gradients(Input), inputLayout.Floats).Clear();
        }

        foreach (var (block, channel, row) in outputLayout.Rows(blocks))
        {
            var (top, height) = Window(row, inputLayout.Shape.Height);
            var source = inputLayout.Place(block, channel, top);
            var target = outputLayout.Place(block, channel, row);
            for (var column = 0; column < outputLayout.Shape.Width; column++)
            {
                var (left, width) = Window(column, inputLayout.Shape.Width);
                var window = source + (left * inputLayout.FeatureStride);
                var place = target + (column * outputLayout.FeatureStride);
                Elementwise.PoolWindowBackward(
                    workspace.Gradients(Output) + place,
                    workspace.Values(Output) + place,
                    workspace.Values(Input) + window,
                    height,
                    width,
                    inputLayout.RowStride,
                    inputLayout.FeatureStride,
                    workspace.Gradients(Input) + window);
            }
        }
    }

    /// <summary>First position and extent of a window along one axis; what lies in the padding is left out.</summary>
    private (int First, int Extent) Window(int output, int size)
    {
        var first = (output * pool.Stride) - pool.Padding;
        var start = Math.Max(0, first);
        return (start, Math.Min(size, first + pool.Size) - start);
    }
}
