using SparseCore.Cpu.Kernels;
using SparseCore.Cpu.Weights;

namespace SparseCore.Cpu.Convolutions;

/// <summary>One row of a sparse convolution: an output after the other meets the list of its weights.</summary>
internal sealed unsafe class SparseRowPass(ConvolutionGeometry geometry, OutputOrder order) : RowPass
{
    public override void Run(float* scratch, float* weights, float* biases, float* x, float* y, int channelStride, int columnStride, float floor)
    {
        for (var channel = 0; channel < geometry.Layer.Outputs; channel++)
        {
            var first = order.Starts[channel];
            SparseConvolution.ForwardRow(
                weights + first,
                order.Offsets + first,
                order.Starts[channel + 1] - first,
                x,
                geometry.Stride * Lanes.Width,
                geometry.Columns,
                biases[channel],
                floor,
                y + ((long)channel * channelStride),
                columnStride);
        }
    }
}
