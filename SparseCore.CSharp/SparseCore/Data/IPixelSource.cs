namespace SparseCore.Data;

/// <summary>
/// Examples as bytes. Byte b of channel c stands for (b / 255 - mean[c]) * (1 / std[c]), mean and standard deviation as the data set's
/// <see cref="Dataset.Normalization"/> rounded to single precision, and every operation rounded once: what <see cref="Dataset.Read"/> writes.
/// </summary>
public interface IPixelSource
{
    /// <summary>Channels that are stored: those of the data set's shape, or 1 where all channels show one gray image.</summary>
    int StoredChannels { get; }

    /// <summary>Finds the bytes of some examples; they stay where they are until the hold is disposed of. From any number of threads.</summary>
    /// <param name="examples">Indices as for <see cref="Dataset.Read"/>; repeats are allowed.</param>
    /// <param name="addresses">
    /// Receives the address of the first byte of each example, whose bytes have the shape [stored channels, height, width]. Shape [examples].
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such example.</exception>
    /// <exception cref="DataException">A file was removed, changed or damaged; nothing is held then.</exception>
    PixelHold Hold(ReadOnlySpan<int> examples, Span<nint> addresses);
}
