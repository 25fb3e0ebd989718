using SparseCore.Cpu.Kernels;
using SparseCore.Engine;

namespace SparseCore.Cpu;

/// <summary>The mean over all rows and columns of every channel.</summary>
internal sealed unsafe class AverageStage(string name, StageTensors tensors, TensorLayout inputLayout, TensorLayout outputLayout) : Stage(name, tensors)
{
    private readonly float share = 1f / (inputLayout.Shape.Height * inputLayout.Shape.Width);

    public override void Forward(Workspace workspace, int blocks)
    {
        foreach (var (block, channel, _) in outputLayout.Rows(blocks))
        {
            var y = workspace.Values(Output) + outputLayout.Place(block, channel, 0);
            Elementwise.Fill(0f, 1, y, 0);
            for (var row = 0; row < inputLayout.Shape.Height; row++)
            {
                Elementwise.AddScaledSum(
                    workspace.Values(Input) + inputLayout.Place(block, channel, row), inputLayout.FeatureStride, inputLayout.Shape.Width, share, y);
            }
        }
    }

    public override void Backward(Workspace workspace, int blocks, int slice, GradientScope scope)
    {
        if (Input == 0)
        {
            return;
        }

        foreach (var (block, channel, row) in inputLayout.Rows(blocks))
        {
            Elementwise.Spread(
                workspace.Gradients(Output) + outputLayout.Place(block, channel, 0),
                share,
                inputLayout.Shape.Width,
                Tensors.AddsToInput,
                workspace.Gradients(Input) + inputLayout.Place(block, channel, row),
                inputLayout.FeatureStride);
        }
    }
}
