using SparseCore.Numerics;
using SparseCore.Randomness;

namespace SparseCore.Tests.Numerics;

public class PortableMathTests
{
    [Fact]
    public void Log_agrees_with_the_platform_over_all_exponents()
    {
        var stream = new RandomStream(1, "test");
        for (var exponent = -1074; exponent <= 1023; exponent++)
        {
            for (var draw = 0; draw < 20; draw++)
            {
                var x = Math.ScaleB(1 + stream.NextDouble(), exponent);
                AssertRelative(Math.Log(x), PortableMath.Log(x), 1e-15, x);
            }
        }
    }

    [Fact]
    public void Log_keeps_its_relative_accuracy_near_1()
    {
        for (var distance = 1e-15; distance < 0.5; distance *= 1.3)
        {
            AssertRelative(Math.Log(1 + distance), PortableMath.Log(1 + distance), 1e-15, 1 + distance);
            AssertRelative(Math.Log(1 - distance), PortableMath.Log(1 - distance), 1e-15, 1 - distance);
        }

        Assert.Equal(0, PortableMath.Log(1));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Log_refuses_what_has_no_finite_logarithm(double x) => Assert.Throws<ArgumentOutOfRangeException>(() => PortableMath.Log(x));

    [Fact]
    public void Exp_agrees_with_the_platform_over_its_range()
    {
        for (var x = -708.0; x < 709.78; x += 0.0137)
        {
            AssertRelative(Math.Exp(x), PortableMath.Exp(x), 1e-15, x);
        }

        for (var x = -745.0; x < -708; x += 0.0137)
        {
            Assert.InRange(PortableMath.Exp(x) - Math.Exp(x), -double.Epsilon * 1e3, double.Epsilon * 1e3); // denormals lose digits, not places
        }
    }

    [Fact]
    public void Exp_saturates_at_both_ends()
    {
        Assert.Equal(1, PortableMath.Exp(0));
        Assert.Equal(0, PortableMath.Exp(-746));
        Assert.Equal(0, PortableMath.Exp(double.NegativeInfinity));
        Assert.Equal(double.PositiveInfinity, PortableMath.Exp(709.79));
        Assert.Equal(double.PositiveInfinity, PortableMath.Exp(double.PositiveInfinity));
        Assert.InRange(PortableMath.Exp(709.78), 1.79e308, double.MaxValue);
        Assert.Equal(double.NaN, PortableMath.Exp(double.NaN));
    }

    [Fact]
    public void CosPi_and_SinPi_agree_with_the_platform()
    {
        var stream = new RandomStream(2, "test");
        for (var draw = 0; draw < 100_000; draw++)
        {
            var x = (stream.NextDouble() - 0.5) * 8;
            Assert.InRange(PortableMath.CosPi(x) - double.CosPi(x), -1e-15, 1e-15);
            Assert.InRange(PortableMath.SinPi(x) - double.SinPi(x), -1e-15, 1e-15);
        }
    }

    [Theory]
    [InlineData(0.0, 1.0)]
    [InlineData(0.5, 0.0)]
    [InlineData(1.0, -1.0)]
    [InlineData(1.5, 0.0)]
    [InlineData(-2.0, 1.0)]
    [InlineData(2147483647.0, -1.0)]
    public void CosPi_is_exact_at_multiples_of_one_half(double x, double expected) => Assert.Equal(expected, PortableMath.CosPi(x));

    private static void AssertRelative(double expected, double found, double tolerance, double x) =>
        Assert.True(Math.Abs(found - expected) <= tolerance * Math.Abs(expected), $"at {x:R}: expected {expected:R}, found {found:R}");
}
