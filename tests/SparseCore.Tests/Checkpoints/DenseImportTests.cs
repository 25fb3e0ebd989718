using SparseCore.Checkpoints;
using SparseCore.Networks;
using SparseCore.Parameters;

namespace SparseCore.Tests.Checkpoints;

public sealed class DenseImportTests : IDisposable
{
    /// <summary>conv [2, 1, 2, 2] without bias, norm of 2 channels, fc [3, 2] with bias.</summary>
    private static readonly Network Small = Create(3);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Read_after_export_gives_the_same_parameters_with_all_weights_active()
    {
        var parameters = Numbers(Small);
        var (masks, found, _, _) = DenseImport.Read(Export(parameters), Small, masksFromZeros: false);
        Assert.True(masks.IsFull);
        Assert.Equal(parameters.Values, found.Values);
    }

    [Fact]
    public void Masks_are_the_weights_that_are_not_exactly_0()
    {
        var parameters = Numbers(Small);
        parameters.Weights(0)[1] = 0f;
        parameters.Weights(0)[6] = -0f;
        parameters.Biases(1)[0] = 0f;
        var (masks, found, _, _) = DenseImport.Read(Export(parameters), Small, masksFromZeros: true);
        Assert.Equal([0, 2, 3, 4, 5, 7], masks[0].ActiveIndices());
        Assert.Equal(6, masks[1].ActiveCount);
        Assert.Equal(0, BitConverter.SingleToInt32Bits(found.Weights(0)[6]));
    }

    [Fact]
    public void Counters_of_batches_are_passed_over()
    {
        var path = Write([.. Tensors(), ("bn.num_batches_tracked", "I64", [], new byte[8])]);
        Assert.Equal(2f, DenseImport.Read(path, Small, masksFromZeros: false).Parameters.Variances(0)[0]);
    }

    [Fact]
    public void A_missing_tensor_is_named() => AssertRefused(
        Write([.. Tensors().Where(tensor => tensor.Name != "bn.running_mean")]), "tensor 'bn.running_mean' of network 'small': expected F32 [2], found none");

    [Fact]
    public void A_surplus_tensor_is_named() => AssertRefused(
        Write([.. Tensors(), ("aux.weight", "F32", [1L], new byte[4])]), "tensor 'aux.weight': expected only tensors of network 'small', found F32 [1]");

    [Fact]
    public void A_checkpoint_of_another_width_is_refused_by_the_first_tensor_that_differs() => AssertRefused(
        Export(Numbers(Create(4)), Create(4)), "tensor 'fc.weight' of network 'small': expected F32 [3, 2], found F32 [4, 2]");

    [Fact]
    public void Values_that_are_no_numbers_and_negative_variances_are_refused()
    {
        var parameters = Numbers(Small);
        parameters.Weights(1)[2] = float.NaN;
        AssertRefused(Export(parameters), "tensor 'fc.weight': expected finite numbers, found NaN");
        parameters = Numbers(Small);
        parameters.Variances(0)[1] = -1e-30f;
        AssertRefused(Export(parameters), "tensor 'bn.running_var': expected variances of 0 or more");
    }

    [Fact]
    public void A_layer_of_zeros_has_no_mask()
    {
        var parameters = Numbers(Small);
        parameters.Weights(1).Clear();
        var error = Assert.Throws<CheckpointException>(() => DenseImport.Read(Export(parameters), Small, masksFromZeros: true));
        Assert.Contains("masks=full", error.Message, StringComparison.Ordinal);
        Assert.True(DenseImport.Read(Export(parameters), Small, masksFromZeros: false).Masks.IsFull);
    }

    internal static Network Create(int outputs) => new("small", new Shape(1, 3, 3), [
        new Node("conv", new Operation.Convolution(2, 2, 2, HasBias: false), Network.InputName),
        new Node("bn", new Operation.BatchNorm(), "conv"),
        new Node("average", new Operation.GlobalAveragePool(), "bn"),
        new Node("fc", new Operation.FullyConnected(outputs), "average"),
    ]);

    private static void AssertRefused(string path, string expected) => Assert.Contains(
        expected, Assert.Throws<CheckpointException>(() => DenseImport.Read(path, Small, masksFromZeros: false)).Message, StringComparison.Ordinal);

    private static ParameterBlock Numbers(Network network)
    {
        var parameters = new ParameterBlock(network);
        for (var index = 0; index < parameters.Values.Length; index++)
        {
            parameters.Values[index] = 0.5f * (index + 1);
        }

        return parameters;
    }

    private static List<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)> Tensors()
    {
        (string Name, long[] Shape)[] shapes =
            [("conv.weight", [2, 1, 2, 2]), ("fc.weight", [3, 2]), ("fc.bias", [3]), ("bn.weight", [2]), ("bn.bias", [2]), ("bn.running_mean", [2]), ("bn.running_var", [2])];
        return
        [
            .. shapes.Select(shape => (
                shape.Name,
                "F32",
                (IReadOnlyList<long>)shape.Shape,
                new ReadOnlyMemory<byte>(SafetensorsFile.ToBytes([.. Enumerable.Repeat(2f, (int)shape.Shape.Aggregate((left, right) => left * right))])))),
        ];
    }

    private string Export(ParameterBlock parameters, Network? network = null)
    {
        var path = folder.File("dense.safetensors");
        network ??= Small;
        DenseExport.Write(path, new Checkpoint(0, SmallCheckpoints.PlanHash, [], MaskSet.Full(network), parameters, new ParameterBlock(network), 0));
        return path;
    }

    private string Write(IReadOnlyList<(string Name, string DataType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)> tensors)
    {
        var path = folder.File("written.safetensors");
        SafetensorsFile.Write(path, [], tensors);
        return path;
    }
}
