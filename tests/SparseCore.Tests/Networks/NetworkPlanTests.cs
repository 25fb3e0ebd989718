using SparseCore.Networks;
using SparseCore.Plans;
using SparseCore.Recipes;
using SparseCore.RunFolders;
using SparseCore.Tests.Engine;
using SparseCore.Tests.Training;

namespace SparseCore.Tests.Networks;

/// <summary>Networks in plans: by name, and by their whole graph.</summary>
public class NetworkPlanTests
{
    private static readonly Network Every = new("every-operation", new Shape(2, 9, 10), [
        new Node("conv", new Operation.Convolution(3, 3, 2, Stride: 2, Padding: 1, HasBias: false), "input"),
        new Node("norm", new Operation.BatchNorm(0.001, 0.75, 0), "conv"),
        new Node("relu", new Operation.Relu(), "norm"),
        new Node("sum", new Operation.Add(), "relu", "norm"),
        new Node("pool", new Operation.MaxPool(3, 2, 1), "sum"),
        new Node("flatten", new Operation.Flatten(), "pool"),
        new Node("fc1", new Operation.FullyConnected(4), "flatten"),
        new Node("average", new Operation.GlobalAveragePool(), "fc1"),
        new Node("fc2", new Operation.FullyConnected(5, HasBias: false), "average"),
    ]);

    public static TheoryData<string> GraphNames => [.. Graphs.Names];

    public static TheoryData<string> ChainNames => [.. Setups.NetworkNames];

    private static TrainingPlan Plan => Methods.Plan(SmallRuns.Recipe, "rigl", InitializerNames.NeuronScaled, 1, 1).Plan;

    [Fact]
    public void A_graph_with_every_operation_goes_through_JSON_and_back() => RoundTrip(Every);

    [Theory]
    [MemberData(nameof(GraphNames))]
    public void Graphs_go_through_JSON_and_back(string name) => RoundTrip(Graphs.Create(name));

    [Theory]
    [MemberData(nameof(ChainNames))]
    public void Chains_go_through_JSON_and_back(string name)
    {
        var network = Setups.Create(name);
        if (network.Output is { Height: 1, Width: 1 })
        {
            RoundTrip(network);
        }
    }

    [Fact]
    public void Graphs_have_the_JSON_that_hashes_are_taken_of()
    {
        var network = new Network("tiny", new Shape(1, 4, 4), [
            new Node("conv", new Operation.Convolution(2, 3, 3, Padding: 1), "input"),
            new Node("average", new Operation.GlobalAveragePool(), "conv"),
            new Node("norm", new Operation.BatchNorm(), "average"),
        ]);
        var text = (Plan with { Network = NetworkPlan.Of(network) }).ToCanonicalJson().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal);
        Assert.Contains(
            "\"network\":{\"name\":\"tiny\",\"widths\":[],\"input\":{\"channels\":1,\"height\":4,\"width\":4,\"count\":16},\"classes\":2,\"graph\":["
            + "{\"name\":\"conv\",\"operation\":{\"kind\":\"convolution\",\"output_channels\":2,\"kernel_height\":3,\"kernel_width\":3,\"stride\":1,\"padding\":1,\"has_bias\":true},\"inputs\":[\"input\"]},"
            + "{\"name\":\"average\",\"operation\":{\"kind\":\"global-average-pool\"},\"inputs\":[\"conv\"]},"
            + "{\"name\":\"norm\",\"operation\":{\"kind\":\"batch-norm\",\"epsilon\":1E-05,\"decay\":0.9,\"initial_scale\":1},\"inputs\":[\"average\"]}]}",
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_given_is_not_written() => Assert.All(
        ["depth", "widening", "graph"], setting => Assert.DoesNotContain(setting, Plan.ToCanonicalJson(), StringComparison.Ordinal));

    [Theory]
    [InlineData("\"kind\": \"relu\"", "\"kind\": \"lstm\"", "Unknown operation 'lstm'. Known operations: convolution, fully-connected, relu")]
    [InlineData("\"kind\": \"relu\"", "\"type\": \"relu\"", "An operation needs a kind, one of convolution,")]
    [InlineData("\"kind\": \"relu\"", "\"kind\": 7", "An operation needs a kind")]
    [InlineData("\"kind\": \"relu\"", "\"kind\": \"relu\", \"slope\": 2", "slope")]
    [InlineData("\"kind\": \"relu\"", "\"kind\": \"add\"", "Node 'relu' of network 'every-operation' reads 1 nodes; Add reads exactly 2.")]
    [InlineData("\"stride\": 2", "\"stride\": 2, \"stride\": 3", "Duplicate property")]
    [InlineData("\"size\": 3", "\"sizes\": 3", "size")]
    [InlineData("\"padding\": 1", "\"padding\": 100000", "'conv' has padding 100000")]
    [InlineData("\"output_channels\": 3", "\"output_channels\": \"3\"", "$.output_channels")]
    [InlineData("\"outputs\": 5", "\"outputs\": 6", "needs an output of 5 classes, [5]; its last node 'fc2' gives [6]")]
    [InlineData("\"name\": \"sum\"", "\"name\": \"relu\"", "two nodes named 'relu'")]
    [InlineData("\"fc1\"\n", "\"later\"\n", "Node 'average' of network 'every-operation' reads 'later', which is not an earlier node.")]
    [InlineData("\"fc1\"\n", "null\n", "has an incomplete node")]
    [InlineData("\"name\": \"every-operation\"", "\"name\": \"every operation\"", "needs a name of letters")]
    [InlineData("\"widths\": []", "\"widths\": [3]", "leave widths empty")]
    [InlineData("\"classes\": 5", "\"classes\": 5, \"depth\": 3", "depth")]
    [InlineData("\"graph\": [", "\"graph\": [null, ", "has an incomplete node")]
    [InlineData("\"graph\": [", "\"graph\": [7, ", "$.network.graph[0]")]
    public void A_graph_that_cannot_be_built_is_refused_with_its_reason(string written, string replaced, string expected)
    {
        var text = (Plan with { Network = NetworkPlan.Of(Every) }).ToCanonicalJson();
        Assert.Contains(written, text, StringComparison.Ordinal);
        var place = text.IndexOf(written, text.IndexOf("\"network\"", StringComparison.Ordinal), StringComparison.Ordinal);
        var message = Assert.Throws<PlanException>(() => TrainingPlan.Parse(text[..place] + replaced + text[(place + written.Length)..])).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plans_of_imported_runs_hold_graphs_too()
    {
        var plan = new ImportPlan
        {
            Format = ImportPlan.CurrentFormat,
            Kind = "imported",
            Name = "x",
            Network = NetworkPlan.Of(Every),
            File = "x",
            FileHash = "0",
            MasksFromZeros = false,
        };
        var text = plan.ToCanonicalJson();
        Assert.Equal(Every.ParameterCount, ImportPlan.TryParse(text)!.Network.Build().ParameterCount);
        Assert.Equal(text, ImportPlan.TryParse(text)!.ToCanonicalJson());
    }

    [Fact]
    public void Of_refuses_what_no_plan_can_hold()
    {
        Refuses(() => NetworkPlan.Of(new Network("a b", new Shape(1, 1, 1), [new Node("fc", new Operation.FullyConnected(2), "input")])), "'a b'");
        Refuses(() => NetworkPlan.Of(new Network("none", new Shape(4, 1, 1), [new Node("relu", new Operation.Relu(), "input")])), "no weights");
        Refuses(() => NetworkPlan.Of(new Network("image", new Shape(1, 4, 4), [new Node("conv", new Operation.Convolution(2, 3, 3), "input")])), "'conv' gives [2, 2, 2]");
    }

    [Fact]
    public void Settings_that_a_family_has_not_are_refused()
    {
        var plan = new NetworkPlan("lenet300", [3, 2], new Shape(1, 2, 2), 2);
        Refuses(() => (plan with { Depth = 3 }).Build(), "'lenet300' has no depth to choose, found 3");
        Refuses(() => (plan with { Widening = 3 }).Build(), "'lenet300' has no widening to choose, found 3");
    }

    private static void RoundTrip(Network network)
    {
        var plan = Plan with { Network = NetworkPlan.Of(network) };
        var text = plan.ToCanonicalJson();
        foreach (var read in (NetworkPlan[])[TrainingPlan.Parse(text).Network, NetworkPlan.OfPlanJson(text)])
        {
            var built = read.Build();
            Assert.Equal((network.Name, network.Input, network.Output), (built.Name, built.Input, built.Output));
            Assert.Equal(network.Nodes.Select(node => (node.Name, node.Operation, string.Join(' ', node.Inputs))), built.Nodes.Select(node => (node.Name, node.Operation, string.Join(' ', node.Inputs))));
            Assert.Equal(network.Layers, built.Layers);
            Assert.Equal(network.Norms, built.Norms);
            Assert.Equal(text, (plan with { Network = read }).ToCanonicalJson());
        }
    }

    private static void Refuses(Func<object> make, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(make).Message, StringComparison.Ordinal);
}
