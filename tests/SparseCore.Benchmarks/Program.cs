using System.Globalization;
using SparseCore.Benchmarks;

const string help = """
    Measures the CPU engine. Usage: dotnet run -c Release --project tests/SparseCore.Benchmarks -- WORK [key=value ...]

    lenet5      training steps and evaluation of LeNet5 on one core and two; growth with density, width and batch
    layers      every layer alone, sparse and dense kernels, crossover; the 3x3 convolution 256 -> 256
    gemm        the dense matrix product 768 x 768 x 768
    analysis    evaluation of a path of checkpoints, scaling of 500 checkpoints
    dst         whole runs of SET and RigL beside a static sparse run, in turns, and where their time goes
    peers       our training step, that of a plain loop on TorchSharp, our engine on TorchSharp and masked PyTorch's, in turns; what is not installed is left out
    torch       our engine on TorchSharp: training steps beside a plain loop's (LeNet5; ResNet-50 on 224 x 224), start-up, agreement with the CPU engine
    large       training steps of ResNet-50 and VGG16, 224 x 224, and PyTorch's dense step, in turns (about 10 minutes, 8 GB)
    hessian     the exact Hessian of LeNet5 at 95% over 60,000 images, its eigenvalues, and rows by PyTorch; a product of ResNet-50 beside its training step (14 GB)
    compare     all pairs of 100 LeNet5 on 70,000 images, 1,035 straight lines at 11 points, a plane of 41 x 41 points
    browse      the browsing command on 2,000 runs of 6,000 rows: its start, list, curves of 100 runs, and memory (1 GB of disk)
    jpeg        decoded and augmented 224 x 224 images a second, ours and torchvision's in turns; ResNet-50's step on them (needs libturbojpeg0)
    profile     time of every stage of a network (network=resnet50 sparsity=0.8; network=lenet5: of whole training steps)
    hash        hashes of short training runs, equal on every machine
    imagehash   hashes of resized and standardized pixels, equal on every machine
    hessianhash hashes of a Hessian, its eigenvalues and an engine's products, equal on every machine

    out=FOLDER      where tables (CSV) and figures (SVG) go; default results/benchmarks/<cpu>
    python=PATH     interpreter for peers, large, hessian and jpeg; default /usr/bin/python3; none: without it
    torch=FOLDER    libtorch for peers and torch; default the package, which is downloaded once
    network=NAME    for large and profile: resnet50, vgg16 (large: default both); for hessian: lenet5, resnet50 (default both)
    sparsity=S      for profile; default 0.8
    rounds=N        turns of large and hessian (default 3), dst (default 9) and torch (default 9)
    data=FOLDER     MNIST for dst; default data/mnist
    steps=N         length of the runs of dst; default 2000
    runs=N, rows=N  runs of browse, and rows of metrics of each; default 2000 and 6000
    """;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is [EngineStart.Verb, var started, var library])
{
    EngineStart.Measure(started, library);
    return 0;
}

var settings = new Dictionary<string, string> { ["out"] = Path.Combine("results", "benchmarks", Machine.Slug()), ["python"] = "/usr/bin/python3", ["torch"] = "", ["network"] = "", ["sparsity"] = "0.8", ["rounds"] = "", ["data"] = Path.Combine("data", "mnist"), ["steps"] = "2000", ["runs"] = "", ["rows"] = "" };
foreach (var argument in args.Skip(1))
{
    var parts = argument.Split('=', 2);
    if (parts.Length != 2 || !settings.ContainsKey(parts[0]))
    {
        Console.Error.WriteLine($"Unknown setting '{argument}'; expected one of {string.Join(", ", settings.Keys.Select(key => $"{key}=..."))}.");
        return 2;
    }

    settings[parts[0]] = parts[1];
}

var verb = args.FirstOrDefault() ?? "help";
switch (verb)
{
    case "hash":
        foreach (var sparsity in new[] { 0.95, 0.3, 0.0 })
        {
            Console.WriteLine(TrainingHash.Run(sparsity, 3, 70, 1));
        }

        Console.WriteLine(TrainingHash.AllGradients(0.95, 200));

        return 0;
    case "imagehash":
        foreach (var size in new[] { 23, 32, 96 })
        {
            Console.WriteLine(ImageHash.Run(size));
        }

        return 0;
    case "hessianhash":
        Console.WriteLine(HessianHash.Run(1));
        Console.WriteLine(HessianHash.Run(2));
        return 0;
    case "help":
        Console.WriteLine(help);
        return 0;
    case "profile" when settings["network"] == "lenet5":
        LenetProfile.Run(double.Parse(settings["sparsity"], CultureInfo.InvariantCulture), 2000);
        return 0;
    case "profile":
        LargeBenchmark.Profile(settings["network"].Length > 0 ? settings["network"] : "resnet50", double.Parse(settings["sparsity"], CultureInfo.InvariantCulture), 3);
        return 0;
    case "lenet5" or "layers" or "gemm" or "analysis" or "dst" or "peers" or "torch" or "large" or "hessian" or "compare" or "browse" or "jpeg":
        break;
    default:
        Console.Error.WriteLine($"Unknown work '{verb}'; expected lenet5, layers, gemm, analysis, dst, peers, torch, large, hessian, compare, browse, jpeg, profile, hash, imagehash, hessianhash or help.");
        return 2;
}

var folder = settings["out"];
Directory.CreateDirectory(folder);
Console.WriteLine($"{Machine.Name()} ({Machine.Vectors()}), {Environment.ProcessorCount} cores, .NET {Environment.Version}; peak {Measurement.Peak() / 1e9:F1} GMAC/s a core");
var agrees = true;
var results = verb switch
{
    "lenet5" => LenetBenchmark.Run(folder),
    "layers" => LayerBenchmark.Run(folder),
    "gemm" => GemmBenchmark.Run(),
    "analysis" => AnalysisBenchmark.Run(),
    "hessian" => settings["network"] switch
    {
        "lenet5" => HessianBenchmark.Run(Whole("rounds", 3), Python()),
        "resnet50" => ProductBenchmark.Run(Whole("rounds", 3)),
        _ => HessianBenchmark.Run(Whole("rounds", 3), Python()) is { } exact ? [.. exact, .. ProductBenchmark.Run(Whole("rounds", 3))] : null,
    },
    "compare" => CompareBenchmark.Run(),
    "browse" => Browse(),
    "jpeg" => JpegBenchmark.Run(Python()),
    "large" => LargeBenchmark.Run(
        Python(),
        settings["network"].Length > 0 ? [settings["network"]] : ["resnet50", "vgg16"],
        Whole("rounds", 3)),
    "dst" => DynamicBenchmark.Run(settings["data"], Whole("steps", 2000), Whole("rounds", 9), folder),
    "torch" => Torch(),
    _ => PeerBenchmark.Run(Python(), settings["torch"], folder),
};
if (results is null)
{
    return 1;
}

var table = SparseCore.Analysis.Tables.create(verb, Result.Columns, results.Select(result => result.Cells));
var path = Path.Combine(folder, $"{verb}.csv");
SparseCore.Analysis.Tables.write(path, table);
Console.WriteLine();
Console.WriteLine(Machine.Aligned([Result.Columns, .. results.Select(result => result.Cells)]));
Console.WriteLine($"written: {path}");
return agrees ? 0 : 1;

string Python() => settings["python"] == "none" ? string.Empty : settings["python"];

IReadOnlyList<Result> Browse()
{
    var measured = BrowseBenchmark.Run(Whole("runs", 2000), Whole("rows", 6000));
    agrees = BrowseBenchmark.KeepsLimits(measured);
    return measured;
}

IReadOnlyList<Result>? Torch()
{
    if (TorchLibrary.TryEngines(settings["torch"], 1) is not { } single)
    {
        return null;
    }

    agrees = TorchAgreement.Run(single, folder);
    EngineStart.Run(settings["torch"], 5, folder);
    return TorchBenchmark.Run(threads => threads == 1 ? single : TorchLibrary.Engines(settings["torch"], threads), Whole("rounds", 9));
}

int Whole(string name, int fallback) => settings[name].Length > 0 ? int.Parse(settings[name], CultureInfo.InvariantCulture) : fallback;
