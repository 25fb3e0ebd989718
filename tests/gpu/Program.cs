using SparseCore.Engine;
using SparseCore.GpuChecks;
using SparseCore.Torch;
using SparseCore.Torch.Library;

// Checks the TorchSharp engine on an NVIDIA GPU. check.sh starts it; see there for the settings. Exit code 0 when all is as expected, else 1.
// "bits" instead prints hashes of short runs on the processor.
try
{
    var isBits = args is [Bits.Verb, ..];
    var settings = Settings.Parse(isBits ? args[1..] : args);
    LibtorchLoader.CopyFolder = Path.Combine(AppContext.BaseDirectory, "torch"); // nothing is left elsewhere
    if (isBits)
    {
        Bits.Print(settings);
        return 0;
    }

    var identity = new TorchEngineFactory(new EngineOptions { Device = settings.Device }, settings.Torch).Identity;
    var driver = settings.IsOnProcessor ? "" : $", driver {NvidiaSmi.Driver(settings.Device)}";
    Console.WriteLine($"{identity.Device}{driver}; {identity.Library}; {settings.Threads} threads of the processor");
    CheckTable.Begin();
    var table = new CheckTable();
    new Checks(settings, table).Run();
    Console.WriteLine(table.Failures == 0 ? $"All {table.Count} rows are as expected." : $"{table.Failures} of {table.Count} rows are not as expected.");
    return table.Failures == 0 ? 0 : 1;
}
catch (Exception error) when (error is TorchException or ArgumentException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
