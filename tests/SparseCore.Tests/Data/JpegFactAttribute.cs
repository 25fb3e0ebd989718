using SparseCore.Data;

namespace SparseCore.Tests.Data;

/// <summary>A test that needs libjpeg-turbo; without it the test is reported as skipped, which .ci/run counts as a failure.</summary>
internal sealed class JpegFactAttribute : FactAttribute
{
    public JpegFactAttribute() => Skip = TurboJpeg.IsAvailable ? null! : "libjpeg-turbo is missing: apt-get install libturbojpeg0";
}
