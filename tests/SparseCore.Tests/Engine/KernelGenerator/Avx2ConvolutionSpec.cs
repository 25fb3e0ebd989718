namespace SparseCore.Tests.Engine.KernelGenerator;

/// <summary>The runs of N columns of Avx2Convolution, half by half, or both halves together where they fit into 16 registers.</summary>
internal static class Avx2ConvolutionSpec
{
    private static readonly KernelTemplate Forward8 = new("""
            /// <summary>Eight columns of a row whose inputs are 16 floats apart.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Forward8(float* values, int* offsets, int count, float* input, float bias, float floor, float* output, int outputStep)
            {
                var bound = Vector256.Create(floor);
                for (var half = 0; half < Lanes.Width; half += Half)
                {
                    var source = input + half;
                    var y = output + half;
                    var sum0 = Vector256.Create(bias);
                    #n<7| var sum{n+1} = sum0;
                    for (var k = 0; k < count; k++)
                    {
                        var x = source + offsets[k];
                        var weight = Vector256.Create(values[k]);
                        #n<8| sum{n} = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x{+n*16}), sum{n});
                    }

                    #n<8| Avx2Tiles.Bounded(sum{n}, bound).Store(y{+n*outputStep});
                }
            }

        """);

    private static readonly KernelTemplate Continue = new("""
            /// <summary>{columns} columns of <see cref="SparseConvolution.ContinueRow"/>, both halves together: every line that is read is used whole.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Continue{N}(
                float* values, int* offsets, int count, float* input, float* start, int startStep, float floor, float* output, int outputStep, bool streamed)
            {
                #for n<N
                var low{n} = Vector256.Load(start{+n*startStep});
                var high{n} = Vector256.Load(start{+n*startStep} + Half);
                #end
                for (var k = 0; k < count; k++)
                {
                    var x = input + offsets[k];
                    var weight = Vector256.Create(values[k]);
                    #for n<N
                    low{n} = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x{+n*16}), low{n});
                    high{n} = Vector256.FusedMultiplyAdd(weight, Vector256.Load(x{+2*n+1*8}), high{n});
                    #end
                }

                var bound = Vector256.Create(floor);
                #for n<N
                Lanes.Store(Avx2Tiles.Bounded(low{n}, bound), output{+n*outputStep}, streamed);
                Lanes.Store(Avx2Tiles.Bounded(high{n}, bound), output{+n*outputStep} + Half, streamed);
                #end
            }

        """);

    private static readonly KernelTemplate Gather4 = new("""
            /// <summary>Four columns of <see cref="SparseConvolution.GatherRow"/>, both halves together.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Gather4(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
            {
                #for n<4
                var low{n} = first ? Vector256<float>.Zero : Vector256.Load(inputGradient{+n*16});
                var high{n} = first ? Vector256<float>.Zero : Vector256.Load(inputGradient{+2*n+1*8});
                #end
                for (var k = 0; k < count; k++)
                {
                    var d = gradient + offsets[k];
                    var weight = Vector256.Create(values[k]);
                    var total = sums + ((long)k * Lanes.Width);
                    var lowSum = Vector256.Load(total);
                    var highSum = Vector256.Load(total + Half);
                    #for n<4
                    var lowGradient{n} = Vector256.Load(d{+n*16});
                    low{n} = Vector256.FusedMultiplyAdd(weight, lowGradient{n}, low{n});
                    lowSum = Vector256.FusedMultiplyAdd(lowGradient{n}, Vector256.Load(input{+n*16}), lowSum);
                    var highGradient{n} = Vector256.Load(d{+2*n+1*8});
                    high{n} = Vector256.FusedMultiplyAdd(weight, highGradient{n}, high{n});
                    highSum = Vector256.FusedMultiplyAdd(highGradient{n}, Vector256.Load(input{+2*n+1*8}), highSum);
                    #end
                    lowSum.Store(total);
                    highSum.Store(total + Half);
                }

                #for n<4
                low{n}.Store(inputGradient{+n*16});
                high{n}.Store(inputGradient{+2*n+1*8});
                #end
            }

        """);

    private static readonly KernelTemplate Gather = new("""
            /// <summary>{columns} columns of <see cref="SparseConvolution.GatherRow"/>; {R} inputs stay in registers.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Gather{N}(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, bool first, float* sums)
            {
                for (var half = 0; half < Lanes.Width; half += Half)
                {
                    var source = gradient + half;
                    var x = input + half;
                    var target = inputGradient + half;
                    var total = sums + half;
                    #n<R| var x{n} = Vector256.Load(x{+n*16});
                    #n<N| var dx{n} = first ? Vector256<float>.Zero : Vector256.Load(target{+n*16});
                    for (var k = 0; k < count; k++)
                    {
                        var d = source + offsets[k];
                        var weight = Vector256.Create(values[k]);
                        var sum = Vector256.Load(total + ((long)k * Lanes.Width));
                        #for n<N
                        var d{n} = Vector256.Load(d{+n*16});
                        dx{n} = Vector256.FusedMultiplyAdd(weight, d{n}, dx{n});
                        #if n < R
                        sum = Vector256.FusedMultiplyAdd(d{n}, x{n}, sum);
                        #else
                        sum = Vector256.FusedMultiplyAdd(d{n}, Vector256.Load(x{+n*16}), sum);
                        #end
                        #end
                        sum.Store(total + ((long)k * Lanes.Width));
                    }

                    #n<N| dx{n}.Store(target{+n*16});
                }
            }

        """);

    private static readonly KernelTemplate Backward8 = new("""
            /// <summary>Eight columns of <see cref="SparseConvolution.BackwardRow"/>.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Backward8(float* values, int* offsets, int count, float* gradient, float* input, float* inputGradient, float* sums)
            {
                for (var half = 0; half < Lanes.Width; half += Half)
                {
                    var d = gradient + half;
                    var source = input + half;
                    var target = inputGradient + half;
                    var total = sums + half;
                    #n<8| var d{n} = Vector256.Load(d{+n*16});
                    for (var k = count - 1; k >= 0; k--)
                    {
                        var x = source + offsets[k];
                        var dx = target + offsets[k];
                        var weight = Vector256.Create(values[k]);
                        var sum = Vector256.Load(total + (k * Lanes.Width));
                        #for n<8
                        Vector256.FusedMultiplyAdd(weight, d{n}, Vector256.Load(dx{+n*16})).Store(dx{+n*16});
                        sum = Vector256.FusedMultiplyAdd(d{n}, Vector256.Load(x{+n*16}), sum);
                        #end
                        sum.Store(total + (k * Lanes.Width));
                    }
                }
            }

        """);

    private static readonly KernelTemplate WeightGradient8 = new("""
            /// <summary>The same without the input gradient.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void WeightGradient8(int* offsets, int count, float* gradient, float* input, float* sums)
            {
                for (var half = 0; half < Lanes.Width; half += Half)
                {
                    var d = gradient + half;
                    var source = input + half;
                    var total = sums + half;
                    #n<8| var d{n} = Vector256.Load(d{+n*16});
                    for (var k = count - 1; k >= 0; k--)
                    {
                        var x = source + offsets[k];
                        var sum = Vector256.Load(total + (k * Lanes.Width));
                        #n<8| sum = Vector256.FusedMultiplyAdd(d{n}, Vector256.Load(x{+n*16}), sum);
                        sum.Store(total + (k * Lanes.Width));
                    }
                }
            }

        """);

    /// <summary>All kernels, in the order of the file.</summary>
    public static IEnumerable<string> Kernels =>
    [
        Forward8.Expand(),
        Continue.Expand(("N", 7), ("columns", "Seven")),
        Continue.Expand(("N", 4), ("columns", "Four")),
        Gather4.Expand(),
        Gather.Expand(("N", 8), ("R", 4), ("columns", "Eight")),
        Gather.Expand(("N", 7), ("R", 5), ("columns", "Seven")),
        Backward8.Expand(),
        WeightGradient8.Expand(),
    ];
}
