using System.Globalization;
using SparseCore.Faults;

// Disturbs training in every way we could think of and checks that nothing saved is lost and every run ends with the same bytes. Usage:
//   dotnet run -c Release --project tests/faults -- faults [kills=200] [signals=40] [seed=1]   (disk scenarios need root)
//   dotnet run -c Release --project tests/faults -- fuzz [cases=1000000] [seed=1] [only=TARGET]   (only=torch: networks on libtorch, which the others do without)
//   dotnet run -c Release --project tests/faults -- crash [states=10000] [seed=1]
//   dotnet run -c Release --project tests/faults -- soak [runs=2000]
// Exit code 1 when a promise is broken.
if (args is [TrainingProcess.Verb, .. var rest])
{
    return TrainingProcess.Train(rest);
}

var settings = args.Skip(1).Select(argument => argument.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
var folder = Directory.CreateTempSubdirectory("sparse-faults-");
try
{
    switch (args.FirstOrDefault())
    {
        case "faults":
            return Faults(folder.FullName, Number("kills", 200), Number("signals", 40), (ulong)Number("seed", 1));
        case "fuzz":
            return Fuzz(folder.FullName, settings.GetValueOrDefault("only"), Number("cases", 1_000_000), (ulong)Number("seed", 1));
        case "crash":
            return Crash(folder.FullName, Number("states", 10_000), (ulong)Number("seed", 1));
        case Soak.Verb:
            return SoakRuns(folder.FullName, Number("runs", 2000));
        default:
            Console.Error.WriteLine("Usage: faults [kills=200] [signals=40] [seed=1] | fuzz [cases=1000000] [seed=1] [only=TARGET] | crash [states=10000] [seed=1] | soak [runs=2000]");
            return 2;
    }
}
finally
{
    folder.Delete(recursive: true);
}

int Number(string key, int fallback) => settings.TryGetValue(key, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;

static int Faults(string folder, int kills, int signals, ulong seed)
{
    var scenarios = new FaultScenarios(folder, seed);
    Func<FaultResult>[] all = [
        () => scenarios.Kills(kills),
        () => scenarios.Signals(signals),
        () => scenarios.TwoProcesses(10),
        () => scenarios.MetricsCut(stride: 5),
        () => scenarios.DamagedCheckpoint(50),
        scenarios.ParentDeleted,
        scenarios.ClockBackwards,
        scenarios.FileInPlaceOfFolder,
        scenarios.LinksOut,
        scenarios.DiskFull,
        scenarios.ReadOnlyFolder];
    var failed = 0;
    Console.WriteLine($"{"fault",-24} {"tried",6} {"mismatches",10} {"lost",5}  outcome");
    foreach (var scenario in all)
    {
        var result = scenario();
        Console.WriteLine($"{result.Fault,-24} {result.Tried,6} {result.Mismatches,10} {result.Lost,5}  {result.Outcome}");
        result.Complaints.ToList().ForEach(Console.Error.WriteLine);
        failed += result.IsOk ? 0 : 1;
    }

    return failed == 0 ? 0 : 1;
}

static int Fuzz(string folder, string? only, int cases, ulong seed)
{
    var failed = 0;
    var targets = only is null ? FuzzTargets.All(folder) : [.. FuzzTargets.All(folder).Append(TorchTarget.Target(folder)).Where(target => target.Name == only)];
    if (targets.Count == 0)
    {
        Console.Error.WriteLine($"There is no reader '{only}'; expected one of {string.Join(", ", FuzzTargets.All(folder).Select(target => target.Name))}, {TorchTarget.Name}.");
        return 2;
    }

    Console.WriteLine($"{"reader",-12} {"cases",9} {"accepted",9} {"failed",6} {"seconds",8} {"worst bytes",12} {"worst ms",9}");
    foreach (var result in Fuzzer.Run(targets, seed, cases))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Target,-12} {result.Cases,9} {result.Accepted,9} {result.Failures.Count,6} {result.Seconds,8:F1} ")
            + string.Create(CultureInfo.InvariantCulture, $"{result.WorstBytes,12} {result.WorstMilliseconds,9:F2}"));
        result.Failures.ToList().ForEach(Console.Error.WriteLine);
        failed += result.Failures.Count;
    }

    return failed == 0 ? 0 : 1;
}

static int Crash(string folder, int states, ulong seed)
{
    var failed = 0;
    Console.WriteLine($"{"crash of a run",-24} {"states",7} {"resumed",8} {"waited",7} {"advised",8} {"mismatches",10} {"lost",5} {"seconds",8}");
    foreach (var result in new CrashScenarios(folder, seed).Run(states))
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Scenario,-24} {result.Tried,7} {result.Resumed,8} {result.Waited,7} {result.Advised,8} {result.Mismatches,10} {result.Lost,5} {result.Seconds,8:F1}"));
        result.Complaints.ToList().ForEach(Console.Error.WriteLine);
        failed += result.IsOk ? 0 : 1;
    }

    return failed == 0 ? 0 : 1;
}

static int SoakRuns(string folder, int runs)
{
    Console.WriteLine($"{"runs",6} {"managed KiB",12} {"resident KiB",12} {"handles",8} {"threads",8} {"CPU ms a run",12}");
    var growth = Soak.Growth(Soak.Run(folder, runs, Console.WriteLine));
    growth.ToList().ForEach(Console.Error.WriteLine);
    return growth.Count == 0 ? 0 : 1;
}
