namespace SparseCore.Measurement;

public sealed record ConnectivityHealth(int EffectiveActiveCount, int DeadNeurons, string? CutLayer)
{
    public static ConnectivityHealth Measure(SparseCore.Parameters.MaskSet m) => new(m.ActiveCount, 0, null);
}
