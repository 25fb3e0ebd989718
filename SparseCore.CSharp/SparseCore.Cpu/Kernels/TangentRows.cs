using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>What passes without weights do to the changes of values and gradients along a direction, a run of vectors of 16 examples at a time.</summary>
internal static unsafe class TangentRows
{
    /// <summary>output = input + other, 0 where a ReLU's output is not positive.</summary>
    /// <param name="input">First change.</param>
    /// <param name="inputStep">Floats between its vectors.</param>
    /// <param name="other">Second change; null for none.</param>
    /// <param name="otherStep">Floats between its vectors.</param>
    /// <param name="gate">The ReLU's output, with the steps of <paramref name="output"/>; null for none.</param>
    /// <param name="count">Number of vectors.</param>
    /// <param name="output">Receives the result.</param>
    /// <param name="outputStep">Floats between its vectors.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* input, int inputStep, float* other, int otherStep, float* gate, int count, float* output, int outputStep)
    {
        for (var index = 0; index < count; index++)
        {
            var value = Vector512.Load(input + ((long)index * inputStep));
            if (other is not null)
            {
                value += Vector512.Load(other + ((long)index * otherStep));
            }

            if (gate is not null)
            {
                value &= IsOpen(gate, index, outputStep);
            }

            value.Store(output + ((long)index * outputStep));
        }
    }

    /// <summary>The change of a pooling window's maximum: that of the first position that holds it.</summary>
    /// <param name="maximum">The maximum.</param>
    /// <param name="window">The window's values.</param>
    /// <param name="tangents">Their changes.</param>
    /// <param name="rows">Rows of the window.</param>
    /// <param name="columns">Columns of the window.</param>
    /// <param name="rowStride">Floats between its rows.</param>
    /// <param name="step">Floats between its columns.</param>
    /// <param name="output">Receives the change.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PoolWindow(float* maximum, float* window, float* tangents, int rows, int columns, int rowStride, int step, float* output)
    {
        var largest = Vector512.Load(maximum);
        var change = Vector512<float>.Zero;
        var found = Vector512<float>.Zero;
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var place = (row * rowStride) + (column * step);
                var hit = Vector512.AndNot(Vector512.Equals(Vector512.Load(window + place), largest), found);
                change |= Vector512.Load(tangents + place) & hit;
                found |= hit;
            }
        }

        change.Store(output);
    }

    /// <summary>Adds to the sums of x' and of x' (x - mean), which the statistics' changes follow from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(float* tangent, float* input, int step, int columns, float mean, ref Vector512<float> sum, ref Vector512<float> product)
    {
        var center = Vector512.Create(mean);
        var rowSum = Vector512<float>.Zero;
        var rowProduct = Vector512<float>.Zero;
        for (var column = 0; column < columns; column++)
        {
            var change = Vector512.Load(tangent + ((long)column * step));
            rowSum += change;
            rowProduct = Vector512.FusedMultiplyAdd(change, Vector512.Load(input + ((long)column * step)) - center, rowProduct);
        }

        sum += rowSum;
        product += rowProduct;
    }

    /// <summary>The change of a batch normalization's output: p x' + q (x - mean) + c + that of the residual, 0 where the ReLU's output is not positive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(
        float* tangent,
        float* input,
        int step,
        int columns,
        in TangentChannel channel,
        float* residual,
        int residualStep,
        float* gate,
        float* output,
        int outputStep)
    {
        var (p, q, c, center) = (Vector512.Create(channel.OfTangent), Vector512.Create(channel.OfInput), Vector512.Create(channel.Constant), Vector512.Create(channel.Mean));
        for (var column = 0; column < columns; column++)
        {
            var x = Vector512.Load(input + ((long)column * step)) - center;
            var value = Vector512.FusedMultiplyAdd(Vector512.Load(tangent + ((long)column * step)), p, Vector512.FusedMultiplyAdd(x, q, c));
            if (residual is not null)
            {
                value += Vector512.Load(residual + ((long)column * residualStep));
            }

            if (gate is not null)
            {
                value &= IsOpen(gate, column, outputStep);
            }

            value.Store(output + ((long)column * outputStep));
        }
    }

    /// <summary>
    /// Cuts the change r of a gradient where the ReLU cut, in place, hands it to the residual, and adds to the sums of r, of r (x - mean) and, where the gradient g is given,
    /// of g x'.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GateAndSum(
        float* change,
        float* gradient,
        float* gate,
        int step,
        int columns,
        float* input,
        float* tangent,
        int inputStep,
        float mean,
        float* residual,
        int residualStep,
        bool adds,
        ref Vector512<float> sum,
        ref Vector512<float> product,
        ref Vector512<float> across)
    {
        var center = Vector512.Create(mean);
        var (rowSum, rowProduct, rowAcross) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        for (var column = 0; column < columns; column++)
        {
            var place = (long)column * step;
            var value = Vector512.Load(change + place);
            if (gate is not null)
            {
                value &= IsOpen(gate, column, step);
                value.Store(change + place);
            }

            if (residual is not null)
            {
                var target = residual + ((long)column * residualStep);
                (adds ? Vector512.Load(target) + value : value).Store(target);
            }

            rowSum += value;
            rowProduct = Vector512.FusedMultiplyAdd(value, Vector512.Load(input + ((long)column * inputStep)) - center, rowProduct);
            if (gradient is not null)
            {
                rowAcross = Vector512.FusedMultiplyAdd(Vector512.Load(gradient + place), Vector512.Load(tangent + ((long)column * inputStep)), rowAcross);
            }
        }

        sum += rowSum;
        product += rowProduct;
        across += rowAcross;
    }

    /// <summary>
    /// The change of a batch normalization's input gradient: e r + a g + b x' + q (x - mean) + c, where the terms with g and x' are left out without a gradient; lanes
    /// without an example become 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(
        float* change,
        float* gradient,
        int step,
        int columns,
        float* input,
        float* tangent,
        int inputStep,
        in TangentChannel channel,
        Vector512<float> valid,
        bool adds,
        float* inputChange)
    {
        var (e, a, b) = (Vector512.Create(channel.OfChange), Vector512.Create(channel.OfGradient), Vector512.Create(channel.OfTangent));
        var (q, c, center) = (Vector512.Create(channel.OfInput), Vector512.Create(channel.Constant), Vector512.Create(channel.Mean));
        for (var column = 0; column < columns; column++)
        {
            var place = (long)column * inputStep;
            var value = Vector512.FusedMultiplyAdd(Vector512.Load(input + place) - center, q, c);
            value = Vector512.FusedMultiplyAdd(Vector512.Load(change + ((long)column * step)), e, value);
            if (gradient is not null)
            {
                value = Vector512.FusedMultiplyAdd(Vector512.Load(gradient + ((long)column * step)), a, value);
                value = Vector512.FusedMultiplyAdd(Vector512.Load(tangent + place), b, value);
            }

            value &= valid;
            (adds ? Vector512.Load(inputChange + place) + value : value).Store(inputChange + place);
        }
    }

    /// <summary>
    /// The gradient of the softmax cross-entropy, scale (p - y). What the label's own probability lacks of 1 is summed from the others', so that a sure answer's gradient has all
    /// its digits: curvature is made of them.
    /// </summary>
    /// <param name="logits">Value c of a block at c * featureStride.</param>
    /// <param name="labels">Shape [16].</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="featureStride">Floats between classes.</param>
    /// <param name="scale">Weight of one example.</param>
    /// <param name="valid">Lanes that hold an example; others become 0.</param>
    /// <param name="gradient">Receives the gradient.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxGradient(float* logits, int* labels, int classes, int featureStride, float scale, Vector512<float> valid, float* gradient)
    {
        var maximum = Maximum(logits, null, classes, featureStride, out _);
        var label = Vector512.Load(labels);
        var (ofLabel, ofOthers) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (var c = 0; c < classes; c++)
        {
            var value = VectorMath.ExpOfNegative(Vector512.Load(logits + (c * featureStride)) - maximum);
            var isLabel = Vector512.Equals(label, Vector512.Create(c)).AsSingle();
            ofLabel += value & isLabel;
            ofOthers += Vector512.AndNot(value, isLabel);
            value.Store(gradient + (c * featureStride));
        }

        var weight = Vector512.Create(scale) / (ofLabel + ofOthers);
        for (var c = 0; c < classes; c++)
        {
            var target = gradient + (c * featureStride);
            var isLabel = Vector512.Equals(label, Vector512.Create(c)).AsSingle();
            (Vector512.ConditionalSelect(isLabel, -ofOthers, Vector512.Load(target)) * weight & valid).Store(target);
        }
    }

    /// <summary>
    /// The change of the softmax cross-entropy's gradient: scale p (z' - sum of p z'). Changes are taken from that of the largest logit, so that a sure answer loses no digits.
    /// </summary>
    /// <param name="logits">Value c of a block at c * featureStride.</param>
    /// <param name="tangents">Their changes.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="featureStride">Floats between classes.</param>
    /// <param name="scale">Weight of one example.</param>
    /// <param name="valid">Lanes that hold an example; others become 0.</param>
    /// <param name="change">Receives the change.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(float* logits, float* tangents, int classes, int featureStride, float scale, Vector512<float> valid, float* change)
    {
        var maximum = Maximum(logits, tangents, classes, featureStride, out var ofMaximum);
        var (sum, mean) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (var c = 0; c < classes; c++)
        {
            var value = VectorMath.ExpOfNegative(Vector512.Load(logits + (c * featureStride)) - maximum);
            sum += value;
            mean = Vector512.FusedMultiplyAdd(value, Vector512.Load(tangents + (c * featureStride)) - ofMaximum, mean);
            value.Store(change + (c * featureStride));
        }

        mean /= sum;
        var weight = Vector512.Create(scale) / sum;
        for (var c = 0; c < classes; c++)
        {
            var target = change + (c * featureStride);
            var beyond = Vector512.Load(tangents + (c * featureStride)) - ofMaximum - mean;
            (Vector512.Load(target) * weight * beyond & valid).Store(target);
        }
    }

    /// <summary>The largest logit and, where changes are given, its change.</summary>
    private static Vector512<float> Maximum(float* logits, float* tangents, int classes, int featureStride, out Vector512<float> ofMaximum)
    {
        var maximum = Vector512.Load(logits);
        ofMaximum = tangents is null ? Vector512<float>.Zero : Vector512.Load(tangents);
        for (var c = 1; c < classes; c++)
        {
            var value = Vector512.Load(logits + (c * featureStride));
            var greater = Vector512.GreaterThan(value, maximum);
            maximum = Vector512.ConditionalSelect(greater, value, maximum);
            if (tangents is not null)
            {
                ofMaximum = Vector512.ConditionalSelect(greater, Vector512.Load(tangents + (c * featureStride)), ofMaximum);
            }
        }

        return maximum;
    }

    private static Vector512<float> IsOpen(float* gate, int index, int step) =>
        Vector512.GreaterThan(Vector512.Load(gate + ((long)index * step)), Vector512<float>.Zero);
}
