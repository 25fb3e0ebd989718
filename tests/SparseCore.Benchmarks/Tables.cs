namespace SparseCore.Benchmarks;

/// <summary>Tables beside the one of all times.</summary>
internal static class Tables
{
    /// <summary>Writes a CSV file.</summary>
    public static void Write(string folder, string name, string[] columns, IEnumerable<string[]> rows) =>
        SparseCore.Analysis.Tables.write(Path.Combine(folder, $"{name}.csv"), SparseCore.Analysis.Tables.create(name, columns, rows));
}
