using Tensor = TorchSharp.torch.Tensor;

namespace SparseCore.Torch;

/// <summary>Some examples on the device.</summary>
/// <param name="Inputs">Their values in single precision. Shape [examples, channels, height, width].</param>
/// <param name="Labels">Their classes. Shape [examples], 64-bit integers.</param>
internal readonly record struct BatchTensors(Tensor Inputs, Tensor Labels);
