using FsCheck;
using FsCheck.Fluent;
using SparseCore.Parameters;

namespace SparseCore.Tests.Parameters;

public class MaskTests
{
    private static readonly Arbitrary<bool[]> Bits = Gen.Choose(0, 200).SelectMany(length => ArbMap.Default.GeneratorFor<bool>().ArrayOf(length)).ToArbitrary();

    [Fact]
    public void FromIndices_and_ActiveIndices_are_inverse() => ForAll(bits =>
    {
        var indices = Active(bits);
        var mask = Mask.FromIndices(bits.Length, [.. indices.Reverse()]);
        Assert.Equal(indices, mask.ActiveIndices());
        Assert.Equal(indices.Length, mask.ActiveCount);
        Assert.All(Enumerable.Range(0, bits.Length), index => Assert.Equal(bits[index], mask[index]));
    });

    [Fact]
    public void FromBytes_and_ToBytes_are_inverse() => ForAll(bits =>
    {
        var mask = Mask.FromIndices(bits.Length, Active(bits));
        var copy = Mask.FromBytes(bits.Length, mask.ToBytes());
        Assert.Equal(mask, copy);
        Assert.Equal(mask.GetHashCode(), copy.GetHashCode());
        Assert.Equal(mask.ActiveCount, copy.ActiveCount);
    });

    [Fact]
    public void ToBytes_puts_weight_i_into_bit_i_mod_8_of_byte_i_div_8() => Assert.Equal([0b10000001, 0b00000010], Mask.FromIndices(10, [0, 7, 9]).ToBytes());

    [Fact]
    public void NextActive_and_NextInactive_find_the_ends_of_stretches() => ForAll(bits =>
    {
        var mask = Mask.FromIndices(bits.Length, Active(bits));
        for (var start = 0; start <= bits.Length; start++)
        {
            int Next(bool wanted) => Enumerable.Range(start, bits.Length - start).Append(bits.Length).First(index => index == bits.Length || bits[index] == wanted);
            Assert.Equal((Next(true), Next(false)), (mask.NextActive(start), mask.NextInactive(start)));
        }
    });

    [Fact]
    public void Union_and_Intersect_act_bit_by_bit() => ForAll(bits =>
    {
        var other = bits.Select((bit, index) => index % 3 == 0).ToArray();
        var (left, right) = (Mask.FromIndices(bits.Length, Active(bits)), Mask.FromIndices(bits.Length, Active(other)));
        Assert.Equal(Active([.. bits.Zip(other, (a, b) => a || b)]), left.Union(right).ActiveIndices());
        Assert.Equal(Active([.. bits.Zip(other, (a, b) => a && b)]), left.Intersect(right).ActiveIndices());
        Assert.True(left.IsSubsetOf(left.Union(right)));
        Assert.Equal(bits.Zip(other).All(pair => !pair.First || pair.Second), left.IsSubsetOf(right));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(128)]
    public void Full_has_every_weight_active(int length)
    {
        Assert.Equal(length, Mask.Full(length).ActiveCount);
        Assert.Equal(Mask.FromIndices(length, [.. Enumerable.Range(0, length)]), Mask.Full(length));
    }

    [Fact]
    public void FromIndices_refuses_repeats_and_strangers()
    {
        Assert.Contains("listed twice", Assert.Throws<ArgumentException>(() => Mask.FromIndices(5, [1, 1])).Message);
        Assert.Contains("Weight 5", Assert.Throws<ArgumentException>(() => Mask.FromIndices(5, [5])).Message);
        Assert.Contains("Weight -1", Assert.Throws<ArgumentException>(() => Mask.FromIndices(5, [-1])).Message);
    }

    [Fact]
    public void FromBytes_refuses_wrong_lengths_and_bits_past_the_end()
    {
        Assert.Throws<ArgumentException>(() => Mask.FromBytes(9, [1]));
        Assert.Throws<ArgumentException>(() => Mask.FromBytes(9, [1, 2]));
        Assert.Equal(2, Mask.FromBytes(9, [1, 1]).ActiveCount);
    }

    [Fact]
    public void Masks_of_different_lengths_are_different_and_do_not_combine()
    {
        Assert.NotEqual(Mask.FromIndices(3, [1]), Mask.FromIndices(4, [1]));
        Assert.Throws<ArgumentException>(() => Mask.Full(3).Union(Mask.Full(4)));
    }

    private static int[] Active(bool[] bits) => [.. Enumerable.Range(0, bits.Length).Where(index => bits[index])];

    private static void ForAll(Action<bool[]> check) => Prop.ForAll(Bits, check).QuickCheckThrowOnFailure();
}
