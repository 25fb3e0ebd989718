namespace SparseCore.Cpu.Kernels;

/// <summary>What the passes of a batch normalization need to know of one channel: its output is a x + b, its input's gradient e (dz - c - (x - mean) d).</summary>
/// <param name="Mean">Mean of the batch.</param>
/// <param name="Factor">a.</param>
/// <param name="Offset">b.</param>
/// <param name="GradientShift">c.</param>
/// <param name="GradientFactor">d.</param>
/// <param name="InputFactor">e: a, but where a is 0 because all values are equal.</param>
internal readonly record struct NormChannel(float Mean, float Factor, float Offset, float GradientShift, float GradientFactor, float InputFactor);
