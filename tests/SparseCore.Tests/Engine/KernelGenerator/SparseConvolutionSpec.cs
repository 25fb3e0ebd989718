namespace SparseCore.Tests.Engine.KernelGenerator;

/// <summary>The runs of N columns of SparseConvolution, which stay in registers while the weights of a list pass by.</summary>
internal static class SparseConvolutionSpec
{
    private static readonly KernelTemplate Continue = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            #if N > 1
            private static void Continue{N}(
                float* values, int* offsets, int count, float* input, float* start, int startStep, float floor, float* output, int outputStep, bool streamed)
            #else
            private static void Continue{N}(float* values, int* offsets, int count, float* input, float* start, float floor, float* output, bool streamed)
            #end
            {
                #if avx2 > 0
                if (Lanes.UsesAvx2)
                {
                    Avx2Convolution.Continue{N}(values, offsets, count, input, start, startStep, floor, output, outputStep, streamed);
                    return;
                }

                #end
                #n<N| var sum{n} = Vector512.Load(start{+n*startStep});
                for (var k = 0; k < count; k++)
                {
                    var x = input + offsets[k];
                    var weight = Vector512.Create(values[k]);
                    #n<N| sum{n} = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x{+n*16}), sum{n});
                }

                var bound = Vector512.Create(floor);
                #n<N| Lanes.Store(Bounded(sum{n}, bound), output{+n*outputStep}, streamed);
            }

        """);

    private static readonly KernelTemplate Gather = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Gather{N}(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
            {
                #if avx2 > 0
                if (Lanes.UsesAvx2)
                {
                    Avx2Convolution.Gather{N}(values, offsets, count, gradient, input, inputGradient, first, sums);
                    return;
                }

                #end
                #n<N| var x{n} = Vector512.Load(input{+n*16});
                #n<N| var dx{n} = first ? Vector512<float>.Zero : Vector512.Load(inputGradient{+n*16});
                for (var k = 0; k < count; k++)
                {
                    var d = gradient + offsets[k];
                    var weight = Vector512.Create(values[k]);
                    var sum = Vector512.Load(sums + ((long)k * Lanes.Width));
                    #for n<N
                    var d{n} = Vector512.Load(d{+n*16});
                    dx{n} = Vector512.FusedMultiplyAdd(weight, d{n}, dx{n});
                    sum = Vector512.FusedMultiplyAdd(d{n}, x{n}, sum);
                    #end
                    sum.Store(sums + ((long)k * Lanes.Width));
                }

                #n<N| dx{n}.Store(inputGradient{+n*16});
            }

        """);

    private static readonly KernelTemplate GatherTwoRuns = new("""
            /// <summary>Two runs of 7 columns: those of the output gradients are <paramref name="secondStep"/> floats apart, all others follow one another.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Gather14(
                float* values, int* offsets, int count, float* gradient, int secondStep, float* input, float* inputGradient, bool first, float* sums)
            {
                #n<14| var x{n} = Vector512.Load(input{+n*16});
                #n<14| var dx{n} = first ? Vector512<float>.Zero : Vector512.Load(inputGradient{+n*16});
                for (var k = 0; k < count; k++)
                {
                    var d = gradient + offsets[k];
                    var weight = Vector512.Create(values[k]);
                    var sum = Vector512.Load(sums + ((long)k * Lanes.Width));
                    var d0 = Vector512.Load(d);
                    #for n<14
                    #if n > 0
                    #if n = 7
                    d += secondStep;
                    #end
                    d0 = Vector512.Load(d{+n%7*16});
                    #end
                    dx{n} = Vector512.FusedMultiplyAdd(weight, d0, dx{n});
                    sum = Vector512.FusedMultiplyAdd(d0, x{n}, sum);
                    #end
                    sum.Store(sums + ((long)k * Lanes.Width));
                }

                #n<14| dx{n}.Store(inputGradient{+n*16});
            }

        """);

    private static readonly KernelTemplate Forward8 = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Forward8(float* values, int* offsets, int count, float* input, float bias, float floor, float* output, int outputStep)
            {
                if (Lanes.UsesAvx2)
                {
                    Avx2Convolution.Forward8(values, offsets, count, input, bias, floor, output, outputStep);
                    return;
                }

                var sum0 = Vector512.Create(bias);
                #n<7| var sum{n+1} = sum0;
                for (var k = 0; k < count; k++)
                {
                    var x = input + offsets[k];
                    var weight = Vector512.Create(values[k]);
                    #n<8| sum{n} = Vector512.FusedMultiplyAdd(weight, Vector512.Load(x{+n*16}), sum{n});
                }

                var bound = Vector512.Create(floor);
                #n<8| Bounded(sum{n}, bound).Store(output{+n*outputStep});
            }

        """);

    private static readonly KernelTemplate Backward8 = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Backward8(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, float* sums)
            {
                if (Lanes.UsesAvx2)
                {
                    Avx2Convolution.Backward8(values, offsets, count, gradient, input, inputGradient, sums);
                    return;
                }

                #n<8| var d{n} = Vector512.Load(gradient{+n*16});
                for (var k = count - 1; k >= 0; k--)
                {
                    var x = input + offsets[k];
                    var dx = inputGradient + offsets[k];
                    var weight = Vector512.Create(values[k]);
                    var sum = Vector512.Load(sums + (k * Lanes.Width));
                    #for n<8
                    Vector512.FusedMultiplyAdd(weight, d{n}, Vector512.Load(dx{+n*16})).Store(dx{+n*16});
                    sum = Vector512.FusedMultiplyAdd(d{n}, Vector512.Load(x{+n*16}), sum);
                    #end
                    sum.Store(sums + (k * Lanes.Width));
                }
            }

        """);

    private static readonly KernelTemplate WeightGradient8 = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void WeightGradient8(int* offsets, int count, float* gradient, float* input, float* sums)
            {
                if (Lanes.UsesAvx2)
                {
                    Avx2Convolution.WeightGradient8(offsets, count, gradient, input, sums);
                    return;
                }

                #n<8| var d{n} = Vector512.Load(gradient{+n*16});
                for (var k = count - 1; k >= 0; k--)
                {
                    var x = input + offsets[k];
                    var sum = Vector512.Load(sums + (k * Lanes.Width));
                    #n<8| sum = Vector512.FusedMultiplyAdd(d{n}, Vector512.Load(x{+n*16}), sum);
                    sum.Store(sums + (k * Lanes.Width));
                }
            }

        """);

    /// <summary>All kernels, in the order of the file.</summary>
    public static IEnumerable<string> Kernels =>
    [
        .. new[] { (14, 0), (7, 0), (4, 1), (1, 0) }.Select(run => Continue.Expand(("N", run.Item1), ("avx2", run.Item2))),
        .. new[] { (8, 1), (7, 1), (4, 1), (1, 0) }.Select(run => Gather.Expand(("N", run.Item1), ("avx2", run.Item2))),
        GatherTwoRuns.Expand(),
        Forward8.Expand(),
        Backward8.Expand(),
        WeightGradient8.Expand(),
    ];
}
