namespace SparseCore.Tests.Engine.KernelGenerator;

/// <summary>The register tiles of Avx2Tiles: M outputs x one column, whose two halves are columns 0 and 1 of the tile, or M outputs x N weights of one half.</summary>
internal static class Avx2TilesSpec
{
    private static readonly KernelTemplate Listed = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            #if M > 1
            private static void Listed{M}(
                float* weights, nint row, int* offsets, int count, float* input, float* bias, float floor, float* output, nint outputRow)
            #else
            private static void Listed{M}(float* weights, int* offsets, int count, float* input, float* bias, float floor, float* output)
            #end
            {
                #for m<M
                var s{m}0 = bias is null ? Vector256.Load(output{+m*outputRow}) : Vector256.Create(bias[{m}]);
                var s{m}1 = bias is null ? Vector256.Load(output{+m*outputRow} + Half) : s{m}0;
                #end
                #if M > 3
                var weights3 = weights + (3 * row);
                #end
                for (var k = 0; k < count; k++)
                {
                    var x = input + offsets[k];
                    #n<2| var x{n} = Vector256.Load(x{+n*Half});
                    #for m<M
                    #if m < 3
                    var w{m} = Vector256.Create(weights[k{+m*row}]);
                    #else
                    var w{m} = Vector256.Create(weights3[k{+m-3*row}]);
                    #end
                    #n<2| s{m}{n} = Vector256.FusedMultiplyAdd(w{m}, x{n}, s{m}{n});
                    #end
                }

                var bound = Vector256.Create(floor);
                #m<M n<2| Bounded(s{m}{n}, bound).Store(output{+m*outputRow}{+n*Half});
            }

        """);

    private static readonly KernelTemplate Product = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Product{M}(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
            {
                #if M > 1
                var outputRow = loop.OutputRow;
                #end
                var accumulate = loop.Accumulate;
                #for m<M
                var s{m}0 = accumulate ? Vector256.Load(output{+m*outputRow}) : bias is null ? Vector256<float>.Zero : Vector256.Create(bias[{m}]);
                var s{m}1 = accumulate ? Vector256.Load(output{+m*outputRow} + Half) : s{m}0;
                #end
                #if M > 1
                var row = loop.WeightRow;
                var row3 = 3 * row;
                #end
                var weightInner = loop.WeightInner;
                var inputInner = loop.InputInner;
                for (var outer = 0; outer < loop.Outer; outer++)
                {
                    for (var middle = 0; middle < loop.Middle; middle++)
                    {
                        var w = weights + (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                        var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                        for (var inner = loop.Inner; inner > 0; inner--)
                        {
                            #n<2| var x{n} = Vector256.Load(x{+n*Half});
                            #if M > 1
                            var v = w + row3;
                            #end
                            #for m<M
                            var w{m} = Vector256.Create({m:w[0]|w[row]|w[2 * row]|v[0]|v[row]|v[2 * row]});
                            #n<2| s{m}{n} = Vector256.FusedMultiplyAdd(w{m}, x{n}, s{m}{n});
                            #end
                            w += weightInner;
                            x += inputInner;
                        }
                    }
                }

                var bound = Vector256.Create(floor);
                #m<M n<2| Bounded(s{m}{n}, bound).Store(output{+m*outputRow}{+n*Half});
            }

        """);

    /// <summary>As DenseTilesSpec.Dot, but inputs first: they are fewer.</summary>
    private static readonly KernelTemplate DotInputsFirst = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Dot{M}x{N}(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
            {
                #m<M n<N| var s{m}{n} = Vector256.Load(sums{+m*sumRow}{+n*16});
                var channel = loop.GradientChannel;
                var inputStep = loop.InputStep;
                #n<N| var input{n} = input + offsets[{n}];
                for (var row = 0; row < loop.Rows; row++)
                {
                    var d = gradient + (row * loop.GradientRow);
                    var shift = row * loop.InputRow;
                    for (var column = loop.Columns; column > 0; column--)
                    {
                        #n<N| var x{n} = Vector256.Load(input{n} + shift);
                        #for m<M
                        var d{m} = Vector256.Load(d{+m*channel});
                        #n<N| s{m}{n} = Vector256.FusedMultiplyAdd(d{m}, x{n}, s{m}{n});
                        #end
                        d += Lanes.Width;
                        shift += inputStep;
                    }
                }

                #m<M n<N| s{m}{n}.Store(sums{+m*sumRow}{+n*16});
            }

        """);

    /// <summary>One weight of M outputs, both halves.</summary>
    private static readonly KernelTemplate DotOneWeight = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            #if M > 1
            private static void Dot{M}x1(float* gradient, float* input, in DotLoop loop, float* sums, nint sumRow)
            #else
            private static void Dot{M}x1(float* gradient, float* input, in DotLoop loop, float* sums)
            #end
            {
                #m<M n<2| var s{m}{n} = Vector256.Load(sums{+m*sumRow}{+n*Half});
                #if M > 1
                var channel = loop.GradientChannel;
                #end
                var inputStep = loop.InputStep;
                for (var row = 0; row < loop.Rows; row++)
                {
                    var d = gradient + (row * loop.GradientRow);
                    var x = input + (row * loop.InputRow);
                    for (var column = loop.Columns; column > 0; column--)
                    {
                        #n<2| var x{n} = Vector256.Load(x{+n*Half});
                        #m<M n<2| s{m}{n} = Vector256.FusedMultiplyAdd(Vector256.Load(d{+m*channel}{+n*Half}), x{n}, s{m}{n});
                        d += Lanes.Width;
                        x += inputStep;
                    }
                }

                #m<M n<2| s{m}{n}.Store(sums{+m*sumRow}{+n*Half});
            }

        """);

    /// <summary>Four weights of one output, both halves.</summary>
    private static readonly KernelTemplate DotOneOutput = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Dot1x4(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums)
            {
                #k<4 n<2| var s{k}{n} = Vector256.Load(sums{+2*k+n*8});
                var inputStep = loop.InputStep;
                #k<4| var input{k} = input + offsets[{k}];
                for (var row = 0; row < loop.Rows; row++)
                {
                    var d = gradient + (row * loop.GradientRow);
                    var shift = row * loop.InputRow;
                    for (var column = loop.Columns; column > 0; column--)
                    {
                        #n<2| var d{n} = Vector256.Load(d{+n*Half});
                        #k<4 n<2| s{k}{n} = Vector256.FusedMultiplyAdd(d{n}, Vector256.Load(input{k} + shift{+n*Half}), s{k}{n});
                        d += Lanes.Width;
                        shift += inputStep;
                    }
                }

                #k<4 n<2| s{k}{n}.Store(sums{+2*k+n*8});
            }

        """);

    private static readonly KernelTemplate Folded = new("""
            /// <summary>destination[m, n] = sum over the examples of gradient[m] * input[n], two outputs x four inputs, first the lower lanes, then the upper ones.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Folded2x4(
                float* gradient, nint gradientRow, float* input, nint inputRow, int vectors, float* destination, nint destinationRow)
            {
                var end = vectors * Lanes.Width;
                #m<2 n<4| var l{m}{n} = Vector256<float>.Zero;
                for (var place = 0; place < end; place += Lanes.Width)
                {
                    #m<2| var d{m} = Vector256.Load(gradient{+m*gradientRow} + place);
                    #for n<4
                    var x{n} = Vector256.Load(input{+n*inputRow} + place);
                    #m<2| l{m}{n} = Vector256.FusedMultiplyAdd(d{m}, x{n}, l{m}{n});
                    #end
                }

                #m<2 n<4| var u{m}{n} = Vector256<float>.Zero;
                for (var place = Half; place < end; place += Lanes.Width)
                {
                    #m<2| var d{m} = Vector256.Load(gradient{+m*gradientRow} + place);
                    #for n<4
                    var x{n} = Vector256.Load(input{+n*inputRow} + place);
                    #m<2| u{m}{n} = Vector256.FusedMultiplyAdd(d{m}, x{n}, u{m}{n});
                    #end
                }

                var folded = Lanes.Sum8(l00 + u00, l01 + u01, l02 + u02, l03 + u03, l10 + u10, l11 + u11, l12 + u12, l13 + u13);
                folded.GetLower().Store(destination);
                folded.GetUpper().Store(destination + destinationRow);
            }

        """);

    private static readonly KernelTemplate Pooled = new("""
            /// <summary>As <see cref="DensePooledConvolution.Forward"/>: three output channels x one window of one half live in 12 registers.</summary>
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            public static void Pooled(
                float* weights,
                int* offsets,
                int count,
                float* input,
                int rowStride,
                int windows,
                float* bias,
                float floor,
                float* output,
                int outputRow,
                int outputStep,
                byte* positions,
                int positionRow)
            {
                var noted = positions is not null;
                var weights1 = weights + count;
                var weights2 = weights1 + count;
                var bound = Vector256.Create(floor);
                for (var window = 0; window < windows; window++)
                {
                    var start = input + (window * 2 * Lanes.Width);
                    var y = output + (window * outputStep);
                    var place = positions + (window * Lanes.Width);
                    for (var half = 0; half < Lanes.Width; half += Half)
                    {
                        #for m<3
                        var s{m}0 = Vector256.Create(bias[{m}]);
                        #n<3| var s{m}{n+1} = s{m}0;
                        #end
                        for (var k = 0; k < count; k++)
                        {
                            var x = start + half + offsets[k];
                            var w0 = Vector256.Create(weights[k]);
                            var w1 = Vector256.Create(weights1[k]);
                            var w2 = Vector256.Create(weights2[k]);
                            #for n<4
                            var x{n} = Vector256.Load(x{+n/2*rowStride}{+n%2*16});
                            #m<3| s{m}{n} = Vector256.FusedMultiplyAdd(w{m}, x{n}, s{m}{n});
                            #end
                        }

                        #m<3| Maximum(s{m}0, s{m}1, s{m}2, s{m}3, bound, y + half{+m*outputRow}, noted ? place + half{+m*positionRow} : null);
                    }
                }
            }

        """);

    /// <summary>All kernels, in the order of the file.</summary>
    public static IEnumerable<string> Kernels =>
    [
        Folded.Expand(),
        Pooled.Expand(),
        .. new[] { 6, 4, 1 }.Select(outputs => Listed.Expand(("M", outputs))),
        .. new[] { 6, 4, 1 }.Select(outputs => Product.Expand(("M", outputs))),
        DenseTilesSpec.Dot.Expand(("V", "Vector256"), ("M", 3), ("N", 4)),
        DotInputsFirst.Expand(("M", 4), ("N", 3)),
        .. new[] { 4, 3, 1 }.Select(outputs => DotOneWeight.Expand(("M", outputs))),
        DotOneOutput.Expand(),
    ];
}
