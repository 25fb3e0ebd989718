namespace SparseCore.Data;

/// <summary>Labels of an IDX file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Values">As stored. Shape [labels].</param>
internal sealed record IdxLabels(string Path, int[] Values)
{
    /// <summary>Reads labels of any integer type and of shape [labels] or [labels, 1], or the first of several columns.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Columns of the file, of which the first is the class; 1 where there is nothing else.</param>
    /// <exception cref="DataException">The file cannot be read, has another shape, or no whole numbers.</exception>
    public static IdxLabels Read(string path, int columns)
    {
        var array = IdxReader.Read(path, IdxReader.MaximumLabelBytes);
        var found = array.Dimensions.Count switch
        {
            1 => 1,
            2 => array.Dimensions[1],
            _ => 0,
        };
        if (found != 1 && found != columns)
        {
            throw new DataException(
                $"'{path}' has the shape {array.ShapeText}; expected labels as [labels] or [labels, 1]{(columns > 1 ? $" or [labels, {columns}]" : "")}, the number of its class for each example.");
        }

        if (array.IsFloatingPoint)
        {
            throw new DataException($"'{path}' has values of type {array.Type}; expected labels of an integer type. Save them as unsigned bytes or 32-bit integers.");
        }

        return new(path, [.. Enumerable.Range(0, array.Count / found).Select(label => (int)array[label * found])]);
    }
}
