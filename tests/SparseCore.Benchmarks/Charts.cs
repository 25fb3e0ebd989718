using Microsoft.FSharp.Collections;

namespace SparseCore.Benchmarks;

/// <summary>The benchmark's figures: lines with points on two logarithmic axes.</summary>
internal static class Charts
{
    /// <summary>Writes an SVG.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="name">File name without extension.</param>
    /// <param name="title">Title.</param>
    /// <param name="subtitle">What was measured and how.</param>
    /// <param name="across">Label of the horizontal axis.</param>
    /// <param name="up">Label of the vertical axis.</param>
    /// <param name="lines">Name, places and values of each line.</param>
    public static void Write(
        string folder, string name, string title, string subtitle, string across, string up, IReadOnlyList<(string Name, double[] X, double[] Y)> lines)
    {
        var series = lines.Select((line, index) => SparseCore.Analysis.Figures.line(SparseCore.Analysis.Figures.style(index), line.Name, line.X, line.Y));
        var panel = SparseCore.Analysis.Figures.panel(SparseCore.Analysis.Figures.logAxis(across), SparseCore.Analysis.Figures.logAxis(up), ListModule.OfSeq(series));
        SparseCore.Analysis.Svg.write(folder, SparseCore.Analysis.Figures.single(name, title, subtitle, $"{up} against {across}", panel));
    }

    /// <summary>The exponent b of the power law y = a x^b that fits best in logarithms.</summary>
    public static double Exponent(double[] x, double[] y)
    {
        var logX = x.Select(value => Math.Log(value)).ToArray();
        var logY = y.Select(value => Math.Log(value)).ToArray();
        var meanX = logX.Average();
        var meanY = logY.Average();
        return logX.Zip(logY, (a, b) => (a - meanX) * (b - meanY)).Sum() / logX.Sum(a => (a - meanX) * (a - meanX));
    }
}
