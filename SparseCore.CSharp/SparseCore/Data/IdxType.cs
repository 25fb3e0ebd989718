namespace SparseCore.Data;

/// <summary>The types of values of an IDX file, by the codes of the format.</summary>
public enum IdxType : byte
{
    /// <summary>8 bits, 0 to 255.</summary>
    UnsignedByte = 0x08,

    /// <summary>8 bits, -128 to 127.</summary>
    SignedByte = 0x09,

    /// <summary>16 bits with sign, big-endian.</summary>
    Int16 = 0x0B,

    /// <summary>32 bits with sign, big-endian.</summary>
    Int32 = 0x0C,

    /// <summary>IEEE 754 single precision, big-endian.</summary>
    Single = 0x0D,

    /// <summary>IEEE 754 double precision, big-endian.</summary>
    Double = 0x0E,
}
