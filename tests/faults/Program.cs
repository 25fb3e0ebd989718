using System.Globalization;
using SparseCore.Faults;

// Usage: dotnet run -c Release --project tests/faults -- fuzz [cases=1000000] [seed=1]
var settings = args.Skip(1).Select(argument => argument.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);

switch (args.FirstOrDefault())
{
    case "fuzz":
        return Fuzz(Number("cases", 1_000_000), (ulong)Number("seed", 1));
    default:
        Console.Error.WriteLine("Usage: fuzz [cases=1000000] [seed=1]");
        return 2;
}

int Number(string key, int fallback) => settings.TryGetValue(key, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;

static int Fuzz(int cases, ulong seed)
{
    var folder = Directory.CreateTempSubdirectory("sparse-fuzz-");
    try
    {
        var targets = FuzzTargets.All(folder.FullName);
        var failed = 0;
        Console.WriteLine($"{"reader",-12} {"cases",9} {"accepted",9} {"failed",6} {"seconds",8} {"worst bytes",12} {"worst ms",9}");
        foreach (var result in Fuzzer.Run(targets, seed, cases))
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Target,-12} {result.Cases,9} {result.Accepted,9} {result.Failures.Count,6} {result.Seconds,8:F1} {result.WorstBytes,12} {result.WorstMilliseconds,9:F2}"));
            result.Failures.ToList().ForEach(Console.Error.WriteLine);
            failed += result.Failures.Count;
        }

        return failed == 0 ? 0 : 1;
    }
    finally
    {
        folder.Delete(recursive: true);
    }
}
