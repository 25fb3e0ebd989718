using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;
using SparseCore.Engine;
using SparseCore.Networks;

namespace SparseCore.Cpu.Convolutions;

/// <summary>
/// A convolution with its bias and, where they follow, its ReLU and its max-pool. How it is computed is chosen when the masks change, from shape, density and the
/// registers of the machine; all ways give the same bits.
/// </summary>
internal sealed unsafe class ConvolutionStage : Stage
{
    private readonly ConvolutionGeometry geometry;
    private readonly LayerState state;
    private readonly LargeConvolution? large;
    private ForwardPass? forward;
    private BackwardPass? backward;
    private BackwardPass? backwardAll;

    /// <summary>Describes the stage.</summary>
    /// <param name="tensors">What it reads and writes.</param>
    /// <param name="inputLayout">Layout of the input: block-major, padded as the convolution needs.</param>
    /// <param name="outputLayout">Layout after the pool.</param>
    /// <param name="state">The weights.</param>
    /// <param name="operation">Kernel size, stride, padding.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    /// <param name="pool">Size and stride of the max-pool that follows; 1 for none.</param>
    public ConvolutionStage(
        StageTensors tensors, TensorLayout inputLayout, TensorLayout outputLayout, LayerState state, Operation.Convolution operation, bool relu, int pool)
        : base(state.Layer.Name, tensors)
    {
        geometry = new ConvolutionGeometry(tensors, inputLayout, outputLayout, state.Layer, operation.Stride, relu, pool);
        this.state = state;
        large = LargeConvolution.Is(geometry) ? new LargeConvolution(geometry, state.Offsets) : null;
    }

    /// <summary>The batch normalization that alone reads the output; null where there is none. Set only where <see cref="IsPlain"/>.</summary>
    public NormStage? Norm { get; set; }

    /// <summary>Whether the output is the sums of the convolution themselves.</summary>
    public bool IsPlain => geometry.IsPlain;

    public override int PositionBytes => geometry.Pool > 1 ? geometry.Output.Floats : 0;

    public override long ScratchFloats =>
        Math.Max(forward!.ScratchFloats, Math.Max(backward!.ScratchFloats, backwardAll!.ScratchFloats));

    public override long SumFloats(GradientScope scope) => BackwardOf(scope).SumFloats;

    /// <summary>Whether a backward pass takes its output gradients from <see cref="Norm"/> piece by piece, and not from memory.</summary>
    public bool TakesNorm(GradientScope scope) => BackwardOf(scope) is ListBackward { TakesNorm: true };

    public override void Rebuild()
    {
        if (state.IsDense)
        {
            forward = DenseForward();
            backward = large is null ? new DenseBackward(geometry, state) : new LargeBackward(geometry, state, large, lists: null);
            backwardAll = backward;
            return;
        }

        var sizes = new PartSizes(geometry, state.Stored);
        var lists = Lists(sizes);
        forward = SparseForward(sizes);
        backward = new ListBackward(geometry, state, lists);
        backwardAll = large is null ? new AllWeightsBackward(geometry, state, lists) : new LargeBackward(geometry, state, large, lists);
    }

    public override void Forward(Workspace workspace, int blocks)
    {
        var weights = state.ForwardWeights(workspace.ParameterSet);
        var biases = state.ForwardBiases(workspace.ParameterSet);
        for (var block = 0; block < blocks; block++)
        {
            forward!.Run(workspace, block, weights, biases);
        }
    }

    public override void Backward(Workspace workspace, int blocks, int slice, GradientScope scope) =>
        BackwardOf(scope).Run(workspace, blocks, slice);

    private BackwardPass BackwardOf(GradientScope scope) => scope == GradientScope.Dense ? backwardAll! : backward!;

    private ForwardPass DenseForward()
    {
        if (geometry.FusesPool && large is null && geometry.Layer.Outputs % DensePooledConvolution.Outputs == 0)
        {
            return new DensePooledForward(geometry, state.Offsets);
        }

        RowPass rowPass = large is null ? new DenseRowPass(geometry, state.Offsets) : new PanelRowPass(large);
        return geometry.Pool > 1 ? new PooledRowsForward(geometry, rowPass) : new RowsForward(geometry, rowPass);
    }

    private ForwardPass SparseForward(PartSizes sizes)
    {
        if (geometry.FusesPool)
        {
            return Lanes.UsesAvx2 ? new Avx2PooledForward(geometry, state.ByOutput) : new SparsePooledForward(geometry, state.ByOutput);
        }

        if (geometry.Pool > 1)
        {
            return new PooledRowsForward(geometry, new SparseRowPass(geometry, state.ByOutput));
        }

        // With a stride a single part is worth it, because its inputs are copied side by side.
        var takesParts = sizes.Parts.Parts > 1 || geometry.Stride > 1 || geometry.Output.IsStreamed;
        return new RowsForward(geometry, takesParts ? new SparsePartPass(geometry, state, sizes) : new SparseRowPass(geometry, state.ByOutput));
    }

    private ListPass Lists(PartSizes sizes) =>
        geometry.Pool == 1 && !geometry.IsFirst ? new GatheredLists(geometry, state, sizes, Norm)
        : geometry.FusesPool && Lanes.UsesAvx2 ? new ScatteredLists(geometry, state)
        : PooledLists.Fits(geometry) ? new PooledLists(geometry, state)
        : new ListedRows(geometry, state);
}
