using SparseCore.Cpu.Kernels;
using SparseCore.Engine;

namespace SparseCore.Cpu;

/// <summary>
/// Every stride-th value of every stride-th row: what a 1x1 convolution with a stride reads. The convolution itself then needs no stride and runs on
/// the kernels of those that have none. With a stride of 1, a copy with other zeros around it.
/// </summary>
internal sealed unsafe class SubsampleStage(string name, StageTensors tensors, TensorLayout inputLayout, TensorLayout outputLayout, int stride)
    : Stage(name, tensors)
{
    private readonly int step = stride * inputLayout.FeatureStride;

    public override void Forward(Workspace workspace, int blocks)
    {
        foreach (var (block, channel, row) in outputLayout.Rows(blocks))
        {
            Elementwise.AddBounded(
                workspace.Values(Input) + inputLayout.Place(block, channel, row * stride),
                step,
                null,
                0,
                float.NegativeInfinity,
                outputLayout.Shape.Width,
                workspace.Values(Output) + outputLayout.Place(block, channel, row),
                outputLayout.FeatureStride);
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
            var source = outputLayout.Place(block, channel, row);
            Elementwise.GateTo(
                workspace.Gradients(Output) + source,
                null,
                outputLayout.FeatureStride,
                gated: false,
                outputLayout.Shape.Width,
                adds: true,
                workspace.Gradients(Input) + inputLayout.Place(block, channel, row * stride),
                step);
        }
    }
}
