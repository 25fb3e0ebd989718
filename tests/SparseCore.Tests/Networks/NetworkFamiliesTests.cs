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
        foreach (var name in NetworkFamilies.Registry.Names)
        {
            var family = NetworkFamilies.Registry.Find(name);
            var network = NetworkFamilies.Plan(name, Image, 7).Build();
            Assert.Equal((name, Shape.Vector(7)), (network.Name, network.Output));
            if (family.SmallDenseWidths is { } widths)
            {
                Assert.InRange(NetworkFamilies.Plan(name, Image, 7, widths).Build().ParameterCount, 1, network.ParameterCount - 1);
            }
        }
    }

    [Fact]
    public void A_family_of_ones_own_is_built_by_plans_that_name_it()
    {
        const string name = "families-test-linear";
        NetworkFamilies.Registry.Add(name, new NetworkFamily(
            plan => new Network(name, plan.Input, [new Node("flatten", new Operation.Flatten(), "input"), new Node("fc", new Operation.FullyConnected(plan.Classes), "flatten")]),
            []));
        Assert.Equal((3072 * 5) + 5, NetworkFamilies.Plan(name, Image, 5).Build().ParameterCount);
        Assert.Contains(name, NetworkPlan.KnownNames);
    }
}
