using System.Diagnostics;

namespace SparseCore.Tests.Engine;

public class VectorWidthTests
{
    // Three runs of LeNet5 (sparsity 0.95, 0.3 and 0) and the gradients of all weights of a sparse one, by the benchmark program's "hash" verb.
    // A change of these values is a change of every result of the toolkit.
    private const string Expected = "1a191da9b7cebbdf e826617c553623fd 1acda0564883118a 90b41a1c1a41b873";

    // Random crops of 23, 32 and 96 pixels by the "imagehash" verb: a change of these values is a change of every run on images.
    private const string ExpectedImages = "5a3377bc30742204 5cbbc5419cbc7f4c 92595ff06ad42c26";

    // A Hessian, its eigenvalues and an engine's products with one by the "hessianhash" verb, with one thread and with two: a change of these values is a change of every spectrum.
    private const string ExpectedHessian = "681b0466b6b453d3 cecba71027bcb63d 232d157b1bb19a4d 681b0466b6b453d3 cecba71027bcb63d 232d157b1bb19a4d";

    [Theory]
    [InlineData("")]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public void Training_gives_the_pinned_bits_without(string switchedOff) => Compare(Expected, "hash", switchedOff);

    [Theory]
    [InlineData("")]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public void Resizing_gives_the_pinned_bits_without(string switchedOff) => Compare(ExpectedImages, "imagehash", switchedOff);

    [Theory]
    [InlineData("")]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public void A_Hessian_and_its_eigenvalues_have_the_pinned_bits_without(string switchedOff) => Compare(ExpectedHessian, "hessianhash", switchedOff);

    private static void Compare(string expected, string verb, string switchedOff)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "SparseCore.Benchmarks.dll"));
        start.ArgumentList.Add(verb);
        if (switchedOff.Length > 0)
        {
            start.Environment[switchedOff] = "0";
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal("", errors);
        Assert.Equal(expected, string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
    }
}
