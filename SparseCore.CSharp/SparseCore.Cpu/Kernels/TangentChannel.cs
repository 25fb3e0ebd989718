namespace SparseCore.Cpu.Kernels;

/// <summary>Factors by which the change of one channel's output, or of its input's gradient, is made of values and changes; see <see cref="TangentRows"/>.</summary>
/// <param name="Mean">Mean of the batch.</param>
/// <param name="OfTangent">Of x'.</param>
/// <param name="OfInput">Of x - mean.</param>
/// <param name="Constant">Of 1.</param>
/// <param name="OfChange">Of r, the change of the output's gradient.</param>
/// <param name="OfGradient">Of g, the output's gradient.</param>
internal readonly record struct TangentChannel(float Mean, float OfTangent, float OfInput, float Constant, float OfChange = 0, float OfGradient = 0);
