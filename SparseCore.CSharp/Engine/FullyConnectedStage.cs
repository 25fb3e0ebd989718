using System.Runtime.Intrinsics.X86;
using SparseCore.Engine.Kernels;

namespace SparseCore.Engine;

/// <summary>A fully connected layer with its bias and, where one follows, its ReLU.</summary>
internal sealed unsafe class FullyConnectedStage(
    StageTensors tensors, TensorLayout inputLayout, TensorLayout outputLayout, LayerState state, bool relu) : Stage(state.Layer.Name, tensors)
{
    private const int DenseRows = 4;
    private readonly float floor = relu ? 0f : float.NegativeInfinity;

    /// <summary>Floats of lane sums needed: all stored weights of a sparse layer, or a few rows of a dense one.</summary>
    public long SumFloats => Math.Max(state.IsDense ? 0 : (long)state.Stride * Lanes.Width, (long)DenseRows * state.Layer.Inputs * Lanes.Width);

    public override long ScratchFloats => Tensors.AddsToInput ? inputLayout.Floats : 0;

    public override void Forward(Workspace workspace, int blocks)
    {
        var x = workspace.Values(Input);
        var y = workspace.Values(Output);
        var layer = state.Layer;
        var weights = state.ForwardWeights(workspace.ParameterSet);
        var biases = state.ForwardBiases(workspace.ParameterSet);
        if (!state.IsDense)
        {
            SparseFullyConnected.Forward(
                weights, state.RowOffsets, state.RowStarts, layer.Outputs, biases, floor, x, blocks, y, outputLayout.FeatureStride);
            return;
        }

        if (blocks % 4 == 0)
        {
            fixed (int* offsets = state.Offsets)
            {
                DenseTiles.Listed(
                    weights,
                    layer.Inputs,
                    layer.Outputs,
                    offsets,
                    layer.Inputs,
                    x,
                    blocks,
                    biases,
                    floor,
                    y,
                    outputLayout.FeatureStride,
                    outputLayout.BlockStride);
            }

            return;
        }

        var loop = new TileLoop
        {
            Outer = 1,
            Middle = 1,
            Inner = layer.Inputs,
            WeightInner = 1,
            WeightRow = layer.Inputs,
            InputInner = inputLayout.FeatureStride,
            InputColumn = inputLayout.BlockStride,
            OutputRow = outputLayout.FeatureStride,
            OutputColumn = outputLayout.BlockStride,
        };
        DenseTiles.Product(weights, layer.Outputs, x, blocks, loop, biases, floor, y);
    }

    public override void Backward(Workspace workspace, int blocks, int slice, GradientScope scope)
    {
        var x = workspace.Values(Input);
        var dx = Input == 0 ? null : Tensors.AddsToInput ? workspace.Scratch : workspace.Gradients(Input);
        var y = workspace.Values(Output);
        var dy = workspace.Gradients(Output);
        var layer = state.Layer;
        Elementwise.GateAndSum(
            dy, y, relu, layer.Outputs, outputLayout.FeatureStride, blocks, state.BiasGradients + ((long)slice * state.BiasStride));
        if (state.IsDense)
        {
            DenseWeightGradient(workspace, dy, x, blocks, state.Gradients + ((long)slice * state.Stride));
            if (dx is not null)
            {
                DenseInputGradient(dy, blocks, dx);
            }
        }
        else
        {
            SparseFullyConnected.Backward(
                state.Weights, state.ColumnOffsets, state.ColumnStarts, layer.Inputs, dy, x, dx, inputLayout.FeatureStride, blocks, workspace.Sums);
            Lanes.SumEach(workspace.Sums, 1, 0, state.Stored, state.Gradients + ((long)slice * state.Stride));
            if (scope == GradientScope.Dense)
            {
                DenseWeightGradient(workspace, dy, x, blocks, state.DenseGradients + ((long)slice * Lanes.RoundUp(layer.WeightCount)));
            }
        }

        if (dx is not null && Tensors.AddsToInput)
        {
            Elementwise.GateTo(
                dx, null, Lanes.Width, gated: false, inputLayout.Floats / Lanes.Width, adds: true, workspace.Gradients(Input), Lanes.Width);
        }
    }

    private void DenseInputGradient(float* dy, int blocks, float* dx)
    {
        var loop = new TileLoop
        {
            Outer = 1,
            Middle = 1,
            Inner = state.Layer.Outputs,
            WeightInner = state.Layer.Inputs,
            WeightRow = 1,
            InputInner = outputLayout.FeatureStride,
            InputColumn = outputLayout.BlockStride,
            OutputRow = inputLayout.FeatureStride,
            OutputColumn = inputLayout.BlockStride,
        };
        DenseTiles.Product(state.Weights, state.Layer.Inputs, dy, blocks, loop, null, float.NegativeInfinity, dx);
    }

    private void DenseWeightGradient(Workspace workspace, float* dy, float* x, int blocks, float* destination)
    {
        var layer = state.Layer;
        var loop = new DotLoop
        {
            Rows = 1,
            Columns = blocks,
            GradientChannel = outputLayout.FeatureStride,
            InputStep = inputLayout.BlockStride,
        };
        var firstRest = 0;
        if (Avx512F.IsSupported && layer.Inputs % 4 == 0)
        {
            firstRest = layer.Outputs / 4 * 4;
            DenseTiles.FoldedDot(
                dy, firstRest, outputLayout.FeatureStride, x, layer.Inputs, inputLayout.FeatureStride, blocks, destination, layer.Inputs);
        }

        fixed (int* offsets = state.Offsets)
        {
            for (var first = firstRest; first < layer.Outputs; first += DenseRows)
            {
                var rows = Math.Min(DenseRows, layer.Outputs - first);
                var count = rows * layer.Inputs;
                new Span<float>(workspace.Sums, count * Lanes.Width).Clear();
                DenseTiles.Dot(dy + (first * loop.GradientChannel), rows, x, offsets, layer.Inputs, loop, workspace.Sums, (nint)layer.Inputs * Lanes.Width);
                Lanes.SumEach(workspace.Sums, 1, 0, count, destination + ((long)first * layer.Inputs));
            }
        }
    }
}
