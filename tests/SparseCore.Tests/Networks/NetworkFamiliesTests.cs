using SparseCore.Networks;

namespace SparseCore.Tests.Networks;

public class NetworkFamiliesTests
{
    private static readonly Shape Image = new(3, 32, 32);

    [Fact]
    public void Plan_takes_the_familys_widths_where_none_are_given()
    {
        Assert.Equal(Vgg16.ClassicWidths, NetworkFamilies.Plan("vgg16-classic", Image, 10).Widths);
        Assert.Equal([4, 3], NetworkFamilies.Plan("lenet300", Image, 10, [4, 3]).Widths);
    }

    [Fact]
    public void Plan_refuses_an_unknown_name_and_lists_the_known() => Assert.Contains(
        "Known networks: lenet5, lenet300",
        Assert.Throws<UnregisteredNameException>(() => NetworkFamilies.Plan("lenet6", Image, 10)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Every_family_builds_the_network_of_its_name_and_its_small_dense_one()
    {
        foreach (var name in NetworkFamilies.Registry.Names.Where(name => !name.Contains("test", StringComparison.Ordinal)))
        {
            var family = NetworkFamilies.Registry.Find(name);
            var network = NetworkFamilies.Plan(name, Image, 7).Build();
            Assert.StartsWith(name, network.Name, StringComparison.Ordinal);
            Assert.Equal(Shape.Vector(7), network.Output);
            if (family.SmallDenseWidths is { } widths)
            {
                Assert.InRange(NetworkFamilies.Plan(name, Image, 7, widths).Build().ParameterCount, 1, network.ParameterCount - 1);
            }
        }
    }

    [Fact]
    public void A_family_of_ones_own_is_stored_as_its_graph()
    {
        const string name = "families-test-linear";
        NetworkFamilies.Registry.Add(name, new NetworkFamily(Linear, []));
        var plan = NetworkFamilies.Plan(name, Image, 5);
        Assert.Equal((name, 2), (plan.Name, plan.Graph!.Count));
        Assert.Equal((3072 * 5) + 5, plan.Build().ParameterCount);
        Assert.Equal((3072 * 5) + 5, (plan with { Name = "families-test-unknown" }).Build().ParameterCount);
        Assert.Equal((3072 * 5) + 5, new NetworkPlan(name, [], Image, 5).Build().ParameterCount);
        Assert.Contains(name, NetworkPlan.KnownNames);
    }

    [Fact]
    public void A_family_says_whether_plans_choose_depth_and_widening()
    {
        const string name = "families-test-deep";
        NetworkFamilies.Registry.Add(name, new NetworkFamily(Linear, []) { HasDepth = true, Depth = 4, HasWidening = true, StoresGraph = false });
        var plan = NetworkFamilies.Plan(name, Image, 5, widening: 3);
        Assert.Equal((4, 3), (plan.Depth, plan.Widening));
        Assert.Equal(5, plan.Build().Output.Channels);
        Assert.Contains(
            $"'{name}' needs a widening of 1 or more, found none",
            Assert.Throws<ArgumentException>(() => NetworkFamilies.Plan(name, Image, 5).Build()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_family_that_builds_another_network_than_the_plan_says_is_refused()
    {
        const string name = "families-test-wrong";
        NetworkFamilies.Registry.Add(name, new NetworkFamily(plan => Linear(plan with { Classes = 4 }), []));
        Assert.Contains(
            "for examples [3, 32, 32] and 5 classes; its family built one from [3, 32, 32] to [4]",
            Assert.Throws<ArgumentException>(() => new NetworkPlan(name, [], Image, 5).Build()).Message,
            StringComparison.Ordinal);
    }

    private static Network Linear(NetworkPlan plan) => new("linear", plan.Input, [
        new Node("flatten", new Operation.Flatten(), Network.InputName), new Node("fc", new Operation.FullyConnected(plan.Classes), "flatten")]);
}
