namespace SparseCore.Tests.Engine.KernelGenerator;

/// <summary>The kernels of SparsePooledConvolution: 4 windows of 2x2, whose 16 values stay in registers while the weights of a list pass by.</summary>
internal static class SparsePooledConvolutionSpec
{
    private static readonly KernelTemplate Forward = new("""
            /// <summary>
            /// Two output rows, their ReLU and their 2x2 max-pool in one pass: 4 windows at a time live in 16 registers, the values before the pool are
            /// never stored.
            /// </summary>
            /// <param name="values">Active weights of the output channel, ascending. Shape [count].</param>
            /// <param name="offsets">As in <see cref="SparseConvolution.ForwardRow"/>. Shape [count].</param>
            /// <param name="count">Number of active weights.</param>
            /// <param name="input">First row and column under the kernel; the stride is 1.</param>
            /// <param name="rowStride">Floats between rows of the input.</param>
            /// <param name="windows">Windows of the row, a multiple of 4.</param>
            /// <param name="bias">Start of the sums.</param>
            /// <param name="floor">0 for ReLU, -infinity for none.</param>
            /// <param name="output">Window x at x * outputStep.</param>
            /// <param name="outputStep">Floats between windows of the output.</param>
            /// <param name="positions">Receives row * 2 + column of each maximum; null when no gradient will be wanted. Shape [windows, 16].</param>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Forward(
                float* values,
                int* offsets,
                int count,
                float* input,
                int rowStride,
                int windows,
                float bias,
                float floor,
                float* output,
                int outputStep,
                byte* positions)
            {
                var start = Vector512.Create(bias);
                var bound = Vector512.Create(floor);
                var noted = positions is not null;
                for (var window = 0; window < windows; window += 4)
                {
                    #m<2 n<8| var s{m}{n} = start;
                    for (var k = 0; k < count; k++)
                    {
                        var x = input + offsets[k];
                        var weight = Vector512.Create(values[k]);
                        #n<8| s0{n} = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x{+n*16}), s0{n});
                        x += rowStride;
                        #n<8| s1{n} = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x{+n*16}), s1{n});
                    }

                    #w<4| Pooling.Maximum(s0{2*w}, s0{2*w+1}, s1{2*w}, s1{2*w+1}, bound, output{+w*outputStep}, noted ? positions{+w*16} : null);
                    input += 8 * Lanes.Width;
                    output += 4 * outputStep;
                    positions += 4 * Lanes.Width;
                }
            }

        """);

    private static readonly KernelTemplate Backward = new("""
            /// <summary>
            /// The gradient of one row of 4 windows of 2x2, spread over the positions of the maxima in registers, to the input gradient and the weight gradients.
            /// Sums over the first and the second row of the windows are kept apart.
            /// </summary>
            /// <param name="values">Active weights of the output channel, ascending. Shape [count].</param>
            /// <param name="offsets">As in <see cref="SparseConvolution.ForwardRow"/>. Shape [count].</param>
            /// <param name="count">Number of active weights.</param>
            /// <param name="gradient">Gradient of the pooled values, window x at x * step.</param>
            /// <param name="output">The pooled values, same step.</param>
            /// <param name="step">Floats between windows.</param>
            /// <param name="gated">Whether there is a ReLU.</param>
            /// <param name="positions">From the forward pass.</param>
            /// <param name="input">First row and column under the kernel; the stride is 1.</param>
            /// <param name="inputGradient">Same place in the gradient of the input.</param>
            /// <param name="rowStride">Floats between rows of the input.</param>
            /// <param name="sums">Weight gradients in 16 lanes, of the first rows and then of the second rows. Shape [2, count, 16].</param>
            /// <param name="chainStride">Floats between the two.</param>
            /// <param name="sum">The sum of the gradient so far; the bias gradient.</param>
            /// <returns>The sum including this row.</returns>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static Vector512<float> Backward(
                float* values,
                int* offsets,
                int count,
                float* gradient,
                float* output,
                int step,
                bool gated,
                byte* positions,
                float* input,
                float* inputGradient,
                int rowStride,
                float* sums,
                long chainStride,
                Vector512<float> sum)
            {
                #for w<4
                var v{w} = Pooling.Gated(gradient{+w*step}, output{+w*step}, gated);
                sum += v{w};
                var p{w} = Pooling.LoadBytes(positions{+w*16});
                var d0{2*w} = Pooling.At(v{w}, p{w}, 0);
                var d0{2*w+1} = Pooling.At(v{w}, p{w}, 1);
                var d1{2*w} = Pooling.At(v{w}, p{w}, 2);
                var d1{2*w+1} = Pooling.At(v{w}, p{w}, 3);
                #end
                for (var k = count - 1; k >= 0; k--)
                {
                    var x = input + offsets[k];
                    var dx = inputGradient + offsets[k];
                    var weight = Vector512.Create(values[k]);
                    var sum0 = Vector512.Load(sums + (k * Lanes.Width));
                    var sum1 = Vector512.Load(sums + chainStride + (k * Lanes.Width));
                    var x1 = x + rowStride;
                    var dx1 = dx + rowStride;
                    #for n<8
                    sum0 = Vector512.FusedMultiplyAdd(d0{n}, Vector512.Load(x{+n*16}), sum0);
                    Vector512.FusedMultiplyAdd(weight, d0{n}, Vector512.Load(dx{+n*16})).Store(dx{+n*16});
                    sum1 = Vector512.FusedMultiplyAdd(d1{n}, Vector512.Load(x1{+n*16}), sum1);
                    Vector512.FusedMultiplyAdd(weight, d1{n}, Vector512.Load(dx1{+n*16})).Store(dx1{+n*16});
                    #end
                    sum0.Store(sums + (k * Lanes.Width));
                    sum1.Store(sums + chainStride + (k * Lanes.Width));
                }

                return sum;
            }

        """);

    private static readonly KernelTemplate WeightGradient = new("""
            /// <summary>The same without the input gradient, for any multiple of 4 windows.</summary>
            /// <param name="offsets">As in <see cref="SparseConvolution.ForwardRow"/>. Shape [count].</param>
            /// <param name="count">Number of active weights.</param>
            /// <param name="gradient">Gradient of the pooled values, window x at x * step.</param>
            /// <param name="output">The pooled values, same step.</param>
            /// <param name="step">Floats between windows.</param>
            /// <param name="gated">Whether there is a ReLU.</param>
            /// <param name="positions">From the forward pass.</param>
            /// <param name="windows">Windows of the row, a multiple of 4.</param>
            /// <param name="input">First row and column under the kernel; the stride is 1.</param>
            /// <param name="rowStride">Floats between rows of the input.</param>
            /// <param name="sums">Weight gradients in 16 lanes, of the first rows and then of the second rows. Shape [2, count, 16].</param>
            /// <param name="chainStride">Floats between the two.</param>
            /// <param name="sum">The sum of the gradient so far; the bias gradient.</param>
            /// <returns>The sum including this row.</returns>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static Vector512<float> WeightGradient(
                int* offsets,
                int count,
                float* gradient,
                float* output,
                int step,
                bool gated,
                byte* positions,
                int windows,
                float* input,
                int rowStride,
                float* sums,
                long chainStride,
                Vector512<float> sum)
            {
                for (var window = 0; window < windows; window += 4)
                {
                    #for w<4
                    var v{w} = Pooling.Gated(gradient{+w*step}, output{+w*step}, gated);
                    sum += v{w};
                    var p{w} = Pooling.LoadBytes(positions{+w*16});
                    var d0{2*w} = Pooling.At(v{w}, p{w}, 0);
                    var d0{2*w+1} = Pooling.At(v{w}, p{w}, 1);
                    var d1{2*w} = Pooling.At(v{w}, p{w}, 2);
                    var d1{2*w+1} = Pooling.At(v{w}, p{w}, 3);
                    #end
                    for (var k = count - 1; k >= 0; k--)
                    {
                        var x = input + offsets[k];
                        var sum0 = Vector512.Load(sums + (k * Lanes.Width));
                        var sum1 = Vector512.Load(sums + chainStride + (k * Lanes.Width));
                        var x1 = x + rowStride;
                        #for n<8
                        sum0 = Vector512.FusedMultiplyAdd(d0{n}, Vector512.Load(x{+n*16}), sum0);
                        sum1 = Vector512.FusedMultiplyAdd(d1{n}, Vector512.Load(x1{+n*16}), sum1);
                        #end
                        sum0.Store(sums + (k * Lanes.Width));
                        sum1.Store(sums + chainStride + (k * Lanes.Width));
                    }

                    gradient += 4 * step;
                    output += 4 * step;
                    positions += 4 * Lanes.Width;
                    input += 8 * Lanes.Width;
                }

                return sum;
            }

        """);

    /// <summary>All kernels, in the order of the file.</summary>
    public static IEnumerable<string> Kernels =>
    [
        Forward.Expand(),
        Backward.Expand(),
        WeightGradient.Expand(),
    ];
}
