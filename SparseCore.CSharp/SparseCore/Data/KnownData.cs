namespace SparseCore.Data;

/// <summary>Published data that runs and reports are recognized by, see <see cref="DataIdentity"/>.</summary>
public enum KnownData
{
    /// <summary>None of the others.</summary>
    Other,

    /// <summary>MNIST as it was published.</summary>
    Mnist,

    /// <summary>Fashion-MNIST as it was published.</summary>
    FashionMnist,

    /// <summary>MNIST enlarged to 32 x 32 (<see cref="SparseCore.Data.Mnist32"/>), with or without random views.</summary>
    Mnist32,

    /// <summary>Fashion-MNIST enlarged likewise.</summary>
    FashionMnist32,

    /// <summary>Photographs of 1,000 classes, cropped to 224 x 224: the problem that ImageNet-2012 is.</summary>
    ImageNet,
}
