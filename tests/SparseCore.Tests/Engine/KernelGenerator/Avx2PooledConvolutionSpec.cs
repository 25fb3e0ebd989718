namespace SparseCore.Tests.Engine.KernelGenerator;

/// <summary>The kernels of Avx2PooledConvolution: the position q of a maximum in its window, and the halves h of a vector.</summary>
internal static class Avx2PooledConvolutionSpec
{
    private static readonly KernelTemplate Scatter = new("""
            /// <summary>
            /// The gradients of all bands of 2x2 windows against the weights of one input channel, weight after weight. The weights come in the order (output
            /// channel, kernel position downwards), so that every input gradient receives its terms in the order of <see cref="SparsePooledConvolution.Backward"/>; the channel's
            /// inputs and their gradients stay in L1 meanwhile.
            /// </summary>
            /// <param name="values">Active weights. Shape [active].</param>
            /// <param name="order">Which of them comes when. Shape [count].</param>
            /// <param name="gradientOffsets">Output channel of each weight, times bands * windows * 16. Shape [count].</param>
            /// <param name="inputOffsets">Floats from <paramref name="input"/> to the value the weight meets at the first column. Shape [count].</param>
            /// <param name="count">Number of weights.</param>
            /// <param name="gradient">From <see cref="Gate"/>. Shape [output channels, bands, windows, 16].</param>
            /// <param name="positions">From the forward pass. Same shape.</param>
            /// <param name="bands">Rows of windows.</param>
            /// <param name="windows">Windows of a row.</param>
            /// <param name="input">First row and column; the stride is 1.</param>
            /// <param name="inputGradient">Same place in the gradient of the input.</param>
            /// <param name="rowStride">Floats between rows of the input.</param>
            /// <param name="sums">Weight gradients in 16 lanes, of the first rows of the windows and then of the second rows. Shape [2, active, 16].</param>
            /// <param name="chainStride">Floats between the two.</param>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Scatter(
                float* values,
                int* order,
                int* gradientOffsets,
                int* inputOffsets,
                int count,
                float* gradient,
                byte* positions,
                int bands,
                int windows,
                float* input,
                float* inputGradient,
                int rowStride,
                float* sums,
                long chainStride)
            {
                var one = Vector256<int>.One;
                var two = Vector256.Create(2);
                var three = Vector256.Create(3);
                for (var band = 0; band < bands; band++)
                {
                    for (var k = 0; k < count; k++)
                    {
                        var weight = Vector256.Create(values[order[k]]);
                        var total = sums + ((long)order[k] * Lanes.Width);
                        var v = gradient + gradientOffsets[k];
                        var p = positions + gradientOffsets[k];
                        var x = input + inputOffsets[k];
                        var dx = inputGradient + inputOffsets[k];
                        #chain<2 h<2| var {h:lower|upper}{chain} = Vector256.Load(total{+chain*chainStride}{+h*Half});
                        for (var window = windows; window > 0; window--)
                        {
                            #for h<2
                            {h:var value|value} = Vector256.Load(v{+h*Half});
                            {h:var position|position} = Avx2.ConvertToVector256Int32(p{+h*Half});
                            #for q<4
                            {q+h:var d|d} = At(value, position, {q:Vector256<int>.Zero|one|two|three});
                            {h:lower|upper}{q/2} = Vector256.FusedMultiplyAdd(d, Vector256.Load(x{+q/2*rowStride}{+2*(q%2)+h*8}), {h:lower|upper}{q/2});
                            Vector256.FusedMultiplyAdd(weight, d, Vector256.Load(dx{+q/2*rowStride}{+2*(q%2)+h*8})).Store(dx{+q/2*rowStride}{+2*(q%2)+h*8});
                            #end
                            #end
                            v += Lanes.Width;
                            p += Lanes.Width;
                            x += 2 * Lanes.Width;
                            dx += 2 * Lanes.Width;
                        }

                        #chain<2 h<2| {h:lower|upper}{chain}.Store(total{+chain*chainStride}{+h*Half});
                    }

                    gradient += windows * Lanes.Width;
                    positions += windows * Lanes.Width;
                    input += 2 * rowStride;
                    inputGradient += 2 * rowStride;
                }
            }

        """);

    private static readonly KernelTemplate WeightGradients = new("""
            /// <summary>
            /// The weight gradients of one band of 2x2 windows without the input gradient, as <see cref="SparsePooledConvolution.WeightGradient"/> gives them; two
            /// weights of a channel share what becomes of its gradients.
            /// </summary>
            /// <param name="offsets">Floats from <paramref name="input"/> to the value each weight meets at the first column. Shape [active].</param>
            /// <param name="starts">First weight of every output channel. Shape [channels + 1].</param>
            /// <param name="channels">Output channels.</param>
            /// <param name="gradient">From <see cref="Gate"/>. Shape [channels, windows, 16].</param>
            /// <param name="positions">From the forward pass.</param>
            /// <param name="positionStride">Bytes between channels.</param>
            /// <param name="windows">Windows of the band.</param>
            /// <param name="input">First row and column; the stride is 1.</param>
            /// <param name="rowStride">Floats between rows of the input.</param>
            /// <param name="sums">Weight gradients in 16 lanes, of the first rows of the windows and then of the second rows. Shape [2, active, 16].</param>
            /// <param name="chainStride">Floats between the two.</param>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void WeightGradients(
                int* offsets,
                int* starts,
                int channels,
                float* gradient,
                byte* positions,
                int positionStride,
                int windows,
                float* input,
                int rowStride,
                float* sums,
                long chainStride)
            {
                var one = Vector256<int>.One;
                var two = Vector256.Create(2);
                var three = Vector256.Create(3);
                for (var channel = 0; channel < channels; channel++)
                {
                    var k = starts[channel];
                    for (; k + 2 <= starts[channel + 1]; k += 2)
                    {
                        var total = sums + ((long)k * Lanes.Width);
                        var v = gradient;
                        var p = positions;
                        #w<2| var x{w:a|b} = input + offsets[{w:k|k + 1}];
                        #chain<2 w<2 h<2| var {h:lower|upper}{chain}{w:a|b} = Vector256.Load(total{+chain*chainStride}{2*w+h:| + Half| + 16| + 24});
                        for (var window = windows; window > 0; window--)
                        {
                            #for h<2
                            {h:var value|value} = Vector256.Load(v{+h*Half});
                            {h:var position|position} = Avx2.ConvertToVector256Int32(p{+h*Half});
                            #for q<4
                            {q+h:var d|d} = At(value, position, {q:Vector256<int>.Zero|one|two|three});
                            #for w<2
                            {h:lower|upper}{q/2}{w:a|b} = Vector256.FusedMultiplyAdd(d, Vector256.Load(x{w:a|b}{+q/2*rowStride}{+2*(q%2)+h*8}), {h:lower|upper}{q/2}{w:a|b});
                            #end
                            #end
                            #end
                            v += Lanes.Width;
                            p += Lanes.Width;
                            #w<2| x{w:a|b} += 2 * Lanes.Width;
                        }

                        #chain<2 w<2 h<2| {h:lower|upper}{chain}{w:a|b}.Store(total{+chain*chainStride}{2*w+h:| + Half| + 16| + 24});
                    }

                    if (k < starts[channel + 1])
                    {
                        var total = sums + ((long)k * Lanes.Width);
                        var v = gradient;
                        var p = positions;
                        #w<1| var x{w:a|b} = input + offsets[{w:k|k + 1}];
                        #chain<2 w<1 h<2| var {h:lower|upper}{chain}{w:a|b} = Vector256.Load(total{+chain*chainStride}{2*w+h:| + Half| + 16| + 24});
                        for (var window = windows; window > 0; window--)
                        {
                            #for h<2
                            {h:var value|value} = Vector256.Load(v{+h*Half});
                            {h:var position|position} = Avx2.ConvertToVector256Int32(p{+h*Half});
                            #for q<4
                            {q+h:var d|d} = At(value, position, {q:Vector256<int>.Zero|one|two|three});
                            #for w<1
                            {h:lower|upper}{q/2}{w:a|b} = Vector256.FusedMultiplyAdd(d, Vector256.Load(x{w:a|b}{+q/2*rowStride}{+2*(q%2)+h*8}), {h:lower|upper}{q/2}{w:a|b});
                            #end
                            #end
                            #end
                            v += Lanes.Width;
                            p += Lanes.Width;
                            #w<1| x{w:a|b} += 2 * Lanes.Width;
                        }

                        #chain<2 w<1 h<2| {h:lower|upper}{chain}{w:a|b}.Store(total{+chain*chainStride}{2*w+h:| + Half| + 16| + 24});
                    }

                    gradient += windows * Lanes.Width;
                    positions += positionStride;
                }
            }

        """);

    /// <summary>All kernels, in the order of the file.</summary>
    public static IEnumerable<string> Kernels => [Scatter.Expand(), WeightGradients.Expand()];
}
