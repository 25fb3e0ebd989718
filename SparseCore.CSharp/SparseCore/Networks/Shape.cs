namespace SparseCore.Networks;

/// <summary>The shape of one example's activation: channels x height x width. A vector is [features, 1, 1].</summary>
/// <param name="Channels">Channels, or the features of a vector.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct Shape(int Channels, int Height, int Width)
{
    /// <summary>Number of values of one example.</summary>
    public int Count => Channels * Height * Width;

    /// <summary>A vector of <paramref name="features"/> values.</summary>
    public static Shape Vector(int features) => new(features, 1, 1);

    /// <summary>"[channels, height, width]", or "[features]" for a vector.</summary>
    public override string ToString() => Height == 1 && Width == 1 ? $"[{Channels}]" : $"[{Channels}, {Height}, {Width}]";
}
