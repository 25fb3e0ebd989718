using SparseCore.Cpu.Kernels;
using SparseCore.Engine;

namespace SparseCore.Cpu;

/// <summary>A ReLU, or a residual sum with the ReLU that follows it, that could not be fused into a layer or a batch normalization.</summary>
internal sealed unsafe class ReluStage(
    string name, StageTensors tensors, TensorLayout inputLayout, TensorLayout outputLayout, TensorLayout? residualLayout, bool relu) : Stage(name, tensors)
{
    private readonly float floor = relu ? 0f : float.NegativeInfinity;

    public override void Forward(Workspace workspace, int blocks)
    {
        var residual = residualLayout is null ? null : workspace.Values(Tensors.Residual);
        foreach (var (block, channel, row) in outputLayout.Rows(blocks))
        {
            Elementwise.AddBounded(
                workspace.Values(Input) + inputLayout.Place(block, channel, row),
                inputLayout.FeatureStride,
                residual is null ? null : residual + residualLayout!.Place(block, channel, row),
                residualLayout?.FeatureStride ?? 0,
                floor,
                outputLayout.Shape.Width,
                workspace.Values(Output) + outputLayout.Place(block, channel, row),
                outputLayout.FeatureStride);
        }
    }

    public override void ForwardTangent(Workspace point, Workspace tangents, int blocks)
    {
        var residual = residualLayout is null ? null : tangents.Values(Tensors.Residual);
        foreach (var (block, channel, row) in outputLayout.Rows(blocks))
        {
            var place = outputLayout.Place(block, channel, row);
            TangentRows.Add(
                tangents.Values(Input) + inputLayout.Place(block, channel, row),
                inputLayout.FeatureStride,
                residual is null ? null : residual + residualLayout!.Place(block, channel, row),
                residualLayout?.FeatureStride ?? 0,
                relu ? point.Values(Output) + place : null,
                outputLayout.Shape.Width,
                tangents.Values(Output) + place,
                outputLayout.FeatureStride);
        }
    }

    public override void Backward(Workspace workspace, int blocks, int slice, GradientScope scope)
    {
        Pass(workspace, blocks, Input, inputLayout, Tensors.AddsToInput);
        if (residualLayout is not null)
        {
            Pass(workspace, blocks, Tensors.Residual, residualLayout, Tensors.AddsToResidual);
        }
    }

    private void Pass(Workspace workspace, int blocks, int tensor, TensorLayout layout, bool adds)
    {
        if (tensor == 0)
        {
            return;
        }

        foreach (var (block, channel, row) in outputLayout.Rows(blocks))
        {
            var source = outputLayout.Place(block, channel, row);
            Elementwise.GateTo(
                workspace.Gradients(Output) + source,
                workspace.Values(Output) + source,
                outputLayout.FeatureStride,
                relu,
                outputLayout.Shape.Width,
                adds,
                workspace.Gradients(tensor) + layout.Place(block, channel, row),
                layout.FeatureStride);
        }
    }
}
