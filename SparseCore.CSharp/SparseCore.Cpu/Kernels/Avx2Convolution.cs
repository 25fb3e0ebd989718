namespace SparseCore.Cpu.Kernels;

/// <summary>
/// <see cref="SparseConvolution"/> for machines with 16 registers of 256 bits: each kernel takes the two halves of a vector of 16 examples one after the
/// other, and fewer columns at a time where its operands would not fit. Every lane sees the same operations in the same order, so the bits are the same. The kernels
/// are generated, Generated/Avx2Convolution.g.cs.
/// </summary>
internal static unsafe partial class Avx2Convolution
{
    private const int Half = Lanes.Width / 2;
}
