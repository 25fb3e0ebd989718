namespace SparseCore.Cpu.Kernels;

/// <summary>
/// Runs of vectors, one in each of several channels, that will be needed after the present work. While that goes on call by call, an equal share of them is asked
/// for with each, so that neither the processor's list of open requests fills nor a kernel waits for memory.
/// </summary>
/// <param name="start">The first run.</param>
/// <param name="stride">Floats from one run to the next.</param>
/// <param name="runs">How many there are.</param>
/// <param name="vectors">Vectors of 16 floats in a run.</param>
/// <param name="calls">How often <see cref="Advance"/> will be called.</param>
internal unsafe ref struct Readahead(float* start, nint stride, int runs, int vectors, int calls)
{
    private int call;
    private int run;

    /// <summary>Asks for the next share.</summary>
    public void Advance()
    {
        call++;
        for (; (long)run * calls < (long)runs * call; run++)
        {
            Lanes.Prefetch(start + (run * stride), vectors);
        }
    }
}
