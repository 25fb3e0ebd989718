using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>The backward pass of a sparse convolution: only its active weights get a gradient.</summary>
internal sealed unsafe class ListBackward(ConvolutionGeometry geometry, LayerState state, ListPass lists) : BackwardPass
{
    public override long ScratchFloats => BiasFloats + lists.ScratchFloats;

    public override long SumFloats => lists.SumFloats;

    /// <summary>Whether the output gradients come from the batch normalization that alone reads the output.</summary>
    public bool TakesNorm => lists.CanTakeNorm;

    private long BiasFloats => (long)geometry.Layer.Outputs * Lanes.Width;

    public override void Run(Workspace workspace, int blocks, int slice)
    {
        var biasSums = workspace.Scratch;
        ConvolutionGeometry.Clear(workspace.Sums, SumFloats);
        ConvolutionGeometry.Clear(biasSums, BiasFloats);
        for (var block = 0; block < blocks; block++)
        {
            lists.Run(workspace, block, biasSums + BiasFloats, biasSums, workspace.Sums, TakesNorm);
        }

        lists.Fold(workspace.Sums, state.Gradients + ((long)slice * state.Stride));
        Lanes.SumEach(biasSums, 1, 0, geometry.Layer.Outputs, state.BiasGradients + ((long)slice * state.BiasStride));
    }
}
