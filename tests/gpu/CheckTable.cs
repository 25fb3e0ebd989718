namespace SparseCore.GpuChecks;

/// <summary>The table of results, printed row by row, so that a crash leaves what was found before it.</summary>
internal sealed class CheckTable
{
    private const string Reported = "reported";

    /// <summary>Rows that were not as expected.</summary>
    public int Failures { get; private set; }

    /// <summary>Rows.</summary>
    public int Count { get; private set; }

    /// <summary>Prints the names of the columns.</summary>
    public static void Begin() => Print("check", "expected", "found", "");

    /// <summary>Prints a row.</summary>
    public void Add(string check, string expected, string found, bool isOk)
    {
        Count++;
        Failures += isOk ? 0 : 1;
        Print(check, expected, found, isOk ? "ok" : "FAILED");
    }

    /// <summary>Prints a row of what is measured, not judged.</summary>
    public void Report(string check, string found) => Add(check, Reported, found, isOk: true);

    /// <summary>Does a check; what it throws is a row that failed.</summary>
    public void Try(string check, Action work)
    {
        try
        {
            work();
        }
        catch (Exception error)
        {
            Add(check, "no error", ErrorText.Of(error), isOk: false);
        }
    }

    private static void Print(string check, string expected, string found, string state) =>
        Console.WriteLine($"{check,-42} | {expected,-22} | {found,-60} | {state}");
}
