using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary><see cref="SparsePooledForward"/> for machines with 16 registers of 256 bits.</summary>
internal sealed unsafe class Avx2PooledForward(ConvolutionGeometry geometry, OutputOrder order) : ForwardPass
{
    public override void Run(Workspace workspace, int block, float* weights, float* biases)
    {
        var output = geometry.Output;
        Avx2PooledConvolution.Forward(
            weights,
            order.Offsets,
            order.Starts,
            geometry.Layer.Outputs,
            biases,
            geometry.Floor,
            geometry.Inputs(workspace, block),
            geometry.Input.RowStride,
            output.Shape.Height,
            output.Shape.Width,
            geometry.Outputs(workspace, block) + output.Offset(0, 0, 0),
            output.ChannelStride,
            output.RowStride,
            output.FeatureStride,
            workspace.KeepsPositions ? geometry.Positions(workspace, block) : null);
    }
}
