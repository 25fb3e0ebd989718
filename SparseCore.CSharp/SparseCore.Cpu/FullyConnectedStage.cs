using System.Runtime.Intrinsics.X86;
using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;
using SparseCore.Engine;

namespace SparseCore.Cpu;

/// <summary>A fully connected layer with its bias and, where one follows, its ReLU.</summary>
internal sealed unsafe class FullyConnectedStage(
    StageTensors tensors, TensorLayout inputLayout, TensorLayout outputLayout, LayerState state, bool relu) : Stage(state.Layer.Name, tensors)
{
    private const int DenseRows = 4;
    private readonly float floor = relu ? 0f : float.NegativeInfinity;

    /// <summary>
    /// Floats of lane sums needed: all stored weights of a sparse layer, or a few rows of a dense one; with the gradients of all weights of a sparse layer, also its gradients and
    /// inputs side by side and their product.
    /// </summary>
    public override long SumFloats(GradientScope scope)
    {
        var (outputs, inputs) = ((long)RoundUp(state.Layer.Outputs), (long)RoundUp(state.Layer.Inputs));
        return state.IsDense
            ? (long)DenseRows * state.Layer.Inputs * Lanes.Width
            : Math.Max((long)state.Stride * Lanes.Width, scope == GradientScope.Dense ? ((outputs + inputs) * outputLayout.FeatureStride) + (outputs * inputs) : 0);
    }

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
                weights, state.ByOutput.Offsets, state.ByOutput.Starts, layer.Outputs, biases, floor, x, blocks, y, outputLayout.FeatureStride);
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
                state.Weights,
                state.ByInput.Offsets,
                state.ByInput.Starts,
                layer.Inputs,
                dy,
                x,
                dx,
                inputLayout.FeatureStride,
                blocks,
                workspace.Sums);
            if (scope == GradientScope.Dense)
            {
                AllWeightGradients(workspace.Sums, dy, x, blocks, state.AllGradients(slice));
            }
            else
            {
                Lanes.SumEach(workspace.Sums, 1, 0, state.Stored, state.Gradients + ((long)slice * state.Stride));
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

    /// <summary>
    /// Gradients of all weights of a sparse layer. Outputs whose gradient is 0 for the whole slice (no path leads on from them, or their ReLU is shut) and inputs that are 0
    /// leave the product; what is left out is exactly 0.
    /// </summary>
    private void AllWeightGradients(float* memory, float* dy, float* x, int blocks, float* destination)
    {
        var layer = state.Layer;
        Span<int> outputs = stackalloc int[layer.Outputs];
        Span<int> inputs = stackalloc int[layer.Inputs];
        outputs = outputs[..Elementwise.CopyLive(dy, outputLayout.FeatureStride, blocks, outputs, memory)];
        var gradientRows = RoundUp(outputs.Length);
        var row = blocks * Lanes.Width;
        var copies = memory + (gradientRows * row);
        inputs = inputs[..Elementwise.CopyLive(x, inputLayout.FeatureStride, blocks, inputs, copies)];
        var inputRows = RoundUp(inputs.Length);
        var product = copies + (inputRows * row);
        new Span<float>(memory + (outputs.Length * row), (gradientRows - outputs.Length) * row).Clear();
        new Span<float>(copies + (inputs.Length * row), (inputRows - inputs.Length) * row).Clear();
        DenseTiles.FoldedDot(memory, gradientRows, row, copies, inputRows, row, blocks, product, inputRows);
        Elementwise.Spread(product, inputRows, outputs, inputs, 1, layer.Inputs, new Span<float>(destination, layer.WeightCount));
    }

    private static int RoundUp(int rows) => (rows + DenseRows - 1) / DenseRows * DenseRows;

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
        if ((Avx512F.IsSupported || Lanes.UsesAvx2) && layer.Inputs % DenseRows == 0)
        {
            firstRest = layer.Outputs / DenseRows * DenseRows;
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
