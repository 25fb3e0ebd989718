// Trains LeNet5 with RigL on MNIST at a few sparsities, from a C# program, and prints how each network does on the test images.
// Inputs: none; MNIST is in SparseCore.Datasets. Outputs: run folders in "runs" of the current folder, the same that `train.fsx` would make, and a line each.
// Ctrl-C keeps what was trained; started again, it goes on from there. Takes some seconds.

using SparseCore.Cpu;
using SparseCore.Datasets;
using SparseCore.Engine;
using SparseCore.Recipes;
using SparseCore.Training;

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stopping.Cancel();
};

var data = BundledMnist.Load();
var engines = new CpuEngineFactory(new EngineOptions { Threads = Environment.ProcessorCount });
var executor = new RunExecutor("runs", data, engines);

foreach (var sparsity in new[] { 0.8, 0.9, 0.95, 0.98 })
{
    var recipe = new Recipe(new Experiment(data, "lenet5") { Sparsity = sparsity, Steps = 600 }.Settings());
    var run = Methods.Plan(recipe, "rigl", InitializerNames.NeuronScaled, solutionSeed: 1, seed: 1);
    try
    {
        executor.Execute(run.Plan, cancellation: stopping.Token);
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("stopped; start the program again to go on");
        return 130;
    }

    var trained = executor.ReadParent(run.Plan.AtEnd(), run.Plan.Network.Build());
    using var engine = engines.Create(trained.Masks.Network, trained.Masks, batchSize: 128);
    engine.Load(trained.Parameters);
    var result = engine.Evaluate(data.Test, 0, data.Test.Count);
    Console.WriteLine($"{sparsity:P0} sparse: {trained.Masks.ActiveCount,6} weights, accuracy {result.Accuracy:P2}, loss {result.Loss:F3}");
}

return 0;
