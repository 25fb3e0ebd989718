namespace SparseCore.Engine;

/// <summary>The number format of activations and products; weights and momentum are always kept in single precision.</summary>
public enum Precision
{
    /// <summary>32 bits, 24 of them significant.</summary>
    Single,

    /// <summary>Products of tensor cores: 32 bits stored, 11 significant while multiplied.</summary>
    TensorFloat32,

    /// <summary>16 bits, 8 of them significant.</summary>
    BFloat16,
}
