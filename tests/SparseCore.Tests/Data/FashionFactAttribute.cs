using SparseCore.Data;

namespace SparseCore.Tests.Data;

/// <summary>A test that needs Fashion-MNIST; without it the test is reported as skipped, which .ci/run counts as a failure.</summary>
internal sealed class FashionFactAttribute : FactAttribute
{
    public FashionFactAttribute() =>
        Skip = Directory.Exists(DataFamilies.FashionFolder) ? null! : "Fashion-MNIST is missing: apt-get install dataset-fashion-mnist";
}
