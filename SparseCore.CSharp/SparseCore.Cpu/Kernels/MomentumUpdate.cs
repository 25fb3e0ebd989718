using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SparseCore.Cpu.Kernels;

/// <summary>SGD with momentum on arrays padded to whole vectors.</summary>
internal static unsafe class MomentumUpdate
{
    private const float Smallest = 1e-30f; // far above the denormals, which cost a hundred cycles each on some machines

    /// <summary>g = sum of the slices' gradients + 2 L2 w; v = momentum v - rate g; w = w + v (Nesterov: w + momentum v - rate g).</summary>
    /// <param name="weights">Shape [count].</param>
    /// <param name="momenta">Shape [count].</param>
    /// <param name="gradients">Shape [slices, stride]; added in slice order.</param>
    /// <param name="slices">Number of slices.</param>
    /// <param name="stride">Floats between slices.</param>
    /// <param name="active">All bits set where the weight is active, else 0; null when all are.</param>
    /// <param name="count">Number of values, a multiple of 16.</param>
    /// <param name="learningRate">Learning rate.</param>
    /// <param name="momentum">Share of the velocity that is kept.</param>
    /// <param name="nesterov">Whether weights move as if the velocity were one step further on.</param>
    /// <param name="l2">Coefficient c of c * sum(w^2).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        float* weights,
        float* momenta,
        float* gradients,
        int slices,
        int stride,
        int* active,
        int count,
        float learningRate,
        float momentum,
        bool nesterov,
        float l2)
    {
        var rate = Vector512.Create(learningRate);
        var keep = Vector512.Create(momentum);
        var decay = Vector512.Create(2 * l2);
        var smallest = Vector512.Create(Smallest);
        for (var index = 0; index < count; index += Lanes.Width)
        {
            var gradient = Vector512.Load(gradients + index);
            for (var slice = 1; slice < slices; slice++)
            {
                gradient += Vector512.Load(gradients + ((long)slice * stride) + index);
            }

            var weight = Vector512.Load(weights + index);
            gradient = Vector512.FusedMultiplyAdd(weight, decay, gradient);
            var move = -(gradient * rate);
            var velocity = Vector512.FusedMultiplyAdd(Vector512.Load(momenta + index), keep, move);
            velocity = Vector512.AndNot(velocity, Vector512.LessThan(Vector512.Abs(velocity), smallest));
            weight += nesterov ? Vector512.FusedMultiplyAdd(velocity, keep, move) : velocity;
            if (active is not null)
            {
                var bits = Vector512.Load(active + index).AsSingle();
                weight &= bits;
                velocity &= bits;
            }

            velocity.Store(momenta + index);
            weight.Store(weights + index);
        }
    }

    /// <summary>destination[target[k]] = source[k].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scatter(float* source, int* target, int count, float* destination)
    {
        for (var index = 0; index < count; index++)
        {
            destination[target[index]] = source[index];
        }
    }

    /// <summary>destination[k] = source[from[k]].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Collect(float* source, int* from, int count, float* destination)
    {
        for (var index = 0; index < count; index++)
        {
            destination[index] = source[from[index]];
        }
    }
}
