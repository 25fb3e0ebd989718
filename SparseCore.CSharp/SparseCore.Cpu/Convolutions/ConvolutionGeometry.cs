using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SparseCore.Cpu.Kernels;
using SparseCore.Networks;

namespace SparseCore.Cpu.Convolutions;

/// <summary>What all passes of one convolution know of it: where its tensors lie, and what is fused into it.</summary>
internal sealed unsafe class ConvolutionGeometry
{
    /// <summary>Describes a convolution with its ReLU and its max-pool.</summary>
    /// <param name="tensors">What it reads and writes.</param>
    /// <param name="input">Layout of the input: block-major, padded as the convolution needs.</param>
    /// <param name="output">Layout after the pool.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="stride">Stride of the kernel.</param>
    /// <param name="relu">Whether a ReLU follows.</param>
    /// <param name="pool">Size and stride of the max-pool that follows; 1 for none.</param>
    public ConvolutionGeometry(StageTensors tensors, TensorLayout input, TensorLayout output, Layer layer, int stride, bool relu, int pool)
    {
        Tensors = tensors;
        Input = input;
        Output = output;
        Layer = layer;
        Stride = stride;
        HasRelu = relu;
        Pool = pool;
        Rows = output.Shape.Height * pool;
        Columns = output.Shape.Width * pool;
        FusesPool = pool == 2 && stride == 1 && output.Shape.Width % 4 == 0;
    }

    /// <summary>What it reads and writes.</summary>
    public StageTensors Tensors { get; }

    /// <summary>Layout of the input.</summary>
    public TensorLayout Input { get; }

    /// <summary>Layout after the pool.</summary>
    public TensorLayout Output { get; }

    /// <summary>The layer.</summary>
    public Layer Layer { get; }

    /// <summary>Stride of the kernel.</summary>
    public int Stride { get; }

    /// <summary>Whether a ReLU follows.</summary>
    public bool HasRelu { get; }

    /// <summary>Size and stride of the max-pool; 1 for none.</summary>
    public int Pool { get; }

    /// <summary>Output rows before the pool; rows that a pool leaves over are not computed.</summary>
    public int Rows { get; }

    /// <summary>Output columns before the pool; columns that a pool leaves over are not computed.</summary>
    public int Columns { get; }

    /// <summary>0 for ReLU, -infinity for none.</summary>
    public float Floor => HasRelu ? 0f : float.NegativeInfinity;

    /// <summary>Whether the input is the examples, so that it has no gradient.</summary>
    public bool IsFirst => Tensors.Input == 0;

    /// <summary>2x2 windows whose convolution rows a kernel keeps in registers.</summary>
    public bool FusesPool { get; }

    /// <summary>Whether the output is the sums of the convolution themselves.</summary>
    public bool IsPlain => Pool == 1 && !HasRelu && !Layer.HasBias && Output.IsBlockMajor;

    /// <summary>Blocks of a whole slice.</summary>
    public int Blocks => Output.IsBlockMajor ? Output.Floats / Output.BlockStride : Output.FeatureStride / Lanes.Width;

    /// <summary>Sets floats to 0.</summary>
    public static void Clear(float* start, long count) => NativeMemory.Clear(start, (nuint)(count * sizeof(float)));

    /// <summary>One block's inputs.</summary>
    public float* Inputs(Workspace workspace, int block) => workspace.Values(Tensors.Input) + ((long)block * Input.BlockStride);

    /// <summary>Their gradients; null where the input is the examples.</summary>
    public float* InputGradients(Workspace workspace, int block) =>
        IsFirst ? null : workspace.Gradients(Tensors.Input) + ((long)block * Input.BlockStride);

    /// <summary>One block's outputs.</summary>
    public float* Outputs(Workspace workspace, int block) => workspace.Values(Tensors.Output) + ((long)block * Output.BlockStride);

    /// <summary>Their gradients.</summary>
    public float* OutputGradients(Workspace workspace, int block) => workspace.Gradients(Tensors.Output) + ((long)block * Output.BlockStride);

    /// <summary>Where in its window each of one block's outputs was found.</summary>
    public byte* Positions(Workspace workspace, int block) => workspace.Positions(Tensors.Output) + ((long)block * Output.Shape.Count * Lanes.Width);

    /// <summary>First position of an output row; also its first float where rows follow one another.</summary>
    public int PositionOffset(int channel, int row) => ((channel * Output.Shape.Height) + row) * Output.Shape.Width * Lanes.Width;

    /// <summary>Kernel positions along one axis that inputs of a phase meet: phase, phase + stride, ...</summary>
    public int Taps(int size, int phase) => (size - phase + Stride - 1) / Stride;

    /// <summary>Gradients before the pool and the ReLU of one output row.</summary>
    /// <param name="dy">Output gradients of the row.</param>
    /// <param name="y">Its outputs.</param>
    /// <param name="positions">Its positions; read where a pool follows.</param>
    /// <param name="target">Receives as many rows as the pool has.</param>
    /// <param name="rowStride">Floats between these.</param>
    /// <param name="sum">Sum of gradients so far, in 16 lanes.</param>
    /// <returns>The sum with those of this row.</returns>
    public Vector512<float> ExpandRow(float* dy, float* y, byte* positions, float* target, int rowStride, Vector512<float> sum) =>
        Pool == 1
            ? Pooling.Gate(dy, y, Output.FeatureStride, HasRelu, Columns, target, sum)
            : Pooling.Backward(dy, y, Output.FeatureStride, HasRelu, Pool, Output.Shape.Width, positions, target, rowStride, sum);

    /// <summary>Gradients before the pool and the ReLU of one channel of one block, added up for its bias.</summary>
    /// <param name="workspace">The slice's memory.</param>
    /// <param name="block">The block.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="target">Receives <see cref="Rows"/> rows.</param>
    /// <param name="rowStride">Floats between them.</param>
    /// <param name="biasSums">Sum of the gradients of each channel. Shape [outputs, 16].</param>
    public void ExpandChannel(Workspace workspace, int block, int channel, float* target, int rowStride, float* biasSums)
    {
        var y = Outputs(workspace, block);
        var dy = OutputGradients(workspace, block);
        var positions = Positions(workspace, block);
        var sum = Vector512.Load(biasSums + (channel * Lanes.Width));
        for (var row = 0; row < Output.Shape.Height; row++)
        {
            var source = Output.Offset(channel, row, 0);
            sum = ExpandRow(
                dy + source, y + source, positions + PositionOffset(channel, row), target + ((nint)row * Pool * rowStride), rowStride, sum);
        }

        sum.Store(biasSums + (channel * Lanes.Width));
    }
}
