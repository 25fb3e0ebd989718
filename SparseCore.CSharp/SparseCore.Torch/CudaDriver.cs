using System.Runtime.InteropServices;
using System.Text;

namespace SparseCore.Torch;

/// <summary>What NVIDIA's driver says of its GPUs; TorchSharp has no words for it. Asking computes nothing and needs no libtorch.</summary>
public static unsafe class CudaDriver
{
    private const int MajorAttribute = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    private const int MinorAttribute = 76;

    private static readonly string[] Names = ["libcuda.so.1", "nvcuda.dll"];

    /// <summary>The GPUs, in the driver's order; empty without a driver.</summary>
    public static IReadOnlyList<CudaGpu> Gpus()
    {
        var driver = Names.Select(name => NativeLibrary.TryLoad(name, out var handle) ? handle : 0).FirstOrDefault(handle => handle != 0);
        var count = 0;
        if (driver == 0
            || ((delegate* unmanaged<uint, int>)Function(driver, "cuInit"))(0) != 0
            || ((delegate* unmanaged<int*, int>)Function(driver, "cuDeviceGetCount"))(&count) != 0)
        {
            return [];
        }

        return [.. Enumerable.Range(0, count).Select(index => Describe(driver, index))];
    }

    private static CudaGpu Describe(nint driver, int index)
    {
        var (device, major, minor, bytes) = (0, 0, 0, (nuint)0);
        var name = stackalloc byte[256];
        new Span<byte>(name, 256).Clear();
        var attribute = (delegate* unmanaged<int*, int, int, int>)Function(driver, "cuDeviceGetAttribute");
        _ = ((delegate* unmanaged<int*, int, int>)Function(driver, "cuDeviceGet"))(&device, index);
        _ = ((delegate* unmanaged<byte*, int, int, int>)Function(driver, "cuDeviceGetName"))(name, 255, device);
        _ = ((delegate* unmanaged<nuint*, int, int>)Function(driver, "cuDeviceTotalMem_v2"))(&bytes, device);
        _ = attribute(&major, MajorAttribute, device);
        _ = attribute(&minor, MinorAttribute, device);
        return new CudaGpu(Encoding.UTF8.GetString(name, new ReadOnlySpan<byte>(name, 256).IndexOf((byte)0)), (long)bytes, new Version(major, minor));
    }

    private static nint Function(nint driver, string name) => NativeLibrary.GetExport(driver, name);
}
