namespace SparseCore.Numerics;

/// <summary>
/// Elementary functions computed only with operations that IEEE 754 rounds in one way (add, multiply, divide, square root), so that they give
/// the same bits on every machine. <see cref="Math"/> calls the platform's C library, whose last digit differs between systems.
/// </summary>
internal static class PortableMath
{
    private const double Ln2High = 6.93147180369123816490e-01; // ln 2 with its low 32 bits zero, so that an integer times it is exact
    private const double Ln2Low = 1.90821492927058770002e-10;

    /// <summary>Natural logarithm of a positive, finite number; relative error below 1e-15.</summary>
    public static double Log(double x)
    {
        if (!(x > 0) || double.IsInfinity(x))
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "The logarithm needs a positive, finite number.");
        }

        var exponent = Math.ILogB(x);
        var mantissa = Math.ScaleB(x, -exponent);
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }

        // ln m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.1716: terms fall by 34 each, 13 of them reach the last bit.
        var s = (mantissa - 1) / (mantissa + 1);
        var square = s * s;
        var sum = 0.0;
        for (var power = 25; power >= 3; power -= 2)
        {
            sum = (sum + (1.0 / power)) * square;
        }

        var fraction = 2 * s * (1 + sum);
        return (exponent * Ln2High) + ((exponent * Ln2Low) + fraction);
    }

    /// <summary>e to the power x; infinity above 709.78, 0 below -745; relative error below 1e-15 where the result is a normal number.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x))
        {
            return double.NaN;
        }

        if (x > 709.782712893384)
        {
            return double.PositiveInfinity;
        }

        if (x < -745)
        {
            return 0;
        }

        var n = Math.Round(x / 0.6931471805599453);
        var r = (x - (n * Ln2High)) - (n * Ln2Low);
        var sum = 1.0;
        for (var k = 14; k >= 1; k--)
        {
            sum = 1 + (sum * r / k);
        }

        return Math.ScaleB(sum, (int)n);
    }

    /// <summary>Cosine of pi * x for |x| at most 2^31; absolute error below 1e-15.</summary>
    public static double CosPi(double x)
    {
        x = Math.Abs(x);
        x -= 2 * Math.Floor(x / 2); // [0, 2)
        if (x > 1)
        {
            x = 2 - x;
        }

        var negate = x > 0.5;
        if (negate)
        {
            x = 1 - x;
        }

        // x in [0, 0.5]: cosine near 0, sine of the complement near 0.5, so that the argument stays below pi / 4.
        var value = x <= 0.25 ? CosineSeries(Math.PI * x) : SineSeries(Math.PI * (0.5 - x));
        return negate ? -value : value;
    }

    /// <summary>Sine of pi * x for |x| at most 2^31; absolute error below 1e-15.</summary>
    public static double SinPi(double x) => CosPi(x - 0.5);

    private static double CosineSeries(double t)
    {
        var square = t * t;
        var sum = 1.0;
        for (var k = 20; k >= 2; k -= 2)
        {
            sum = 1 - (sum * square / (k * (k - 1)));
        }

        return sum;
    }

    private static double SineSeries(double t)
    {
        var square = t * t;
        var sum = 1.0;
        for (var k = 21; k >= 3; k -= 2)
        {
            sum = 1 - (sum * square / (k * (k - 1)));
        }

        return t * sum;
    }
}
