namespace SparseCore.Cpu.Kernels;

/// <summary>
/// A sparse convolution with its ReLU and its 2x2 max-pool, and the way back: 4 windows at a time live in 16 registers, values before the pool and their gradients are
/// never stored. The kernels are generated, Generated/SparsePooledConvolution.g.cs.
/// </summary>
internal static unsafe partial class SparsePooledConvolution;
