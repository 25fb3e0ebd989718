namespace SparseCore.Tests.Engine.KernelGenerator;

/// <summary>The register tiles of DenseTiles: M outputs x N columns, or M outputs x N weights.</summary>
internal static class DenseTilesSpec
{
    /// <summary>Sums over nested loops: every load of an input serves M outputs and every broadcast of a weight N columns.</summary>
    private static readonly KernelTemplate Product = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Product{M}x{N}(float* weights, float* input, in TileLoop loop, float* bias, float floor, float* output)
            {
                #for m<M
                var s{m}0 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[{m}]);
                #n<N1| var s{m}{n+1} = s{m}0;
                #end
                if (loop.Accumulate)
                {
                    #m<M n<N| s{m}{n} = Vector512.Load(output{+m*loop.OutputRow}{+n*loop.OutputColumn});
                }

                #if M > 1
                var row = loop.WeightRow;
                #end
                var weightInner = loop.WeightInner;
                var inputInner = loop.InputInner;
                #if M > 3
                var weights3 = weights + (3 * row);
                #end
                for (var outer = 0; outer < loop.Outer; outer++)
                {
                    for (var middle = 0; middle < loop.Middle; middle++)
                    {
                        var weightOffset = (outer * loop.WeightOuter) + (middle * loop.WeightMiddle);
                        var x = input + (outer * loop.InputOuter) + (middle * loop.InputMiddle);
                        for (var inner = loop.Inner; inner > 0; inner--)
                        {
                            #n<N| var x{n} = Vector512.Load(x{+n*16});
                            #for m<M
                            #if m < 3
                            var w{m} = Vector512.Create(weights[weightOffset{+m*row}]);
                            #else
                            var w{m} = Vector512.Create(weights3[weightOffset{+m-3*row}]);
                            #end
                            #n<N| s{m}{n} = Vector512.FusedMultiplyAdd(w{m}, x{n}, s{m}{n});
                            #end
                            weightOffset += weightInner;
                            x += inputInner;
                        }
                    }
                }

                var bound = Vector512.Create(floor);
                #m<M n<N| Vector512.ConditionalSelect(Vector512.LessThan(s{m}{n}, bound), bound, s{m}{n}).Store(output{+m*loop.OutputRow}{+n*loop.OutputColumn});
            }

        """);

    /// <summary>The same over listed inputs.</summary>
    private static readonly KernelTemplate Listed = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Listed{M}x{N}(
                float* weights, nint row, int* offsets, int count, float* input, float* bias, float floor, float* output, nint outputRow, nint outputColumn)
            {
                #for m<M
                var s{m}0 = bias is null ? Vector512<float>.Zero : Vector512.Create(bias[{m}]);
                #n<N1| var s{m}{n+1} = s{m}0;
                #end
                if (bias is null)
                {
                    #m<M n<N| s{m}{n} = Vector512.Load(output{+m*outputRow}{+n*outputColumn});
                }

                #if M > 3
                var weights3 = weights + (3 * row);
                #end
                for (var k = 0; k < count; k++)
                {
                    var x = input + offsets[k];
                    #n<N| var x{n} = Vector512.Load(x{+n*16});
                    #for m<M
                    #if m < 3
                    var w{m} = Vector512.Create(weights[k{+m*row}]);
                    #else
                    var w{m} = Vector512.Create(weights3[k{+m-3*row}]);
                    #end
                    #n<N| s{m}{n} = Vector512.FusedMultiplyAdd(w{m}, x{n}, s{m}{n});
                    #end
                }

                var bound = Vector512.Create(floor);
                #m<M n<N| Vector512.ConditionalSelect(Vector512.LessThan(s{m}{n}, bound), bound, s{m}{n}).Store(output{+m*outputRow}{+n*outputColumn});
            }

        """);

    private static readonly KernelTemplate Folded = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Folded4x4(float* gradient, nint gradientRow, float* input, nint inputRow, int vectors, float* destination, nint destinationRow)
            {
                #m<4 n<4| var s{m}{n} = Vector512<float>.Zero;
                for (var vector = 0; vector < vectors; vector++)
                {
                    #m<4| var d{m} = Vector512.Load(gradient{+m*gradientRow});
                    #for n<4
                    var x{n} = Vector512.Load(input{+n*inputRow});
                    #m<4| s{m}{n} = Vector512.FusedMultiplyAdd(d{m}, x{n}, s{m}{n});
                    #end
                    gradient += Lanes.Width;
                    input += Lanes.Width;
                }

                var folded = Lanes.Sum16(s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33);
                folded.GetLower().GetLower().Store(destination);
                folded.GetLower().GetUpper().Store(destination + destinationRow);
                folded.GetUpper().GetLower().Store(destination + (2 * destinationRow));
                folded.GetUpper().GetUpper().Store(destination + (3 * destinationRow));
            }

        """);

    /// <summary>A weight gradient, in whole vectors or in halves of them: a load of a gradient serves N weights, a load of an input M outputs.</summary>
    public static KernelTemplate Dot { get; } = new("""
            [MethodImpl(MethodImplOptions.AggressiveOptimization)]
            private static void Dot{M}x{N}(float* gradient, float* input, int* offsets, in DotLoop loop, float* sums, nint sumRow)
            {
                #m<M n<N| var s{m}{n} = {V}.Load(sums{+m*sumRow}{+n*16});
                var channel = loop.GradientChannel;
                var inputStep = loop.InputStep;
                #n<N| var input{n} = input + offsets[{n}];
                for (var row = 0; row < loop.Rows; row++)
                {
                    var d = gradient + (row * loop.GradientRow);
                    var shift = row * loop.InputRow;
                    for (var column = loop.Columns; column > 0; column--)
                    {
                        #m<M| var d{m} = {V}.Load(d{+m*channel});
                        #for n<N
                        var x{n} = {V}.Load(input{n} + shift);
                        #m<M| s{m}{n} = {V}.FusedMultiplyAdd(d{m}, x{n}, s{m}{n});
                        #end
                        d += Lanes.Width;
                        shift += inputStep;
                    }
                }

                #m<M n<N| s{m}{n}.Store(sums{+m*sumRow}{+n*16});
            }

        """);

    /// <summary>All kernels, in the order of the file.</summary>
    public static IEnumerable<string> Kernels =>
    [
        .. new[] { (6, 4), (4, 4), (2, 4), (1, 4), (6, 1), (1, 1) }.Select(tile => Product.Expand(("M", tile.Item1), ("N", tile.Item2), ("N1", tile.Item2 - 1))),
        .. new[] { 6, 4, 2, 1 }.Select(outputs => Listed.Expand(("M", outputs), ("N", 4), ("N1", 3))),
        .. new[] { (6, 4), (6, 1), (4, 6), (2, 6), (1, 6), (4, 1), (1, 1) }.Select(
            tile => Dot.Expand(("V", "Vector512"), ("M", tile.Item1), ("N", tile.Item2))),
        Folded.Expand(),
    ];
}
