using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>Softmax cross-entropy of logits stored with the batch last.</summary>
internal static unsafe class SoftmaxCrossEntropy
{
    /// <summary>Losses, their gradient and the number of correct answers of one slice.</summary>
    /// <param name="logits">Value c of block b at c * featureStride + b * blockStride.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="featureStride">Floats between classes.</param>
    /// <param name="blockStride">Floats between blocks of 16 examples.</param>
    /// <param name="labels">Shape [count rounded up to 16]; entries past count are ignored.</param>
    /// <param name="count">Number of examples.</param>
    /// <param name="scale">Weight of one example in the gradient: 1 / examples of the mean.</param>
    /// <param name="smoothing">Share of every label that is spread evenly over all classes.</param>
    /// <param name="gradient">Same strides as the logits; null when only the loss is wanted.</param>
    /// <param name="correct">Examples whose arg-max (lowest index on ties) is the label.</param>
    /// <returns>Sum of the losses, in nats.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Run(
        float* logits,
        int classes,
        int featureStride,
        int blockStride,
        int* labels,
        int count,
        float scale,
        float smoothing,
        float* gradient,
        out int correct)
    {
        var lane = Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        var lossSum = Vector512<float>.Zero;
        var correctSum = Vector512<int>.Zero;
        for (var first = 0; first < count; first += Lanes.Width)
        {
            var valid = Vector512.LessThan(lane + Vector512.Create(first), Vector512.Create(count)).AsSingle();
            var label = Vector512.Load(labels + first);
            var z = logits + (first / Lanes.Width * blockStride);
            var maximum = Vector512.Load(z);
            var best = Vector512<int>.Zero;
            var ofLabel = maximum;
            for (var c = 1; c < classes; c++)
            {
                var value = Vector512.Load(z + (c * featureStride));
                var greater = Vector512.GreaterThan(value, maximum);
                maximum = Vector512.ConditionalSelect(greater, value, maximum);
                best = Vector512.ConditionalSelect(greater.AsInt32(), Vector512.Create(c), best);
                ofLabel = Vector512.ConditionalSelect(Vector512.Equals(label, Vector512.Create(c)).AsSingle(), value, ofLabel);
            }

            if (smoothing > 0)
            {
                // The label's logit becomes the smoothed labels' mean of all logits.
                var total = Vector512<float>.Zero;
                for (var c = 0; c < classes; c++)
                {
                    total += Vector512.Load(z + (c * featureStride)) - maximum;
                }

                ofLabel = Vector512.FusedMultiplyAdd(ofLabel - maximum, Vector512.Create(1 - smoothing), total * Vector512.Create(smoothing / classes)) + maximum;
            }

            var sum = Vector512<float>.Zero;
            for (var c = 0; c < classes; c++)
            {
                var value = VectorMath.ExpOfNegative(Vector512.Load(z + (c * featureStride)) - maximum);
                sum += value;
                if (gradient is not null)
                {
                    value.Store(gradient + (first / Lanes.Width * blockStride) + (c * featureStride));
                }
            }

            lossSum += (VectorMath.Log(sum) - (ofLabel - maximum)) & valid;
            correctSum -= Vector512.Equals(best, label) & valid.AsInt32();
            if (gradient is not null)
            {
                var inverse = Vector512.Create(1f) / sum;
                var weight = Vector512.Create(scale);
                var others = Vector512.Create(smoothing / classes);
                var labeled = Vector512.Create((1 - smoothing) + (smoothing / classes));
                for (var c = 0; c < classes; c++)
                {
                    var target = gradient + (first / Lanes.Width * blockStride) + (c * featureStride);
                    var wanted = Vector512.ConditionalSelect(Vector512.Equals(label, Vector512.Create(c)).AsSingle(), labeled, others);
                    (((Vector512.Load(target) * inverse) - wanted) * weight & valid).Store(target);
                }
            }
        }

        correct = 0;
        for (var index = 0; index < Lanes.Width; index++)
        {
            correct += correctSum.GetElement(index);
        }

        return Lanes.Sum(lossSum);
    }
}
