using SparseCore.Allocation;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Allocation;

public class RandomMaskTests
{
    private static readonly Network Small = LeNet300.Create([4, 3], new Shape(1, 2, 3), 2); // 24, 12, 6 weights

    [Fact]
    public void Create_meets_the_counts_exactly() => Assert.Equal([5, 0, 6], Counts(RandomMask.Create(Small, [5, 0, 6], 1)));

    [Fact]
    public void Create_reaches_every_weight_equally_often()
    {
        var hits = new int[24];
        for (var seed = 0UL; seed < 6000; seed++)
        {
            foreach (var index in RandomMask.Create(Small, [4, 1, 1], seed)[0].ActiveIndices())
            {
                hits[index]++;
            }
        }

        Assert.All(hits, count => Assert.InRange(count, 850, 1150)); // 1000 expected, standard deviation 29
    }

    [Fact]
    public void Create_depends_on_the_seed_alone()
    {
        Assert.Equal(RandomMask.Create(Small, [5, 3, 2], 1), RandomMask.Create(Small, [5, 3, 2], 1));
        Assert.NotEqual(RandomMask.Create(Small, [5, 3, 2], 1), RandomMask.Create(Small, [5, 3, 2], 2));
    }

    [Fact]
    public void Create_refuses_impossible_counts()
    {
        Assert.Contains("'fc2' has 12", Assert.Throws<ArgumentException>(() => RandomMask.Create(Small, [5, 13, 2], 1)).Message);
        Assert.Contains("found 2", Assert.Throws<ArgumentException>(() => RandomMask.Create(Small, [5, 13], 1)).Message);
    }

    [Fact]
    public void CreateHeterogeneous_meets_the_counts_and_prunes_low_outputs_far_more()
    {
        var network = new Network("wide", Shape.Vector(100), [new Node("fc", new Operation.FullyConnected(10), "input")]);
        var masks = RandomMask.CreateHeterogeneous(network, [200], 1);
        var fanIn = Enumerable.Range(0, 10).Select(output => Enumerable.Range(output * 100, 100).Count(index => masks[0][index])).ToArray();
        Assert.Equal(200, masks.ActiveCount);
        Assert.True(fanIn[..4].Sum() == 0 && fanIn[4] < fanIn[6] && fanIn[6] < fanIn[9], string.Join(" ", fanIn)); // the 200th highest lies near 4.75
        Assert.Equal([24, 12, 6], Counts(RandomMask.CreateHeterogeneous(Small, [24, 12, 6], 1)));
    }

    [Fact]
    public void WithinLayers_keeps_the_counts_and_moves_the_weights()
    {
        var masks = new MaskSet(Small, [Mask.FromIndices(24, [0, 1, 2, 3, 4, 5]), Mask.Full(12), Mask.FromIndices(6, [5])]);
        var shuffled = Enumerable.Range(0, 20).Select(seed => MaskShuffle.WithinLayers(masks, (ulong)seed)).ToArray();
        Assert.All(shuffled, shuffle => Assert.Equal([6, 12, 1], Counts(shuffle)));
        Assert.True(shuffled.Distinct().Count() > 15);
    }

    private static int[] Counts(MaskSet masks) => [.. Enumerable.Range(0, masks.Count).Select(layer => masks[layer].ActiveCount)];
}
